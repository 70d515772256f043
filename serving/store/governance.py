"""Keys, and the service's own few settings."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tianfu.model.access import ApiKey, Role
from tianfu.serving.store.schema import api_keys, settings
from tianfu.serving.store.upsert import upsert


class Keys:
    """API keys by the SHA-256 of their secret."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey, *, secret_hash: str) -> None:
        """Record a new key."""
        values = {
            "id": key.id,
            "secret_hash": secret_hash,
            "role": key.role.value,
            "outlet_id": key.outlet_id,
            "label": key.label,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "scopes": list(key.scopes),
            "signs_events": key.signs_events,
        }
        self._connection.execute(insert(api_keys), [values])

    def by_secret_hash(self, secret_hash: str) -> ApiKey | None:
        """Find the key that a secret opens, revoked or not."""
        query = select(api_keys).where(api_keys.c.secret_hash == secret_hash)
        row = self._connection.execute(query).one_or_none()
        return _key(row) if row else None

    def by_id(self, key_id: str) -> ApiKey | None:
        """Find a key, ended or not."""
        row = self._connection.execute(select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        return _key(row) if row else None

    def replace(self, key_id: str, *, by: str, expires_at: datetime) -> bool:
        """Let another key take a key's place from some moment on.  False when one did already."""
        statement = (
            update(api_keys)
            .where(api_keys.c.id == key_id, api_keys.c.replaced_by.is_(None), api_keys.c.revoked_at.is_(None))
            .values(replaced_by=by, expires_at=expires_at)
        )
        return self._connection.execute(statement).rowcount > 0

    def all(self) -> list[ApiKey]:
        """Every key, oldest first."""
        query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        return [_key(row) for row in self._connection.execute(query)]

    def revoke(self, key_id: str, now: datetime) -> bool:
        """End a key.  False when there is none standing with this id."""
        statement = (
            update(api_keys)
            .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return self._connection.execute(statement).rowcount > 0


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        role=Role(row.role),
        outlet_id=row.outlet_id,
        label=row.label,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        scopes=tuple(row.scopes),
        replaced_by=row.replaced_by,
        signs_events=row.signs_events,
    )


class Settings:
    """Values the service itself must remember, such as the secret that signs cursors."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        """The value, or ``None`` when it was never set."""
        query = select(settings.c.value).where(settings.c.name == name)
        return self._connection.execute(query).scalar_one_or_none()

    def put(self, name: str, value: str, *, keep: bool = False) -> None:
        """Set a value; with ``keep`` only when there is none."""
        upsert(self._connection, settings, [{"name": name, "value": value}], keep=keep)
