"""Keys, the audit trail, and the service's own few settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tianfu.model.access import ApiKey, Role
from tianfu.serving.store.schema import api_keys, audit, settings
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
        }
        self._connection.execute(insert(api_keys), [values])

    def by_secret_hash(self, secret_hash: str) -> ApiKey | None:
        """Find the key that a secret opens, revoked or not."""
        query = select(api_keys).where(api_keys.c.secret_hash == secret_hash)
        row = self._connection.execute(query).one_or_none()
        return _key(row) if row else None

    def by_id(self, key_id: str) -> ApiKey | None:
        """Find a key, revoked or not."""
        row = self._connection.execute(select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        return _key(row) if row else None

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
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing a person or key did."""

    sequence: int
    at: datetime
    actor: str
    action: str
    object: str
    details: dict[str, Any]


class Audit:
    """Who changed what; rows are only ever appended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, actor: str, action: str, target: str, now: datetime, details: dict[str, Any] | None = None
    ) -> None:
        """Append one row.  ``details`` hold ids and choices, never texts of stories or readers' data."""
        row = {"at": now, "actor": actor, "action": action, "object": target, "details": details or {}}
        self._connection.execute(insert(audit), [row])

    def page(self, *, before: int | None, limit: int, target: str | None = None) -> list[AuditRow]:
        """Rows, newest first."""
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.sequence < before)
        if target is not None:
            query = query.where(audit.c.object == target)
        return [
            AuditRow(
                sequence=row.sequence,
                at=row.at,
                actor=row.actor,
                action=row.action,
                object=row.object,
                details=row.details,
            )
            for row in self._connection.execute(query)
        ]


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
