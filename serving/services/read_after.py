"""What is read after what, as far as an outlet may know it."""

from collections import OrderedDict

_MAX_AFTER = 100
_MAX_PAIRS = 500_000
_MAX_STORIES = 50_000
"""Beyond either the stories nobody has read on from for longest give way; ``benchmarks.crowd_memory`` says
what it comes to."""
_SESSION = 5
_WEIGHTS = tuple(1.0 / (1 + place) for place in range(_SESSION))
"""Of a story read so many reads after another."""
_MAX_SESSIONS = 200_000
_CROWD = 2.0
"""One reader adds at most 1 to a pair, so more than this much of it comes from three readers or more."""

Weight = float | tuple[tuple[int, float], ...]
"""Of a pair that a crowd did, what all did; of another, the share of each outlet's readers by its code."""


class ReadAfter:
    """Which stories are read after which: weights of pairs within the last five reads of a reader.

    A reader adds at most 1 to a pair, as long as what they were counted for is remembered (see
    :class:`tianfu.serving.services.signals.HotCounts`).  An outlet is told what its own readers did, and of
    others' readers only what at least three of them did: who sends a story as a bait to one reader of another
    outlet does not learn what that reader reads next, and made-up readers of its own add nothing to the
    crowd.  Once no outlet is told less than all of a pair, whose readers it came from is not kept any longer.

    What is kept has a bound, however long a process runs: see ``most_pairs`` and ``most_stories``.
    """

    def __init__(self, most_pairs: int = _MAX_PAIRS, most_stories: int = _MAX_STORIES) -> None:
        self._most_pairs, self._most_stories = most_pairs, most_stories
        self._pairs = 0
        self._codes: dict[str, int] = {}
        self._of_one: dict[tuple[int, float], Weight] = {}  # shared, as most pairs are of one
        self._after: OrderedDict[int, dict[int, Weight]] = OrderedDict()
        self._sessions: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def add(self, outlet_id: str, reader: str, number: int, *, first: bool = True) -> None:
        """Note that a reader of an outlet read a story; only the ``first`` time adds to pairs."""
        before = self._sessions.pop(reader, ())
        code = self._codes.setdefault(outlet_id, len(self._codes))
        for place, earlier in enumerate(reversed(before)):
            if first and earlier != number:
                self._count(code, earlier, number, _WEIGHTS[place])
        while self._pairs > self._most_pairs or len(self._after) > self._most_stories:
            _, longest_ago = self._after.popitem(last=False)
            self._pairs -= len(longest_ago)
        self._sessions[reader] = (*(n for n in before if n != number), number)[-_SESSION:]
        if len(self._sessions) > _MAX_SESSIONS:
            self._sessions.popitem(last=False)

    def _count(self, code: int, earlier: int, number: int, weight: float) -> None:
        weights = self._after.pop(earlier, {})
        self._pairs -= len(weights)
        known = weights.get(number)
        if known is None:
            weights[number] = self._of_one.setdefault((code, weight), ((code, weight),))
        else:
            weights[number] = _grown(known, code, weight)
        if len(weights) > 2 * _MAX_AFTER:
            strongest = sorted(weights.items(), key=lambda row: -_in_all(row[1]))[:_MAX_AFTER]
            weights = dict(strongest)  # what goes, goes from every outlet: nobody's share is left alone
        self._after[earlier] = weights  # the story read on from last stands last
        self._pairs += len(weights)

    def readers(self) -> set[str]:
        """Readers whose last reads are known."""
        return set(self._sessions)

    def forget(self, reader: str) -> None:
        """Drop a reader's last reads."""
        self._sessions.pop(reader, None)

    def after(self, outlet_id: str, number: int, count: int) -> list[tuple[int, float]]:
        """Stories read after this one with strength 0..1, strongest first, as far as an outlet may know."""
        code = self._codes.get(outlet_id, -1)
        rows = []
        for other, weight in self._after.get(number, {}).items():  # every feed comes by here, ten times
            if isinstance(weight, tuple):
                mine = in_all = 0.0
                for owner, share in weight:
                    in_all += share
                    if owner == code:
                        mine = share
                weight = in_all if in_all - mine > _CROWD else mine
            if weight:
                rows.append((-weight, other))
        rows.sort()
        return [(other, weight / (weight - 2.0)) for weight, other in rows[:count]]


def _in_all(weight: Weight) -> float:
    return sum(share for _, share in weight) if isinstance(weight, tuple) else weight


def _grown(weight: Weight, code: int, more: float) -> Weight:
    """A weight after some more by the readers of one outlet."""
    if not isinstance(weight, tuple):
        return weight + more
    shares = dict(weight)
    shares[code] = shares.get(code, 0.0) + more
    in_all = sum(shares.values())
    if in_all - max(shares.values()) > _CROWD:
        return in_all
    return tuple(shares.items())
