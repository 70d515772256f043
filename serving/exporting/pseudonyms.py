"""Names that hold within one export and lead back to nobody."""

import hashlib
import hmac
import secrets

_CHARS = 20


class Pseudonyms:
    """Keyed hashes (HMAC-SHA-256) under a secret that is drawn anew and kept nowhere.

    The same reader has the same name throughout an export and another in the next, so that two exports
    cannot be joined, nor one with the database.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, kind: str, name: str | None) -> str | None:
        """The name for one, ``None`` for nobody; names of two kinds have nothing to do with each other."""
        if name is None:
            return None
        digest = hmac.new(self._secret, f"{kind}\0{name}".encode(), hashlib.sha256)
        return digest.hexdigest()[:_CHARS]
