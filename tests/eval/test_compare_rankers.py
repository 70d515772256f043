"""Two rankers on the same decisions: what is replayed, what chance tells, and what is recommended."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.draws import made_up_draws
from support.pages import a_snapshot, made_up
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, save_curves
from tianfu.eval.comparing.rankers import DECIDES, NOBODY, Replay, compare_rankers
from tianfu.eval.core import Subject
from tianfu.eval.draws import Draws
from tianfu.eval.feedlog import FeedLog, Pages, page_looks, page_measures, places_by
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import FEATURES, HAND_SET_WEIGHTS, Curve, Scorer
from tianfu.training.ranker.train import FeedRankerConfig, train_feed_ranker


def scorer(name: str, **weights: float) -> Scorer:
    """Goes by these features alone."""
    return Scorer(f"{name}@1", {f: Curve((0.0, 1.0), (0.0, weights.get(f, 1e-3))) for f in FEATURES})


def subject(name: str, **weights: float) -> Subject:
    return Subject(scorer=scorer(name, **weights), facts={"name": name, "version": "1"})


WISE, BLIND = {"interest": 3.0, "local": 1.5}, {"substance": 1.0}


def a_log(pages: Pages) -> FeedLog:
    items = len(pages.clicked)
    return FeedLog(
        pages=pages,
        scene=["home" if page % 4 else "related" for page in range(len(pages))],
        level=["county" if page % 2 else "city" for page in range(len(pages))],
        earlier=np.arange(len(pages)) % 30 - 1,
        topic=np.arange(items) % 3,
        topics=["a", "b", "c"],
        small=np.arange(items) % 5 == 0,
    )


def no_draws() -> Draws:
    return made_up_draws(4).draws.only(np.zeros(4, dtype=np.bool_))


def a_replay(pages: Pages, draws: Draws | None = None) -> Replay:
    return Replay(
        log=a_log(pages), draws=draws or no_draws(), rankers={"hand-set@3": len(pages)}, places=len(pages)
    )


def test_measures_of_a_page_by_hand() -> None:
    pages = Pages(
        np.zeros((6, len(FEATURES)), dtype=np.float32), np.array([0, 1, 2, 3, 0, 1]),
        np.array([False, True, False, True, True, False]), np.array([0, 4]), np.array([0, 1]),
        np.array([0.0, 1.0]),
    )  # fmt: skip
    score = np.array([4.0, 3.0, 2.0, 2.0, 1.0, 9.0])
    assert places_by(pages, score).tolist() == [0, 1, 2, 3, 1, 0]
    found = page_measures(pages, score)
    assert found["page_auc"].tolist() == [(0 + 1 + 0 + 0.5) / 4, 0.0]
    # wanted ones stand second and fourth; best would be first and second
    expected = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    assert found["ndcg_at_10"].tolist() == pytest.approx([expected, 1 / np.log2(3)])
    assert found["first_wanted"].tolist() == [0.0, 0.0]
    assert page_measures(pages, -score)["first_wanted"].tolist() == [0.0, 1.0]
    log = replace(a_log(pages), topic=np.array([0, 0, 1, -1, 2, 2]), small=np.array([1, 0, 0, 0, 0, 1]) > 0)
    looks = page_looks(log, score)
    worth = 1 / np.log2(np.arange(2, 6))
    assert looks["small_outlets_seen"].tolist() == pytest.approx(
        [worth[0] / worth.sum(), worth[0] / worth[:2].sum()]
    )
    assert looks["topics_in_five"].tolist() == [3 / 4, 1 / 2]


def test_measures_agree_with_going_page_by_page() -> None:
    """An independent way: every pair of a page, and the page sorted by itself; scores with many ties."""
    pages = made_up(60, size=14)
    score = np.round(np.random.default_rng(3).random(len(pages.clicked)), 1)
    found = page_measures(pages, score)
    for page, start in enumerate(pages.starts.tolist()):
        own, wanted = score[start : start + 14], pages.clicked[start : start + 14]
        gaps = own[wanted][:, None] - own[~wanted][None, :]
        assert found["page_auc"][page] == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())
        order = np.argsort(-own, kind="stable")[:10]
        assert found["ndcg_at_10"][page] == pytest.approx(wanted[order] @ (1 / np.log2(np.arange(2, 12))))


def test_a_ranker_that_knows_what_readers_want_is_found_better_in_every_part() -> None:
    result = compare_rankers(a_replay(made_up(900)), subject("blind", **BLIND), subject("wise", **WISE))
    record = result.more
    assert record["recommendation"]["verdict"] == "better"
    assert result.summary.startswith("Publish: the new model is better")
    assert record["readers"] == 50
    assert record["gains"][DECIDES]["gain"] > 0.1
    parts = record["parts"]
    assert set(parts["Scenes (nDCG)"]) == {"home", "related"}
    assert set(parts["Levels of outlets (nDCG)"]) == {"county", "city"}
    bands = parts["Readers by what they had turned to before (nDCG)"]
    assert set(bands) == {NOBODY, "nothing before", "1 to 4", "5 to 19", "20 or more"}
    assert sum(part["n"] for part in bands.values()) == 900
    assert all(part["gain"] > 0 for one in parts.values() for part in one.values())
    changed = record["changed"]
    assert changed["first_pages_in_another_order"] >= changed["with_another_first_story"] > 500
    assert changed["first_story_now_wanted"] > 2 * changed["first_story_no_longer_wanted"]
    assert min(record["items_per_second"].values()) > 0
    assert any("no place was given away by chance" in note for note in record["notes"])


def test_the_old_one_is_kept_where_the_new_one_is_worse_and_more_is_gathered_where_nobody_knows() -> None:
    worse = compare_rankers(a_replay(made_up(900)), subject("wise", **WISE), subject("blind", **BLIND))
    assert worse.summary.startswith("Keep the old model")
    same = compare_rankers(a_replay(made_up(900)), subject("a", **WISE), subject("b", **WISE))
    assert same.more["recommendation"]["verdict"] == "no worse"
    assert same.more["changed"]["first_pages_in_another_order"] == 0
    few = compare_rankers(
        a_replay(made_up(400, readers=20)), subject("blind", **BLIND), subject("wise", **WISE)
    )
    assert few.summary.startswith("Gather more")


def test_intervals_draw_readers_and_not_pages() -> None:
    """Few readers with many pages each know less than many readers with one page each."""
    many, few = made_up(2_000, readers=2_000), made_up(2_000, readers=2_000)
    loyal = few.reader % 40
    few = replace(few, reader=loyal, clicked=few.clicked)
    wide, narrow = (
        compare_rankers(a_replay(pages), subject("blind", **BLIND), subject("wise", **WISE)).more
        for pages in (few, many)
    )
    assert (wide["readers"], narrow["readers"] > 1_000) == (40, True)


def test_chance_that_speaks_against_the_replay_withholds_the_recommendation() -> None:
    """Pages were clicked for standing first; where chance decided, readers wanted something else."""
    truth = made_up_draws(6_000, readers=600)
    against = compare_rankers(
        a_replay(made_up(900), truth.draws), subject("near", interest=1.0), subject("local", local=1.0)
    )
    assert against.more["gains"][DECIDES]["gain"] < 0
    assert against.more["chance"]["refused"] == ""
    assert "dr" in against.more["recommendation"]["surely_worse"]
    favoured = replace(made_up(900), features=made_up(900).features[:, ::-1].copy())
    pages = replace(favoured, features=np.roll(favoured.features, 0))
    swapped = pages.features.copy()
    swapped[:, FEATURES.index("local")] = pages.clicked
    result = compare_rankers(
        a_replay(replace(pages, features=swapped), truth.draws),
        subject("near", interest=1.0), subject("local", local=1.0),
    )  # fmt: skip
    assert result.more["gains"][DECIDES]["interval"][0] > 0
    assert result.more["recommendation"]["verdict"] == "too little data"
    assert "contradict each other" in result.summary


def an_artefact(folder: Path, name: str, **weights: float) -> Path:
    folder.mkdir()
    save_curves(folder, scorer(name, **weights).curves)
    write_card(folder, {"kind": KIND, "name": name, "version": "1"}, files=[CURVES])
    return folder


def test_rankers_are_compared_on_an_export_from_the_command_line(tmp_path: Path) -> None:
    truth = made_up_draws(1_500, readers=200)
    data = a_snapshot(tmp_path / "data", made_up(600, readers=120), draws=truth.draws)
    blind = an_artefact(tmp_path / "blind", "blind", **BLIND)
    wise = an_artefact(tmp_path / "wise", "wise", **WISE)
    words = ["eval", "compare", str(blind), str(wise), "--data", str(data)]
    done = CliRunner().invoke(
        app, [*words, "--json", str(tmp_path / "r.json"), "--report", str(tmp_path / "pages")]
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (found["n"], found["recommendation"]["verdict"]) == (600, "better")
    assert found["chance"]["draws"] == 1_500
    assert found["chance"]["wanted"] == pytest.approx(truth.draws.reward.mean(), abs=1e-6)
    estimates = found["parts"]["Places that chance gave away (share wanted)"]
    assert set(estimates) == {"ips", "snips", "dr"}
    assert estimates["dr"]["gain"] > 0
    assert found["rankers"] == {"hand-set@3": 600}
    assert 0.0 < found["gains"]["small_outlets_seen"]["old"] < 1.0
    (page,) = (tmp_path / "pages").glob("compare-*.html")
    text = page.read_text(encoding="utf-8")
    assert "Publish: the new model is better" in text
    assert "What it rests on" in text
    assert "http" not in text.split("</style>")[1]
    assert "r17" not in text, "no reader is named"


def test_what_a_ranker_learnt_from_is_not_what_it_is_compared_on(tmp_path: Path) -> None:
    data = a_snapshot(tmp_path / "data", made_up(600))
    card = train_feed_ranker(data, tmp_path / "new", FeedRankerConfig(most_steps=40), lambda _s, _d, _o: None)
    words = ["eval", "compare", "hand-set", str(tmp_path / "new"), "--data", str(data)]
    done = CliRunner().invoke(app, [*words, "--json", str(tmp_path / "r.json")])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert found["n"] == 600 - card["data"]["pages"] == 120
    assert found["old"]["name"] == "hand-set"
    older = a_snapshot(tmp_path / "older", made_up(400))
    done = CliRunner().invoke(app, [*words[:4], "--data", str(older)])
    assert isinstance(done.exception, UnreadableFile)
    assert "newer than what the models learnt from" in done.exception.message


def test_a_ranker_needs_an_export_to_be_compared_on(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["eval", "compare", "hand-set", "hand-set", "--data", str(file)])
    assert done.exit_code == 2
    assert "export" in done.output


def test_the_hand_set_weights_are_what_hand_set_means() -> None:
    assert scorer("x", **dict(HAND_SET_WEIGHTS)).weights == pytest.approx(HAND_SET_WEIGHTS)
