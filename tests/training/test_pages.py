"""Every shipped model has a page that people can read."""

from pathlib import Path

import pytest

from tianfu.model.artifacts import shipped, shipped_cards
from tianfu.training.pages import write_page


def test_a_page_shows_figures_with_intervals_and_what_the_model_is_bad_at(tmp_path: Path) -> None:
    card = {
        "name": "topics-x",
        "version": "3",
        "what": "A model.",
        "measured_on": "ten stories",
        "metrics": {"micro_f1": 0.81234, "ece": 0.02},
        "intervals": {"micro_f1": [0.79, 0.83]},
        "good_at": ["news"],
        "bad_at": ["poems"],
        "sources": ["our own"],
        "licence": "Apache-2.0",
    }

    write_page(tmp_path, card)

    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| micro_f1 | 0.812 | 0.790 to 0.830 |" in page
    assert "| ece | 0.020 |  |" in page
    assert page.index("## Bad at") < page.index("- poems") < page.index("## Sources")
    assert "## Cost" not in page


@pytest.mark.parametrize("kind", ["encoder", "encoder_province", "topics", "pairs"])
def test_every_shipped_model_has_a_page(kind: str) -> None:
    versions = [f"# {card['name']} {card['version']}" for card in shipped_cards()]

    assert (shipped(kind) / "card.md").read_text(encoding="utf-8").splitlines()[0] in versions
