"""The documentation site: built without a warning, whole without a network, and it leaves nothing out."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import typer
from support.site import BuiltSite

from tianfu.cli import app as command_line
from tianfu.model import errors
from tianfu.model.artifacts import shipped_cards
from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings

REFERENCE = "en/reference"
DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def is_outside(address: str) -> bool:
    return bool(urlsplit(address).scheme) or address.startswith("//")


def commands(group: Any, words: tuple[str, ...] = ("tianfu",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, group
    for name, one in getattr(group, "commands", {}).items():
        yield from commands(one, (*words, name))


def test_nothing_is_fetched_from_elsewhere(built: BuiltSite) -> None:
    assert len(built.pages) > 70
    for place, page in built.pages.items():
        assert page.assets
        assert [one for one in page.assets if is_outside(one) and not one.startswith("data:")] == [], place
    for sheet in built.folder.rglob("*.css"):
        fetched = re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")\s;]+)", sheet.read_text(encoding="utf-8"))
        assert [one for one in fetched if is_outside(one) and not one.startswith("data:")] == [], sheet.name


def test_every_link_leads_to_a_page_and_a_place_on_it(built: BuiltSite) -> None:
    looked_at = 0
    for place, page in built.pages.items():
        if place == "404.html":  # it may be shown at any address
            continue
        for address in (*page.links, *page.assets):
            path, fragment = urlsplit(address)[2], unquote(urlsplit(address)[4])
            if is_outside(address):
                continue
            target = (page.file.parent / unquote(path)).resolve() if path else page.file
            assert target.is_file(), f"{place}: {address}"
            if fragment and not fragment.startswith("__"):  # Material's own switches
                there = built.pages[target.relative_to(built.folder).as_posix()]
                assert fragment in there.ids, f"{place}: {address}"
            looked_at += 1
    assert looked_at > 5_000


def test_every_call_and_every_shape_of_the_contract_is_described(built: BuiltSite) -> None:
    contract = create_app(ServiceSettings()).openapi()
    pages = {p: page for p, page in built.pages.items() if p.startswith(f"{REFERENCE}/http/")}
    calls = [(method.upper(), path) for path, methods in contract["paths"].items() for method in methods]
    assert len(calls) > 90
    overview = pages[f"{REFERENCE}/http/index.html"]
    for method, path in calls:
        assert f"{method} {path}" in overview.text
        (place,) = (address for address in overview.links if _is_of(address, method, path))
        page, _, anchor = place.partition("#")
        described = pages[f"{REFERENCE}/http/{page}"]
        assert anchor in described.ids
        call = contract["paths"][path][method.lower()]
        for parameter in call.get("parameters", ()):
            assert parameter["name"] in described.text, f"{method} {path}: {parameter['name']}"
    shapes = pages[f"{REFERENCE}/http/shapes.html"]
    assert {name.lower() for name in contract["components"]["schemas"]} <= shapes.ids
    for schema in contract["components"]["schemas"].values():
        assert all(field in shapes.text for field in schema.get("properties", ()))


def _is_of(address: str, method: str, path: str) -> bool:
    plain = path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
    return address.endswith(f"#{method.lower()}-{plain}") and not address.startswith("#")


def test_every_command_and_option_is_described(built: BuiltSite) -> None:
    page = built.pages[f"{REFERENCE}/cli.html"]
    found = dict(commands(typer.main.get_command(command_line)))
    assert len(found) > 35
    for words, command in found.items():
        assert len(words) == 1 or "-".join(words) in page.ids, words
        options = [name for one in command.params if not getattr(one, "hidden", False) for name in one.opts]
        assert all(name in page.text for name in options if name.startswith("-")), words


def test_every_setting_is_described(built: BuiltSite) -> None:
    text = built.pages[f"{REFERENCE}/settings.html"].text
    assert all(f"TIANFU_{name.upper()}\n" in text for name in ServiceSettings.model_fields)


def test_every_error_code_is_described(built: BuiltSite) -> None:
    page = built.pages[f"{REFERENCE}/errors.html"]
    ours = {
        kind.code
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, errors.TianfuError)
    }
    assert {"not_found", "angle_claimed", "internal"} <= ours <= page.ids
    rows = dict(re.findall(r"\n(\w+)\n(\d{3})\n", page.text))
    assert rows["not_found"] == "404"
    assert rows["angle_claimed"] == "409"
    assert rows["method_not_allowed"] == "405"


def test_every_card_and_every_decision_is_a_page(built: BuiltSite) -> None:
    texts = [page.text for place, page in built.pages.items() if place.startswith("en/cards/")]
    for card in shipped_cards():
        assert any(f"{card['name']} {card['version']}" in text for text in texts)
        assert all(any(digest in text for text in texts) for digest in card["files"].values())
    records = {file.stem for file in DECISIONS.glob("*.md")}
    assert {f"decisions/{stem}.html" for stem in records} <= set(built.pages)


def test_both_clients_have_their_methods_in_the_reference(built: BuiltSite) -> None:
    page = built.pages[f"{REFERENCE}/python/client.html"]
    for client in ("Tianfu", "AsyncTianfu"):
        assert f"tianfu.client.{client}.recommend" in page.ids
        assert f"tianfu.client.{client}.send_stories" in page.ids
    assert "Awaitable[FeedPage]" in re.sub(r"\s+", "", page.text)
    assert ":class:" not in page.text


def test_the_search_knows_chinese_words(built: BuiltSite) -> None:
    index = json.loads((built.folder / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert (built.folder / "search" / "search_index.js").is_file()  # for pages opened from the file system
    told = [doc["text"] for doc in index["docs"] if doc["location"].startswith("zh/tutorial.html")]
    words = {word for text in told for word in re.split(r"[\s\u200b<>/，。、：]+", text)}
    assert {"推荐", "编辑部", "游标"} <= words
    assert set(index["config"]["lang"]) == {"zh", "en"}
