"""The models that serve in this process, following what is published.

Taggers, the judge of pairs and the ranker are swapped in whole between two answers.  What cannot be loaded
leaves the one before in place; ``faults`` says so, and it is tried again.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import structlog

from tianfu.model.errors import TianfuError
from tianfu.model.feed.scoring import Scorer
from tianfu.model.ports import Encoder, LearningTagger, PairJudge, Tagger
from tianfu.model.release import ModelKind
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork

log = structlog.get_logger(__name__)

_AGAIN_S = 30.0
SWAPPED = (ModelKind.TAGGER, ModelKind.PAIRS, ModelKind.RANKER)
"""Kinds that are swapped at once; an encoder is moved to."""


class ModelLoader(Protocol):
    """Opens artefacts.  Every call may raise ``ArtefactInvalid``."""

    def encoder(self, folder: Path) -> Encoder:
        """Open an encoder."""
        ...

    def learner(self, encoder: Encoder) -> LearningTagger | None:
        """Make the tagger of fine topics that speaks an encoder's language, if there is to be one."""
        ...

    def tagger(self, folder: Path) -> Tagger:
        """Open a tagger of topic classes."""
        ...

    def judge(self, folder: Path) -> PairJudge:
        """Open a judge of pairs."""
        ...

    def scorer(self, folder: Path) -> Scorer:
        """Open a ranker of feeds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSet:
    """What serves at one moment, beside the encoder.

    Attributes:
        taggers: In the order they are asked.
        topics: The one of them that a published tagger takes the place of.
        learner: The one of them that each meaning brings its own of.
        ids: Published version by kind; ``None`` for what ships or the settings name.
        faults: Why a published version does not serve here, by kind.
    """

    taggers: tuple[Tagger, ...]
    topics: Tagger | None
    learner: LearningTagger | None
    judge: PairJudge
    scorer: Scorer
    ids: Mapping[ModelKind, str | None] = field(default_factory=dict)
    faults: Mapping[ModelKind, str] = field(default_factory=dict)

    def taggers_of(self, meaning: Meaning) -> tuple[Tagger, ...]:
        """The taggers, with the one of fine topics that speaks this meaning's language."""
        if meaning.learner is self.learner or meaning.learner is None:
            return self.taggers
        return tuple(meaning.learner if one is self.learner else one for one in self.taggers)


class LiveModels:
    """Holds what serves.

    Attributes:
        now: Replaced whole; take it once for one answer.
        heard: How often it was told that something was published or begun.
        shipped: What serves where nothing is published.
    """

    def __init__(
        self, shipped: ModelSet, *, loader: ModelLoader, cabinet: Cabinet, database: Database
    ) -> None:
        self.now = shipped
        self.shipped = shipped
        self._loader = loader
        self._cabinet = cabinet
        self._database = database
        self._lock = threading.Lock()
        self._seen = 0
        self._again_at = 0.0
        self.heard = 1

    def load(self, uow: UnitOfWork) -> None:
        """Start from what is published."""
        self._refresh(uow)

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Note that something was published; :meth:`step` takes it over, outside the library's lock."""
        if any(change.kind is ChangeKind.MODELS for change in changes):
            self.heard += 1

    def step(self) -> int:
        """Take over what was published; returns how many kinds changed."""
        with self._lock:
            return self._step()

    def _step(self) -> int:
        if self._seen == self.heard and not (self.now.faults and time.monotonic() > self._again_at):
            return 0
        with self._database.read() as uow:
            return self._refresh(uow)

    def _refresh(self, uow: UnitOfWork) -> int:
        self._seen = self.heard
        self._again_at = time.monotonic() + _AGAIN_S
        wanted = {kind: one.model_id for kind, one in uow.models.serving().items() if kind in SWAPPED}
        changed = 0
        for kind in SWAPPED:
            model_id = wanted.get(kind)
            if self.now.ids.get(kind) != model_id or kind in self.now.faults:
                changed += self._swap(kind, model_id)
        return changed

    def _swap(self, kind: ModelKind, model_id: str | None) -> bool:
        faults = {other: why for other, why in self.now.faults.items() if other is not kind}
        try:
            found = self.with_model(kind, model_id, self.now)
        except (TianfuError, OSError) as bad:
            why = bad.message if isinstance(bad, TianfuError) else str(bad)
            log.error("model.not_loaded", kind=kind.value, model_id=model_id, why=why)
            self.now = replace(self.now, faults=faults | {kind: why})
            return False
        self.now = replace(found, ids={**self.now.ids, kind: model_id}, faults=faults)
        log.info("model.serves", kind=kind.value, model_id=model_id)
        return True

    def with_model(self, kind: ModelKind, model_id: str | None, given: ModelSet) -> ModelSet:
        """The given set with another version of one kind; ``None`` for what ships.

        Raises:
            ArtefactInvalid: It is not here, altered, or cannot be used.
        """
        path = self._cabinet.path(model_id) if model_id is not None else None
        if kind is ModelKind.TAGGER:
            topics = self._loader.tagger(path) if path else self.shipped.topics
            return _with_topics(given, topics)
        if kind is ModelKind.PAIRS:
            return replace(given, judge=self._loader.judge(path) if path else self.shipped.judge)
        return replace(given, scorer=self._loader.scorer(path) if path else self.shipped.scorer)


def _with_topics(given: ModelSet, topics: Tagger | None) -> ModelSet:
    if topics is None or given.topics is None:
        return given
    taggers = tuple(topics if one is given.topics else one for one in given.taggers)
    return replace(given, taggers=taggers, topics=topics)


def versions(models: ModelSet, meaning: Meaning) -> dict[str, str]:
    """Name and version of everything that serves, by part."""
    taggers = models.taggers_of(meaning)
    return {
        "encoder": meaning.version,
        "pairs": models.judge.version,
        "ranker": models.scorer.version,
        **{f"tagger_{place}": tagger.version for place, tagger in enumerate(taggers)},
    }
