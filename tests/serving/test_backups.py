"""One file to come back from: taken while the newsroom works, put back elsewhere, whole or not at all."""

import gzip
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import MetaData, create_engine, select, text
from sqlalchemy.pool import NullPool
from support.artefacts import a_tagger
from support.builders import NOW, FakeClock
from support.fakes import fake_parts
from support.postgres import Databases
from support.readers import FARM, Key, StoryJson, farm_and_school, feed, read

from tianfu.model.access import Role
from tianfu.model.errors import BackupFailed, BackupInvalid, BackupRefused, StoreUnavailable
from tianfu.model.release import ModelKind
from tianfu.serving.services.backups import Backup, Restored, make_backup, restore_backup
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store import dump_postgresql, dump_sqlite
from tianfu.serving.store.database import Database
from tianfu.serving.wiring import build_newsroom


@pytest.fixture
def ids(served: TestClient, key: Key, story_json: StoryJson, tmp_path: Path) -> dict[str, str]:
    """A small newsroom with stories, a reader, an order, an audit trail and a model of its own."""
    found = farm_and_school(served, key, story_json)
    read(served, key(Role.APP, "lizhou"), "r-1", [found[title] for title in FARM[:3]])
    order = {"story_id": found[FARM[7]], "action": "must_carry", "ends_at": "2026-03-03T12:00:00+08:00"}
    assert served.post("/v1/placements", headers=key(), json=order).status_code == 201
    room = room_of(served)
    version = room.model_desk.take_in(a_tagger(tmp_path / "words-b", {"14": "农"}), actor="test")
    room.model_desk.publish(ModelKind.TAGGER, version.id, actor="test")
    room.library.catch_up()
    return found


@pytest.fixture
def elsewhere(settings: ServiceSettings, tmp_path: Path, request: Any) -> Iterator[ServiceSettings]:
    """Another machine's settings, with nothing there yet."""
    there = settings.model_copy(update={"data_dir": tmp_path / "there", "database_url": ""})
    if settings.effective_database_url.startswith("sqlite"):
        yield there
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    with databases.fresh(migrated=False) as url:
        yield there.model_copy(update={"database_url": url})


@pytest.fixture
def elsewhere_postgresql(postgres_databases: Databases) -> Iterator[str]:
    """Another database of PostgreSQL, with nothing in it."""
    with postgres_databases.fresh(migrated=False) as url:
        yield url


def room_of(served: TestClient) -> Newsroom:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    return room


def backed_up(settings: ServiceSettings, to: Path) -> Backup:
    return make_backup(settings.effective_database_url, Cabinet(settings.models_dir), to, now=NOW)


def restored(source: Path, settings: ServiceSettings, *, force: bool = False) -> Restored:
    url, models = settings.effective_database_url, Cabinet(settings.models_dir)
    return restore_backup(source, url, models, settings.snapshot_dir, force=force)


def rows_of(settings: ServiceSettings) -> dict[str, list[str]]:
    """Every row of every table."""
    metadata = MetaData()
    with create_engine(settings.effective_database_url, poolclass=NullPool).connect() as connection:
        metadata.reflect(connection)
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }


