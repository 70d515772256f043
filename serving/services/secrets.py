"""Secrets that the service draws for itself, once, and shares among its processes through the database."""

import secrets

from tianfu.serving.store.database import Database

SIGNING_SECRET = "signing_secret"  # noqa: S105 - its name


def own_secret(database: Database, name: str) -> bytes:
    """The secret of this name, 32 random bytes, drawn when first asked for."""
    with database.write() as uow:
        uow.settings.put(name, secrets.token_hex(32), keep=True)
        value = uow.settings.get(name)
        uow.commit()
    return bytes.fromhex(value or "")
