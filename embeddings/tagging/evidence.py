"""Evidence spans: from offsets in normalised text to the words of the outlet's own text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.embeddings.text.aligned import Aligned
from tianfu.embeddings.text.normalise import align
from tianfu.model.tag import EvidenceSpan, TextField


class Found(Protocol):
    """Something found in normalised text."""

    @property
    def field(self) -> TextField:
        """Which string."""
        ...

    @property
    def start(self) -> int:
        """First character."""
        ...

    @property
    def end(self) -> int:
        """One past the last."""
        ...

    @property
    def weight(self) -> float:
        """How loudly it speaks."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One of a story's strings, normalised, with the way back."""

    field: TextField
    aligned: Aligned

    @classmethod
    def of(cls, field: TextField, text: str) -> Self:
        """Normalise a string as sent."""
        return cls(field, align(text))

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.aligned.text

    def span(self, start: int, end: int, weight: float) -> EvidenceSpan:
        """Point at the outlet's own words."""
        first, last = self.aligned.span(start, end)
        return EvidenceSpan(
            field=self.field,
            start=first,
            end=last,
            text=self.aligned.source[first:last],
            weight=round(weight, 3),
        )


def spans(sources: Mapping[TextField, Source], found: Iterable[Found]) -> tuple[EvidenceSpan, ...]:
    """Evidence for what was found, in the order given."""
    return tuple(sources[one.field].span(one.start, one.end, one.weight) for one in found)


def loud_spans(
    shares: npt.NDArray[np.float32],
    title: Source,
    body: Source,
    segmenter: Segmenter,
    *,
    floor: float,
    most: int,
) -> list[EvidenceSpan]:
    """Stretches of a story that speak up, in whole words, each with the sum of its loud characters' shares.

    Args:
        shares: Of each character of the title, one character between, and the body.
        title: The story's.
        body: The story's, or its beginning.
        segmenter: Knows where words begin and end.
        floor: The least share that is loud; one loud character alone counts only where no longer stretch is.
        most: How many of the loudest stretches; what they share a word with becomes one.

    Returns:
        Loudest first.
    """
    high = np.flatnonzero(shares >= floor)
    runs: list[tuple[float, Source, int, int]] = []
    for source, begins in ((title, 0), (body, len(title.text) + 1)):
        inside = high[(high >= begins) & (high < begins + len(source.text))]
        runs += [
            (float(shares[run].sum()), source, int(run[0]) - begins, int(run[-1]) + 1 - begins)
            for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
            if len(run)
        ]
    longer = [run for run in runs if run[3] - run[2] >= 2]
    loudest = sorted(longer or runs, key=lambda run: -run[0])[:most]
    spans: list[EvidenceSpan] = []
    for source in (title, body):
        own = sorted((start, end, weight) for weight, where, start, end in loudest if where is source)
        words = [(*segmenter.whole_words(source.text, start, end), weight) for start, end, weight in own]
        spans += [source.span(*stretch) for stretch in _joined(words)]
    return sorted(spans, key=lambda span: -span.weight)


def _joined(stretches: Iterable[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Stretches in order, those that touch made into one."""
    found: list[tuple[int, int, float]] = []
    for start, end, weight in stretches:
        if found and start <= found[-1][1]:
            first, last, before = found.pop()
            start, end, weight = first, max(last, end), before + weight
        found.append((start, end, weight))
    return found
