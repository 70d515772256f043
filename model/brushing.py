"""Brushing (刷量): events that are kept but not counted, and the rules that say which.

Rules look at how events come, never at what a reader likes.  An event that a rule holds back is stored and
answered like any other, so that nobody learns where the line is; it makes nothing hot and leads nowhere,
until a person releases it, and what comes too fast is not remembered of the reader either.
"""

import ipaddress
from array import array
from collections import OrderedDict
from collections.abc import Hashable
from enum import StrEnum
from typing import Generic, TypeVar

from tianfu.model.errors import InvalidEvent
from tianfu.model.event import EventType

ENGAGING = frozenset({EventType.CLICK, EventType.LIKE, EventType.COLLECT, EventType.SHARE, EventType.COMMENT})
"""Events that can make a story hot."""
PER_MINUTE = 20
PER_HOUR = 120
"""Most stories one reader can turn to: a person opens one in three seconds only for so long."""
READERS_OF_A_GROUP = 3
"""How many readers behind one group of addresses count for one story in a day; an office shares an address,
and a farm of devices too."""
NEWCOMERS_OF_A_GROUP = 30
"""How many readers never met before one group of addresses may bring in an hour."""
NEWCOMERS_ALONE = 5
"""How many newcomers count for a story in an hour beyond one for each reader already known."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_UNNAMED_DAYS = 8
"""Events may be seven days old; what somebody without a name did earlier is no longer told apart."""
_MOST = 200_000
_MOST_KNOWN = 500
"""More known readers than that of a story in an hour let no more newcomers in."""


class BrushRule(StrEnum):
    """Why an event is held back."""

    TOO_FAST = "too_fast"
    ONE_ADDRESS = "one_address"
    NEWCOMER_CROWD = "newcomer_crowd"
    NEWCOMER_BURST = "newcomer_burst"
    REPEATED = "repeated"


_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class _Recent(Generic[_Key, _Value]):
    """The most recently used entries, up to a bound."""

    def __init__(self, most: int = _MOST) -> None:
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()
        self._most = most

    def of(self, key: _Key, fresh: _Value) -> _Value:
        """The entry of a key; ``fresh`` becomes it where there is none."""
        found = self._kept.setdefault(key, fresh)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found

    def drop(self, key: _Key) -> None:
        self._kept.pop(key, None)

    def keys(self) -> list[_Key]:
        return list(self._kept)

    def values(self) -> list[_Value]:
        return list(self._kept.values())


class BrushGuard:
    """Judges events one by one, whenever they come.  Memory is bounded; not thread-safe.

    Minutes, hours and days are those the events name, each counted by itself, so that naming other times by
    turns starts no count anew.  What is kept of many is kept as plain numbers: a province's readers fill
    every bound within hours.
    """

    def __init__(self) -> None:
        self._times: _Recent[str, array[float]] = _Recent()
        self._groups: _Recent[tuple[str, int, int], list[str]] = _Recent()
        self._arrivals: _Recent[tuple[str, int], list[str]] = _Recent()
        self._crowds: _Recent[int, array[int]] = _Recent()
        self._unnamed: _Recent[str, dict[int, set[tuple[int, EventType]]]] = _Recent()
        self._leaving: set[str] = set()

    def judge(
        self,
        reader: str,
        number: int,
        kind: EventType,
        at_s: float,
        *,
        newcomer: bool,
        group: str | None,
        unnamed: bool = False,
    ) -> BrushRule | None:
        """Which rule holds an event back, if any; what it sees it remembers.

        Args:
            reader: Key of the reader.
            number: Of the story.
            kind: Only :data:`ENGAGING` events are judged.
            at_s: Seconds since the epoch.
            newcomer: Whether nothing was known of the reader before.
            group: Opaque stand-in for the reader's group of addresses, where the app told it.
            unnamed: Whether the event is kept without saying whose it was (personalisation off, a minor), so
                that nobody can tell later that one reader did it twice.
        """
        if kind not in ENGAGING:
            return None
        if self._too_fast(reader, at_s):
            return BrushRule.TOO_FAST
        if unnamed and self._repeated(reader, (number, kind), at_s):
            return BrushRule.REPEATED
        if group is not None and self._one_address(reader, number, group, at_s):
            return BrushRule.ONE_ADDRESS
        if newcomer and group is not None and self._newcomer_crowd(reader, group, at_s):
            return BrushRule.NEWCOMER_CROWD
        if self._newcomer_burst(reader, number, newcomer, at_s):
            return BrushRule.NEWCOMER_BURST
        return None

    def forget(self, reader: str) -> None:
        """Drop what is kept under a reader's key; where else it stands goes with the next :meth:`sweep`."""
        self._times.drop(reader)
        self._unnamed.drop(reader)
        self._leaving.add(reader)

    def sweep(self) -> int:
        """Drop all else that could be traced to readers who were forgotten; returns how many there were.

        It looks through everything that is remembered, once for all of them: tenths of a second in a
        province, so it is for whoever is in no hurry.
        """
        leaving, self._leaving = self._leaving, set()
        if not leaving:
            return 0
        for readers in (*self._groups.values(), *self._arrivals.values()):
            if not leaving.isdisjoint(readers):
                readers[:] = [reader for reader in readers if reader not in leaving]
        hashes = {hash(reader) for reader in leaving}
        for crowd in self._crowds.values():
            if not hashes.isdisjoint(crowd[1:]):
                crowd[1:] = array("q", (one for one in crowd[1:] if one not in hashes))
        return len(leaving)

    def readers(self) -> set[str]:
        """Keys of every reader of whom anything is remembered, but for those who are being forgotten."""
        named = {*self._unnamed.keys(), *self._times.keys()}
        return named.union(*self._groups.values(), *self._arrivals.values()) - self._leaving

    def _repeated(self, reader: str, deed: tuple[int, EventType], at_s: float) -> bool:
        days = self._unnamed.of(reader, {})
        done = days.setdefault(int(at_s // _DAY_S), set())
        for day in sorted(days)[:-_UNNAMED_DAYS]:
            del days[day]
        if deed in done:
            return True
        done.add(deed)
        return False

    def _too_fast(self, reader: str, at_s: float) -> bool:
        """Events may come late and in any order, so both sides of this one are looked at."""
        times = self._times.of(reader, array("d"))
        in_a_minute = sum(abs(at_s - time) < _MINUTE_S for time in times)
        in_an_hour = sum(abs(at_s - time) < _HOUR_S for time in times)
        times.append(at_s)
        del times[: -2 * PER_HOUR]
        return in_a_minute >= PER_MINUTE or in_an_hour >= PER_HOUR

    def _one_address(self, reader: str, number: int, group: str, at_s: float) -> bool:
        readers = self._groups.of((group, number, int(at_s // _DAY_S)), [])
        return _is_one_too_many(reader, readers, READERS_OF_A_GROUP)

    def _newcomer_crowd(self, reader: str, group: str, at_s: float) -> bool:
        readers = self._arrivals.of((group, int(at_s // _HOUR_S)), [])
        return _is_one_too_many(reader, readers, NEWCOMERS_OF_A_GROUP)

    def _newcomer_burst(self, reader: str, number: int, newcomer: bool, at_s: float) -> bool:
        """A crowd is how many newcomers came for a story in an hour, then hashes of those already known."""
        at = hash((reader.partition("/")[0], number, int(at_s // _HOUR_S)))
        crowd = self._crowds.of(at, array("q", [0]))
        if not newcomer:
            if len(crowd) <= _MOST_KNOWN and hash(reader) not in crowd[1:]:
                crowd.append(hash(reader))
            return False
        if crowd[0] >= NEWCOMERS_ALONE + len(crowd) - 1:
            return True
        crowd[0] += 1
        return False


def _is_one_too_many(reader: str, readers: list[str], most: int) -> bool:
    """Whether a reader is not among so many; one who still fits becomes one of them."""
    if reader not in readers and len(readers) < most:
        readers.append(reader)
    return reader not in readers


def address_group(address: str) -> str:
    """The neighbourhood of an address: its /24 for IPv4, its /48 for IPv6.

    Raises:
        InvalidEvent: It is no address.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError as bad:
        raise InvalidEvent(field="client_address", why="must be an IPv4 or IPv6 address") from bad
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = mapped or found
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))
