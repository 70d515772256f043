"""Numbers that a log has given and not shown yet: which they are, and when to look for them."""

from collections.abc import Iterable

GAP_S = 30.0
"""How long a missing number is waited for; whoever was given it has committed or given up by then."""
_FIRST_LOOK_S = 0.25
_MOST = 50_000


class NumberGaps:
    """Numbers below the highest seen that are still missing.  Not thread-safe.

    A number is looked for a quarter of a second after it was missed, and then whenever it has been missing
    for twice as long, and once more before it is given up: some nine look-ups each, and nothing beyond it is
    read twice.

    Attributes:
        highest: The highest number seen; every number up to it was seen, is missing, or is given up.
    """

    def __init__(self) -> None:
        self.highest = 0
        self._missing: dict[
            int, tuple[float, float]
        ] = {}  # since when, and when to look; longest missing first

    def __len__(self) -> int:
        return len(self._missing)

    def awaits(self, number: int) -> bool:
        """Whether a number may still come."""
        return number > self.highest or number in self._missing

    def saw(self, numbers: Iterable[int], now_s: float, *, waits: bool = True) -> None:
        """Note numbers that were read, in ascending order.

        Args:
            numbers: Above the highest, or among the missing.
            now_s: Seconds of a clock that only goes forward.
            waits: Whether a number that is passed over may still come.
        """
        for number in numbers:
            self._missing.pop(number, None)
            if number <= self.highest:
                continue
            if waits:
                passed_over = range(max(self.highest + 1, number - _MOST), number)
                self._missing.update(dict.fromkeys(passed_over, (now_s, now_s + _FIRST_LOOK_S)))
            self.highest = number
        while len(self._missing) > _MOST:  # what has been missing longest comes least
            del self._missing[next(iter(self._missing))]

    def due(self, now_s: float) -> list[int]:
        """Numbers to look for now, ascending; not given again before it is their time again."""
        found = sorted(number for number, (_, look_s) in self._missing.items() if look_s <= now_s)
        for number in found:
            since_s, _ = self._missing[number]
            again_s = now_s + max(_FIRST_LOOK_S, now_s - since_s)
            self._missing[number] = since_s, min(again_s, max(now_s, since_s + GAP_S))
        return found

    def give_up(self, now_s: float) -> None:
        """Wait no longer for what has been missing for :data:`GAP_S`."""
        while self._missing:
            number = next(iter(self._missing))
            if now_s - self._missing[number][0] < GAP_S:
                break
            del self._missing[number]
