"""The page of a run: whole, closed to the network, and safe from what names hold."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tianfu.embeddings.artefact import sha256_of
from tianfu.eval.core import SuiteResult
from tianfu.eval.opening import SEEN, learnt_from, open_subject
from tianfu.eval.pictures import Bar, Bars, Curves, Example, Grid, Picture, Scatter
from tianfu.eval.report import render_page, write_report
from tianfu.eval.report.axes import Scale, even_ticks
from tianfu.eval.report.drawing import draw
from tianfu.model.artifacts import shipped
from tianfu.model.errors import ArtefactInvalid

AT = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
EVIL = """<script>alert("1")</script>'"&"""
VOID = {"meta", "br"}


def pictures(name: str = "农业、农村") -> Sequence[Picture]:
    return (
        Curves(title="t", x="x", y="y", lines={name: [(0.0, 0.0), (1.0, 1.0)]}, diagonal=True,
               marks={name: (0.5, 0.5)}),
        Bars(title="t", x="F1",
             bars=[Bar(name=name, values={"model": 0.5, name: 0.25}, interval=(0.4, 0.6))]),
        Grid(title=name, names=(name, "b"), counts=((3, 1), (0, 2))),
        Scatter(title="t", x=name, y="y", points=((0.0, -0.5), (5.0, 1.0))),
    )  # fmt: skip


def result(name: str = "words", **changes: object) -> SuiteResult:
    fields: dict[str, object] = {
        "suite": "tagging",
        "model": {"name": name, "version": "1", "fingerprint": "f" * 64},
        "n": 1234,
        "metrics": {"micro_f1": 0.91234, "stories_per_second": 12345.6},
        "intervals": {"micro_f1": (0.9, 0.925)},
        "baselines": {"majority": {"micro_f1": 0.1}},
        "baseline_intervals": {"majority": {"micro_f1": (0.05, 0.15)}},
        "pictures": pictures(),
    }
    return SuiteResult(**{**fields, **changes})  # type: ignore[arg-type]


class Elements(HTMLParser):
    """Collects tags and attributes, and fails where an element is not closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    elements.close()
    assert elements.open == []
    return elements


def rendered(found: SuiteResult) -> str:
    return render_page(found, question="Right?", files=[], at=AT)


def test_the_page_is_whole_and_refers_to_nothing_outside_itself() -> None:
    page = rendered(result())
    elements = parsed(page)
    assert elements.seen.count("figure") == 4
    assert not {"script", "link", "img", "iframe", "object", "use", "image"} & set(elements.seen)
    assert not {name for name, _ in elements.attributes} & {"src", "href", "xlink:href", "style", "srcset"}
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_figures_stand_beside_their_intervals_and_baselines() -> None:
    page = rendered(result())
    for text in ("0.912", "0.900 – 0.925", "0.050 – 0.150", "majority", "12,346", "1,234 items", "words@1"):
        assert text in page
    assert "农业、农村" in page
    assert "learnt from" not in page


def test_names_are_shown_and_never_run() -> None:
    page = rendered(
        result(
            EVIL,
            pictures=pictures(EVIL),
            metrics={f"recall_{EVIL}": 0.5},
            baselines={EVIL: {}},
            examples=[Example(titles=(EVIL,), truth=EVIL, said=EVIL)],
        )
    )
    elements = parsed(page)
    assert "script" not in elements.seen
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    assert page.count("&lt;script&gt;") >= 8


def test_headlines_are_quoted_only_when_there_are_examples() -> None:
    assert "Worst examples" not in rendered(result())
    page = rendered(result(examples=[Example(titles=("利州春灌",), truth="农业", said="教育")]))
    assert "利州春灌" in page


def test_a_model_that_learnt_from_the_file_is_told_of() -> None:
    assert "too good" in rendered(result(model={"name": "m", "version": "1", SEEN: ["dev.jsonl"]}))


def test_pages_stand_side_by_side_by_suite_model_and_time(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text("{}\n", encoding="utf-8")
    page = write_report(
        result("../a b"), tmp_path / "new" / "reports", question="Right?", files=[data], at=AT
    )
    assert page == tmp_path / "new" / "reports" / "tagging-..-a-b@1-20260302T040506.html"
    assert sha256_of(data)[:16] in page.read_text(encoding="utf-8")


def test_values_land_where_they_belong() -> None:
    assert Scale(first=0, last=10, start=100, end=200).at(2.5) == 125
    assert Scale(first=1, last=100, start=0, end=10, logarithmic=True).at(10) == 5
    assert Scale(first=0, last=1, start=300, end=0).at(2) == 0  # above the last, at the edge
    assert Scale(first=3, last=3, start=0, end=10).at(3) == 5


@pytest.mark.parametrize(
    ("first", "last", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 5, [0, 1, 2, 3, 4, 5]), (-0.3, 1, [0, 0.5, 1]), (2, 2, [2])],
)
def test_ticks_are_round(first: float, last: float, ticks: list[float]) -> None:
    assert even_ticks(first, last) == pytest.approx(ticks)


def test_a_longer_bar_is_a_larger_value() -> None:
    drawing = draw(
        Bars(title="", x="", bars=[Bar(name="a", values={"m": 0.25}), Bar(name="b", values={"m": 0.5})])
    )
    widths = [float(mark.attributes["width"]) for mark in drawing.marks if mark.tag == "rect"]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.01)
    assert drawing.legend == ("m",)


def test_pictures_without_items_are_drawn_empty() -> None:
    assert draw(Scatter(title="", x="", y="", points=())).marks
    assert draw(Bars(title="", x="", bars=[])).marks
    assert draw(Curves(title="", x="", y="", lines={"none is true": ()})).marks


def test_a_card_tells_which_files_its_model_learnt_from(tmp_path: Path) -> None:
    seen, unseen = tmp_path / "seen.jsonl", tmp_path / "unseen.jsonl"
    seen.write_text("1", encoding="utf-8")
    unseen.write_text("2", encoding="utf-8")
    card = {"data": {"stories_sha256": sha256_of(seen)}, "files": {"weights": sha256_of(unseen)}}
    assert learnt_from(card, [seen, unseen, tmp_path / "missing"]) == [seen]


@pytest.mark.parametrize("kind", ["encoder", "topics", "pairs"])
def test_each_kind_opens_as_what_its_suites_measure(kind: str) -> None:
    subject = open_subject(shipped(kind), kind=kind, limit=3)
    models = {"encoder": subject.encoder, "topics": subject.tagger, "pairs": subject.judge}
    assert [name for name, model in models.items() if model is not None] == [kind]
    assert {"name", "version", "fingerprint"} <= set(subject.facts)
    assert subject.limit == 3


def test_an_artefact_of_another_kind_is_refused() -> None:
    with pytest.raises(ArtefactInvalid, match="kind pairs, not topics"):
        open_subject(shipped("pairs"), kind="topics")
