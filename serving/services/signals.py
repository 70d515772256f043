"""What readers together tell: what is hot where, and what is read after what.

Both live in memory and are rebuilt from the event log; neither can name a reader.
"""

import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import numpy as np

from tianfu.model.event import EventType
from tianfu.model.outlet import Outlet
from tianfu.serving.services.read_after import ReadAfter

HOT_HALF_LIFE_H = 6.0
_HOT_WEIGHTS: Mapping[EventType, float] = {
    EventType.CLICK: 1.0,
    EventType.LIKE: 1.0,
    EventType.COLLECT: 1.5,
    EventType.SHARE: 2.0,
    EventType.COMMENT: 1.5,
}
COUNTED = frozenset(_HOT_WEIGHTS)
"""Events that tell anything; others are taken in without effect."""
_MAX_COUNTED = 200_000
"""Events of which it is known whose they were; beyond it the readers seen longest ago give way."""
_TOP = 120
_KEPT = 10 * _TOP
"""Counts of a scope that are kept when it has twice as many: ten times what is ever asked for, so that a
story on its way up is among them."""
_KIND_CODES = {kind: code for code, kind in enumerate(_HOT_WEIGHTS)}


class HotCounts:
    """Counts that decay by half every six hours, per scope (an outlet, a city, the province).

    A count is kept as the logarithm of its value moved to time zero, so that decay costs nothing.
    A reader counts once per story and kind of event, however often they click, until so many others were
    counted that they are no longer remembered (see ``most_counted``).
    """

    def __init__(self, most_counted: int = _MAX_COUNTED) -> None:
        self._scopes: dict[str, dict[int, float]] = {}
        self._versions: dict[str, int] = {}
        self._most_counted = most_counted
        self._counted: OrderedDict[str, array[int]] = OrderedDict()
        self._counts = 0

    def add(
        self, scopes: Iterable[str], reader: str | None, number: int, kind: EventType, at_s: float
    ) -> bool:
        """Count one event in each scope; False when it tells nothing, or was counted before."""
        weight = _HOT_WEIGHTS.get(kind)
        if weight is None or (reader is not None and not self._first(reader, number, kind)):
            return False
        gain = math.log(weight) + at_s * math.log(2) / (HOT_HALF_LIFE_H * 3_600)
        for scope in scopes:
            counts = self._scopes.setdefault(scope, {})
            self._versions[scope] = self._versions.get(scope, 0) + 1
            before = counts.get(number)
            counts[number] = gain if before is None else _log_add(before, gain)
            if len(counts) > 2 * _KEPT:
                kept = sorted(counts.items(), key=lambda row: -row[1])[:_KEPT]
                self._scopes[scope] = dict(kept)
        return True

    def _first(self, reader: str, number: int, kind: EventType) -> bool:
        """Whether this was not counted before; it is from now on."""
        counted = self._counted.pop(reader, None) or array("q")
        self._counted[reader] = counted  # the latest reader stands last
        deed = number * len(_KIND_CODES) + _KIND_CODES[kind]
        if deed in counted:
            return False
        counted.append(deed)
        self._counts += 1
        while self._counts > self._most_counted:
            _, longest_ago = self._counted.popitem(last=False)
            self._counts -= len(longest_ago)
        return True

    def version(self, scope: str) -> int:
        """Grows with everything that is counted in a scope."""
        return self._versions.get(scope, 0)

    def readers(self) -> set[str]:
        """Readers who were counted lately."""
        return set(self._counted)

    def forget(self, reader: str) -> None:
        """Drop the notes of what a reader was counted for; what was counted stays."""
        self._counts -= len(self._counted.pop(reader, ()))

    def top(self, scope: str, now_s: float) -> dict[int, float]:
        """The hottest stories of a scope with strength 0..1, relative to the hottest, hottest first.

        Counts that have decayed below a twentieth of one click are left out.
        """
        counts = self._scopes.get(scope)
        if not counts:
            return {}
        floor = math.log(0.05) + now_s * math.log(2) / (HOT_HALF_LIFE_H * 3_600)
        numbers = np.fromiter(counts.keys(), np.int64, len(counts))
        values = np.fromiter(counts.values(), np.float64, len(counts))
        warm = values >= floor
        numbers, values = numbers[warm], values[warm]
        order = np.lexsort((numbers, -values))[:_TOP]
        strengths = np.exp((values[order] - values[order[:1]]) / 2)
        return dict(zip(numbers[order].tolist(), strengths.tolist(), strict=True))


class Signals:
    """Both kinds of signal behind one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hot = HotCounts()
        self._read_after = ReadAfter()

    def add(self, outlet: Outlet, reader: str | None, number: int, kind: EventType, at_s: float) -> None:
        """Take in one event of a reader; of one who is not to be known nothing can be remembered."""
        with self._lock:
            first = self._hot.add(scopes_of(outlet), reader, number, kind, at_s)
            if kind is EventType.CLICK and reader is not None:
                self._read_after.add(outlet.id, reader, number, first=first)

    def reader_keys(self) -> set[str]:
        """Readers of whom anything is remembered."""
        with self._lock:
            return self._hot.readers() | self._read_after.readers()

    def forget(self, reader: str) -> None:
        """Drop what could be traced to a reader."""
        with self._lock:
            self._read_after.forget(reader)
            self._hot.forget(reader)

    def version(self, scope: str) -> int:
        """Grows with everything that is counted in a scope."""
        with self._lock:
            return self._hot.version(scope)

    def hot(self, scope: str, now_s: float) -> dict[int, float]:
        """Hot stories of a scope, see :func:`scopes_of`."""
        with self._lock:
            return self._hot.top(scope, now_s)

    def after(self, outlet_id: str, numbers: Iterable[int], count: int = 30) -> list[tuple[int, int, float]]:
        """(story read, story read after it, strength) for each of these stories, as an outlet may know."""
        with self._lock:
            return [
                (n, other, s) for n in numbers for other, s in self._read_after.after(outlet_id, n, count)
            ]


def scopes_of(outlet: Outlet) -> tuple[str, str, str]:
    """The outlet, its city and the province, as scopes to count in."""
    return f"outlet:{outlet.id}", f"area:{outlet.city_adcode}", "area:510000"


def _log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))
