"""Keys: what a caller may touch, and the life of a key from its making to its end."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tianfu.model.access import PLATFORM_ROLES, SCOPES, ApiKey, Role
from tianfu.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from tianfu.model.ports import Clock
from tianfu.model.rules import check_text
from tianfu.serving.services.clock import new_id
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database

KEY_PREFIX = "tf_"
OVERLAP = timedelta(days=7)
"""How long a key goes on after it was rotated, unless told otherwise."""
MAX_OVERLAP = timedelta(days=90)
MAX_LIFE = timedelta(days=3_650)
_WITHOUT_OUTLET = PLATFORM_ROLES | {Role.SCIENTIST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling."""

    key: ApiKey

    def may_act_for(self, outlet_id: str) -> bool:
        """Whether the key speaks for this outlet."""
        return self.key.outlet_id == outlet_id or (
            self.key.outlet_id is None and self.key.role in PLATFORM_ROLES
        )

    def may_read_for(self, outlet_id: str) -> bool:
        """Whether the key may read what concerns this outlet alone; scientists of the platform may."""
        of_platform = self.key.role is Role.SCIENTIST and self.key.outlet_id is None
        return of_platform or self.may_act_for(outlet_id)

    def must_read_for(self, outlet_id: str) -> None:
        """Refuse unless the key may read what concerns this outlet alone.

        Raises:
            Forbidden: It may not.
        """
        if not self.may_read_for(outlet_id):
            self.must_act_for(outlet_id)

    def must_act_for(self, outlet_id: str) -> None:
        """Refuse unless the key speaks for this outlet.

        Raises:
            Forbidden: It does not.
        """
        if not self.may_act_for(outlet_id):
            raise Forbidden(
                "This key does not speak for that outlet.", advice="Use a key of the outlet itself."
            )


def hash_secret(secret: str) -> str:
    """SHA-256 of a secret, hexadecimal.  Secrets are 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create_key(
    *,
    role: Role,
    outlet_id: str | None,
    label: str,
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (),
    signs_events: bool = False,
    actor: str,
    database: Database,
    clock: Clock,
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; its secret is returned this once and never kept.

    Raises:
        InvalidRequest: Role and outlet do not go together, or a field breaks its rule.
        NotFound: There is no such outlet.
    """
    now = clock.now()
    check_text(label, field="label", error=InvalidRequest, low=1, high=100)
    _check_reach(role, outlet_id)
    _check_end(expires_at, now)
    secret = secret or new_secret()
    key = ApiKey(
        id=new_id("k"),
        role=role,
        outlet_id=outlet_id,
        label=label,
        created_at=now,
        expires_at=expires_at,
        scopes=checked_scopes(scopes),
        signs_events=signs_events,
    )
    with database.write() as uow:
        if outlet_id is not None and outlet_id not in {outlet.id for outlet in uow.outlets.all()}:
            raise NotFound("outlet", outlet_id)
        uow.keys.add(key, secret_hash=hash_secret(secret))
        details = {"role": role.value, "scopes": list(key.scopes)}
        uow.audit.add(actor=actor, action="key.created", target=key.id, now=now, details=details)
        uow.commit()
    return key, secret


def rotate_key(
    key_id: str,
    *,
    overlap: timedelta = OVERLAP,
    expires_at: datetime | None = None,
    actor: str,
    database: Database,
    clock: Clock,
) -> tuple[ApiKey, str]:
    """Make a key that takes another's place: same role, outlet, label and scopes, new secret.

    The old key goes on for the overlap, never longer than it would have.

    Args:
        key_id: The key to replace.
        overlap: How long both are taken; zero ends the old one at once.
        expires_at: When the new one ends; when left out it lives as long as the old one was meant to.
        actor: For the audit trail.
        database: Where keys are.
        clock: Tells now.

    Raises:
        NotFound: There is no such key, or it has ended.
        Conflict: It was rotated before.
        InvalidRequest: The overlap is over 90 days, or the end has passed.
        Forbidden: The key would replace itself.
    """
    now = clock.now()
    if key_id == actor:
        raise Forbidden(
            "A key cannot rotate itself.", advice="Use another admin's key, or tianfu keys rotate."
        )
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InvalidRequest(field="overlap", why=f"must be 0 to {MAX_OVERLAP.days} days")
    _check_end(expires_at, now)
    secret = new_secret()
    with database.write() as uow:
        old = uow.keys.by_id(key_id)
        if old is None or not old.is_valid(now):
            raise NotFound("key", key_id)
        if expires_at is None and old.expires_at is not None:
            expires_at = now + (old.expires_at - old.created_at)
        key = ApiKey(
            id=new_id("k"),
            role=old.role,
            outlet_id=old.outlet_id,
            label=old.label,
            created_at=now,
            expires_at=expires_at,
            scopes=old.scopes,
            signs_events=old.signs_events,
        )
        ends_at = min(now + overlap, old.expires_at or now + overlap)
        if not uow.keys.replace(key_id, by=key.id, expires_at=ends_at):
            raise Conflict("This key was rotated before.", advice="Rotate the key that replaced it.")
        uow.keys.add(key, secret_hash=hash_secret(secret))
        details = {"new": key.id, "old_ends_at": ends_at.isoformat()}
        uow.audit.add(actor=actor, action="key.rotated", target=key_id, now=now, details=details)
        uow.changes.add(ChangeKind.KEYS, [None], now)
        uow.commit()
    return key, secret


def revoke_key(key_id: str, *, actor: str, database: Database, clock: Clock) -> None:
    """End a key.

    Raises:
        NotFound: There is no such key, or it was revoked already.
    """
    with database.write() as uow:
        if not uow.keys.revoke(key_id, clock.now()):
            raise NotFound("key", key_id)
        uow.audit.add(actor=actor, action="key.revoked", target=key_id, now=clock.now())
        uow.changes.add(ChangeKind.KEYS, [None], clock.now())
        uow.commit()


def new_secret() -> str:
    """Draw a secret of 256 random bits."""
    return f"{KEY_PREFIX}{secrets.token_urlsafe(32)}"


def checked_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """Sort scopes and leave out doubles.

    Raises:
        InvalidRequest: One is none of ours.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise InvalidRequest(field="scopes", why=f"takes only: {', '.join(SCOPES)}")
    return tuple(sorted(set(scopes)))


def _check_reach(role: Role, outlet_id: str | None) -> None:
    if outlet_id is None and role not in _WITHOUT_OUTLET:
        raise InvalidRequest(field="outlet_id", why=f"is needed for role {role}")
    if outlet_id is not None and role in PLATFORM_ROLES:
        raise InvalidRequest(
            field="outlet_id",
            why=f"cannot be given for role {role}, which speaks for every outlet",
            advice="Leave it out, or make an editor's key.",
        )


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        return
    if expires_at.tzinfo is None:
        raise InvalidRequest(field="expires_at", why="needs a time zone")
    if expires_at <= now:
        raise InvalidRequest(field="expires_at", why="has passed already")
    if expires_at - now > MAX_LIFE:
        raise InvalidRequest(
            field="expires_at",
            why=f"is more than {MAX_LIFE.days} days away",
            advice="Leave it out.",
        )
