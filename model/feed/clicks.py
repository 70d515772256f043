"""What readers click, as it streams by: decaying counts, what is read after what, each reader's last reads.

Pure state in memory, fed in order of time.  What it keeps of each story and each reader is bounded, the
number of stories is not: a log of weeks fits, a service would have to let old stories go.  Nothing in it says
more of a reader than their last reads, and :meth:`ClickStream.forget` drops those.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Floats64 = npt.NDArray[np.float64]

HALF_LIVES_S = (600.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 86_400.0)
"""Half-lives of the counts: ten minutes to a day."""
AFTER_HALF_LIFE_S = 43_200.0
READS = 10
"""How many of a reader's last reads are remembered."""
_STEP = 0.8
_MOST_AFTER = 200
_MOST_READERS = 500_000
_REBASE = 200.0
_SMALLEST = 1_024


@dataclass(frozen=True, slots=True)
class Read:
    """One story a reader clicked, at seconds since the epoch."""

    number: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Reads:
    """A reader's last reads, oldest first, each story once, and how many there ever were."""

    last: tuple[Read, ...] = ()
    count: int = 0


class _Followers:
    """Weights of stories read after one story, grown with time instead of decaying."""

    __slots__ = ("after", "beside")

    def __init__(self) -> None:
        self.after: dict[int, float] = {}
        self.beside: dict[int, float] = {}


