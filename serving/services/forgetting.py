"""Forgetting a reader in every process: what is written of it for the others names nobody."""

import hashlib
import math
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import UnitOfWork

_REST_S = 5.0
_REST_SHARE = 20.0
"""After a look that took t seconds the next comes this many times t later, and not before the least rest."""


class RemembersReaders(Protocol):
    """A part of this process that remembers readers by their keys."""

    def reader_keys(self) -> set[str]:
        """Readers of whom anything is remembered."""
        ...

    def forget(self, reader_key: str, /) -> None:
        """Drop what is remembered of a reader."""
        ...


def reader_digest(reader_key: str) -> str:
    """What stands for a reader among the changes: it finds the key where it is known, and only there."""
    return hashlib.sha256(b"reader\0" + reader_key.encode()).hexdigest()


class Forgetter:
    """Follows the change sequence and forgets whoever was erased in another process.

    To find who a digest stands for, the keys of all who are remembered are hashed.  Where many are, that is
    done apart from the following of changes, and for many erasures at once, so that no number of them holds
    anything up.

    Args:
        parts: What remembers many readers.
        urgent: What remembers some thousands, and would write of them.
        erased: Told the digests of all who were erased, whether or not anybody remembers them: a feed may be
            in the making.
    """

    def __init__(
        self,
        parts: Sequence[RemembersReaders],
        *,
        urgent: Sequence[RemembersReaders],
        erased: Callable[[Collection[str]], None],
    ) -> None:
        self._parts = tuple(parts)
        self._urgent = tuple(urgent)
        self._erased = erased
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._next_s = -math.inf

    def load(self, uow: UnitOfWork) -> None:
        """Begin: a fresh process remembers nobody."""

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Forget who was erased, devices handed over too, where it is urgent; note them for elsewhere."""
        forgotten = (change for change in changes if change.kind is ChangeKind.READER_FORGOTTEN)
        wanted = {change.key for change in forgotten if change.key is not None}
        if wanted:
            self._erased(wanted)
            _forget(wanted, self._urgent)
            with self._lock:
                self._wanted |= wanted

    def step(self) -> int:
        """Forget who was noted, now or some seconds after the last were; never counts as work done."""
        began_s = time.monotonic()
        if began_s < self._next_s:
            return 0
        with self._lock:
            wanted = frozenset(self._wanted)
        if wanted:
            _forget(wanted, self._parts)
            with self._lock:
                self._wanted -= wanted
            ended_s = time.monotonic()
            self._next_s = ended_s + max(_REST_S, _REST_SHARE * (ended_s - began_s))
        return 0


def _forget(digests: Collection[str], parts: Sequence[RemembersReaders]) -> None:
    for part in parts:
        for key in part.reader_keys():
            if reader_digest(key) in digests:
                part.forget(key)
