"""Sessions of people in a browser: opened with a key, ended with it, and kept nowhere."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tianfu.model.access import Role
from tianfu.model.errors import CsrfRefused, Forbidden, Unauthenticated
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller, Gatekeeper
from tianfu.serving.store.database import Database

SESSION_HOURS = 12
_MAX_CHARS = 400
_SIGN_IN = "Sign in again with your key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person signed in with a key.

    Attributes:
        token: What the browser keeps, signed; it holds the key's id, never the key.
        csrf: What every call that changes something must repeat in a header.
    """

    caller: Caller
    token: str
    csrf: str
    ends_at: datetime


class SessionBook:
    """Opens and recognises sessions.

    A session is base64url of ``[key id, end, nonce]`` and its HMAC-SHA-256, so any process of a
    province's service knows it, and it ends within seconds of its key.
    """

    def __init__(self, secret: bytes, *, gatekeeper: Gatekeeper, database: Database, clock: Clock) -> None:
        self._secret = secret
        self._gatekeeper = gatekeeper
        self._database = database
        self._clock = clock

    def open(self, key_secret: str) -> Session:
        """Sign somebody in; the audit trail notes it.

        Raises:
            Unauthenticated: The key is unknown, revoked or expired.
            Forbidden: It is the key of an app, which no person signs in with.
        """
        caller = self._gatekeeper.admit(key_secret)
        key = caller.key
        if key.role is Role.APP:
            raise Forbidden(
                "The key of an app does not open the console.", advice="Use a key for editors or operators."
            )
        now = self._clock.now()
        ends_at = now + timedelta(hours=SESSION_HOURS)
        if key.expires_at is not None:
            ends_at = min(ends_at, key.expires_at)
        ends_at = ends_at.replace(microsecond=0)
        parts = [key.id, int(ends_at.timestamp()), secrets.token_urlsafe(12)]
        data = json.dumps(parts, separators=(",", ":")).encode()
        token = base64.urlsafe_b64encode(self._sign(b"session", data) + data).decode().rstrip("=")
        with self._database.write() as uow:
            uow.audit.add(actor=key.id, action="session.opened", target=key.id, now=now)
            uow.commit()
        return Session(caller=caller, token=token, csrf=self._csrf(token), ends_at=ends_at)

    def recognise(self, token: str) -> Session:
        """Find whose session this is.

        Raises:
            Unauthenticated: It is not one of ours, it is over, or its key has ended.
        """
        key_id, ends_at = self._read(token)
        if self._clock.now() >= ends_at:
            raise Unauthenticated("This session is over.", advice=_SIGN_IN)
        caller = self._gatekeeper.admit_id(key_id)
        return Session(caller=caller, token=token, csrf=self._csrf(token), ends_at=ends_at)

    def admit(self, token: str, *, csrf: str | None, changes: bool) -> Caller:
        """Recognise the session behind one call.

        Args:
            token: The session.
            csrf: What the call says the session's token against forged calls is.
            changes: Whether the call may change something, and so must say it.

        Raises:
            Unauthenticated: As :meth:`recognise`.
            CsrfRefused: The call changes something and ``csrf`` is not the session's.
        """
        session = self.recognise(token)
        if changes and not hmac.compare_digest(
            (csrf or "").encode("utf-8", "replace"), session.csrf.encode()
        ):
            raise CsrfRefused
        return session.caller

    def _read(self, token: str) -> tuple[str, datetime]:
        stranger = Unauthenticated("This session is not known.", advice=_SIGN_IN)
        if len(token) > _MAX_CHARS or not token.isascii():
            raise stranger
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (ValueError, binascii.Error) as bad:
            raise stranger from bad
        signature, data = raw[:32], raw[32:]
        if not hmac.compare_digest(signature, self._sign(b"session", data)):
            raise stranger
        key_id, ends_at, _nonce = json.loads(data)
        return str(key_id), datetime.fromtimestamp(ends_at, UTC)

    def _csrf(self, token: str) -> str:
        return self._sign(b"csrf", token.encode()).hex()

    def _sign(self, purpose: bytes, data: bytes) -> bytes:
        return hmac.new(self._secret, purpose + b"\0" + data, hashlib.sha256).digest()
