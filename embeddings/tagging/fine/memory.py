"""What a process remembers of editors' decisions on fine topics, ready to score a story at once."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.ngrams import Keys
from tianfu.embeddings.pairs.rarity import Rarity
from tianfu.embeddings.tagging.fine.grams import Grams
from tianfu.embeddings.tagging.fine.prototype import LEAST_ACCEPTED, Floats, Line, Sums, line_of
from tianfu.model.ports import TaughtTopic

_STEP = 1 << 14
"""Vectors are summed in whole steps of this part of a unit, so that sums are exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What is kept of a story that an editor decided on; ``vector`` where it is indexed already."""

    grams: Grams
    vector: npt.NDArray[np.int16] | None = None

    @classmethod
    def of(cls, grams: Grams, vector: npt.NDArray[np.float32] | None) -> "Example":
        """Keep a story; vectors lose what lies below half precision."""
        return cls(grams, None if vector is None else np.rint(vector * _STEP).astype(np.int16))


@dataclass(frozen=True, slots=True, eq=False)
class Prototype:
    """One topic as editors use it.

    Attributes:
        line: See :mod:`tianfu.embeddings.tagging.fine.prototype`.
        centre: Mean direction of the accepted stories' vectors, float64, unit length, shape (dimension,);
            ``None`` for a topic with too few.
        spread: Mean cosine of those stories with the centre, 0..1.
    """

    topic: TaughtTopic
    accepted: Sums
    rejected: Sums
    line: Line
    centre: Floats | None
    spread: float


@dataclass(frozen=True, slots=True)
class Score:
    """How like the stories of a topic one story is.

    Attributes:
        total: The line's score; 1 is what accepted stories have on average.
        against: The part of it that comes from grams of rejected stories, 0 or less.
    """

    total: float = 0.0
    against: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """All lines side by side; immutable.

    Attributes:
        prototypes: By code.
        codes: Topics in order.
        keys: int64, shape (n,): grams of all lines.
        weights: float64, shape (n,).
        owners: int64, shape (n,): place of each gram's topic in ``codes``.
    """

    prototypes: Mapping[str, Prototype] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    keys: Keys = field(default_factory=lambda: np.zeros(0, np.int64))
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    owners: Keys = field(default_factory=lambda: np.zeros(0, np.int64))

    def scores(self, grams: Grams) -> dict[str, Score]:
        """Score of every topic that shares a gram with the story."""
        if not len(self.keys) or not len(grams.keys):
            return {}
        at = np.minimum(np.searchsorted(grams.keys, self.keys), len(grams.keys) - 1)
        hit = grams.keys[at] == self.keys
        owners, terms = self.owners[hit], self.weights[hit] * grams.values[at[hit]]
        totals = np.bincount(owners, weights=terms, minlength=len(self.codes))
        against = np.bincount(owners, weights=np.minimum(terms, 0.0), minlength=len(self.codes))
        return {self.codes[n]: Score(float(totals[n]), float(against[n])) for n in np.unique(owners)}


class Memory:
    """Keeps prototypes.  One thread at a time learns; any number read :attr:`table`, replaced whole."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity
        self._lock = threading.Lock()
        self._examples: dict[int, Example] = {}
        self.table = ScoreTable()

    def knows(self, number: int) -> bool:
        """Whether it holds this story."""
        return number in self._examples

    def learn(self, examples: Mapping[int, Example], topics: Sequence[TaughtTopic]) -> None:
        """Take over stories and the present state of topics, as :class:`LearningTagger` has it."""
        with self._lock:
            prototypes = dict(self.table.prototypes)
            wanted = {topic.code: topic for topic in topics}
            for code, known in prototypes.items():
                if not (known.topic.accepted | known.topic.rejected).isdisjoint(examples):
                    wanted.setdefault(code, known.topic)
            before, after = self._examples, {**self._examples, **examples}
            for code, topic in wanted.items():
                made = _prototype(topic, prototypes.get(code), before, after, self._rarity)
                if made is None:
                    prototypes.pop(code, None)
                else:
                    prototypes[code] = made
            used = {n for p in prototypes.values() for n in p.topic.accepted | p.topic.rejected}
            self._examples = {number: one for number, one in after.items() if number in used}
            self.table = _table(prototypes)


def _prototype(
    topic: TaughtTopic,
    known: Prototype | None,
    before: Mapping[int, Example],
    after: Mapping[int, Example],
    rarity: Rarity,
) -> Prototype | None:
    sums = (known.accepted, known.rejected) if known else (Sums(), Sums())
    was = known.topic if known else TaughtTopic(code=topic.code, label=topic.label)
    accepted = _summed(sums[0], was.accepted, topic.accepted, before, after)
    rejected = _summed(sums[1], was.rejected, topic.rejected, before, after)
    if not accepted.stories and not rejected.stories:
        return None
    centre, spread = _centre([after[n] for n in sorted(topic.accepted) if n in after])
    return Prototype(topic, accepted, rejected, line_of(accepted, rejected, rarity), centre, spread)


def _summed(
    sums: Sums,
    old: Iterable[int],
    new: Iterable[int],
    before: Mapping[int, Example],
    after: Mapping[int, Example],
) -> Sums:
    """Add what came, take away what went; a story whose text changed does both."""
    was = {number: before[number].grams for number in old if number in before}
    will = {number: after[number].grams for number in new if number in after}
    return sums.changed(
        added=[grams for number, grams in will.items() if was.get(number) is not grams],
        removed=[grams for number, grams in was.items() if will.get(number) is not grams],
    )


def _centre(examples: Sequence[Example]) -> tuple[Floats | None, float]:
    vectors = [one.vector for one in examples if one.vector is not None]
    if len(vectors) < LEAST_ACCEPTED:
        return None, 0.0
    total: Floats = np.zeros(len(vectors[0]))
    for vector in vectors:
        total += vector  # whole numbers, so exact in any order
    length = float(np.linalg.norm(total))
    if not length:
        return None, 0.0
    return total / length, min(1.0, length / (_STEP * len(vectors)))


def _table(prototypes: Mapping[str, Prototype]) -> ScoreTable:
    codes = tuple(sorted(prototypes))
    lines = [prototypes[code].line for code in codes]
    if not lines:
        return ScoreTable()
    return ScoreTable(
        prototypes=prototypes,
        codes=codes,
        keys=np.concatenate([line.keys for line in lines]),
        weights=np.concatenate([line.weights for line in lines]),
        owners=np.repeat(np.arange(len(lines)), [len(line.keys) for line in lines]),
    )
