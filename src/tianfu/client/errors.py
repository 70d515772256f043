"""What may go wrong between an app and the service, each with a stable code and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tianfu.model.errors import TianfuError


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One field that breaks its rule."""

    field: str
    why: str
    advice: str = ""


class ClientError(TianfuError):
    """Root of everything that a call raises on purpose.

    Attributes:
        call: Method and path without ids, such as ``GET /v1/readers/{reader_id}``.
        unsent: Of a call that sends many rows: those that nobody has acknowledged, events with their
            ids, so that sending these again never doubles.
    """

    call = ""
    unsent: Sequence[Mapping[str, Any]] = ()


class KeyMissing(ClientError):
    """No key was given, or one that no header can carry."""

    code = "key_missing"


class NoAnswer(ClientError):
    """The service did not answer, also not when asked again where that is safe.

    Whether a call that is not safe to repeat was done is unknown.
    """

    code = "no_answer"


class OddAnswer(ClientError):
    """Something answered that does not keep the contract: mostly a proxy in between, or another version.

    Attributes:
        status: HTTP status.
    """

    code = "odd_answer"

    def __init__(self, message: str, *, status: int, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.status = status


class Refused(ClientError):
    """The service answered with a problem.  A class of its own for what programs treat differently.

    Attributes:
        code: The problem's own, part of the contract.
        status: HTTP status.
        field_errors: Which fields break which rules; empty for problems of another kind.
        facts: What a program may need to know of this very case.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        advice: str = "",
        field_errors: Sequence[FieldError] = (),
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        # Of each answer here, and not of the class.
        self.code = code  # type: ignore[misc]  # pyright: ignore[reportIncompatibleVariableOverride, reportAttributeAccessIssue]
        self.status = status
        self.field_errors = tuple(field_errors)
        self._facts = dict(facts or {})

    @property
    def facts(self) -> Mapping[str, str]:
        """As the problem tells them."""
        return self._facts


class Invalid(Refused):
    """A field or the whole request breaks a rule (400, 413, 415, 422)."""


class KeyRefused(Refused):
    """The key is unknown, ended, or may not do that (401, 403)."""


class Missing(Refused):
    """There is no such story, reader, order (404), or it is over (410)."""


class Conflict(Refused):
    """It clashes with what is stored (409)."""


class Throttled(Refused):
    """Too many requests (429), still after waiting.

    Attributes:
        retry_after_s: How long the service asks to wait.
    """

    retry_after_s: float | None = None


class Broken(Refused):
    """The service cannot do it now (5xx)."""


_CLASSES: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: KeyRefused,
    403: KeyRefused,
    404: Missing,
    409: Conflict,
    410: Missing,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: Throttled,
}


def refusal(status: int, problem: Mapping[str, Any]) -> Refused:
    """Make the error of a problem+json answer; what is missing in it stays empty."""
    kind = _CLASSES.get(status, Broken if status >= 500 else Refused)
    rows = problem.get("errors") or ()
    return kind(
        str(problem.get("detail") or problem.get("title") or f"The service answered {status}."),
        code=str(problem["code"]),
        status=status,
        advice=str(problem.get("advice") or ""),
        field_errors=[
            FieldError(
                field=str(row.get("field", "")),
                why=str(row.get("why", "")),
                advice=str(row.get("advice") or ""),
            )
            for row in rows
            if isinstance(row, Mapping)
        ],
        facts={str(name): str(value) for name, value in (problem.get("facts") or {}).items()},
    )
