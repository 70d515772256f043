"""Making meanings: an encoder, its index, and its tagger of fine topics with its teacher."""

from collections.abc import Callable
from pathlib import Path

import structlog

from tianfu.model.errors import TianfuError
from tianfu.model.ports import Encoder, LearningTagger
from tianfu.model.release import ModelKind, ModelVersion
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.live_models import ModelLoader
from tianfu.serving.services.meaning import IndexFactory, Meaning
from tianfu.serving.services.meters import MeteredEncoder, Meters
from tianfu.serving.services.teaching import Teacher
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)


class MeaningMaker:
    """Makes the meaning of what ships and those of published encoders; none is loaded yet."""

    def __init__(
        self,
        *,
        loader: ModelLoader,
        cabinet: Cabinet,
        indexes: IndexFactory,
        clean: Callable[[str], str],
        snapshot_dir: Path,
        meters: Meters,
    ) -> None:
        self._loader = loader
        self._cabinet = cabinet
        self._indexes = indexes
        self._clean = clean
        self._snapshot_dir = snapshot_dir
        self._meters = meters

    def shipped(self, encoder: Encoder, version: str, learner: LearningTagger | None) -> Meaning:
        """That of the encoder which serves where none is published."""
        return self._make(encoder, version, learner, self._snapshot_dir, None)

    def published(self, version: ModelVersion) -> Meaning:
        """That of a version in the registry.

        Raises:
            ArtefactInvalid: It is not on this machine, altered, or cannot be used.
        """
        encoder = self._loader.encoder(self._cabinet.path(version.id))
        folder = self._snapshot_dir / encoder.fingerprint[:16]
        return self._make(encoder, version.label, self._loader.learner(encoder), folder, version.id)

    def first(self, database: Database, shipped: Meaning) -> Meaning:
        """The meaning to start with: of the published encoder, or of what ships where it cannot be loaded."""
        with database.read() as uow:
            publication = uow.models.serving().get(ModelKind.ENCODER)
            if publication is None or publication.model_id is None:
                return shipped
            version = uow.models.by_id(publication.model_id)
        try:
            return self.published(version) if version is not None else shipped
        except (TianfuError, OSError):
            log.exception("encoder.not_loaded", model_id=publication.model_id)
            return shipped

    def _make(
        self,
        encoder: Encoder,
        version: str,
        learner: LearningTagger | None,
        folder: Path,
        model_id: str | None,
    ) -> Meaning:
        teacher = None
        if learner is not None:
            teacher = Teacher(learner, clean=self._clean, encoder_fingerprint=encoder.fingerprint)
        return Meaning(
            encoder=MeteredEncoder(encoder, self._meters),
            version=version,
            indexes=self._indexes,
            snapshot_dir=folder,
            model_id=model_id,
            learner=learner,
            teacher=teacher,
        )
