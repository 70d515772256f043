"""One call of the API as plain data, and plans of several; nothing here sends anything."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, wraps
from typing import Any, Generic, ParamSpec, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from tianfu.client.errors import OddAnswer

T = TypeVar("T")
P = ParamSpec("P")

_REPEATABLE = ("GET", "PUT", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request and how to read its answer.  Its text shows neither ids nor texts.

    Attributes:
        template: Path as the contract writes it; told in errors, for ids do not belong there.
        names: What stands for the names in braces.
        answer: Type of the answer; ``None`` where there is none.
        body: Sent as JSON; times as RFC 3339.
        query: Sent in the address; ``None`` is left out.
        repeatable: Whether doing it twice is the same as once, beyond GET, PUT and DELETE.
        signed: Whether it carries a signature, when the client has a signing secret.
        extra_s: Seconds that the service may take beyond the usual.
    """

    method: str
    template: str
    answer: type[T] | None
    names: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    query: Mapping[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    repeatable: bool = False
    signed: bool = False
    extra_s: float = 0.0

    @property
    def name(self) -> str:
        """Method and path without ids."""
        return f"{self.method} {self.template}"

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it."""
        return self.repeatable or self.method in _REPEATABLE

    @property
    def path(self) -> str:
        """The path with its names, each as one segment.

        Raises:
            ValueError: A name is empty or a dot, which would lead to another path.
        """
        path = self.template
        for name, value in self.names:
            if value in ("", ".", ".."):
                raise ValueError(f"{name} cannot be {value!r}")
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path

    def content(self) -> bytes | None:
        """The body as it is sent, the same bytes each time."""
        return None if self.body is None else json_bytes(self.body)

    def read(self, status: int, content: bytes) -> T | None:
        """Read an answer of success; fields that this client does not know are left out.

        Raises:
            OddAnswer: It does not keep the contract.
        """
        kind: Any = self.answer
        if kind is None:
            return None
        try:
            answer: T = _adapter(kind).validate_json(content)
            return answer
        except ValidationError as bad:
            places = sorted({".".join(map(str, row["loc"])) for row in bad.errors()[:5]})
            raise OddAnswer(
                f"The answer does not keep the contract at: {', '.join(places) or 'its beginning'}.",
                status=status,
                advice="See that the address is the service's own and its version fits this client's.",
            ) from None


Plan = Generator[Call[Any], Any, T]
"""Calls in order; each is sent the answer of the one before.  Returns what came of all."""


def alone(make: Callable[P, Call[T]]) -> Callable[P, Plan[T]]:
    """Make a plan of one call."""

    @wraps(make)
    def plan(*args: P.args, **kwargs: P.kwargs) -> Plan[T]:
        answer: T = yield make(*args, **kwargs)
        return answer

    return plan


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8.

    Raises:
        ValueError: A number is not finite, a text holds half a character, or a time has no offset.
        TypeError: A value is of a type that JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    return text.encode()


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not ``None``."""
    return {name: value for name, value in fields.items() if value is not None}


def query_text(value: Any) -> str:
    """How a value is written in an address."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _plain(value) if isinstance(value, datetime) else str(value)


def _plain(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
    if value.utcoffset() is None:
        raise ValueError("A time needs an offset, such as datetime.now(UTC).")
    return value.isoformat()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
