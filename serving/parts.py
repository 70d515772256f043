"""The models and indexes that serve, loaded from shipped artefacts and vocabularies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.index.factory import ArchivedIndexes, FaissIndexes
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.scorer import load_scorer
from tianfu.embeddings.tagging.fine.loading import load_fine_topic_tagger
from tianfu.embeddings.tagging.keywords import load_keyword_tagger
from tianfu.embeddings.tagging.names import load_name_tagger
from tianfu.embeddings.tagging.places import load_place_tagger
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.embeddings.text.aligned import Aligned
from tianfu.embeddings.text.html import clean as clean_aligned
from tianfu.embeddings.text.html import html_to_text
from tianfu.model.artifacts import shipped
from tianfu.model.feed.scoring import HAND_SET, Scorer
from tianfu.model.ports import CopyIndex, Encoder, LearningTagger, PairJudge, Tagger
from tianfu.model.tag import TagKind
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.media_topics import load_media_topics
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.live_models import ModelLoader
from tianfu.serving.services.meaning import IndexFactory
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

_MARGIN_DAYS = 5
"""Held in this process beyond what feeds show: copies are looked for four days before a story's own time."""


class ArtefactLoader:
    """Opens artefacts with what ships beside them."""

    def encoder(self, folder: Path) -> Encoder:
        """Open an encoder."""
        return load_encoder(folder)

    def learner(self, encoder: Encoder) -> LearningTagger | None:
        """Make the tagger of fine topics that speaks an encoder's language."""
        return load_fine_topic_tagger(encoder, shipped("pairs"))

    def tagger(self, folder: Path) -> Tagger:
        """Open a tagger of topic classes."""
        return load_topic_tagger(folder)

    def judge(self, folder: Path) -> PairJudge:
        """Open a judge of pairs."""
        return load_pair_judge(folder)

    def scorer(self, folder: Path) -> Scorer:
        """Open a ranker of feeds."""
        return load_scorer(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelParts:
    """Everything learned or looked up that the service runs on; tests bring their own.

    Attributes:
        encoder_version: Name and version of the encoder, as in its card.
        clean: Body to its visible text.
        align: The same text with the way back to the body.
        names: Chinese name of a tag by kind and code.
        scorer: What a candidate of a feed is worth.
        learner: The one of ``taggers`` that learns fine topics from editors' decisions, if any does.
        topics: The one of ``taggers`` that a published tagger takes the place of, if one can.
        loader: Opens what is published later.
    """

    encoder: Encoder
    encoder_version: str
    taggers: Sequence[Tagger]
    judge: PairJudge
    indexes: IndexFactory
    new_copy_index: Callable[[], CopyIndex]
    clean: Callable[[str], str]
    align: Callable[[str], Aligned]
    names: Mapping[tuple[TagKind, str], str]
    scorer: Scorer = HAND_SET
    learner: LearningTagger | None = None
    topics: Tagger | None = None
    loader: ModelLoader = field(default_factory=ArtefactLoader)


def load_parts(settings: ServiceSettings) -> ModelParts:
    """Load what ships with the product.

    Raises:
        ArtefactInvalid: An artefact is missing, altered or of another kind.
    """
    encoder_dir = settings.encoder_dir or shipped("encoder")
    encoder = load_encoder(encoder_dir)
    topics = load_topic_tagger(shipped("topics"))
    fine_topics = load_fine_topic_tagger(encoder, shipped("pairs"))
    return ModelParts(
        encoder=encoder,
        encoder_version=load_artefact(encoder_dir, kind="encoder").version,
        taggers=[
            topics,
            fine_topics,
            load_place_tagger(),
            load_keyword_tagger(),
            load_name_tagger(),
        ],
        judge=load_pair_judge(shipped("pairs")),
        indexes=indexes_of(settings),
        new_copy_index=ReprintIndex,
        clean=html_to_text,
        align=clean_aligned,
        names=tag_names(),
        scorer=HAND_SET if settings.ranker_dir is None else load_scorer(settings.ranker_dir),
        learner=fine_topics,
        topics=topics,
    )


def indexes_of(settings: ServiceSettings) -> IndexFactory:
    """What makes the vector indexes; nothing is opened yet.

    Raises:
        InvalidSetting: Milvus is wanted and its address cannot be one, or its client is not installed.
    """
    if settings.index_backend == "faiss":
        return FaissIndexes()
    link = MilvusLink(settings.milvus_uri, token=settings.milvus_token)
    return ArchivedIndexes(link, hot_s=(settings.hot_days + _MARGIN_DAYS) * 86_400)


def model_desk(settings: ServiceSettings, database: Database) -> ModelDesk:
    """The registry by itself, for a command beside running services."""
    return ModelDesk(
        database=database,
        cabinet=Cabinet(settings.models_dir),
        loader=ArtefactLoader(),
        shipped_encoder=lambda: load_encoder(settings.encoder_dir or shipped("encoder")).fingerprint,
        clock=SystemClock(),
    )


def tag_names() -> Mapping[tuple[TagKind, str], str]:
    """Chinese name of every topic class, every fine topic in use and every division down to counties."""
    names = {(TagKind.TOPIC, topic.code): topic.name for topic in load_topics().all}
    for fine in load_media_topics().active:
        names[TagKind.FINE_TOPIC, fine.code] = fine.name
    for place in load_divisions().counties_and_above:
        names[TagKind.PLACE, place.adcode] = place.name
    return names
