"""The tables as described are the tables as migrated."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tianfu.serving.store.database import Database
from tianfu.serving.store.schema import metadata


def test_migrations_bring_about_exactly_the_described_tables(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'fresh.db'}") as database, database.read() as uow:
        context = MigrationContext.configure(uow._connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
