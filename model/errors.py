"""Everything that can go wrong in the newsroom's own words.

One root, :class:`TianfuError`, whose ``code`` is stable and may be relied upon by apps.  No HTTP
here: the HTTP edge maps classes to statuses, the command line to exit codes, each once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import ClassVar

_CHINA = timezone(timedelta(hours=8))


class TianfuError(Exception):
    """Root of every error this product raises on purpose.

    Attributes:
        code: Stable, snake_case; part of the public contract.
        message: One plain sentence: what is wrong.
        advice: What the caller can do about it, or an empty string.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    @property
    def facts(self) -> Mapping[str, str]:
        """What a program may need to know of this very case, by name; mostly nothing."""
        return {}


class InvalidInput(TianfuError):
    """A field breaks its rule.

    Attributes:
        field: Name of the field, as the caller knows it.
        why: The rule it breaks.
    """

    code = "invalid_input"

    def __init__(self, *, field: str, why: str, advice: str = "") -> None:
        super().__init__(f"{field}: {why}", advice=advice)
        self.field = field
        self.why = why


class InvalidStory(InvalidInput):
    """A story's field breaks its rule."""

    code = "invalid_story"


class InvalidTag(InvalidInput):
    """A tag or its evidence breaks a rule."""

    code = "invalid_tag"


class InvalidOutlet(InvalidInput):
    """An outlet's field breaks its rule."""

    code = "invalid_outlet"


class InvalidEvent(InvalidInput):
    """A reader event breaks a rule."""

    code = "invalid_event"


class InvalidPlacement(InvalidInput):
    """A placement breaks a rule."""

    code = "invalid_placement"


class InvalidCoverage(InvalidInput):
    """A joint coverage, its query, an angle or a claim breaks a rule."""

    code = "invalid_coverage"


class InvalidSubmission(InvalidInput):
    """A story offered to an upper outlet breaks a rule."""

    code = "invalid_submission"


class InvalidSetting(InvalidInput):
    """A setting of the service breaks its rule."""

    code = "invalid_setting"


class InvalidRequest(InvalidInput):
    """A request's field breaks its rule."""

    code = "invalid_request"


class InvalidCursor(InvalidInput):
    """A cursor was not made by this service, was altered, or belongs to another caller."""

    code = "invalid_cursor"

    def __init__(self, why: str = "is not one of ours") -> None:
        super().__init__(field="cursor", why=why, advice="Ask for the first page again, without a cursor.")


class CursorExpired(TianfuError):
    """A cursor outlived the feed it belongs to."""

    code = "cursor_expired"

    def __init__(self) -> None:
        super().__init__("This cursor has expired.", advice="Ask for the first page again, without a cursor.")


class NotFound(TianfuError):
    """Nothing of that kind has this id, or the caller may not know of it.

    Attributes:
        kind: ``story``, ``cluster``, ``outlet``, …
        key: The id asked for.
    """

    code = "not_found"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is no {kind} with this id.", advice=f"Check the {kind} id.")
        self.kind = kind
        self.key = key


class Conflict(TianfuError):
    """The request contradicts what is stored."""

    code = "conflict"


class ModelRefused(Conflict):
    """An artefact may not serve: its card, a file or a metric speaks against it."""

    code = "model_refused"


class BackupRefused(Conflict):
    """A backup or its restoring would destroy something, or fits neither this database nor this version."""

    code = "backup_refused"


class CoverageClosed(Conflict):
    """A closed coverage takes no stories, picks or claims."""

    code = "coverage_closed"

    def __init__(self) -> None:
        super().__init__(
            "这个专题已经关闭，不再收稿、选稿和认领。", advice="先把专题状态改回 live 或 planned。"
        )


class TooManyCarried(Conflict):
    """So many must-carry orders reach one outlet already that another would fill its first screen."""

    code = "too_many_must_carry"

    def __init__(self, outlet_id: str, most: int) -> None:
        super().__init__(
            f"{most} must-carry orders reach outlet {outlet_id} at that time already.",
            advice="End one of them first, or choose another time or fewer outlets.",
        )


class AngleClaimed(Conflict):
    """Another desk has claimed this angle.

    Attributes:
        claim_id: That claim.
        outlet_id: Who made it.
        desk: The desk within that outlet, or empty.
        until: When it ends by itself.
    """

    code = "angle_claimed"

    def __init__(self, *, claim_id: str, outlet_id: str, desk: str, until: datetime) -> None:
        there = until.astimezone(_CHINA)
        when = f"{there.year}年{there.month}月{there.day}日{there:%H:%M}"
        super().__init__(
            f"这个角度已由 {outlet_id}{desk and f'（{desk}）'} 认领，到 {when} 为止。",
            advice="与对方商量后带 shared: true 共同认领，或另选角度。",
        )
        self.claim_id = claim_id
        self.outlet_id = outlet_id
        self.desk = desk
        self.until = until

    @property
    def facts(self) -> Mapping[str, str]:
        """Who has it, and until when."""
        return {
            "claim_id": self.claim_id,
            "outlet_id": self.outlet_id,
            "desk": self.desk,
            "until": self.until.isoformat(),
        }


class Unauthenticated(TianfuError):
    """No key, or a key that is unknown, revoked or expired."""

    code = "unauthenticated"


class KeyExpired(Unauthenticated):
    """The key's time is over, by its own end or because another took its place."""

    code = "key_expired"

    def __init__(self) -> None:
        super().__init__(
            "This key has expired.",
            advice="Use the key that replaced it, or ask the platform to make you a new one.",
        )


