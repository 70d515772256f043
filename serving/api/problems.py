"""Errors as RFC 9457 problem details, mapped here and nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tianfu.model import errors
from tianfu.serving.api.areas import template_of
from tianfu.serving.api.shapes import place_of
from tianfu.serving.services.clock import new_id

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"

STATUS: Mapping[type[errors.TianfuError], int] = {
    errors.InvalidInput: 422,
    errors.CursorExpired: 410,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.RateLimited: 429,
    errors.PayloadTooLarge: 413,
    errors.StoreUnavailable: 503,
    errors.EncoderUnavailable: 503,
    errors.IndexUnavailable: 503,
    errors.ArtefactInvalid: 409,
    errors.UnreadableFile: 400,
    errors.MalformedJson: 400,
}

_TITLES = {
    400: "The request cannot be read",
    401: "A key is needed",
    403: "This key may not do that",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict with what is stored",
    410: "Gone",
    413: "The body is too large",
    415: "Media type not taken",
    422: "A field breaks its rule",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "A part is not available",
}

HTTP_CODES: Mapping[int, str] = {
    400: "malformed_request",
    404: "no_such_route",
    405: "method_not_allowed",
    415: "unsupported_media_type",
}
"""Codes of what HTTP itself refuses, by status."""

FieldError = dict[str, str]


def status_of(error: errors.TianfuError) -> int:
    """HTTP status of an error; see :func:`status_of_kind`."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[errors.TianfuError]) -> int:
    """HTTP status of a class of errors: that of the nearest class in :data:`STATUS`, 500 for none."""
    return next((STATUS[one] for one in kind.__mro__ if one in STATUS), 500)


def problem(
    status: int,
    *,
    code: str,
    detail: str,
    advice: str = "",
    field_errors: Sequence[FieldError] = (),
    facts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Make a problem+json answer.

    Args:
        status: HTTP status.
        code: Stable code, part of the contract.
        detail: One sentence: what is wrong.
        advice: What to do about it.
        field_errors: For 422: ``field``, ``why`` and perhaps ``advice`` of each field.
        facts: What a program may need to know of this case.
        headers: Further response headers.
    """
    content: dict[str, Any] = {
        "type": f"https://tianfu.example/problems/{code.replace('_', '-')}",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if advice:
        content["advice"] = advice
    if field_errors:
        content["errors"] = list(field_errors)
    if facts:
        content["facts"] = dict(facts)
    return JSONResponse(
        content, status_code=status, media_type=PROBLEM_JSON, headers=dict(headers) if headers else None
    )


def problem_of(error: errors.TianfuError) -> JSONResponse:
    """Make the answer for one of our own errors."""
    field_errors: list[FieldError] = []
    if isinstance(error, errors.InvalidInput):
        field_errors = [field_error(error)]
    headers: dict[str, str] = {}
    if isinstance(error, errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.RateLimited) and error.limit is not None:
        headers["RateLimit-Limit"] = str(error.limit)
        headers["RateLimit-Remaining"] = "0"
        headers["RateLimit-Reset"] = str(error.retry_after_s)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        status_of(error),
        code=error.code,
        detail=error.message,
        advice=error.advice,
        field_errors=field_errors,
        facts=error.facts,
        headers=headers,
    )


def field_error(error: errors.InvalidInput) -> FieldError:
    """One field's error as the contract writes it."""
    row = {"field": error.field, "why": error.why}
    if error.advice:
        row["advice"] = error.advice
    return row


def validation_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Turn pydantic's findings into ours: dotted field, rule, advice; never the value that was sent."""
    return [_validation_error(one) for one in found[:20]]


def _validation_error(one: Mapping[str, Any]) -> FieldError:
    place = [str(part) for part in one["loc"] if part not in ("body", "query", "path")]
    row = {"field": _printable(".".join(place)) or "body", "why": _printable(str(one["msg"]))}
    if one["type"] == "extra_forbidden":
        row["why"] = "is not a field of this request"
        row["advice"] = "Remove it or check its spelling."
    elif one["type"] == "missing":
        row["why"] = "is needed"
    return row


def _printable(text: str) -> str:
    return text[:300].encode("utf-8", "replace").decode()


def install(app: FastAPI) -> None:
    """Answer every error with a problem."""

    @app.exception_handler(errors.TianfuError)
    def _ours(request: Request, error: errors.TianfuError) -> Response:
        if isinstance(error, errors.StoreUnavailable):
            log.warning("request.refused", code=error.code, route=template_of(request.scope), exc_info=error)
        elif status_of(error) >= 500:
            log.error("request.failed", code=error.code, route=template_of(request.scope), exc_info=error)
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> Response:
        if any(one["type"] == "json_invalid" for one in error.errors()):
            return problem_of(errors.MalformedJson())
        rows = validation_errors(error.errors())
        detail = f"{rows[0]['field']}: {rows[0]['why']}"
        return problem(422, code="invalid_request", detail=detail, field_errors=rows)

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> Response:
        code = HTTP_CODES.get(error.status_code, "http_error")
        return problem(
            error.status_code, code=code, detail=_printable(str(error.detail)), headers=error.headers
        )

    @app.exception_handler(Exception)
    def _unforeseen(request: Request, error: Exception) -> Response:
        incident = new_id("i")
        log.error("request.broke", incident=incident, route=template_of(request.scope), exc_info=error)
        return problem(
            500,
            code="internal",
            detail=f"Something broke on our side; it is recorded as {incident}.",
            advice="Try again; if it stays, tell the operator this number.",
        )


class FieldProblem(BaseModel):
    """One field that breaks its rule."""

    field: str
    why: str
    advice: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    advice: str | None = None
    errors: list[FieldProblem] | None = None
    facts: dict[str, str] | None = None


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {PROBLEM_JSON: {"schema": {"$ref": place_of(Problem.__name__)}}},
    }
    for status, title in _TITLES.items()
    if status in (400, 401, 403, 404, 409, 410, 413, 422, 429, 503)
}
"""Documents every problem a route may answer with, for the OpenAPI contract."""
