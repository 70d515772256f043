"""The tables as described are the tables as migrated, and what stood in them stays."""

from datetime import datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from tianfu.serving.store.database import MIGRATIONS, Database
from tianfu.serving.store.schema import metadata
from tianfu.serving.store.vectors import StoredVector


def test_migrations_bring_about_exactly_the_described_tables(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'fresh.db'}") as database, database.read() as uow:
        context = MigrationContext.configure(uow._connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_vectors_kept_before_stay_and_another_encoder_has_room_beside_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        _put_story(connection)
        row = {"n": 1, "r": 2, "e": "old", "v": np.ones(4, "<f2").tobytes(), "f": b"f"}
        connection.execute(sa.text("INSERT INTO story_vectors VALUES (:n, :r, :e, :v, :f)"), row)
        connection.commit()
    engine.dispose()
    with Database(url) as database, database.write() as uow:
        kept = uow.vectors.of([1], encoder="old")[1]
        assert (kept.revision, kept.vector.tolist(), kept.text_fingerprint) == (2, [1.0] * 4, b"f")
        other = StoredVector(number=1, revision=2, vector=np.zeros(8, np.float32), text_fingerprint=b"f")
        uow.vectors.put([other], encoder="new")
        assert len(uow.vectors.of([1], encoder="old")[1].vector) == 4
        assert len(uow.vectors.of([1], encoder="new")[1].vector) == 8


def _put_story(connection: sa.Connection) -> None:
    old = sa.MetaData()
    old.reflect(connection, only=["outlets", "stories"])
    outlet = {"id": "lizhou", "name": "利州", "level": "county", "adcode": "510802", "kind": "centre"}
    connection.execute(old.tables["outlets"].insert(), outlet)
    at = datetime(2026, 3, 2)
    story = {
        "number": 1, "id": "s1", "outlet_id": "lizhou", "external_id": "a", "revision": 2, "fingerprint": "f",
        "title": "题", "body": "", "author": "", "source": "", "channel": "", "published_at": at,
        "ai_generated": False, "received_at": at, "state": "live", "indexed_revision": 2, "cluster_id": "c1",
    }  # fmt: skip
    connection.execute(old.tables["stories"].insert(), story)
