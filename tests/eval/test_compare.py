"""Two models on the same items: gains with paired intervals, and a recommendation that they allow."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.decided import TOLD, write_decided, write_decided_pairs
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.eval.comparing.core import SPEED
from tianfu.eval.comparing.judges import compare_judges
from tianfu.eval.comparing.taggers import ComparedStory, compare_taggers
from tianfu.eval.comparing.verdict import Verdict, verdict_of
from tianfu.eval.core import Subject
from tianfu.eval.duplicates import JudgedPair
from tianfu.eval.paired import Gap, paired
from tianfu.eval.tagging import TaggedStory
from tianfu.model.artifacts import shipped
from tianfu.model.cluster import Relation
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import FloatMatrix, PairText, PairVerdict, TaggingText
from tianfu.model.tag import TagKind, TagSuggestion
from tianfu.training.decisions.pairs import read_pair_sides
from tianfu.training.decisions.sides import read_sides
from tianfu.training.pairs.sources import from_decisions
from tianfu.training.pairs.train import train_pairs
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.train import train_topics

CODES = ("14", "31", "38")


class Knows:
    """Reads the class out of the title's first letter; errs on a share of the stories, by their number."""

    version = "knows@1"
    classes = CODES

    def __init__(self, wrong_of_ten: int, sure: float = 0.9) -> None:
        self.wrong_of_ten, self.sure = wrong_of_ten, sure

    def probabilities(self, texts: Sequence[TaggingText]) -> FloatMatrix:
        found = np.full((len(texts), len(CODES)), (1 - self.sure) / 2, np.float32)
        for row, text in enumerate(texts):
            code, number = text.title.split("-")
            off = int(number) % 10 < self.wrong_of_ten
            found[row, (CODES.index(code) + off) % len(CODES)] = self.sure
        return found

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        best = self.probabilities(texts).argmax(axis=1)
        return [
            [TagSuggestion(kind=TagKind.TOPIC, code=CODES[c], label="x", confidence=self.sure, primary=True)]
            for c in best.tolist()
        ]


def stories(n: int = 240) -> list[ComparedStory]:
    return [
        ComparedStory(
            story=TaggedStory(text=TaggingText(title=f"{code}-{at // 3}", body=""), labels=(code,)),
            group=str(at),
            level="county" if at % 4 else "city",
        )
        for at in range(n)
        for code in [CODES[at % 3]]
    ]


def subject(wrong: int, sure: float = 0.9, **more: int) -> Subject:
    return Subject(tagger=Knows(wrong, sure), facts={"name": f"wrong-{wrong}", "version": "1"}, **more)  # type: ignore[arg-type]


def test_the_gain_equals_the_difference_and_its_interval_is_that_of_pairs() -> None:
    old, new = np.tile([0.0, 1.0], 50), np.tile([0.0, 1.0], 50)
    new[:10] = 1.0
    gaps = paired(
        lambda at: {"share": float(old[at].mean()), "ece": float(old[at].mean())},
        lambda at: {"share": float(new[at].mean()), "ece": float(new[at].mean())},
        list(range(100)),
    )
    share, ece = gaps["share"], gaps["ece"]
    assert share.gain == pytest.approx(0.05)
    # five of a hundred changed, all for the better: much narrower than two intervals apart (0.14 each way)
    assert 0.0 < share.low < 0.05 < share.high < 0.11
    assert (ece.gain, ece.worse) == (pytest.approx(-0.05), True)


