"""The audit trail: appended to only, every row sealing the one before."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from support.builders import NOW

from tianfu.model.access import Role
from tianfu.serving.services.audit_check import Flaw, verify_audit
from tianfu.serving.store.audit import GENESIS, AuditHead
from tianfu.serving.store.database import Database

Key = Callable[..., dict[str, str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with Database(url) as opened:
        yield opened


def note(database: Database, *actions: str) -> AuditHead:
    with database.write() as uow:
        for place, action in enumerate(actions):
            details = {"b": 0.1, "a": ["利州", None, True], "n": place}
            now = NOW + timedelta(microseconds=place)
            uow.audit.add(actor="k1", action=action, target="s1", now=now, details=details)
        uow.commit()
        return uow.audit.head()


def verdict(database: Database, noted: AuditHead | None = None) -> tuple[Flaw | None, int | None]:
    with database.read() as uow:
        found = verify_audit(uow, noted=noted)
    assert found.is_whole == (found.flaw is None)
    return found.flaw, found.at


def by_force(database: Database, change: Callable[[Connection], Any]) -> None:
    """Change rows as somebody would who owns the database: the guards are taken off first."""
    with database.write() as uow:
        connection = uow._connection
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
            connection.execute(text("DROP TRIGGER IF EXISTS audit_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_is_append_only ON audit"))
        change(connection)
        uow.commit()


def sql(*statements: str) -> Callable[[Connection], None]:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    return run


def test_an_empty_trail_and_a_grown_one_are_whole(database: Database) -> None:
    assert verdict(database) == (None, None)
    with database.read() as uow:
        assert uow.audit.head() == AuditHead(sequence=0, hash=GENESIS)
    head = note(database, "one", "two")
    assert head.sequence == 2
    assert note(database, "three").sequence == 3
    assert verdict(database) == (None, None)
    assert verdict(database, head) == (None, None)


def test_what_is_undone_leaves_no_gap(database: Database) -> None:
    note(database, "one")
    with database.write() as uow:
        uow.audit.add(actor="k1", action="never", target="s1", now=NOW)
        uow.audit.seal()
    assert note(database, "two").sequence == 2
    assert verdict(database) == (None, None)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'k2' WHERE sequence = 1", "DELETE FROM audit WHERE sequence = 1"]
)
def test_the_database_itself_refuses_changes(database: Database, statement: str) -> None:
    note(database, "one")
    with pytest.raises(DBAPIError, match="never changed"), database.write() as uow:
        uow._connection.execute(text(statement))
    assert verdict(database) == (None, None)


COPY = (
    "INSERT INTO audit (sequence, at, actor, action, object, details, previous, hash) "
    "SELECT 5, at, actor, action, object, details, previous, hash FROM audit WHERE sequence = 4"
)


@pytest.mark.parametrize(
    ("statements", "flaw", "at"),
    [
        (["UPDATE audit SET actor = 'k2' WHERE sequence = 2"], Flaw.ALTERED, 2),
        (["""UPDATE audit SET details = '{"a": 1}' WHERE sequence = 3"""], Flaw.ALTERED, 3),
        (["UPDATE audit SET at = '2026-03-02 04:00:00.000009' WHERE sequence = 1"], Flaw.ALTERED, 1),
        (["DELETE FROM audit WHERE sequence = 2"], Flaw.MISSING, 3),
        (["DELETE FROM audit WHERE sequence = 1"], Flaw.MISSING, 2),
        (
            ["DELETE FROM audit WHERE sequence = 2", "UPDATE audit SET sequence = 2 WHERE sequence = 3"],
            Flaw.UNLINKED,
            2,
        ),
        (["DELETE FROM audit WHERE sequence = 4"], Flaw.CUT_OFF, 4),
        (["DELETE FROM audit"], Flaw.CUT_OFF, 1),
        ([COPY], Flaw.UNLINKED, 5),
    ],
)
def test_tampering_is_found_and_the_row_named(
    database: Database, statements: list[str], flaw: Flaw, at: int
) -> None:
    note(database, "one", "two", "three", "four")
    by_force(database, sql(*statements))
    assert verdict(database) == (flaw, at)


def test_a_row_sealed_anew_breaks_the_link_after_it(database: Database) -> None:
    note(database, "one", "two", "three")
    with database.read() as uow:
        row = uow.audit.page(before=None, limit=3)[1]
    forged = sql(f"UPDATE audit SET hash = '{'f' * 64}' WHERE sequence = {row.sequence}")  # noqa: S608
    by_force(database, forged)
    assert verdict(database) == (Flaw.ALTERED, 2)


def test_cutting_off_with_the_head_or_writing_all_anew_is_found_by_a_head_noted_elsewhere(
    database: Database,
) -> None:
    first = note(database, "one")
    noted = note(database, "two")
    cut = sql(
        "DELETE FROM audit WHERE sequence = 2",
        f"UPDATE audit_head SET sequence = 1, hash = '{first.hash}'",  # noqa: S608
    )
    by_force(database, cut)
    assert verdict(database) == (None, None)
    assert verdict(database, noted) == (Flaw.CUT_OFF, 2)
    note(database, "another two")
    assert verdict(database, noted) == (Flaw.OTHER_CHAIN, 2)


def test_writers_at_once_make_one_chain(database: Database) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def write(name: str) -> None:
        try:
            start.wait()
            for turn in range(12):
                note(database, f"{name}-{turn}", f"{name}-{turn}-b")
        except BaseException as broke:  # noqa: BLE001 - told by the assertion
            failures.append(broke)

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as uow:
        found = verify_audit(uow)
    assert (found.flaw, found.rows) == (None, 96)


def test_the_trail_tells_its_head_to_operators(served: TestClient, key: Key) -> None:
    key(Role.EDITOR, "lizhou")
    told = served.get("/v1/audit", headers=key()).json()
    assert told["head"] == {"sequence": told["items"][0]["sequence"], "hash": told["items"][0]["hash"]}


def test_rows_written_before_there_were_seals_are_sealed_by_the_migration(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database:
        note(database, "one", "two", "three")
        by_force(database, sql("DELETE FROM audit WHERE sequence = 2"))
        database.downgrade("0012")
        with database.write() as uow:
            uow._connection.execute(text("UPDATE alembic_version SET version_num = '0011'"))
            for column in ("previous", "hash"):
                uow._connection.execute(text(f"ALTER TABLE audit DROP COLUMN {column}"))
            uow._connection.execute(text("DROP TABLE audit_head"))
            uow.commit()
        database.upgrade()
        with database.read() as uow:
            rows = [(row.sequence, row.action) for batch in uow.audit.rows() for row in batch]
        assert rows == [(1, "one"), (2, "three")]
        assert verdict(database) == (None, None)
