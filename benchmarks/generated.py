"""Sections of documents that a run writes anew, between two markers; the words around them stay."""

from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def renew(file: Path, name: str, lines: Iterable[str]) -> None:
    """Put lines between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    Raises:
        ValueError: The file has no such section.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    told = file.read_text(encoding="utf-8")
    if begin not in told or end not in told:
        raise ValueError(f"{file} has no section {name}")
    before, _, rest = told.partition(begin)
    _, _, after = rest.partition(end)
    made = "\n".join(lines)
    file.write_text(f"{before}{begin}\n\n{made}\n\n{end}{after}", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in Markdown; numbers stand to the right."""
    made = [[_cell(value) for value in row] for row in rows]
    return [_line(head), _line(["---", *["---:"] * (len(head) - 1)]), *(_line(row) for row in made)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return (
            f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
        )
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