def test_items_that_hang_together_are_drawn_together() -> None:
    old, new = np.zeros(60), np.tile([1.0, -1.0], 30)
    alone, both = (
        paired(lambda at: {"x": float(old[at].mean())}, lambda at: {"x": float(new[at].mean())}, groups)["x"]
        for groups in (list(range(60)), [at // 2 for at in range(60)])
    )
    assert alone.high > 0.1
    assert (both.low, both.high) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("low", "high", "groups", "said"),
    [
        (0.001, 0.05, 100, Verdict.BETTER),
        (-0.05, -0.001, 100, Verdict.WORSE),
        (-0.009, 0.02, 100, Verdict.NO_WORSE),
        (0.0, 0.0, 100, Verdict.NO_WORSE),
        (-0.02, 0.02, 100, Verdict.TOO_LITTLE),
        (0.001, 0.05, 49, Verdict.TOO_LITTLE),
    ],
)
def test_the_interval_says_what_may_be_said(low: float, high: float, groups: int, said: Verdict) -> None:
    assert verdict_of(Gap(old=0.5, new=0.5, low=low, high=high, n=groups), groups=groups) is said


def test_a_better_tagger_is_found_better_in_every_part() -> None:
    result = compare_taggers(stories(), subject(3), subject(1))

    assert result.more["recommendation"]["verdict"] == "better"
    assert result.more["gains"]["micro_f1"]["gain"] == pytest.approx(0.2)
    assert result.metrics["micro_f1"] == pytest.approx(0.9)
    assert result.baselines["wrong-3@1"]["micro_f1"] == pytest.approx(0.7)
    assert set(result.more["parts"]["Levels of outlets (micro F1)"]) == {"county", "city"}
    assert len(result.more["parts"]["Classes (F1)"]) == 3
    changed = result.more["changed"]
    assert (changed["with_another_first_class"], changed["first_class_now_right"]) == (48, 48)
    assert sum(kind["count"] for kind in changed["most"]) == 48
    assert min(result.metrics[SPEED], result.baselines["wrong-3@1"][SPEED]) > 0


def test_a_worse_tagger_is_found_worse_and_the_same_one_no_worse() -> None:
    assert compare_taggers(stories(), subject(1), subject(3)).more["recommendation"]["verdict"] == "worse"
    same = compare_taggers(stories(), subject(1), subject(1))
    assert same.more["recommendation"]["verdict"] == "no worse"
    assert list(same.baselines) == ["old wrong-1@1"]


def test_confidence_that_holds_less_is_named_though_the_answers_are_the_same() -> None:
    result = compare_taggers(stories(), subject(1, 0.9), subject(1, 0.6))
    assert result.more["recommendation"]["verdict"] == "no worse"
    assert "ece" in result.more["recommendation"]["surely_worse"]
    assert "ece" in result.summary


def test_headlines_are_quoted_only_on_request_what_is_wrong_now_first() -> None:
    assert compare_taggers(stories(), subject(1), subject(2)).examples == []
    quoted = compare_taggers(stories(), subject(1), subject(2, examples=2)).examples
    assert [example.titles for example in quoted] == [("14-1",), ("31-1",)]
    assert quoted[0].said == "农业、农村 → 教育"


def trained(folder: Path, data: Path, **changes: object) -> Path:
    values: dict[str, object] = {"folds": 3, "most_ngrams": 800, "name": folder.name, **changes}
    train_topics(TopicConfig(data=data, out=folder, decisions=data, **values))  # type: ignore[arg-type]
    return folder


def test_an_export_is_compared_on_what_neither_model_learnt_from(tmp_path: Path) -> None:
    data = write_decided(tmp_path / "s", stories=300)
    new = trained(tmp_path / "fresh", data)
    record, pages = tmp_path / "record.json", tmp_path / "pages"
    words = ["eval", "compare", str(shipped("topics")), str(new), "--data", str(data)]
    done = CliRunner().invoke(app, [*words, "--json", str(record), "--report", str(pages)])

    assert done.exit_code == 0, done.output
    found = json.loads(record.read_text(encoding="utf-8"))
    held = read_sides(data).held
    assert found["n"] == found["clusters"] == len(held) == 60
    assert found["recommendation"]["verdict"] in {"better", "no worse"}
    assert found["recommendation"]["sentence"] in " ".join(done.output.split())
    assert found["parts"]["Levels of outlets (micro F1)"].keys() == {"county"}
    (page,) = pages.glob("compare-*.html")
    text = page.read_text(encoding="utf-8")
    assert found["recommendation"]["sentence"].split(":")[0] in text
    assert "http" not in text.split("</style>")[1]
    assert not [story.title for story in held if story.title in text]


def test_a_file_that_a_model_learnt_from_gets_no_recommendation(tmp_path: Path) -> None:
    rows = [{"title": TOLD[c].format(town="利州", n=n), "labels": [c]} for n in range(20) for c in CODES]
    file = tmp_path / "topics" / "dev.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    train_topics(TopicConfig(data=tmp_path, out=tmp_path / "a", stories="topics/dev.jsonl", folds=3))
    words = ["eval", "compare", str(shipped("topics")), str(tmp_path / "a"), "--data", str(file)]
    done = CliRunner().invoke(app, [*words, "--json", str(tmp_path / "r.json")])

    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["recommendation"]
    assert found["verdict"] is None
    assert found["sentence"].startswith("No recommendation")


class Says:
    """Calls a pair what its title says; errs on a share of the pairs, by their number."""

    version = "says@1"

    def __init__(self, wrong_of_ten: int) -> None:
        self.wrong_of_ten = wrong_of_ten

    def fingerprint(self, text: PairText) -> bytes:
        return text.title.encode()

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        relation, number = a.title.split("-")
        off = int(number) % 10 < self.wrong_of_ten
        return PairVerdict(relation=Relation.SAME_TOPIC if off else Relation(relation), score=0.9)


def pairs(n: int = 200) -> list[JudgedPair]:
    return [
        JudgedPair(
            a=PairText(title=f"{relation}-{at // 2}", body=""),
            b=PairText(title="b", body=""),
            relation=relation,
            keys=(f"a{at}", f"b{at}"),
        )
        for at in range(n)
        for relation in [("reprint", "unrelated")[at % 2]]
    ]


def test_a_better_judge_is_found_better_and_pairs_that_share_a_story_count_once() -> None:
    old, new = (Subject(judge=Says(n), facts={"name": f"says-{n}", "version": "1"}) for n in (3, 1))
    result = compare_judges(pairs(), list(range(200)), old, new)
    assert result.more["recommendation"]["verdict"] == "better"
    assert result.more["gains"]["reprint_f1"]["old"] == pytest.approx(2 * 70 / 170)
    assert set(result.more["parts"]["Relations (F1)"]) == {"reprint", "unrelated"}
    assert result.more["changed"]["now_right"] == result.more["changed"]["with_another_relation"] == 40
    few = compare_judges(pairs(), [at // 5 for at in range(200)], old, new)
    assert (few.more["clusters"], few.more["recommendation"]["verdict"]) == (40, "too little data")


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_judges_are_compared_on_an_export_from_the_command_line(tmp_path: Path) -> None:
    data, new = write_decided_pairs(tmp_path / "s"), tmp_path / "a"
    train_pairs(from_decisions(data, new), target=new, version="t")
    words = ["eval", "compare", str(shipped("pairs")), str(new), "--data", str(data)]
    done = CliRunner().invoke(app, [*words, "--json", str(tmp_path / "r.json"), "--report", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert found["n"] == len(read_pair_sides(data).held) == 12
    assert found["recommendation"]["verdict"] == "too little data"
    assert found["metrics"]["reprint_f1"] > 0.9


def test_an_export_without_newer_decisions_is_refused(tmp_path: Path) -> None:
    data = write_decided(tmp_path / "s")
    new = trained(tmp_path / "fresh", data)
    old = write_decided(tmp_path / "old", stories=40)
    done = CliRunner().invoke(app, ["eval", "compare", str(new), str(new), "--data", str(old)])
    assert isinstance(done.exception, UnreadableFile)
    assert "newer than what the models learnt from" in done.exception.message


@pytest.mark.parametrize("models", [["topics"], ["topics", "pairs"], ["nobody@1", "topics"]])
def test_what_cannot_be_compared_is_said(models: list[str], tmp_path: Path) -> None:
    data = write_decided(tmp_path / "s", stories=3)
    names = [str(shipped(name)) if "@" not in name else name for name in models]
    done = CliRunner().invoke(app, ["eval", "compare", *names, "--data", str(data)])
    assert done.exit_code == 2
