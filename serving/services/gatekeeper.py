"""Who stands at the door: which key a secret opens, and whether it still does."""

from threading import Lock

from tianfu.model.access import ApiKey
from tianfu.model.errors import KeyExpired, KeyRevoked, Unauthenticated
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller, hash_secret
from tianfu.serving.store.database import Database

_CACHE_S = 5.0


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
            Unauthenticated: Unknown; :class:`KeyExpired` or :class:`KeyRevoked` for one that ended.
        """
        now = self._clock.now()
        key = self._find(hash_secret(secret), now.timestamp())
        if key.revoked_at is not None:
            raise KeyRevoked
        if not key.is_valid(now):
            raise KeyExpired
        return Caller(key=key)

    def forget(self) -> None:
        """Look every key up again, after one was revoked here."""
        with self._lock:
            self._known = {}

    def _find(self, hashed: str, now_s: float) -> ApiKey:
        with self._lock:
            known = self._known.get(hashed)
        if known is not None and now_s - known[1] <= _CACHE_S:
            return known[0]
        with self._database.read() as uow:
            found = uow.keys.by_secret_hash(hashed)
        if found is None:
            raise Unauthenticated("This key is not known.", advice="Ask the platform for a key.")
        with self._lock:
            self._known = {h: k for h, k in self._known.items() if k[1] > now_s - 60}
            self._known[hashed] = found, now_s
        return found
