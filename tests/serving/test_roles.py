"""Accounts of PostgreSQL: the service needs no right to change tables, and cannot rewrite its audit trail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from support.builders import NOW, FakeClock, a_draft
from support.fakes import fake_parts
from support.postgres import plain

from tianfu.cli.keys import db_roles
from tianfu.model.errors import BackupFailed, InvalidRequest, StoreOutdated
from tianfu.model.recommendation import FeedRequest
from tianfu.serving.services.backups import make_backup
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.ingest import ingest
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database
from tianfu.serving.store.roles import apply_roles, role_statements
from tianfu.serving.wiring import build_newsroom


@pytest.fixture
def as_role(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """The address of a database with roles of its own, by role."""
    mark = make_url(postgres_url).database
    names = {role: f"{mark}_{role}" for role in ("app", "analyst")}
    statements = role_statements(names["app"], names["analyst"])
    with Database(postgres_url) as database:
        apply_roles(database, statements)
        apply_roles(database, statements)

    def address(role: str) -> str:
        return make_url(postgres_url).set(username=names[role]).render_as_string(hide_password=False)

    yield address
    with psycopg.connect(plain(postgres_url), autocommit=True) as owner:
        for name in names.values():
            owner.execute(f'DROP OWNED BY "{name}"')  # type: ignore[arg-type]
            owner.execute(f'DROP ROLE "{name}"')  # type: ignore[arg-type]


def test_the_whole_service_runs_as_the_app_role(
    as_role: Callable[[str], str], tmp_path: Path, clock: FakeClock
) -> None:
    settings = ServiceSettings(data_dir=tmp_path, database_url=as_role("app"), worker=True)
    room = build_newsroom(settings, parts=fake_parts(), clock=clock)
    room.start()
    try:
        receipts = ingest([a_draft()], database=room.database, clock=clock)
        assert room.wait_indexed({r.number: r.revision for r in receipts}, 10)
        room.library.catch_up(at_once=True)
        assert len(room.feeds.recommend(FeedRequest(outlet_id="lizhou", count=5)).items) == 1
        with room.database.write(()) as uow:
            uow.retention.step(clock.now(), event_days=180, decision_days=180)
            uow.commit()
    finally:
        room.stop()


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("app", "CREATE TABLE x (n int)"),
        ("app", "DROP TABLE events"),
        ("app", "ALTER TABLE stories ADD COLUMN x int"),
        ("app", "UPDATE audit SET actor = 'nobody'"),
        ("app", "DELETE FROM audit"),
        ("app", "UPDATE alembic_version SET version_num = 'x'"),
        ("analyst", "INSERT INTO settings VALUES ('x', 'y')"),
        ("analyst", "SELECT * FROM api_keys"),
        ("analyst", "SELECT * FROM settings"),
        ("analyst", "SELECT tianfu_keep_months(now(), 1, 1)"),
    ],
)
def test_what_a_role_does_not_need_is_refused(
    as_role: Callable[[str], str], role: str, statement: str
) -> None:
    with (
        psycopg.connect(plain(as_role(role))) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)  # type: ignore[arg-type]


def test_the_app_role_can_make_a_backup(as_role: Callable[[str], str], tmp_path: Path) -> None:
    """The cluster's nightly job reads as it, so that the owner's account need not stand there."""
    made = make_backup(as_role("app"), Cabinet(tmp_path / "models"), tmp_path / "one.tianfu", now=NOW)
    assert made.database == "postgresql"
    with pytest.raises(BackupFailed):
        make_backup(as_role("analyst"), Cabinet(tmp_path / "models"), tmp_path / "two.tianfu", now=NOW)


def test_no_account_may_drop_months_after_a_restore_whose_dump_holds_no_rights(
    as_role: Callable[[str], str], postgres_url: str
) -> None:
    drops = "SELECT tianfu_keep_months(now(), 1, 1)"
    with psycopg.connect(plain(postgres_url), autocommit=True) as owner:
        owner.execute("GRANT EXECUTE ON FUNCTION tianfu_keep_months TO PUBLIC")
    with psycopg.connect(plain(as_role("analyst"))) as connection:
        connection.execute(drops)
        connection.rollback()
    mark = make_url(postgres_url).database
    with Database(postgres_url) as database:
        apply_roles(database, role_statements(f"{mark}_app", f"{mark}_analyst"))
    with psycopg.connect(plain(as_role("app"))) as connection:
        connection.execute(drops)
        connection.rollback()
    with (
        psycopg.connect(plain(as_role("analyst"))) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(drops)


def test_a_service_that_may_not_change_an_outdated_schema_says_what_to_do(
    as_role: Callable[[str], str], postgres_url: str
) -> None:
    with Database(postgres_url) as database:
        database.downgrade("0007")
    with pytest.raises(StoreOutdated) as bad:
        Database(as_role("app")).open()
    assert "tianfu db upgrade" in bad.value.advice


def test_names_that_are_no_names_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        role_statements("app; DROP TABLE stories", "x")


def test_the_command_prints_what_psql_can_run(capsys: pytest.CaptureFixture[str], postgres_url: str) -> None:
    db_roles(app="printed_app", analyst="printed_analyst")
    printed = capsys.readouterr().out
    assert printed.count("printed_app") > 5
    with psycopg.connect(plain(postgres_url)) as connection:
        connection.execute(printed)  # type: ignore[arg-type]
        connection.rollback()
