"""Following the published encoder: meanings are loaded aside, stand by, and are switched to in one step."""

import threading
import time
from collections.abc import Callable

import structlog

from tianfu.model.errors import TianfuError
from tianfu.model.release import ModelKind, ModelVersion
from tianfu.serving.services.library import Library
from tianfu.serving.services.live_models import LiveModels
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

_AGAIN_S = 30.0


class EncoderSwitch:
    """Brings this process's meanings in line with what is published and what is on its way.

    Kept are the meaning that serves, the one a rollback goes back to, and the one on its way.  What cannot
    be loaded leaves everything as it is; ``fault`` says why, and it is tried again.
    """

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        live: LiveModels,
        shipped: Meaning,
        new_meaning: Callable[[ModelVersion], Meaning],
    ) -> None:
        self._database = database
        self._library = library
        self._live = live
        self._shipped = shipped
        self._new_meaning = new_meaning
        self._lock = threading.Lock()
        self._seen = 0
        self._again_at = 0.0
        self.fault: str | None = None

    def step(self) -> int:
        """Do what is needed; returns 1 when something was.

        Everything written before a publication is in the index by the time this sees it, for both come
        through the change sequence in order.
        """
        with self._lock:
            due = self.fault is not None and time.monotonic() > self._again_at
            if self._seen == self._live.heard and not due:
                return 0
            self._seen = self._live.heard
            self._again_at = time.monotonic() + _AGAIN_S
            try:
                self._follow()
                self.fault = None
            except (TianfuError, OSError) as bad:
                self.fault = bad.message if isinstance(bad, TianfuError) else str(bad)
                log.error("encoder.not_loaded", why=self.fault)
            return 1

    def _follow(self) -> None:
        with self._database.read() as uow:
            publication = uow.models.serving().get(ModelKind.ENCODER)
            move = uow.models.move()
            wanted = publication.model_id if publication else None
            kept = {wanted}
            if publication is not None and publication.model_id is not None:
                kept.add(publication.previous_id)
            if move is not None:
                kept.add(move.model_id)
            versions = {one: uow.models.by_id(one) for one in kept if one is not None}
        for model_id in sorted(kept, key=lambda one: (one != wanted, one or "")):
            meaning = self._known(model_id) or self._made(versions.get(model_id or ""))
            if model_id == wanted:
                self._library.switch_to(meaning)
        for meaning in self._library.beside:
            if meaning.model_id not in kept:
                self._library.let_go(meaning)

    def _known(self, model_id: str | None) -> Meaning | None:
        held = (self._library.meaning, *self._library.beside)
        return next((meaning for meaning in held if meaning.model_id == model_id), None)

    def _made(self, version: ModelVersion | None) -> Meaning:
        """Load a meaning and keep it up to date from now on."""
        meaning = self._shipped if version is None else self._new_meaning(version)
        self._library.stand_by(meaning)
        return meaning
