"""Fine topics for editors: at most three, none rather than a wrong one."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tianfu.embeddings.pairs.rarity import Rarity
from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.fine.confidence import (
    LEAST_TOTAL,
    NEVER,
    THRESHOLD,
    confidence,
    odds_by_likeness,
    odds_by_words,
)
from tianfu.embeddings.tagging.fine.cues import CueFinder
from tianfu.embeddings.tagging.fine.grams import Grams, Occurrences, read_grams
from tianfu.embeddings.tagging.fine.likeness import Likeness, Vector
from tianfu.embeddings.tagging.fine.memory import Example, Memory, Prototype, Score, ScoreTable
from tianfu.embeddings.tagging.fine.own_labels import LIFT, finder_of_labels
from tianfu.embeddings.tagging.fine.spans import cue_spans, gram_spans, loudest, shares
from tianfu.embeddings.tagging.fine.zero_shot import CueScore, score_cues
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.model.ports import TaggingText, TaughtTopic
from tianfu.model.tag import EvidenceSpan, TagKind, TagSuggestion, TextField
from tianfu.model.vocab.media_topics import MediaTopicTree

VERSION = "fine-topics@1"
MAX_TOPICS = 3
BODY_CHARS = 600
"""How much of a body is searched for words; news says the matter first."""


@dataclass(frozen=True, slots=True, eq=False)
class _Taught:
    """What editors taught, replaced whole."""

    table: ScoreTable = field(default_factory=ScoreTable)
    labels: CueFinder = field(default_factory=lambda: CueFinder(()))


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """One story with everything that was found in it."""

    title: Source
    body: Source
    grams: Grams
    occurrences: Occurrences
    cues: Mapping[str, CueScore]
    scores: Mapping[str, Score]
    prototypes: Mapping[str, Prototype]


class FineTopicTagger:
    """Suggests Media Topics by words and vector, and any topic by what editors decided on other stories.

    Thread-safe; what :meth:`learn` takes over holds from the next text on.
    """

    def __init__(
        self,
        *,
        finder: CueFinder,
        likeness: Likeness,
        rarity: Rarity,
        tree: MediaTopicTree,
        segmenter: Segmenter,
    ) -> None:
        self._finder = finder
        self._likeness = likeness
        self._rarity = rarity
        self._tree = tree
        self._segmenter = segmenter
        self._memory = Memory(rarity)
        self._taught = _Taught()
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """Name and version of words and rules; what editors taught is no part of it."""
        return VERSION

    def knows(self, number: int) -> bool:
        """Whether it holds this story's text for some topic."""
        return self._memory.knows(number)

    def learn(self, texts: Mapping[int, TaggingText], topics: Sequence[TaughtTopic]) -> None:
        """Take over editors' decisions; see :class:`tianfu.model.ports.LearningTagger`."""
        examples = {number: self._example(text) for number, text in texts.items()}
        with self._lock:
            self._memory.learn(examples, topics)
            table = self._memory.table
            self._taught = _Taught(table, finder_of_labels(p.topic for p in table.prototypes.values()))

    def _example(self, text: TaggingText) -> Example:
        return Example.of(read_grams(*_sources(text), self._rarity)[0], text.vector)

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text its fine topics, most confident first."""
        return [self._suggest(text) for text in texts]

    def _suggest(self, text: TaggingText) -> list[TagSuggestion]:
        reading = self._read(text)
        if not reading.cues and not reading.scores:
            return []
        vector = text.vector if text.vector is not None else self._likeness.vector(text.title, text.body)
        sure = self._confidences(reading, vector)
        chosen = self._chosen({code: p for code, p in sure.items() if p >= THRESHOLD})
        return [self._suggestion(code, sure[code], reading) for code in chosen]

    def _read(self, text: TaggingText) -> _Reading:
        taught = self._taught
        title, body = _sources(text)
        finders = (self._finder, taught.labels)
        hits = [hit for source in (title, body) for finder in finders for hit in finder.find(source)]
        grams, occurrences = read_grams(title, body, self._rarity)
        return _Reading(
            title=title,
            body=body,
            grams=grams,
            occurrences=occurrences,
            cues=score_cues(hits),
            scores=taught.table.scores(grams),
            prototypes=taught.table.prototypes,
        )

    def _confidences(self, reading: _Reading, vector: Vector) -> dict[str, float]:
        lifts = self._likeness.lifts(vector, list(reading.cues))
        found: dict[str, float] = {}
        for code in {**reading.cues, **reading.scores}:
            score = reading.scores.get(code, Score())
            found[code] = confidence(
                odds_by_words(reading.cues.get(code, CueScore()), lifts.get(code, LIFT), score),
                self._odds_by_likeness(score, reading.prototypes.get(code), vector),
            )
        return found

    def _odds_by_likeness(self, score: Score, known: Prototype | None, vector: Vector) -> float:
        if known is None or score.total <= LEAST_TOTAL:
            return NEVER
        return odds_by_likeness(score, self._closeness(known, vector))

    def _closeness(self, known: Prototype, vector: Vector) -> float | None:
        if known.centre is None or len(known.centre) != len(vector):
            return None
        level = self._likeness.level(vector)[0]
        own = self._likeness.level(known.centre.astype(np.float32))[0]
        return (float(known.centre @ vector) - level) / max(known.spread - own, 1e-3)

    def _chosen(self, sure: Mapping[str, float]) -> list[str]:
        """The most confident; where a topic and one below it both stand, the narrower one."""
        known = [code for code in sure if code in self._tree.by_code]
        above = {topic.code for code in known for topic in self._tree.ancestors(code)}
        narrow = [code for code in sure if code not in above]
        return sorted(narrow, key=lambda code: (-sure[code], code))[:MAX_TOPICS]

    def _suggestion(self, code: str, sure: float, reading: _Reading) -> TagSuggestion:
        media = self._tree.by_code.get(code)
        return TagSuggestion(
            kind=TagKind.FINE_TOPIC,
            code=code,
            label=media.name if media else reading.prototypes[code].topic.label,
            confidence=round(sure, 4),
            evidence=_evidence(code, reading, self._segmenter),
        )


def _sources(text: TaggingText) -> tuple[Source, Source]:
    return Source.of(TextField.TITLE, text.title), Source.of(TextField.BODY, text.body[:BODY_CHARS])


def _evidence(code: str, reading: _Reading, segmenter: Segmenter) -> tuple[EvidenceSpan, ...]:
    found: list[EvidenceSpan] = []
    if code in reading.cues:
        found += cue_spans(reading.cues[code].parts, reading.title, reading.body)
    known = reading.prototypes.get(code)
    if known is not None:
        share = shares(known.line, reading.grams, reading.occurrences)
        found += gram_spans(share, reading.title, reading.body, segmenter)
    return loudest(found)