class ClickStream:
    """Takes clicks in order of time.

    Counts and weights are kept grown by ``2 ** (age of the stream / half-life)``, so that adding costs the
    same however many stories there are; they are scaled back before numbers grow too large.
    """

    def __init__(self, began_s: float = 0.0) -> None:
        self._slots: dict[int, int] = {}
        self._numbers = np.zeros(_SMALLEST, dtype=np.int64)
        self._counts = np.zeros((len(HALF_LIVES_S), _SMALLEST))
        self._first_s = np.full(_SMALLEST, np.inf)
        self._latest_s = np.full(_SMALLEST, -np.inf)
        self._total = np.zeros(_SMALLEST)
        self._reads = np.zeros(_SMALLEST)
        self._followers: dict[int, _Followers] = {}
        self._readers: OrderedDict[str, Reads] = OrderedDict()
        self._began_s = began_s
        self._after_began_s = began_s

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def numbers(self) -> Numbers:
        """Every story that was ever clicked, in order of first click."""
        return self._numbers[: len(self._slots)]

    def add(self, reader: str, number: int, at_s: float) -> None:
        """Count a click.  Only a reader's first click among their last reads counts as a new read."""
        self._rebase(at_s)
        slot = self._slot(number)
        self._counts[:, slot] += np.exp2((at_s - self._began_s) / np.array(HALF_LIVES_S))
        self._first_s[slot] = min(self._first_s[slot], at_s)
        self._latest_s[slot] = at_s
        self._total[slot] += 1
        before = self._readers.pop(reader, Reads())
        if all(read.number != number for read in before.last):
            self._follow(before.last, number, slot, at_s)
            before = Reads((*before.last, Read(number, at_s))[-READS:], before.count + 1)
        self._readers[reader] = before
        if len(self._readers) > _MOST_READERS:
            self._readers.popitem(last=False)

    def reads_of(self, reader: str) -> Reads:
        """A reader's last reads."""
        return self._readers.get(reader, Reads())

    def forget(self, reader: str) -> None:
        """Drop a reader's last reads."""
        self._readers.pop(reader, None)

    def slots_of(self, numbers: Iterable[int]) -> npt.NDArray[np.intp]:
        """Place of each story in the columns, -1 for one never clicked."""
        return np.array([self._slots.get(int(number), -1) for number in numbers], dtype=np.intp)

    def counts(self, slots: npt.NDArray[np.intp], now_s: float) -> Floats64:
        """Decayed clicks, shape (half-lives, n); nothing for slot -1."""
        scale = np.exp2(-(now_s - self._began_s) / np.array(HALF_LIVES_S))
        found: Floats64 = self._counts[:, slots] * scale[:, None] * (slots >= 0)
        return found

    def times(self, slots: npt.NDArray[np.intp], now_s: float) -> tuple[Floats64, Floats64, Floats64]:
        """Seconds since the first and since the latest click, and clicks in all; shape (n,) each."""
        known = slots >= 0
        since_first = np.where(known, now_s - self._first_s[slots], 0.0)
        since_latest = np.where(known, now_s - self._latest_s[slots], 0.0)
        return since_first, since_latest, np.where(known, self._total[slots], 0.0)

    def after(self, number: int, slots: npt.NDArray[np.intp], now_s: float) -> tuple[Floats64, Floats64]:
        """How often stories were read after one, and near it in either order, each 0..1.

        The first is the share of the story's readers who went on to each; the second the cosine of both
        stories' readers.  One imagined read of each keeps rare stories down.
        """
        nothing = np.zeros(len(slots))
        known = self._followers.get(number)
        if known is None:
            return nothing, nothing
        one = np.exp2((now_s - self._after_began_s) / AFTER_HALF_LIFE_S)
        own = self._reads[self._slots[number]] + one
        scratch = np.zeros((2, len(self._slots)))
        for row, weights in enumerate((known.after, known.beside)):
            scratch[row, np.fromiter(weights.keys(), np.intp, len(weights))] = np.fromiter(
                weights.values(), np.float64, len(weights)
            )
        forward, beside = scratch[:, slots] * (slots >= 0)
        return forward / own, beside / np.sqrt(own * (self._reads[slots] + one))

    def followers(self, number: int, count: int) -> Numbers:
        """Stories most read after one, at most so many."""
        known = self._followers.get(number)
        if known is None:
            return np.zeros(0, dtype=np.int64)
        slots = np.fromiter(known.after.keys(), np.intp, len(known.after))
        weights = np.fromiter(known.after.values(), np.float64, len(known.after))
        return self._numbers[slots[np.argsort(-weights, kind="stable")[:count]]]

    def _slot(self, number: int) -> int:
        slot = self._slots.setdefault(number, len(self._slots))
        if slot == len(self._numbers):
            self._grow()
        self._numbers[slot] = number
        return slot

    def _grow(self) -> None:
        more = len(self._numbers)
        self._numbers = np.concatenate([self._numbers, np.zeros(more, dtype=np.int64)])
        self._counts = np.concatenate([self._counts, np.zeros((len(HALF_LIVES_S), more))], axis=1)
        self._first_s = np.concatenate([self._first_s, np.full(more, np.inf)])
        self._latest_s = np.concatenate([self._latest_s, np.full(more, -np.inf)])
        self._total = np.concatenate([self._total, np.zeros(more)])
        self._reads = np.concatenate([self._reads, np.zeros(more)])

    def _follow(self, before: Sequence[Read], number: int, slot: int, at_s: float) -> None:
        one = float(np.exp2((at_s - self._after_began_s) / AFTER_HALF_LIFE_S))
        for place, read in enumerate(reversed(before)):
            weight = one * _STEP**place
            led = self._followers.setdefault(read.number, _Followers())
            led.after[slot] = led.after.get(slot, 0.0) + weight / (1 + place)
            led.beside[slot] = led.beside.get(slot, 0.0) + weight
            earlier = self._slots[read.number]
            back = self._followers.setdefault(number, _Followers()).beside
            back[earlier] = back.get(earlier, 0.0) + weight
            for weights in (led.after, led.beside, back):
                _prune(weights)
        self._reads[slot] += one

    def _rebase(self, at_s: float) -> None:
        if at_s - self._began_s > _REBASE * min(HALF_LIVES_S):
            shrink = np.exp2(-(at_s - self._began_s) / np.array(HALF_LIVES_S))
            self._counts *= shrink[:, None]
            self._began_s = at_s
        if at_s - self._after_began_s > _REBASE * AFTER_HALF_LIFE_S:
            factor = float(np.exp2(-(at_s - self._after_began_s) / AFTER_HALF_LIFE_S))
            self._reads *= factor
            for known in self._followers.values():
                known.after = {slot: weight * factor for slot, weight in known.after.items()}
                known.beside = {slot: weight * factor for slot, weight in known.beside.items()}
            self._after_began_s = at_s


def _prune(weights: dict[int, float]) -> None:
    if len(weights) <= 2 * _MOST_AFTER:
        return
    kept = sorted(weights.items(), key=lambda row: -row[1])[:_MOST_AFTER]
    weights.clear()
    weights.update(kept)
