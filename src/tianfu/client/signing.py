"""Signatures of batches of events (docs/signed-events.md)."""

import hashlib
import hmac


def signature_headers(secret: str, stamp: int, body: bytes) -> dict[str, str]:
    """The two headers of a signed batch.

    Args:
        secret: The key's signing secret, which never travels.
        stamp: Seconds since 1970.
        body: Exactly as it is sent.
    """
    signed = f"v1:{stamp}:".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"Tianfu-Timestamp": str(stamp), "Tianfu-Signature": f"v1={digest}"}
