"""Who stands at the door: which key a secret opens, and whether it still does."""

from collections.abc import Callable
from threading import Lock

from tianfu.model.access import ApiKey
from tianfu.model.errors import KeyExpired, KeyRevoked, StoreUnavailable, Unauthenticated
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller, hash_secret
from tianfu.serving.store.database import Database
from tianfu.serving.store.governance import Keys

_CACHE_S = 5.0
_OUTAGE_S = 3_600.0
"""While the database is away, keys seen within the last hour are taken at their word of then."""


class Gatekeeper:
    """Knows keys.  Remembers valid ones for five seconds, so that a revoked key ends within that.

    Feeds are to go on while the database is away, so a key that was valid goes on for up to an hour then.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, tuple[ApiKey, float]] = {}

    def admit(self, secret: str) -> Caller:
        """Find the key that a secret opens.

        Raises:
            Unauthenticated: Unknown; :class:`KeyExpired` or :class:`KeyRevoked` for one that ended.
        """
        hashed = hash_secret(secret)
        return self._admit(hashed, lambda keys: keys.by_secret_hash(hashed))

    def admit_id(self, key_id: str) -> Caller:
        """Find the key with this id, for a session that it opened.

        Raises:
            Unauthenticated: As for :meth:`admit`.
        """
        return self._admit(key_id, lambda keys: keys.by_id(key_id))

    def _admit(self, name: str, find: Callable[[Keys], ApiKey | None]) -> Caller:
        now = self._clock.now()
        key = self._find(name, find, now.timestamp())
        if key.revoked_at is not None:
            raise KeyRevoked
        if not key.is_valid(now):
            raise KeyExpired
        return Caller(key=key)

    def forget(self) -> None:
        """Look every key up again, after one was revoked here."""
        with self._lock:
            self._known = {}

    def _find(self, name: str, find: Callable[[Keys], ApiKey | None], now_s: float) -> ApiKey:
        with self._lock:
            known = self._known.get(name)
        if known is not None and now_s - known[1] <= _CACHE_S:
            return known[0]
        try:
            with self._database.glance() as uow:
                found = find(uow.keys)
        except StoreUnavailable:
            if known is None or now_s - known[1] > _OUTAGE_S:
                raise
            return known[0]
        if found is None:
            raise Unauthenticated("This key is not known.", advice="Ask the platform for a key.")
        with self._lock:
            self._known = {n: k for n, k in self._known.items() if k[1] > now_s - _OUTAGE_S}
            self._known[name] = found, now_s
        return found
