"""Finding and judging stories that tell the same as another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np
import numpy.typing as npt

from tianfu.model.cluster import DuplicateEdge
from tianfu.model.ports import IndexFilter, PairJudge, PairText, PairVerdict
from tianfu.serving.services.library import Library
from tianfu.serving.services.reading import StoryReading

COPY_CANDIDATES = 40
EVENT_CANDIDATES = 24
EVENT_WINDOW = timedelta(days=4)
EVENT_FLOOR = 0.5
"""Cosine below which two stories are not worth comparing: of 83 labelled pairs of one event the box's encoder
gives the least likely 0.52, the province's 0.59."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story worth comparing, and the cosine of the two vectors."""

    number: int
    cosine: float


class LikenessFinder:
    """Proposes candidates from the indexes and has the judge look at the texts themselves."""

    def __init__(self, *, library: Library, judge: Callable[[], PairJudge]) -> None:
        """Take the indexes, and what tells the judge of this moment."""
        self._library = library
        self._judge_now = judge

    @property
    def version(self) -> str:
        """Version of the judge."""
        return self._judge.version

    @property
    def _judge(self) -> PairJudge:
        return self._judge_now()

    def fixed(self) -> Self:
        """The same, staying with the judge of this moment."""
        judge = self._judge
        return type(self)(library=self._library, judge=lambda: judge)

    def candidates(
        self, reading: StoryReading, *, exclude: frozenset[int] = frozenset(), also: Sequence[int] = ()
    ) -> list[Candidate]:
        """Stories in the indexes worth comparing: copies of any age, same events of the same days.

        Args:
            reading: Of the text.
            exclude: Numbers never to propose.
            also: Numbers to compare whatever the indexes say.
        """
        window = None
        if reading.pair.published_at is not None:
            at = reading.pair.published_at
            window = IndexFilter(
                since_s=int((at - EVENT_WINDOW).timestamp()),
                until_s=int((at + EVENT_WINDOW).timestamp()) + 1,
                exclude=exclude,
            )
        index = reading.meaning.index
        near = index.search(reading.vector[None, :], EVENT_CANDIDATES, window)[0]
        cosines = {n.number: n.score for n in near if n.score >= EVENT_FLOOR}
        copies = self._library.copies.candidates(reading.text_fingerprint, COPY_CANDIDATES)
        others = [n for n in dict.fromkeys([*(c.number for c in copies), *also]) if n not in cosines]
        known = index.vectors(others)
        cosines.update({n: float(known[n] @ reading.vector) if n in known else 0.0 for n in others})
        return [
            Candidate(number=number, cosine=cosine)
            for number, cosine in sorted(cosines.items())
            if number not in exclude
        ]

    def judge(
        self, reading: StoryReading, candidates: Iterable[Candidate], texts: Mapping[int, PairText]
    ) -> list[tuple[int, PairVerdict]]:
        """Judge each candidate whose text is at hand."""
        return [
            (c.number, self._judge.judge(reading.pair, texts[c.number], c.cosine))
            for c in candidates
            if c.number in texts
        ]

    def edges(self, number: int, verdicts: Iterable[tuple[int, PairVerdict]]) -> list[DuplicateEdge]:
        """The verdicts that join without asking an editor, as edges."""
        return [
            DuplicateEdge(
                a=min(number, other),
                b=max(number, other),
                relation=verdict.relation,
                score=verdict.score,
                decided_by=self._judge.version,
            )
            for other, verdict in verdicts
            if verdict.relation.joins and verdict.sure
        ]

    def judge_within(self, numbers: Sequence[int], readings: Sequence[StoryReading]) -> list[DuplicateEdge]:
        """Edges among the stories of one batch, which the indexes do not hold yet."""
        if len(readings) < 2:
            return []
        copies = self._library.new_copy_index()
        copies.add(numbers, [r.text_fingerprint for r in readings])
        cosines: npt.NDArray[np.float32] = np.stack([r.vector for r in readings])
        cosines = cosines @ cosines.T
        place = {number: row for row, number in enumerate(numbers)}
        edges: list[DuplicateEdge] = []
        for row, (number, reading) in enumerate(zip(numbers, readings, strict=True)):
            found = {c.number for c in copies.candidates(reading.text_fingerprint, COPY_CANDIDATES)}
            found |= {
                numbers[int(i)]
                for i in np.flatnonzero(cosines[row] >= EVENT_FLOOR)
                if _same_days(reading.pair, readings[int(i)].pair)
            }
            verdicts = [
                (
                    other,
                    self._judge.judge(
                        reading.pair, readings[place[other]].pair, float(cosines[row, place[other]])
                    ),
                )
                for other in sorted(found)
                if place[other] > row
            ]
            edges.extend(self.edges(number, verdicts))
        return edges


def _same_days(a: PairText, b: PairText) -> bool:
    if a.published_at is None or b.published_at is None:
        return True
    return abs(a.published_at - b.published_at) <= EVENT_WINDOW
