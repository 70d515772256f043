"""PostgreSQL once for a session, a database of its own for each test that asks for one."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL
from support.postgres import Databases, server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server that tests may make databases on."""
    with server() as address:
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
