"""Signed batches of events: made by who holds the signing secret, now, and once."""

import hashlib
import hmac

from tianfu.model.errors import InvalidSignature, SignatureNeeded, SignatureReplayed
from tianfu.model.ports import Clock
from tianfu.serving.services.counters import Counters

WINDOW_S = 300
"""How far the time of signing may lie from ours, before or after."""
SCHEME = "v1"
_MAX_CHARS = 200


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256, hexadecimal, of ``v1:TIMESTAMP:`` and the body as sent."""
    signed = b":".join([SCHEME.encode(), timestamp.encode(), body])
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class SignatureCheck:
    """Checks signatures.  The signing secret of a key is worked out from the service's own, never stored."""

    def __init__(self, master: bytes, *, counters: Counters, clock: Clock) -> None:
        self._master = master
        self._counters = counters
        self._clock = clock

    def secret_of(self, key_id: str) -> str:
        """The secret that a key's batches are signed with; unlike the key itself it never travels."""
        digest = hmac.new(self._master, f"event signing:{key_id}".encode(), hashlib.sha256)
        return f"tfs_{digest.hexdigest()}"

    def check(self, key_id: str, *, timestamp: str | None, signature: str | None, body: bytes) -> None:
        """Refuse a batch that was not signed by the key's holder within the window, or was sent before.

        Args:
            key_id: The key it came with.
            timestamp: ``Tianfu-Timestamp``: seconds since 1970.
            signature: ``Tianfu-Signature``: ``v1=`` and what :func:`sign` makes.
            body: Exactly as sent.

        Raises:
            SignatureNeeded: A header is missing.
            InvalidSignature: It does not fit body, time or key; or the time is too far from ours.
            SignatureReplayed: The very same was taken before.
        """
        if not timestamp or not signature:
            raise SignatureNeeded
        scheme, _, given = signature.partition("=")
        if (
            scheme != SCHEME
            or len(signature) > _MAX_CHARS
            or not (timestamp.isascii() and timestamp.isdigit())
        ):
            raise InvalidSignature(
                "The signature is not written as v1=HEX with a time in seconds since 1970."
            )
        # The time is read only after its length is known, for a number of any length is a number.
        too_far = len(timestamp) > 12 or abs(int(timestamp) - self._clock.now().timestamp()) > WINDOW_S
        expected = sign(self.secret_of(key_id), timestamp, body)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise InvalidSignature("The signature does not fit this key, this time and this body.")
        if too_far:
            raise InvalidSignature(
                f"The signature's time is more than {WINDOW_S} s from ours.",
                advice="Set the clock and sign anew.",
            )
        if not self._counters.once(f"signature/{expected}", 2 * WINDOW_S + 1):
            raise SignatureReplayed
