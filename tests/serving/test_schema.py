"""The tables as described are the tables as migrated, on both databases, there and back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text
from support.postgres import Databases

from tianfu.model.errors import StoreNewer
from tianfu.serving.store.database import Database
from tianfu.serving.store.schema import metadata
from tianfu.serving.store.stories import StoryQuery


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table, not opened."""
    if request.param == "sqlite":
        yield Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    else:
        databases: Databases = request.getfixturevalue("postgres_databases")
        with databases.fresh(migrated=False) as url:
            yield Database(url)


def test_migrations_bring_about_exactly_the_described_tables(empty: Database) -> None:
    with empty as database, database.read() as uow:
        dialect = uow._connection.dialect.name

        def belongs(item: Any, name: str | None, *_: Any) -> bool:
            """Leave out what is for the other database, and the months of a cut table."""
            only = getattr(getattr(item, "_ddl_if", None), "dialect", None)
            return only in (None, dialect) and not (name or "").endswith("_other")

        options = {"compare_type": True, "include_object": belongs}
        context = MigrationContext.configure(uow._connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_a_schema_of_a_later_version_is_refused_plainly(empty: Database) -> None:
    with empty as database, database.write() as uow:
        uow._connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        uow.commit()
    with pytest.raises(StoreNewer, match="later version"):
        Database(empty.url).open()


def test_a_box_makes_its_file_for_its_own_account_alone(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'box' / 'tianfu.db'}") as database, database.write() as uow:
        uow.settings.put("k", "v")
        uow.commit()
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "box").iterdir()}
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o700
    assert modes == {"tianfu.db": 0o600, "tianfu.db-wal": 0o600, "tianfu.db-shm": 0o600}


def test_migrations_go_down_and_up_again_without_losing_a_row(empty: Database) -> None:
    row = (
        "INSERT INTO events (outlet_id, event_id, story_number, type, at, received_at, scene) "
        "VALUES ('lizhou', 'e-1', 1, 'click', '2026-03-01 10:00:00', '2026-03-01 10:00:01', 'home')"
    )
    decision = (
        "INSERT INTO decisions (trace_id, outlet_id, made_at, record) "
        "VALUES ('f1', 'lizhou', '2026-03-01 10:00:00', '')"
    )
    with empty as database:
        with database.write() as uow:
            uow._connection.execute(text(row))
            uow._connection.execute(text(decision))
            uow.commit()
        for revision in ("0007", "head", "0001", "head"):
            step = database.upgrade if revision == "head" else database.downgrade
            step(revision)
            with database.read() as uow:
                found = uow._connection.execute(text("SELECT event_id FROM events")).scalars().all()
                traces = uow._connection.execute(text("SELECT trace_id FROM decisions")).scalars().all()
            assert (found, traces) == (["e-1"], ["f1"]), revision
        database.downgrade("base")
        with database.read() as uow:
            left = set(inspect(uow._connection).get_table_names()) - {"alembic_version"}
        assert left == set()


def test_the_number_of_an_erased_event_is_never_given_again(empty: Database) -> None:
    row = text(
        "INSERT INTO events (outlet_id, event_id, story_number, type, at, received_at, scene) "
        "VALUES ('lizhou', :id, 1, 'click', '2026-03-01 10:00:00', '2026-03-01 10:00:01', 'home')"
    )
    with empty as database, database.write() as uow:
        uow._connection.execute(row, {"id": "e-1"})
        first = uow.events.latest()
        uow._connection.execute(text("DELETE FROM events"))
        uow._connection.execute(row, {"id": "e-2"})
        assert uow.events.latest() > first


def test_vectors_kept_before_stay_and_another_encoder_has_room_beside_them(empty: Database) -> None:
    with empty as database:
        database.downgrade("0012")
        with database.write() as uow:
            _put_story(uow._connection)
            row = {"n": 1, "r": 2, "e": "old", "v": np.ones(4, "<f2").tobytes(), "f": b"f"}
            put = "INSERT INTO story_vectors VALUES (:n, :r, :e, :v, :f)"
            uow._connection.execute(text(put), row)
            uow.commit()
        database.upgrade("head")
        with database.write() as uow:
            kept = uow.vectors.of([1], encoder="old")[1]
            assert (kept.revision, kept.vector.tolist(), kept.text_fingerprint) == (2, [1.0] * 4, b"f")
            other = replace(kept, vector=np.zeros(8, np.float32))
            uow.vectors.put([other], encoder="new")
            uow.commit()
        with database.read() as uow:
            lengths = [len(uow.vectors.of([1], encoder=name)[1].vector) for name in ("old", "new")]
        assert lengths == [4, 8]
        database.downgrade("0012")
        with database.read() as uow:
            left = uow._connection.execute(text("SELECT encoder FROM story_vectors")).scalars().all()
        assert left == ["new"]


def test_stories_from_before_there_were_pairs_of_characters_are_found_by_their_words(empty: Database) -> None:
    with empty as database:
        database.downgrade("0020")
        with database.write() as uow:
            _put_story(uow._connection)
            uow.commit()
        database.upgrade("head")
        with database.read() as uow:
            pages = [uow.stories.page(StoryQuery(words=(word,))) for word in ("春耕", "题春", "耕春")]
        assert [[story.id for story in page] for page in pages] == [["s1"], [], []]


def _put_story(connection: Connection) -> None:
    old = MetaData()
    old.reflect(connection, only=["outlets", "stories"])
    outlet = {"id": "lizhou", "name": "利州", "level": "county", "adcode": "510802", "kind": "centre"}
    connection.execute(old.tables["outlets"].insert(), outlet)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    story = {
        "number": 1, "id": "s1", "outlet_id": "lizhou", "external_id": "a", "revision": 2, "fingerprint": "f",
        "title": "题", "body": "春耕", "author": "", "source": "", "channel": "", "published_at": at,
        "ai_generated": False, "received_at": at, "state": "live", "indexed_revision": 2, "cluster_id": "c1",
    }  # fmt: skip
    connection.execute(old.tables["stories"].insert(), story)
