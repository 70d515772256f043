"""A newsroom on a fresh database of either kind with small fake models, and an HTTP client to it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import NOW, FakeClock
from support.fakes import fake_parts
from support.standing import Standing

from tianfu.model.access import Role
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database
from tianfu.serving.wiring import build_newsroom


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test over a database on both, but for those that the database has no say in."""
    alone = metafunc.definition.get_closest_marker("box") is not None
    kinds = ["sqlite"] if alone else ["sqlite", "postgresql"]
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", kinds)
    if "standing_kind" in metafunc.fixturenames:
        metafunc.parametrize("standing_kind", kinds, scope="module")


@pytest.fixture(scope="session")
def sqlite_mould(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the last migration leaves it, to copy from."""
    file = tmp_path_factory.mktemp("mould") / "tianfu.db"
    with Database(f"sqlite:///{file}"):
        return file


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, database_kind: str, sqlite_mould: Path, tmp_path: Path
) -> str:
    """A fresh database, migrated."""
    if database_kind == "sqlite":
        folder = tmp_path / "data"
        folder.mkdir()
        shutil.copy(sqlite_mould, folder)
        return f"sqlite:///{folder / sqlite_mould.name}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> ServiceSettings:
    return ServiceSettings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        worker=False,
        requests_per_minute=0,
        failed_logins_per_minute=0,
    )


@pytest.fixture
def new_room(settings: ServiceSettings, clock: FakeClock) -> Iterator[Callable[..., Newsroom]]:
    """Start a newsroom on the test's database; called again it is a second process on the same data."""
    rooms: list[Newsroom] = []

    def start(*, answers: bool = True) -> Newsroom:
        room = build_newsroom(settings, parts=fake_parts(), clock=clock, answers=answers)
        room.start()
        rooms.append(room)
        return room

    yield start
    for room in rooms:
        room.stop()


@pytest.fixture
def room(new_room: Callable[[], Newsroom]) -> Newsroom:
    return new_room()


@pytest.fixture
def served(settings: ServiceSettings, clock: FakeClock) -> Iterator[TestClient]:
    """The HTTP application over a newsroom whose worker runs."""
    app = create_app(
        settings.model_copy(update={"worker": True}),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module")
def standing(
    request: pytest.FixtureRequest, standing_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Standing]:
    """The HTTP application, started once, with an operator's key."""
    clock = FakeClock(NOW)
    with ExitStack() as stack:
        url = ""
        if standing_kind == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_databases").fresh())
        settings = ServiceSettings(
            data_dir=tmp_path_factory.mktemp("standing"),
            database_url=url,
            worker=True,
            requests_per_minute=0,
            failed_logins_per_minute=0,
        )
        app = create_app(settings, build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock))
        client = stack.enter_context(TestClient(app))
        room: Newsroom = app.state.newsroom
        _, secret = create_key(
            role=Role.OPERATOR,
            outlet_id=None,
            label="test",
            actor="test",
            database=room.database,
            clock=clock,
        )
        yield Standing(client, {"Authorization": f"Bearer {secret}"})


@pytest.fixture
def key(served: TestClient, clock: FakeClock) -> Callable[..., dict[str, str]]:
    """Make a key and return its header."""

    def make(role: Role = Role.OPERATOR, outlet_id: str | None = None) -> dict[str, str]:
        room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
        _, secret = create_key(
            role=role, outlet_id=outlet_id, label="test", actor="test", database=room.database, clock=clock
        )
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def story_json() -> Callable[..., dict[str, Any]]:
    """A story as an outlet would send it."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "title": "利州区春耕备耕全面展开",
            "body": "记者在宝轮镇看到，农户正抢抓农时整田育秧，农技人员到田间指导。",
            "published_at": "2026-03-02T11:00:00+08:00",
            "outlet_id": "lizhou",
            **fields,
        }

    return make


@pytest.fixture
def app_key(key: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The key of a county's app."""
    return key(Role.APP, "lizhou")
