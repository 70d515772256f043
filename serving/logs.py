"""Structured logs: one JSON object a line on standard error; ids as keys, never a text or a history.

Errors are told by their class and by the places they came through.  Their messages are left out, since
libraries quote in them what they were given: a driver the values of a statement, a codec the text, a
mapping the key.  Only our own errors, which never quote, and the system's keep theirs.
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import structlog

from tianfu.model.errors import TianfuError

_MAX_LINKS = 5


def configure_logs(level: str = "INFO", *, file: TextIO | None = None) -> None:
    """Set structlog and the standard library to one JSON line per event from this level up."""
    out = file or sys.stderr
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _tell_error,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def told(error: BaseException) -> list[dict[str, Any]]:
    """An error and what it was raised from, latest first: class, message where it is safe, places."""
    links: list[dict[str, Any]] = []
    at: BaseException | None = error
    while at is not None and len(links) < _MAX_LINKS:
        link: dict[str, Any] = {"error": f"{type(at).__module__}.{type(at).__qualname__}"}
        if isinstance(at, TianfuError | OSError):
            link["message"] = _message(at)
        link["through"] = _places(at.__traceback__)
        links.append(link)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return links


def _message(error: TianfuError | OSError) -> str:
    return error.message if isinstance(error, TianfuError) else str(error.strerror)


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _tell_error(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()[1]
    elif isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["exception"] = told(found)
    return event


class _JsonFormatter(logging.Formatter):
    """Records of libraries as lines like ours; their errors told in the same way."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
