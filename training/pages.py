"""The readable page beside a card, for models whose card has plain metrics."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = "card.md"


def write_page(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.md`` beside ``card.json``.

    Args:
        folder: Of the artefact.
        card: Needs ``name``, ``version``, ``what``, ``metrics``, ``measured_on``, ``good_at``, ``bad_at``,
            ``sources`` and ``licence``; ``intervals``, ``cost`` and ``notes`` are shown where there are any.
    """
    metrics, intervals = card["metrics"], card.get("intervals", {})
    lines = [
        f"# {card['name']} {card['version']}",
        "",
        card["what"],
        "",
        f"Measured on {card['measured_on']}.",
        "",
        "| metric | value | 95 % interval |",
        "|---|---|---|",
        *(f"| {name} | {value:.3f} | {_span(intervals.get(name))} |" for name, value in metrics.items()),
        "",
        *_section("Good at", card["good_at"]),
        *_section("Bad at", card["bad_at"]),
        *_section("Sources and rights", [*card["sources"], card["licence"]]),
        *_section("Cost", [card["cost"]] if card.get("cost") else []),
        *_section("Notes", [card["notes"]] if card.get("notes") else []),
    ]
    (folder / PAGE).write_text("\n".join(lines), encoding="utf-8")


def _span(interval: list[float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {line}" for line in lines), ""] if lines else []
