"""The one place that builds things."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.index.factory import FaissIndexes
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.tagging.keywords import load_keyword_tagger
from tianfu.embeddings.tagging.names import load_name_tagger
from tianfu.embeddings.tagging.places import load_place_tagger
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.embeddings.text.html import html_to_text
from tianfu.model.artifacts import shipped
from tianfu.model.ports import Clock
from tianfu.model.tag import TagKind
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.services.access import Gatekeeper
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.signals import Signals
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.worker import Worker
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database


def build_newsroom(settings: ServiceSettings, *, clock: Clock | None = None) -> Newsroom:
    """Build the running service from settings; :meth:`Newsroom.start` then loads it."""
    clock = clock or SystemClock()
    database = Database(settings.effective_database_url).open()
    encoder = load_encoder(settings.encoder_dir or shipped("encoder"))
    judge = load_pair_judge(shipped("pairs"))
    taggers = [
        load_topic_tagger(shipped("topics")),
        load_place_tagger(),
        load_keyword_tagger(),
        load_name_tagger(),
    ]
    names = tag_names()
    library = Library(
        database=database,
        encoder=encoder,
        indexes=FaissIndexes(),
        new_copy_index=ReprintIndex,
        snapshot_dir=Path(settings.snapshot_dir),
        clock=clock,
        hot_window=timedelta(days=settings.hot_days),
    )
    reader = StoryReader(encoder=encoder, taggers=taggers, judge=judge, clean=html_to_text)
    finder = LikenessFinder(library=library, judge=judge)
    signals = Signals()
    decisions = DecisionLog(database)
    cursors = CursorSigner(_cursor_secret(database))
    indexer = Indexer(
        database=database,
        library=library,
        reader=reader,
        finder=finder,
        encoder_fingerprint=encoder.fingerprint,
        clock=clock,
        worker=f"w-{secrets.token_hex(6)}",
    )
    return Newsroom(
        database=database,
        clock=clock,
        library=library,
        reader=reader,
        finder=finder,
        gatekeeper=Gatekeeper(database=database, clock=clock),
        throttle=Throttle(settings.requests_per_minute),
        cursors=cursors,
        decisions=decisions,
        events=EventRecorder(database=database, library=library, signals=signals, clock=clock),
        readers=ReaderDesk(database=database, signals=signals, clock=clock),
        feeds=FeedDesk(
            database=database,
            library=library,
            signals=signals,
            decisions=decisions,
            cursors=cursors,
            names=names,
            encoder_version=encoder.version,
            clock=clock,
        ),
        tags=TagDesk(database=database, library=library, names=names, clock=clock),
        takedowns=TakedownDesk(database=database, library=library, clock=clock),
        placements=PlacementDesk(database=database, library=library, clock=clock),
        worker=Worker(library=library, indexer=indexer if settings.worker else None),
        names=names,
        models={
            "encoder": encoder.version,
            "pairs": judge.version,
            **{f"tagger_{place}": tagger.version for place, tagger in enumerate(taggers)},
        },
    )


def tag_names() -> Mapping[tuple[TagKind, str], str]:
    """Chinese name of every topic class and every division of Sichuan down to counties."""
    names = {(TagKind.TOPIC, topic.code): topic.name for topic in load_topics().all}
    for place in load_divisions().counties_and_above:
        names[TagKind.PLACE, place.adcode] = place.name
    return names


def _cursor_secret(database: Database) -> bytes:
    with database.write() as uow:
        uow.settings.put("cursor_secret", secrets.token_hex(32), keep=True)
        value = uow.settings.get("cursor_secret")
        uow.commit()
    return bytes.fromhex(value or "")
