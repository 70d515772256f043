"""Reading a story: clean text, vector, fingerprint and tags; nothing is stored here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.embeddings.text.aligned import Aligned
from tianfu.model.ports import Encoder, PairJudge, PairText, Tagger, TaggingText
from tianfu.model.story import Story, StoryText
from tianfu.model.tag import EvidenceSpan, TagSuggestion, TextField
from tianfu.serving.services.live_models import LiveModels
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.store.vectors import StoredVector


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReading:
    """What the models make of one text.

    Attributes:
        pair: The clean text, as the pair judge takes it.
        meaning: What the vector may be compared with.
        vector: Unit length, shape (dimension,).
        text_fingerprint: For the copy index.
        tags: Suggestions with the version of the model that made each; evidence counts in the
            outlet's own text.
    """

    pair: PairText
    meaning: Meaning
    vector: npt.NDArray[np.float32]
    text_fingerprint: bytes
    tags: tuple[tuple[TagSuggestion, str], ...]


class StoryReader:
    """Runs the models over texts in batches.  Safe to call from many threads."""

    def __init__(
        self,
        *,
        meaning: Callable[[], Meaning],
        models: LiveModels,
        clean: Callable[[str], str],
        align: Callable[[str], Aligned],
    ) -> None:
        """Take the models.

        Args:
            meaning: Tells the meaning that serves at this moment.
            models: Taggers and the judge of pairs.
            clean: Body to its visible text.
            align: The same text with the way back to the body.
        """
        self._meaning = meaning
        self._models = models
        self._clean = clean
        self._align = align

    def read(self, texts: Sequence[StoryText], homes: Sequence[str | None]) -> list[StoryReading]:
        """Read texts, in order, all with the same models.

        Args:
            texts: As outlets sent them.
            homes: For each the adcode of the area its outlet serves.
        """
        meaning, models = self._meaning(), self._models.now
        pairs = [self.pair_text(text) for text in texts]
        vectors = vectors_of(pairs, meaning)
        places = [t.adcode or h for t, h in zip(texts, homes, strict=True)]
        taggers = models.taggers_of(meaning)
        tags = _tags(taggers, [t.body for t in texts], pairs, places, list(vectors))
        return [
            StoryReading(
                pair=pair,
                meaning=meaning,
                vector=vector,
                text_fingerprint=models.judge.fingerprint(pair),
                tags=found,
            )
            for pair, vector, found in zip(pairs, vectors, tags, strict=True)
        ]

    def compare(self, text: StoryText) -> StoryReading:
        """Read one text for comparison only, without tags."""
        meaning, pair = self._meaning(), self.pair_text(text)
        return StoryReading(
            pair=pair,
            meaning=meaning,
            vector=vectors_of([pair], meaning)[0],
            text_fingerprint=self._models.now.judge.fingerprint(pair),
            tags=(),
        )

    def read_by(self, stories: Sequence[Story], meaning: Meaning) -> list[StoredVector]:
        """Vectors of stories by some meaning, ready to be stored, in order."""
        judge = self._models.now.judge
        return stored_vectors(stories, encoder=meaning.encoder, judge=judge, clean=self._clean)

    def pair_text(self, text: StoryText) -> PairText:
        """Clean a text for comparison."""
        return clean_pair(text, self._clean)

    def aligned(self, body: str) -> Aligned:
        """The clean text of a body, as :meth:`pair_text` has it, with the way back to the body."""
        return self._align(body)

    def words(self, words: str) -> tuple[npt.NDArray[np.float32], Meaning]:
        """Encode a few words as the headline of a story, shape (dimension,), and what to compare it with."""
        meaning = self._meaning()
        return vectors_of([PairText(title=words, body="")], meaning)[0], meaning

    def suggest(
        self, title: str, body: str, home: str | None = None
    ) -> tuple[tuple[TagSuggestion, str], ...]:
        """Suggest tags for one text as given; evidence counts in these very strings."""
        pair = PairText(title=title, body=self._clean(body))
        return _tags(self._models.now.taggers_of(self._meaning()), [body], [pair], [home], [None])[0]


def clean_pair(text: StoryText, clean: Callable[[str], str]) -> PairText:
    """A text as the encoder and the judge of pairs take it."""
    return PairText(title=text.title, body=clean(text.body), published_at=text.published_at)


def stored_vectors(
    stories: Sequence[Story], *, encoder: Encoder, judge: PairJudge, clean: Callable[[str], str]
) -> list[StoredVector]:
    """Read stories by an encoder, ready to be stored, in order.

    Raises:
        EncoderUnavailable: The encoder failed.
    """
    pairs = [clean_pair(story.text, clean) for story in stories]
    vectors = encode_stories(encoder, [(pair.title, pair.body) for pair in pairs])
    return [
        StoredVector(
            number=story.number,
            revision=story.revision,
            vector=vector,
            text_fingerprint=judge.fingerprint(pair),
        )
        for story, pair, vector in zip(stories, pairs, vectors, strict=True)
    ]


def vectors_of(pairs: Sequence[PairText], meaning: Meaning) -> npt.NDArray[np.float32]:
    """Encode clean texts to shape (n, dimension), long bodies in windows."""
    return encode_stories(meaning.encoder, [(p.title, p.body) for p in pairs])


def _tags(
    taggers: Sequence[Tagger],
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
    for tagger in taggers:
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
