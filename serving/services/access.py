"""Keys: who is calling, and what they may touch."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from tianfu.model.access import ApiKey, Role
from tianfu.model.errors import Forbidden, InvalidRequest, NotFound, Unauthenticated
from tianfu.model.ports import Clock
from tianfu.model.rules import check_text
from tianfu.serving.services.clock import new_id
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database
from tianfu.serving.store.governance import Keys

KEY_PREFIX = "tf_"
_CACHE_S = 5.0
_PLATFORM_ROLES = frozenset({Role.OPERATOR, Role.ADMIN, Role.SCIENTIST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling."""

    key: ApiKey

    def may_act_for(self, outlet_id: str) -> bool:
        """Whether the key speaks for this outlet."""
        return self.key.outlet_id == outlet_id or (
            self.key.outlet_id is None and self.key.role in (Role.OPERATOR, Role.ADMIN)
        )

    def must_read_for(self, outlet_id: str) -> None:
        """Refuse unless the key may read what concerns this outlet alone; scientists of the platform may.

        Raises:
            Forbidden: It may not.
        """
        if self.key.role is not Role.SCIENTIST or self.key.outlet_id is not None:
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


class Gatekeeper:
    """Knows keys.  Remembers valid ones for five seconds, so that a revoked key ends within that."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, tuple[ApiKey, float]] = {}

    def admit(self, secret: str) -> Caller:
        """Find the key that a secret opens.

        Raises:
            Unauthenticated: Unknown, revoked or expired.
        """
        hashed = hash_secret(secret)
        return self._admit(hashed, lambda keys: keys.by_secret_hash(hashed))

    def admit_id(self, key_id: str) -> Caller:
        """Find the key with this id, for a session that it opened.

        Raises:
            Unauthenticated: Unknown, revoked or expired.
        """
        return self._admit(key_id, lambda keys: keys.by_id(key_id))

    def _admit(self, name: str, find: Callable[[Keys], ApiKey | None]) -> Caller:
        now = self._clock.now()
        with self._lock:
            known = self._known.get(name)
        if known is None or now.timestamp() - known[1] > _CACHE_S:
            with self._database.read() as uow:
                found = find(uow.keys)
            if found is None:
                raise Unauthenticated("This key is not known.", advice="Ask the platform for a key.")
            known = (found, now.timestamp())
            with self._lock:
                self._known = {n: k for n, k in self._known.items() if k[1] > now.timestamp() - 60}
                self._known[name] = known
        if not known[0].is_valid(now):
            raise Unauthenticated("This key has ended.", advice="Ask the platform for a new key.")
        return Caller(key=known[0])

    def forget(self) -> None:
        """Look every key up again, after one was revoked here."""
        with self._lock:
            self._known = {}


def create_key(
    *,
    role: Role,
    outlet_id: str | None,
    label: str,
    expires_at: datetime | None = None,
    actor: str,
    database: Database,
    clock: Clock,
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; its secret is returned this once and never kept.

    Raises:
        InvalidRequest: The role needs an outlet, or the label breaks its rule.
        NotFound: There is no such outlet.
    """
    check_text(label, field="label", error=InvalidRequest, low=1, high=100)
    if outlet_id is None and role not in _PLATFORM_ROLES:
        raise InvalidRequest(field="outlet_id", why=f"is needed for role {role}")
    secret = secret or f"{KEY_PREFIX}{secrets.token_urlsafe(32)}"
    now = clock.now()
    key = ApiKey(
        id=new_id("k"), role=role, outlet_id=outlet_id, label=label, created_at=now, expires_at=expires_at
    )
    with database.write() as uow:
        if outlet_id is not None and outlet_id not in {outlet.id for outlet in uow.outlets.all()}:
            raise NotFound("outlet", outlet_id)
        uow.keys.add(key, secret_hash=hash_secret(secret))
        uow.audit.add(actor=actor, action="key.created", target=key.id, now=now, details={"role": role.value})
        uow.commit()
    return key, secret


def revoke_key(key_id: str, *, actor: str, database: Database, clock: Clock) -> None:
    """End a key.

    Raises:
        NotFound: There is no such key, or it has ended already.
    """
    with database.write() as uow:
        if not uow.keys.revoke(key_id, clock.now()):
            raise NotFound("key", key_id)
        uow.audit.add(actor=actor, action="key.revoked", target=key_id, now=clock.now())
        uow.changes.add(ChangeKind.KEYS, [None], clock.now())
        uow.commit()
