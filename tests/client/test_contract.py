"""Every call stands in the OpenAPI document: path, method, fields sent and fields read."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest

from tianfu.client.call import Call
from tianfu.client.calls import Calls
from tianfu.client.events import RowError
from tianfu.client.feeds import FeedItem
from tianfu.client.methods import Method, Pages
from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings

AT = datetime(2026, 3, 2, tzinfo=UTC)
ALL_OF_A_WISH: dict[str, Any] = {
    "outlet_id": "lizhou",
    "reader_id": "r-1",
    "device_id": "d-1",
    "adcode": "510802",
    "count": 3,
    "personalise": True,
    "minor": True,
    "exclude": ["s-1"],
}
SUBJECTS = ("channels", "topics", "places", "without_channels", "without_topics", "without_places")
WHOSE = {"kind": "device", "outlet_id": "lizhou"}
QUERY = {"topic": "14", "place": "510802", "state": "live", "words": "春", "q": "春", "limit": 3}
CHANGE = {"starts_at": AT, "ends_at": AT, "position": 1, "priority": 1, "strength": 1.0, "note": "一"}
SUBJECT_LISTS = {name: ["14"] for name in SUBJECTS}
ROW = {"title": "一", "published_at": AT}

SAMPLES: Mapping[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "recommend": ((), {**ALL_OF_A_WISH, **SUBJECT_LISTS, "scene": "channel", "channel": "14", "cursor": "c"}),
    "related": (("s-1",), ALL_OF_A_WISH),
    "feed_pages": ((), ALL_OF_A_WISH),
    "decision": (("t-1",), {}),
    "send_events": (([{"story_id": "s-1", "type": "click"}],), {"outlet_id": "lizhou"}),
    "send_stories": (([ROW],), {"wait_s": 1}),
    "stories": ((), {**QUERY, "outlet_id": "lizhou", "since": AT, "until": AT}),
    "story": (("s-1",), {}),
    "takedown": (("s-1",), {"reason": "更正", "scope": "cluster"}),
    "restore": (("s-1",), {"scope": "story", "reason": "已更正"}),
    "suggest_tags": (("一", "二"), {}),
    "check_duplicates": (("一", "二"), {"published_at": AT, "count": 3}),
    "duplicates": (("s-1",), {}),
    "place": (
        (),
        {
            **CHANGE,
            "story_id": "s-1",
            "action": "pin",
            "outlet_ids": [],
            "adcode": "510802",
            "levels": [],
            "scenes": [],
            "channels": [],
        },
    ),
    "placements": ((), {"ended": True}),
    "placement": (("p-1",), {}),
    "change_placement": (("p-1",), CHANGE),
    "withdraw_placement": (("p-1",), {}),
    "placement_receipts": (("p-1",), {}),
    "reader": (("r-1",), WHOSE),
    "erase_reader": (("r-1",), WHOSE),
    "export_reader": (("r-1",), WHOSE),
    "switch_personalisation": (("r-1",), {**WHOSE, "on": True}),
    "set_interest": (("r-1", "topic", "14"), {**WHOSE, "weight": 2.0}),
    "delete_interest": (("r-1", "topic", "14"), WHOSE),
    "set_wish": (("r-1", "topic", "14"), {**WHOSE, "amount": "none"}),
    "withdraw_wish": (("r-1", "topic", "14"), WHOSE),
    "join_device": (("r-1", "d-1"), {"outlet_id": "lizhou"}),
    "reader_link": (("r-1",), {**WHOSE, "minutes": 5}),
}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return create_app(ServiceSettings()).openapi()


def call_of(name: str) -> Call[Any]:
    """The first call that a method makes."""
    found = vars(Calls)[name]
    args, kwargs = SAMPLES[name]
    call: Call[Any] = (
        found.walk(*args, **kwargs).first() if isinstance(found, Pages) else next(found.plan(*args, **kwargs))
    )
    return call


def resolved(schema: Any, contract: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference."""
    while "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    found: dict[str, Any] = schema
    return found


def test_every_method_is_looked_at() -> None:
    assert set(SAMPLES) == {name for name, one in vars(Calls).items() if isinstance(one, Method | Pages)}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_call_stands_in_the_contract(name: str, contract: dict[str, Any]) -> None:
    call = call_of(name)
    route = contract["paths"][call.template][call.method.lower()]
    known = {(one["in"], one["name"]) for one in route.get("parameters", ())}
    assert {one for place, one in known if place == "path"} == {one for one, _ in call.names}
    assert {("query", one) for one in call.query or {}} <= known
    assert {("header", one.lower()) for one, _ in call.headers} <= {(p, n.lower()) for p, n in known}
    assert ("requestBody" in route) == (call.body is not None)
    if call.body is not None:
        form = resolved(route["requestBody"]["content"]["application/json"]["schema"], contract)
        forms = [resolved(one, contract) for one in form.get("anyOf", [form])]
        taken = {field for one in forms for field in one["properties"]}
        assert set(call.body) <= taken


@pytest.mark.parametrize("name", SAMPLES)
def test_an_answer_stands_in_the_contract(name: str, contract: dict[str, Any]) -> None:
    call = call_of(name)
    answers = contract["paths"][call.template][call.method.lower()]["responses"]
    if call.answer is None:
        assert "204" in answers
        return
    good = next(answers[status] for status in ("200", "201") if status in answers)
    check(call.answer, good["content"]["application/json"]["schema"], contract)


def check(answer: type, schema: Any, contract: dict[str, Any]) -> None:
    """Every field that is read is promised, also in what the answer holds.

    A row's error is an object of any fields in the contract, so that there is nothing to hold it against.
    """
    promised = resolved(schema, contract)
    hints = get_type_hints(answer)
    assert set(hints) <= set(promised["properties"])
    assert set(hints) <= set(promised["required"])
    for name, hint in hints.items():
        inner = next((one for one in (hint, *leaves(hint)) if dataclasses.is_dataclass(one)), None)
        if isinstance(inner, type) and inner is not RowError:
            check(inner, held(promised["properties"][name]), contract)


def leaves(hint: Any) -> Iterator[Any]:
    """What a type is made of."""
    for one in get_args(hint):
        yield one
        yield from leaves(one)


def held(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a list or an optional field holds."""
    while "$ref" not in schema:
        schema = schema["items"] if "items" in schema else schema["anyOf"][0]
    return schema


def test_a_field_that_is_not_promised_is_found(contract: dict[str, Any]) -> None:
    wrong = dataclasses.make_dataclass("Wrong", [("items", tuple[FeedItem, ...]), ("cursr", str)])
    schema = {"$ref": "#/components/schemas/FeedOut"}
    with pytest.raises(AssertionError, match="cursr"):
        check(wrong, schema, contract)
    item = dataclasses.make_dataclass("Item", [("ai_generatd", bool)])
    with pytest.raises(AssertionError, match="ai_generatd"):
        check(dataclasses.make_dataclass("Wrong", [("items", tuple[item, ...])]), schema, contract)  # type: ignore[valid-type]
