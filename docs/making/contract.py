"""The OpenAPI contract as Markdown: a page for each group of calls, and one of all shapes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tianfu.model.access import READ_ONLY
from tianfu.serving.api.areas import area_of, is_free

FOLDER = "en/reference/http"
SHAPES = f"{FOLDER}/shapes.md"
RAW = f"{FOLDER}/openapi.json"
GROUPS: Mapping[str, str] = {
    "recommend": "Feeds",
    "readers": "Events and readers' rights",
    "stories": "Stories",
    "tags": "Tags",
    "duplicates": "Duplicates and clusters",
    "placements": "Placements",
    "rights": "Rights between newsrooms",
    "flow": "Flow between newsrooms, insights",
    "coverages": "Joint coverage",
    "labels": "Labels and drift",
    "models": "Models and trials",
    "session": "Sessions of the console",
    "operations": "Keys, audit, health",
}
"""Title of each group, by the tag of its routes; a tag that is new gets a page named after it."""
_METHODS = ("get", "post", "put", "patch", "delete")
_BOUNDS: Mapping[str, str] = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "from {}",
    "maximum": "to {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "pattern": "matches `{}`",
}


def contract_pages(contract: Mapping[str, Any]) -> dict[str, str]:
    """Markdown by the page's place in the site."""
    groups: dict[str, list[str]] = {}
    for path, method, call in _calls(contract):
        tag = call.get("tags", ["operations"])[0]
        groups.setdefault(tag, []).append(_call(path, method, call, contract["components"]["schemas"]))
    order = sorted(groups, key=lambda tag: (list(GROUPS).index(tag) if tag in GROUPS else len(GROUPS), tag))
    pages = {f"{FOLDER}/index.md": _overview(contract, order)}
    for tag in order:
        title = GROUPS.get(tag, tag)
        pages[f"{FOLDER}/{tag}.md"] = "\n".join([f"# {title}", "", *groups[tag]])
    pages[SHAPES] = _shapes(contract["components"]["schemas"])
    return pages


def anchor_of(method: str, path: str) -> str:
    """Where a call is described, within its page."""
    return f"{method.lower()}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}"


def type_of(schema: Mapping[str, Any], shapes: str) -> str:
    """A schema in words; named shapes as links into the page ``shapes``."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}]({shapes}#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_of(one, shapes) for one in schema[several]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "properties" in schema:
        fields = (f"`{name}` ({type_of(one, shapes)})" for name, one in schema["properties"].items())
        return f"object with {', '.join(fields)}"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}), shapes)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {type_of(schema['additionalProperties'], shapes)} by name"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _calls(contract: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in contract["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method.upper(), methods[method]


def _overview(contract: Mapping[str, Any], order: Sequence[str]) -> str:
    rows = [
        f"| [`{method} {path}`]({call.get('tags', ['operations'])[0]}.md#{anchor_of(method, path)}) "
        f"| {_cell(_first_line(call))} |"
        for tag in order
        for path, method, call in _calls(contract)
        if call.get("tags", ["operations"])[0] == tag
    ]
    return "\n".join([
        "# HTTP API",
        "",
        contract["info"]["description"].strip(),
        "",
        "This page is made from the contract that the service serves at `/v1/openapi.json`"
        " ([the same file](openapi.json)).  Every code of an error: [errors](../errors.md).  Which role may"
        " call what: [decision 19](../../../decisions/0019-who-may-do-what.md).",
        "",
        "| call | does |",
        "|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def _call(path: str, method: str, call: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    lines = [f"## `{method} {path}` {{ #{anchor_of(method, path)} }}", "", _text(call), ""]
    area = area_of(path)
    if is_free(path):
        lines += ["Scope of the key: any.", ""]
    elif area is not None:
        scopes = f"`{area.value}`" + (f" or `{area.value}{READ_ONLY}`" if method == "GET" else "")
        lines += [f"Scope of the key, where it is narrowed: {scopes}.", ""]
    lines += _parameters(call.get("parameters", ()))
    if "requestBody" in call:
        lines += _body(call["requestBody"]["content"], schemas)
    return "\n".join([*lines, *_answers(call["responses"])])


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    if not parameters:
        return []
    rows = [
        f"| `{one['name']}` | {one['in']} | {_cell(_kind(one['schema'], 'shapes.md'))} "
        f"| {'yes' if one.get('required') else _default(one['schema'])} "
        f"| {_cell(one.get('description') or one['schema'].get('description', ''))} |"
        for one in parameters
    ]
    return ["**Parameters**", "", "| name | in | type | needed, or default | |", "|---|---|---|---|---|",
            *rows, ""]  # fmt: skip


def _body(contents: Mapping[str, Mapping[str, Any]], schemas: Mapping[str, Any]) -> list[str]:
    lines = ["**Body**", ""]
    for media, content in contents.items():
        lines.append(f"- `{media}`: {type_of(content.get('schema', {}), 'shapes.md')}")
    lines.append("")
    named = contents.get("application/json", {}).get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    return [*lines, *_fields(schemas[named], "shapes.md"), ""] if named else lines


def _answers(responses: Mapping[str, Mapping[str, Any]]) -> list[str]:
    good = [(status, one) for status, one in responses.items() if status.startswith("2")]
    bad = [(status, one) for status, one in responses.items() if not status.startswith("2")]
    lines = ["**Answers**", ""]
    for status, one in good:
        shapes = [
            type_of(c["schema"], "shapes.md") for c in one.get("content", {}).values() if c.get("schema")
        ]
        lines.append(f"- {status}: {' or '.join(shapes) or one.get('description', '')}")
    if bad:
        told = ", ".join(f"{status} ({one['description'].lower()})" for status, one in bad)
        lines.append(f"- [Problem](shapes.md#problem): {told}; see [errors](../errors.md)")
    return [*lines, ""]


def _shapes(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["# Shapes", "", "What goes in and comes out.  Fields of requests that are not named here are"
             " refused; answers may gain fields.", ""]  # fmt: skip
    for name, schema in sorted(schemas.items()):
        lines += [f"## {name} {{ #{name.lower()} }}", ""]
        if schema.get("description"):
            lines += [schema["description"], ""]
        lines += [*(_fields(schema, "") or [type_of(schema, "")]), ""]
    return "\n".join(lines)


def _fields(schema: Mapping[str, Any], shapes: str) -> list[str]:
    """A table of a shape's fields; nothing for one that has none."""
    needed = schema.get("required", ())
    rows = [_field(name, one, name in needed, shapes) for name, one in schema.get("properties", {}).items()]
    return ["| field | type | needed, or default | |", "|---|---|---|---|", *rows] if rows else []


def _field(name: str, schema: Mapping[str, Any], needed: bool, shapes: str) -> str:
    return (
        f"| `{name}` | {_cell(_kind(schema, shapes))} | {'yes' if needed else _default(schema)} "
        f"| {_cell(schema.get('description', ''))} |"
    )


def _kind(schema: Mapping[str, Any], shapes: str) -> str:
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    bounds = [said.format(one[name]) for one in options for name, said in _BOUNDS.items() if name in one]
    return ", ".join([type_of(schema, shapes), *bounds])


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{schema['default']!r}`" if schema.get("default") is not None else ""


def _text(call: Mapping[str, Any]) -> str:
    return str(call.get("description") or call.get("summary", ""))


def _first_line(call: Mapping[str, Any]) -> str:
    return _text(call).split("\n\n", maxsplit=1)[0]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