def repacked(source: Path, to: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """The same backup with members changed or left out."""
    with tarfile.open(source) as old, tarfile.open(to, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            if (kept := change(member.name, stream.read())) is not None:
                info = tarfile.TarInfo(kept[0])
                info.size = len(kept[1])
                new.addfile(info, BytesIO(kept[1]))
    return to


def test_every_row_and_model_of_a_serving_newsroom_stands_again_elsewhere_and_serves(
    served: TestClient,
    key: Key,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    app = key(Role.APP, "lizhou")
    room_of(served).worker.stop()  # so that both are compared at one moment; the next test lets it run
    made = backed_up(settings, tmp_path / "b" / "one.tianfu")
    before = rows_of(settings)
    done = restored(tmp_path / "b" / "one.tianfu", elsewhere)
    assert rows_of(elsewhere) == before
    assert min(len(before[name]) for name in ("stories", "readers", "events", "placements", "audit")) > 0
    assert (done.stories, done.audit.is_whole, done.audit.rows) == (16, True, len(before["audit"]))
    assert made.models == [folder.name for folder in Cabinet(elsewhere.models_dir).folders()] != []
    room = build_newsroom(elsewhere, parts=fake_parts(), clock=clock)
    room.start()
    try:
        assert len(room.library.view) == len(room_of(served).library.view) == 16
        assert room.models["tagger_0"] == "words-b@1"
        assert not room.model_faults
    finally:
        room.stop()
    assert ids[FARM[7]] in {item["story_id"] for item in feed(served, app)["items"]}  # the old one went on


def test_a_restored_database_lets_no_account_drop_months(
    postgres_url: str, elsewhere_postgresql: str, tmp_path: Path
) -> None:
    """A dump holds no rights, and what is made anew is open to every account but for what is said."""
    make_backup(postgres_url, Cabinet(tmp_path / "models"), tmp_path / "one.tianfu", now=NOW)
    cabinet = Cabinet(tmp_path / "there")
    restore_backup(tmp_path / "one.tianfu", elsewhere_postgresql, cabinet, tmp_path / "index", force=False)
    with Database(elsewhere_postgresql) as database, database.read() as uow:
        granted = "SELECT proacl::text FROM pg_proc WHERE proname = 'tianfu_keep_months'"
        rights = uow._connection.execute(text(granted)).scalar_one()
    assert rights is not None, "PostgreSQL's own rule: everybody may"
    assert not any(one.startswith("=") for one in rights.strip("{}").split(","))


def test_a_backup_without_a_model_that_serves_is_refused_unless_it_is_meant(
    served: TestClient, ids: dict[str, str], settings: ServiceSettings, tmp_path: Path
) -> None:
    """Restored from it every process would fall back to what ships, and nothing would have said so."""
    url, file = settings.effective_database_url, tmp_path / "b" / "one.tianfu"
    nowhere = Cabinet(tmp_path / "nowhere")
    (folder,) = Cabinet(settings.models_dir).folders()
    with pytest.raises(BackupRefused, match=folder.name[:12]) as bad:
        make_backup(url, nowhere, file, now=NOW)
    assert "--without-models" in bad.value.advice
    assert list(file.parent.iterdir()) == []
    assert make_backup(url, nowhere, file, now=NOW, without_models=True).models == []
    room_of(served).model_desk.publish(ModelKind.TAGGER, "shipped", actor="test")
    with pytest.raises(BackupRefused, match="names model versions"):  # a rollback would go back to it
        make_backup(url, nowhere, tmp_path / "two.tianfu", now=NOW)
    assert backed_up(settings, tmp_path / "two.tianfu").models == [folder.name]


def test_a_backup_taken_amid_writes_is_one_moment(
    served: TestClient,
    key: Key,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    tmp_path: Path,
) -> None:
    headers, stop, sent = key(), threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            order = {"story_id": ids[FARM[0]], "action": "boost", "ends_at": "2026-03-03T12:00:00+08:00"}
            sent.append(served.post("/v1/placements", headers=headers, json=order).status_code)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            backed_up(settings, tmp_path / f"{turn}.tianfu")
    finally:
        stop.set()
        writer.join()
    assert set(sent) == {201}
    done = restored(tmp_path / "2.tianfu", elsewhere)
    assert done.audit.is_whole
    then, now = rows_of(elsewhere), rows_of(settings)
    assert set(then["audit"]) < set(now["audit"])
    # An order and the line in the trail that tells of it are one transaction.
    assert len(then["placements"]) == sum("placement" in row for row in then["audit"])


def test_what_holds_something_is_replaced_only_by_force(
    served: TestClient,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    tmp_path: Path,
) -> None:
    file = tmp_path / "one.tianfu"
    backed_up(settings, file)
    restored(file, elsewhere)
    before = rows_of(elsewhere)
    with pytest.raises(BackupRefused, match="not empty"):
        restored(file, elsewhere)
    assert rows_of(elsewhere) == before
    stale = elsewhere.snapshot_dir / "old"
    stale.mkdir(parents=True)
    assert restored(file, elsewhere, force=True).stories == len(ids)
    assert not stale.exists()
    with pytest.raises(BackupRefused, match="exists"):
        backed_up(settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".tianfu")) == []


def test_a_serving_newsroom_is_not_restored_over_even_by_force(
    served: TestClient, ids: dict[str, str], settings: ServiceSettings, tmp_path: Path
) -> None:
    backed_up(settings, tmp_path / "one.tianfu")
    with pytest.raises(BackupRefused, match=r"open|connected"):
        restored(tmp_path / "one.tianfu", settings, force=True)
    with room_of(served).database.read() as uow:
        assert uow.stories.count() == len(ids)


@pytest.mark.box
def test_a_torn_or_altered_file_is_refused_and_touches_nothing(
    served: TestClient,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    tmp_path: Path,
) -> None:
    whole = tmp_path / "one.tianfu"
    backed_up(settings, whole)
    data = whole.read_bytes()
    faults = {
        "cut": data[: len(data) * 2 // 3],
        "head only": data[:200],
        "a byte": data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
        "no backup": b"hello",
        "other gzip": gzip.compress(b"hello" * 1000),
        "nothing": b"",
    }
    for name, content in faults.items():
        (tmp_path / name).write_bytes(content)
    changes: dict[str, Callable[[str, bytes], tuple[str, bytes] | None]] = {
        "altered": lambda name, b: (name, b[:-1] + b"?" if name == "database.dump" else b),
        "short": lambda name, b: None if name.startswith("models/") else (name, b),
        "moved": lambda name, b: ("../escaped" if name.startswith("models/") else name, b),
        "climbs": lambda name, b: (
            name, b.replace(b'"models/', b'"models/../../') if name == "manifest.json" else b
        ),
        "no manifest": lambda name, b: None if name == "manifest.json" else (name, b),
        "not json": lambda name, b: (name, b"[1]" if name == "manifest.json" else b),
    }  # fmt: skip
    for name, change in changes.items():
        repacked(whole, tmp_path / name, change)
    for name in [*faults, *changes, "missing"]:
        with pytest.raises(BackupInvalid):
            restored(tmp_path / name, elsewhere)
        assert not (elsewhere.data_dir / "tianfu.db").exists(), name
        assert not elsewhere.models_dir.exists(), name
    assert not list(tmp_path.parent.rglob("escaped"))


@pytest.mark.box
def test_what_fits_neither_this_kind_nor_this_version_is_refused(
    served: TestClient,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    tmp_path: Path,
) -> None:
    whole = tmp_path / "one.tianfu"
    made = backed_up(settings, whole)

    def told(old: str, new: str) -> Path:
        def change(name: str, data: bytes) -> tuple[str, bytes]:
            return name, data.replace(old.encode(), new.encode()) if name == "manifest.json" else data

        return repacked(whole, tmp_path / new.replace("/", ""), change)

    for source, words in (
        (told('"sqlite"', '"postgresql"'), "backup of postgresql"),
        (told(f'"{made.schema}"', '"9999"'), "newer version"),
        (told("tianfu-backup/1", "tianfu-backup/9"), "another format"),
    ):
        with pytest.raises(BackupRefused, match=words):
            restored(source, elsewhere)


@pytest.mark.box
def test_a_damaged_database_is_not_backed_up_and_may_be_restored_over(
    served: TestClient,
    ids: dict[str, str],
    settings: ServiceSettings,
    elsewhere: ServiceSettings,
    tmp_path: Path,
) -> None:
    whole = tmp_path / "one.tianfu"
    backed_up(settings, whole)
    restored(whole, elsewhere)
    file = elsewhere.data_dir / "tianfu.db"
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(os.urandom(file.stat().st_size // 2))
    with pytest.raises(BackupFailed):
        backed_up(elsewhere, tmp_path / "bad.tianfu")
    assert not (tmp_path / "bad.tianfu").exists()
    file.write_bytes(b"not a database at all" * 500)
    with pytest.raises(BackupRefused, match="not empty"):
        restored(whole, elsewhere)
    assert restored(whole, elsewhere, force=True).stories == len(ids)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.box
def test_a_folder_without_a_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="no database"):
        dump_sqlite.dump_sqlite(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "x")
    assert not (tmp_path / "none.db").exists()


def test_postgresql_says_what_is_missing_or_wrong(
    postgres_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_databases.fresh(migrated=False) as url:
        with pytest.raises(BackupFailed, match="no tables"):
            dump_postgresql.dump_postgresql(url, tmp_path / "x")
        (tmp_path / "torn").write_bytes(b"PGDMP, but no more")
        with pytest.raises(BackupFailed, match="pg_restore gave up"):
            dump_postgresql.restore_postgresql(url, tmp_path / "torn")
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(BackupFailed, match="pg_dump is not installed"):
            dump_postgresql.dump_postgresql(url, tmp_path / "x")
    nowhere = "postgresql+psycopg://postgres:secret@127.0.0.1:1/none"
    monkeypatch.undo()
    with pytest.raises(StoreUnavailable):
        dump_postgresql.dump_postgresql(nowhere, tmp_path / "x")
    assert "secret" not in dump_postgresql._address(nowhere)


def test_a_dump_that_breaks_off_leaves_postgresql_as_it_was(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database(postgres_url) as database, database.write() as uow:
        uow.audit.add(actor="k1", action="test", target="s1", now=NOW, details={})
        uow.commit()
    dump_postgresql.dump_postgresql(postgres_url, tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) - 300])
    with pytest.raises(BackupFailed, match="gave up"):
        dump_postgresql.restore_postgresql(postgres_url, tmp_path / "cut")
    assert dump_postgresql.holds_rows(postgres_url)
    late = tmp_path / "bin" / "pg_restore"  # gives up when what it wrote has been run already
    late.parent.mkdir()
    late.write_text(
        "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' '\\n'\nsleep 1\necho 'no more' >&2\nexit 1\n"
    )
    late.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{late.parent}:{os.environ['PATH']}")
        with pytest.raises(BackupFailed, match="pg_restore gave up: no more"):
            dump_postgresql.restore_postgresql(postgres_url, tmp_path / "whole")
    assert dump_postgresql.holds_rows(postgres_url)
    dump_postgresql.restore_postgresql(postgres_url, tmp_path / "whole")
    assert dump_postgresql.holds_rows(postgres_url)
