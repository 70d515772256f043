"""Evidence spans: from offsets in normalised text to the words of the outlet's own text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

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
