"""Runs migrations on the connection that :class:`tianfu.serving.store.database.Database` hands over."""

from alembic import context

from tianfu.serving.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
