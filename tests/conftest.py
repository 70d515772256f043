"""What costs much is made once a run: the demo newsroom, and PostgreSQL with a database for each test."""

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from sqlalchemy.engine import URL
from support.live import Demo, demo_in, make_demo
from support.postgres import Databases, server


def pytest_configure() -> None:
    """Tell errors plainly: structlog's own way draws every frame with all that it holds, for ten seconds."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that none of them runs alone at the end.

    The very first makes the demo, and those that go on while it is made need none.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    on_demo = {item.path: None for item in items if "demo_mould" in getattr(item, "fixturenames", ())}
    first = next(iter(on_demo), None)
    turn = {path: (path != first, path in on_demo, path not in slow) for path in {*slow, *on_demo}}
    items.sort(key=lambda item: turn.get(item.path, (True, True, True)))


@pytest.fixture(scope="session")
def demo_mould(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo to copy from; ``TIANFU_DEMO_DIR`` may name one that `tianfu demo` made today."""
    given = os.environ.get("TIANFU_DEMO_DIR")
    if given and (found := demo_in(Path(given), datetime.now(UTC))):
        return found
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-mould"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return demo_in(folder, datetime.now(UTC)) or make_demo(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server that tests may make databases on."""
    with server() as address:
        if address is None and os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: .ci/run names one, or installs and starts it")
        if address is None:
            pytest.skip("PostgreSQL is neither named by TIANFU_TEST_DATABASE_URL nor installed")
        yield address


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: URL) -> Iterator[Databases]:
    databases = Databases(postgres_server)
    databases.open()
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    with postgres_databases.fresh() as url:
        yield url
