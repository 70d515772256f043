"""A page for each shipped model: its readable card, and what only ``card.json`` tells."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = "en/cards"
_PARTS: Mapping[str, str] = {
    "data": "Data",
    "trained_on": "Data",
    "training": "Training",
    "settings": "Settings",
    "thresholds": "Thresholds",
    "cost": "Cost",
}


def card_pages(artifacts: Path) -> dict[str, str]:
    """Markdown by the page's place in the site, the overview first."""
    folders = sorted(card.parent for card in artifacts.glob("*/card.json"))
    cards = {folder: json.loads((folder / "card.json").read_text(encoding="utf-8")) for folder in folders}
    rows = [
        f"| [{card['name']} {card['version']}]({folder.name}.md) | {card['kind']} "
        f"| {_said(card)} | {_size(folder, card) / 1e6:.1f} MB |"
        for folder, card in cards.items()
    ]
    overview = [
        "# Model cards", "",
        "What ships in `model/artifacts`.  What serves on a machine is told by `tianfu models list` and"
        " `GET /v1/models`; any card is printed by `tianfu models show`.", "",
        "| model | kind | what | size |", "|---|---|---|---|", *rows, "",
    ]  # fmt: skip
    pages = {f"{FOLDER}/index.md": "\n".join(overview)}
    for folder, card in cards.items():
        readable = (folder / "card.md").read_text(encoding="utf-8").rstrip()
        pages[f"{FOLDER}/{folder.name}.md"] = "\n".join([readable, "", *_rest(folder, card)])
    return pages


def _rest(folder: Path, card: Mapping[str, Any]) -> list[str]:
    lines = []
    for part, title in _PARTS.items():
        if isinstance(card.get(part), Mapping):
            lines += [f"## {title}", "", "| | |", "|---|---|"]
            lines += [f"| {name} | {value} |" for name, value in _flat(card[part])]
            lines += [""]
    rows = [
        f"| `{name}` | {(folder / name).stat().st_size / 1e6:.2f} MB | `{digest}` |"
        for name, digest in card["files"].items()
    ]
    return [*lines, "## Files", "", "| file | size | SHA-256 |", "|---|---|---|", *rows, ""]


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"`{before}{name}`", told.replace("|", "\\|")


def _said(card: Mapping[str, Any]) -> str:
    return str(card.get("what") or card.get("architecture", "")).split(".  ")[0].replace("|", "\\|")


def _size(folder: Path, card: Mapping[str, Any]) -> int:
    return sum((folder / name).stat().st_size for name in card["files"])
