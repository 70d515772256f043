"""Opaque cursors, signed so that nobody can make their own."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from tianfu.model.errors import InvalidCursor

_SIGNATURE_BYTES = 12
_MAX_CHARS = 400


class CursorSigner:
    """Makes and reads cursors: base64url of a JSON list and the head of its HMAC-SHA-256."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, kind: str, *parts: str | int) -> str:
        """Make a cursor of these parts, for one kind of list."""
        data = json.dumps([kind, *parts], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(data) + data).decode().rstrip("=")

    def read(self, kind: str, cursor: str) -> list[Any]:
        """Return the parts of a cursor.

        Raises:
            InvalidCursor: Not ours, altered, or of another kind of list.
        """
        if len(cursor) > _MAX_CHARS or not cursor.isascii():
            raise InvalidCursor
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (ValueError, binascii.Error) as bad:
            raise InvalidCursor from bad
        signature, data = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(data)):
            raise InvalidCursor
        values: list[Any] = json.loads(data)
        found, *parts = values
        if found != kind:
            raise InvalidCursor("belongs to another list")
        return parts

    def _sign(self, data: bytes) -> bytes:
        return hmac.new(self._secret, data, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