class KeyRevoked(Unauthenticated):
    """The key was ended before its time."""

    code = "key_revoked"

    def __init__(self) -> None:
        super().__init__("This key was revoked.", advice="Ask the platform for a new key.")


class InvalidSignature(Unauthenticated):
    """A batch's signature does not fit."""

    code = "invalid_signature"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(
            message, advice=advice or "Sign 'v1:TIMESTAMP:' and the very bytes of the body; see the guide."
        )


class SignatureNeeded(Unauthenticated):
    """The key sends signed batches only."""

    code = "signature_needed"

    def __init__(self) -> None:
        super().__init__(
            "Batches of events sent with this key must be signed.",
            advice="Send the headers Tianfu-Timestamp and Tianfu-Signature.",
        )


class SignatureReplayed(Unauthenticated):
    """The very same signed batch was taken before."""

    code = "signature_replayed"

    def __init__(self) -> None:
        super().__init__(
            "This signed batch was taken before.",
            advice="To send it again, sign it anew with the present time; events are counted once anyway.",
        )


class LinkEnded(Unauthenticated):
    """A reader's own link that is over, altered, or never was one."""

    code = "link_ended"

    def __init__(self) -> None:
        super().__init__("This link is over.", advice="Open the page anew from the app.")


class Forbidden(TianfuError):
    """The key's role or outlet does not allow this."""

    code = "forbidden"


class CsrfRefused(Forbidden):
    """A call from a browser's session changes something without proof that our own page made it."""

    code = "csrf_refused"

    def __init__(self) -> None:
        super().__init__(
            "This call does not come from a page of the console.", advice="Load the page anew and try again."
        )


class OutOfScope(Forbidden):
    """The key is narrowed to other parts of the API.

    Attributes:
        scope: What it would need.
    """

    code = "out_of_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This key is narrowed to other parts of the API; this needs {scope}.",
            advice=f"Use a key without scopes, or one with the scope {scope}.",
        )
        self.scope = scope


class RateLimited(TianfuError):
    """Too many requests with this key, or too many of this kind at once; nothing was done.

    Attributes:
        retry_after_s: Seconds until the next request will be taken.
        limit: Requests taken a minute; ``None`` where it is not requests a minute that are limited.
    """

    code = "rate_limited"

    def __init__(self, *, retry_after_s: int, limit: int | None = None, what: str = "") -> None:
        super().__init__(what or self._what(), advice=f"Wait {retry_after_s} s, then go on.")
        self.retry_after_s = retry_after_s
        self.limit = limit

    def _what(self) -> str:
        return "Too many requests with this key."


class TooManyFailedLogins(RateLimited):
    """Too many wrong keys from one address."""

    code = "too_many_failed_logins"

    def _what(self) -> str:
        return "Too many requests with a wrong key from this address."


class PayloadTooLarge(TianfuError):
    """The body is larger than this route takes.

    Attributes:
        limit_bytes: What the route takes.
    """

    code = "payload_too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(
            f"The body is larger than {limit_bytes} bytes.", advice="Send it in smaller batches."
        )
        self.limit_bytes = limit_bytes


class StoreUnavailable(TianfuError):
    """The database does not answer.  Nothing was stored; trying again is safe."""

    code = "store_unavailable"


class StoreOutdated(StoreUnavailable):
    """The database's schema is older than this version, and this account may not change it."""

    code = "store_outdated"

    def __init__(self) -> None:
        super().__init__(
            "The database's schema is older than this version of the service.",
            advice="Run 'tianfu db upgrade' with the account that owns the database, then start again.",
        )


class StoreNewer(StoreUnavailable):
    """The database's schema is of a later version than this one."""

    code = "store_newer"

    def __init__(self) -> None:
        super().__init__(
            "A later version of the service has changed the database's schema.",
            advice="Run that version or a later one, or restore a backup that this one made.",
        )


class EncoderUnavailable(TianfuError):
    """No encoder is loaded, or it failed."""

    code = "encoder_unavailable"


class EngineUnavailable(TianfuError):
    """The machines that should encode in bulk do not answer, or ended.  What is stored stays."""

    code = "engine_unavailable"


class EngineMismatch(EngineUnavailable):
    """The machines that should encode in bulk would not give the vectors that this one gives."""

    code = "engine_mismatch"


class ArtefactInvalid(TianfuError):
    """A model folder is incomplete, altered, or of another kind than asked for."""

    code = "artefact_invalid"


class DimensionMismatch(TianfuError):
    """Vectors of another length than the index holds."""

    code = "dimension_mismatch"


class IndexUnavailable(TianfuError):
    """The archive of vectors does not answer.  What it was told may have been kept; telling again is safe."""

    code = "index_unavailable"


class SnapshotInvalid(TianfuError):
    """An index snapshot is missing, torn, altered or of another encoder; rebuild from the database."""

    code = "snapshot_invalid"


class BackupInvalid(TianfuError):
    """A backup is torn, altered, or not one of ours; nothing was restored."""

    code = "backup_invalid"


class BackupFailed(TianfuError):
    """The database could not be dumped or written; what stood there before stands."""

    code = "backup_failed"


class UnreadableFile(TianfuError):
    """A file of stories is not in the format it claims to be."""

    code = "unreadable_file"


class MalformedJson(TianfuError):
    """A body that should be JSON is not."""

    code = "malformed_json"

    def __init__(self) -> None:
        super().__init__("The body is not valid JSON.", advice="Send one JSON value in UTF-8.")
