"""Forgetting a reader in every process: what is written of it for the others names nobody."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import UnitOfWork


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

    Args:
        parts: All that remembers readers.
        erased: Told the digests of all who were erased, whether or not anybody remembers them: a feed may be
            in the making.
    """

    def __init__(self, parts: Sequence[RemembersReaders], erased: Callable[[Collection[str]], None]) -> None:
        self._parts = tuple(parts)
        self._erased = erased

    def load(self, uow: UnitOfWork) -> None:
        """Begin: a fresh process remembers nobody."""

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Forget readers who were erased, and devices that were handed over."""
        forgotten = (change for change in changes if change.kind is ChangeKind.READER_FORGOTTEN)
        wanted = {change.key for change in forgotten if change.key is not None}
        if not wanted:
            return
        self._erased(wanted)
        for part in self._parts:
            for key in part.reader_keys():
                if reader_digest(key) in wanted:
                    part.forget(key)
