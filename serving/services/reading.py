"""Reading a story: clean text, vector, fingerprint and tags; nothing is stored here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import Encoder, PairJudge, PairText, Tagger, TaggingText
from tianfu.model.story import StoryText
from tianfu.model.tag import EvidenceSpan, TagSuggestion, TextField

PASSAGE_CHARS = 400
"""How much of the body the encoder reads after the title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReading:
    """What the models make of one text.

    Attributes:
        pair: The clean text, as the pair judge takes it.
        vector: Unit length, shape (dimension,).
        text_fingerprint: For the copy index.
        tags: Suggestions with the version of the model that made each; evidence counts in the
            outlet's own text.
    """

    pair: PairText
    vector: npt.NDArray[np.float32]
    text_fingerprint: bytes
    tags: tuple[tuple[TagSuggestion, str], ...]


class StoryReader:
    """Runs the models over texts in batches.  Safe to call from many threads."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        taggers: Sequence[Tagger],
        judge: PairJudge,
        clean: Callable[[str], str],
    ) -> None:
        self._encoder = encoder
        self._taggers = tuple(taggers)
        self._judge = judge
        self._clean = clean

    def read(self, texts: Sequence[StoryText], homes: Sequence[str | None]) -> list[StoryReading]:
        """Read texts, in order.

        Args:
            texts: As outlets sent them.
            homes: For each the adcode of the area its outlet serves.
        """
        pairs = [self.pair_text(text) for text in texts]
        vectors = self.vectors(pairs)
        places = [t.adcode or h for t, h in zip(texts, homes, strict=True)]
        tags = self._tags([t.body for t in texts], pairs, places, list(vectors))
        return [
            StoryReading(pair=pair, vector=vector, text_fingerprint=self._judge.fingerprint(pair), tags=found)
            for pair, vector, found in zip(pairs, vectors, tags, strict=True)
        ]

    def compare(self, text: StoryText) -> StoryReading:
        """Read one text for comparison only, without tags."""
        pair = self.pair_text(text)
        return StoryReading(
            pair=pair,
            vector=self.vectors([pair])[0],
            text_fingerprint=self._judge.fingerprint(pair),
            tags=(),
        )

    def pair_text(self, text: StoryText) -> PairText:
        """Clean a text for comparison."""
        return PairText(title=text.title, body=self._clean(text.body), published_at=text.published_at)

    def vectors(self, pairs: Sequence[PairText]) -> npt.NDArray[np.float32]:
        """Encode clean texts to shape (n, dimension)."""
        return self._encoder.encode([f"{p.title}\n{p.body[:PASSAGE_CHARS]}" for p in pairs])

    def vector_of(self, words: str) -> npt.NDArray[np.float32]:
        """Encode a few words as the headline of a story, shape (dimension,)."""
        vector: npt.NDArray[np.float32] = self.vectors([PairText(title=words, body="")])[0]
        return vector

    def suggest(
        self, title: str, body: str, home: str | None = None
    ) -> tuple[tuple[TagSuggestion, str], ...]:
        """Suggest tags for one text as given; evidence counts in these very strings."""
        pair = PairText(title=title, body=self._clean(body))
        return self._tags([body], [pair], [home], [None])[0]

    def _tags(
        self,
        bodies: Sequence[str],
        pairs: Sequence[PairText],
        homes: Sequence[str | None],
        vectors: Sequence[npt.NDArray[np.float32] | None],
    ) -> list[tuple[tuple[TagSuggestion, str], ...]]:
        found: list[list[tuple[TagSuggestion, str]]] = [[] for _ in pairs]
        given = [
            TaggingText(title=pair.title, body=pair.body, home=home, vector=vector)
            for pair, home, vector in zip(pairs, homes, vectors, strict=True)
        ]
        for tagger in self._taggers:
            for place, suggestions in enumerate(tagger.suggest(given)):
                found[place].extend((s, tagger.version) for s in suggestions)
        return [
            tuple((in_own_text(s, clean=pair.body, own=body), version) for s, version in suggestions)
            for suggestions, pair, body in zip(found, pairs, bodies, strict=True)
        ]


def in_own_text(suggestion: TagSuggestion, *, clean: str, own: str) -> TagSuggestion:
    """Move evidence from the clean body to the outlet's own body, where the words stand somewhere else.

    The n-th occurrence of the words in the clean body is the n-th in the outlet's own, or the last
    there is.  Words that do not stand in the own text in one piece (markup between them) are left out.
    """
    if clean == own or not suggestion.evidence:
        return suggestion
    moved = [in_own_body(span, clean=clean, own=own) for span in suggestion.evidence]
    return replace(suggestion, evidence=tuple(span for span in moved if span is not None))


def in_own_body(span: EvidenceSpan, *, clean: str, own: str) -> EvidenceSpan | None:
    """Move one span; ``None`` when its words do not stand in the own text in one piece."""
    if span.field is TextField.TITLE:
        return span
    wanted = clean.count(span.text, 0, span.start)
    start = own.find(span.text)
    for _ in range(wanted):
        further = own.find(span.text, start + 1)
        if further < 0:
            break
        start = further
    return replace(span, start=start, end=start + len(span.text)) if start >= 0 else None
