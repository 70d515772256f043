"""What the pages on security name as proof is there."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("page", ["security-findings.md"])
def test_every_test_that_is_named_exists(page: str) -> None:
    named = NAMED.findall((HOUSE / "docs" / page).read_text(encoding="utf-8"))
    assert named
    assert [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^def {test}\(", (HOUSE / file).read_text(encoding="utf-8"), re.MULTILINE)
    ] == []


def test_every_row_of_an_attack_names_a_test() -> None:
    text = (HOUSE / "docs" / "security-findings.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert [row for row in rows if not NAMED.search(row)] == []
