"""The edges the core leans on.  Each port has one contract suite that every implementation passes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tianfu.model.cluster import Relation, SharedPassage
from tianfu.model.tag import TagSuggestion

FloatMatrix = npt.NDArray[np.float32]
"""Float32, C-contiguous, shape (n, dimension), rows of unit length unless said otherwise."""


class Encoder(Protocol):
    """Turns Chinese text into vectors of unit length.  Safe to call from many threads."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that shapes a vector: weights, vocabulary, normalisation, pooling."""
        ...

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        ...

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode texts to shape (len(texts), dimension), in order.  An empty text gives a zero row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFacts:
    """What the index knows of a story besides its vector; searches filter on it.

    Attributes:
        published_at_s: Seconds since the epoch, UTC.
        outlet_id: The outlet that sent the story.
        places: Six-digit adcodes the story is about, each with its ancestors (city, province).
    """

    published_at_s: int
    outlet_id: str
    places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFilter:
    """Conditions that a neighbour must meet, all of them.  ``None`` means no condition.

    Attributes:
        since_s: Earliest publication, inclusive, seconds since the epoch.
        until_s: Latest publication, exclusive.
        outlets: Only stories of these outlets.
        places: Only stories about at least one of these adcodes.
        exclude: Story numbers never returned.
    """

    since_s: int | None = None
    until_s: int | None = None
    outlets: AbstractSet[str] | None = None
    places: AbstractSet[str] | None = None
    exclude: AbstractSet[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One hit: the story's number and its cosine similarity, -1..1."""

    number: int
    score: float


class VectorIndex(Protocol):
    """Nearest stories by cosine.  One writer at a time; readers never wait for it."""

    @property
    def size(self) -> int:
        """How many stories can be found."""
        ...

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known.

        Raises:
            DimensionMismatch: Nothing was added.
        """
        ...

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there."""
        ...

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number."""
        ...

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known (up to the index's precision)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggingText:
    """What taggers look at.  Offsets of evidence count characters of these very strings.

    Attributes:
        home: Adcode of the area the outlet serves, where known; it settles names that several counties
            share, and townships named without their county.
        vector: The story's vector of unit length, shape (dimension,), where the caller has it already.
    """

    title: str
    body: str
    home: str | None = None
    vector: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


class Tagger(Protocol):
    """Suggests tags of one kind or several, with confidence and evidence."""

    @property
    def version(self) -> str:
        """Name and version of the model, as written in its card."""
        ...

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text its suggestions, most confident first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtTopic:
    """What editors decided on one fine topic, as far as a tagger has to remember.

    Attributes:
        label: Chinese name, as editors see it.
        accepted: Numbers of stories that an editor put it on, or left it on.
        rejected: Numbers of stories that an editor took it off.
    """

    code: str
    label: str
    accepted: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()


class LearningTagger(Tagger, Protocol):
    """A tagger that learns from editors' decisions while it serves.  Safe to call from many threads."""

    def knows(self, number: int) -> bool:
        """Whether it holds this story's text for some topic."""
        ...

    def learn(self, texts: Mapping[int, TaggingText], topics: Sequence[TaughtTopic]) -> None:
        """Take over what editors decided; everything at once or nothing.

        What it knows afterwards depends on the last state of each topic and each text alone, never on
        the order they came in.

        Args:
            texts: Of stories that it does not know, or whose text changed.
            topics: The whole present state of each topic that changed; one without stories is forgotten.
        """
        ...


class Clock(Protocol):
    """Tells the time, so that tests can."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class CopyCandidate:
    """A story that may be a copy; ``containment`` estimates the shared part of the shorter, 0..1."""

    number: int
    containment: float


class CopyIndex(Protocol):
    """Finds texts that share much of their wording.  One writer at a time; readers never wait for it."""

    def add(self, numbers: Sequence[int], fingerprints: Sequence[bytes]) -> None:
        """Add stories by their stored fingerprints, or replace those whose number is known."""
        ...

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; returns how many were there."""
        ...

    def candidates(self, fingerprint: bytes, count: int) -> list[CopyCandidate]:
        """Up to ``count`` stories that may be copies, likeliest first, ties by smaller number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PairText:
    """One side of a pair, as the outlet wrote it."""

    title: str
    body: str
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """How two stories relate.

    Attributes:
        score: How sure, 0..1.
        sure: Whether it may join two stories in a cluster by itself.  What an editor is shown may be
            less sure than what is joined without asking.
        containment: Share of the shorter text's wording found in the other, 0..1.
        passages: What both share, longest first, offsets in the bodies as given.
    """

    relation: Relation
    score: float
    sure: bool = True
    containment: float = 0.0
    passages: tuple[SharedPassage, ...] = ()


class PairJudge(Protocol):
    """Judges how two stories relate.  Symmetric: the order of the two changes nothing but sides."""

    @property
    def version(self) -> str:
        """Name and version of the model, as written in its card."""
        ...

    def fingerprint(self, text: PairText) -> bytes:
        """What the copy index and the database keep of a text."""
        ...

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        """Judge one pair; ``cosine`` is the similarity of the two stories' vectors, -1..1."""
        ...
