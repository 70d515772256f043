"""Pages made from the code: settings, error codes, the command line."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.cli import get_docs_for_click

from tianfu.cli import app as command_line
from tianfu.model import errors
from tianfu.serving.api import problems
from tianfu.serving.settings import ServiceSettings

OUTSIDE: Mapping[str, tuple[str, str]] = {
    "TIANFU_URL": ("`http://127.0.0.1:8000`", "Address of the service, for `tianfu.client`."),
    "TIANFU_KEY": ("", "Key for `tianfu.client`, `tianfu import` and `tianfu eval simulate --url`."),
    "TIANFU_SIGNING_SECRET": ("", "Secret that `tianfu.client` signs batches of events with."),
    "FORWARDED_ALLOW_IPS": (
        "`127.0.0.1`",
        "Proxies whose word about a caller's address is taken (uvicorn's own).",
    ),
}
"""Variables that others than the service read, with default and meaning."""
_CODES_OF_HTTP: Mapping[int, str] = {
    400: "The request cannot be read at all.",
    404: "No route has this path.",
    405: "The route does not take this method.",
    415: "The route does not take this kind of body.",
}


def settings_page() -> str:
    """Every setting of the service, and the variables that the client and the command line read."""
    meanings = meanings_of(ServiceSettings)
    rows = [
        f"| `TIANFU_{name.upper()}` | {_default(field)} | {_rule(field)} | {meanings[name]} |"
        for name, field in ServiceSettings.model_fields.items()
    ]
    outside = [f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in OUTSIDE.items()]
    return "\n".join([
        "# Settings", "",
        "The service reads environment variables once, when it starts.  Options of the command line stand"
        " above them.", "",
        "| variable | default | takes | meaning |", "|---|---|---|---|", *rows, "",
        "## Read by others", "",
        "| variable | default | meaning |", "|---|---|---|", *outside, "",
    ])  # fmt: skip


def meanings_of(kind: type) -> dict[str, str]:
    """What the docstring's section ``Attributes`` says of each.

    Raises:
        ValueError: A field of a settings class has no meaning.
    """
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:")[2]
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", text, re.MULTILINE)
    told = {name: " ".join(meaning.split()).replace("``", "`") for name, meaning in found}
    if missing := set(getattr(kind, "model_fields", ())) - set(told):
        raise ValueError(f"{kind.__name__} says nothing of {', '.join(sorted(missing))}")
    return told


def errors_page() -> str:
    """Every code of an error, with its status and meaning."""
    ours = [
        f"| `{kind.code}`{{ #{kind.code} }} | {problems.status_of_kind(kind)} | `{kind.__name__}` "
        f"| {_first_sentence(kind)} |"
        for kind in error_kinds()
    ]
    edge = [
        f"| `{code}` | {status} | {_CODES_OF_HTTP[status]} |" for status, code in problems.HTTP_CODES.items()
    ]
    return "\n".join([
        "# Errors", "",
        "Over HTTP an error is `application/problem+json` (RFC 9457, [its shape](http/shapes.md#problem)):"
        " `code` is stable, `detail` is one sentence, `advice` says what to do, `errors` names each faulty"
        " field, `facts` what a program needs to know of this case.  On the command line the same code and"
        " sentences go to standard error, with exit code 1; wrong usage ends with 2.", "",
        "| code | status | class in `tianfu.model.errors` | meaning |", "|---|---|---|---|", *ours, "",
        "## Told by the HTTP edge alone", "",
        "| code | status | meaning |", "|---|---|---|", *edge,
        "| `http_error` | any other | Anything else that HTTP itself refuses. |", "",
        "## Told by the command line alone", "",
        "| code | meaning |", "|---|---|",
        "| `service_refused` | A running service answered with an error; its own sentence is quoted. |",
        "| `service_unavailable` | A running service does not answer. |",
        "| `system_refused` | A file or folder cannot be read or written; the path is named. |", "",
        "`internal` (500) comes with a number of the incident; the operator finds it in the log.", "",
    ])  # fmt: skip


def error_kinds() -> Iterator[type[errors.TianfuError]]:
    """Every class of error that the newsroom's own words know, in the order they are written."""
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.TianfuError):
            yield kind


def command_line_page() -> str:
    """Every command with its arguments and options, as typer tells them."""
    group = typer.main.get_command(command_line)
    context = typer.Context(group, info_name="tianfu")
    text = get_docs_for_click(obj=group, ctx=context, name="tianfu", title="Command line")
    text = re.sub(r"^(#+ `tianfu.*`)$", _with_anchor, text, flags=re.MULTILINE)
    return text.replace("* `--help`: Show this message and exit.\n", "")


def _with_anchor(found: re.Match[str]) -> str:
    words = found[1].partition("`")[2].rstrip("`")
    return f"{found[1]} {{ #{words.replace(' ', '-')} }}"


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=False)
    if value in (None, "", [], PydanticUndefined):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _rule(field: FieldInfo) -> str:
    signs = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    told = [
        said.format(getattr(rule, name))
        for rule in field.metadata
        for name, said in signs.items()
        if getattr(rule, name, None) is not None
    ]
    kind = field.annotation
    name = kind.__name__ if inspect.isclass(kind) and not hasattr(kind, "__args__") else str(kind)
    plain = {"Path": "path", "str": "text", "int": "whole number", "bool": "true or false"}
    words = [plain.get(part.strip().rpartition(".")[2], part.strip()) for part in name.split("|")]
    words = [word for word in words if word != "None"]
    return " ".join([" or ".join(words).replace("list[str]", "JSON list of texts"), *told])


def _first_sentence(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
