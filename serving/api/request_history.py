"""What this process answered lately: counts and durations by minute and by route, and its last errors.

Prometheus keeps these for those who run it; a box has only itself to ask.
"""

import bisect
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Lock

KEPT_MINUTES = 180
_MOST_ERRORS = 50
_MOST_ROUTES = 500
BOUNDS_MS = tuple(round(1.2**power, 2) for power in range(1, 58))
"""Upper bounds of the classes that durations are counted in, each a fifth above the one before; to 33 s."""


@dataclass(slots=True)
class Answers:
    """Answers counted together."""

    requests: int = 0
    refused: int = 0
    broken: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))

    def add(self, status: int, took_ms: float) -> None:
        """Count one."""
        self.requests += 1
        self.refused += 400 <= status < 500
        self.broken += status >= 500
        self.counts[bisect.bisect_left(BOUNDS_MS, took_ms)] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFigures:
    """What a screen shows of some answers.

    Attributes:
        refused: With a status of 400 to 499.
        broken: With a status of 500 or more.
        p50_ms: Half of them took no longer, to a fifth; 0 without any.
    """

    requests: int
    refused: int
    broken: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenAnswer:
    """One answer of status 500 or more; the route is a template, so no id is in it."""

    at_s: float
    method: str
    route: str
    status: int


class RequestHistory:
    """Remembers the last three hours.  Safe to call from many threads."""

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._lock = Lock()
        self._minutes: deque[tuple[int, Answers]] = deque(maxlen=KEPT_MINUTES)
        self._routes: dict[tuple[str, str], Answers] = {}
        self._broken: deque[BrokenAnswer] = deque(maxlen=_MOST_ERRORS)

    def add(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Take down one answer."""
        now_s = self._now_s()
        minute = int(now_s // 60)
        with self._lock:
            if not self._minutes or self._minutes[-1][0] < minute:
                self._minutes.append((minute, Answers()))
            self._minutes[-1][1].add(status, seconds * 1_000)
            if (method, route) in self._routes or len(self._routes) < _MOST_ROUTES:
                self._routes.setdefault((method, route), Answers()).add(status, seconds * 1_000)
            if status >= 500:
                self._broken.append(BrokenAnswer(at_s=now_s, method=method, route=route, status=status))

    def minutes(self) -> list[tuple[int, AnswerFigures]]:
        """Figures of each minute with answers, by its first second since the epoch, oldest first."""
        first = int(self._now_s() // 60) - KEPT_MINUTES
        with self._lock:
            return [(at * 60, figures(answers)) for at, answers in self._minutes if at > first]

    def routes(self) -> list[tuple[str, str, AnswerFigures]]:
        """Figures of each method and route since the start, most asked for first."""
        with self._lock:
            rows = [(*key, figures(answers)) for key, answers in self._routes.items()]
        return sorted(rows, key=lambda row: (-row[2].requests, row[1], row[0]))

    def broken(self) -> list[BrokenAnswer]:
        """The last answers of status 500 or more, newest first."""
        with self._lock:
            return list(reversed(self._broken))


def figures(answers: Answers) -> AnswerFigures:
    """Sum up."""
    p50, p95, p99 = (percentile_ms(answers.counts, share) for share in (0.5, 0.95, 0.99))
    return AnswerFigures(
        requests=answers.requests,
        refused=answers.refused,
        broken=answers.broken,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )


def percentile_ms(counts: Sequence[int], share: float) -> float:
    """Upper bound of the class in which a share of all durations is reached; 0 without any."""
    total = sum(counts)
    if total == 0:
        return 0.0
    place = bisect.bisect_left(list(accumulate(counts)), share * total)
    return BOUNDS_MS[min(place, len(BOUNDS_MS) - 1)]
