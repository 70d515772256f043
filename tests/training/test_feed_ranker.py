"""The feed's ranker: learns what readers want from pages, and nothing from where things stood."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pages import a_snapshot, made_up
from support.snapshots import write_snapshot

from tianfu.cli.learn import train_feed_ranker_command
from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.scorer import CURVES, KIND, load_scorer
from tianfu.eval.feedlog import Pages, page_measures
from tianfu.model.errors import SnapshotInvalid, UnreadableFile
from tianfu.model.feed.scoring import FEATURES, HAND_SET, POLICY
from tianfu.model.release import data_hash_of
from tianfu.training.configuration import read_as
from tianfu.training.ranker.fit import PageLoss, fit, knots_of, ramps
from tianfu.training.ranker.train import FeedRankerConfig, train_feed_ranker
from tianfu.training.snapshot import open_snapshot


def silent(_step: str, _done: int, _of: int) -> None:
    return None


def test_what_readers_want_is_found_and_position_is_not_taken_for_it() -> None:
    found = fit(made_up(), knots=3, ridge=1e-4, most_steps=300)
    weights = {name: curve.most for name, curve in found.curves.items()}
    assert weights["interest"] == pytest.approx(2 * weights["local"], rel=0.25)
    assert weights["fresh"] < 0.15 * weights["interest"]
    assert weights["substance"] < 0.15 * weights["interest"]
    assert found.position_loss[-1] > 1.0


def test_what_newsrooms_owe_the_public_is_not_unlearnt() -> None:
    found = fit(made_up(300), knots=3, ridge=1e-4, most_steps=50)
    for name in POLICY:
        assert found.curves[name] == HAND_SET.curves[name]


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    pages = made_up(40)
    loss = PageLoss(pages.features.astype(np.float64), pages, 0.01)
    at = np.random.default_rng(5).random(len(FEATURES))
    _, slope = loss(at)
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-6
        assert (loss(at + step)[0] - loss(at - step)[0]) / 2e-6 == pytest.approx(slope[place], abs=1e-6)


def test_knots_rise_to_one_and_ramps_fill_one_after_another() -> None:
    knots = knots_of(np.array([0, 0, 0.2, 0.4, 0.4, 0.8], dtype=np.float32), 3)
    assert list(knots) == sorted(set(knots))
    assert knots[-1] == 1.0
    assert knots_of(np.zeros(5, dtype=np.float32), 3) == (1.0,)
    assert ramps(np.array([0.0, 0.25, 0.75, 2.0]), (0.5, 1.0)).tolist() == [
        [0, 0],
        [0.5, 0],
        [1, 0.5],
        [1, 1],
    ]


def test_measures_of_a_page_by_hand() -> None:
    pages = Pages(
        np.zeros((4, len(FEATURES)), dtype=np.float32), np.arange(4), np.array([False, True, False, True]),
        np.array([0]), np.array([0]), np.array([0.0]),
    )  # fmt: skip
    found = page_measures(pages, np.array([4.0, 3.0, 2.0, 2.0]))
    assert found["page_auc"].tolist() == [(0 + 1 + 0 + 0.5) / 4]
    # wanted ones stand second and fourth; best would be first and second
    expected = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    assert found["ndcg_at_10"].tolist() == pytest.approx([expected])


def test_a_snapshot_becomes_a_ranker_that_serves_and_the_same_one_again(tmp_path: Path) -> None:
    data = a_snapshot(tmp_path / "data", made_up(600))
    cards = [
        train_feed_ranker(data, tmp_path / name, FeedRankerConfig(most_steps=60), silent)
        for name in ("a", "b")
    ]
    assert (tmp_path / "a" / CURVES).read_bytes() == (tmp_path / "b" / CURVES).read_bytes()
    assert load_scorer(tmp_path / "a").version == "feed-curves@1"
    card = cards[0]
    assert (card["data"]["pages"], card["data"]["items"]) == (480, 4_800)
    assert card["metrics"]["page_auc"] > card["baselines"]["hot"]["page_auc"] + 0.1
    assert set(card["baselines"]) == {"hand_set", "hot", "newest", "trees"}
    assert json.loads((tmp_path / "a" / "card.json").read_text())["data"]["data_hash"]
    assert "feed-curves" in (tmp_path / "a" / "card.md").read_text()


def test_a_changed_click_gives_another_hash_and_another_ranker(tmp_path: Path) -> None:
    pages = made_up(400)
    one = a_snapshot(tmp_path / "one", pages)
    changed = pages.clicked.copy()
    changed[:10] = np.roll(changed[:10], 1)
    other = a_snapshot(tmp_path / "other", replace(pages, clicked=changed))
    cards = [
        train_feed_ranker(data, tmp_path / f"{data.name}-out", FeedRankerConfig(most_steps=60), silent)
        for data in (one, other)
    ]
    assert data_hash_of(cards[0]) == open_snapshot(one).data_hash != data_hash_of(cards[1])
    prints = [load_artefact(tmp_path / f"{name}-out", kind=KIND).fingerprint for name in ("one", "other")]
    assert prints[0] != prints[1]


def test_the_command_works_from_any_folder_and_takes_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = a_snapshot(tmp_path / "data", made_up(300))
    train_feed_ranker_command(data, Path("ranker"), name="feed-lizhou")
    assert load_scorer(tmp_path / "ranker").version == "feed-lizhou@1"


def test_the_data_hash_follows_the_rows(tmp_path: Path) -> None:
    pages = made_up(20)
    one, same = (a_snapshot(tmp_path / name, pages) for name in ("one", "same"))
    pages.features[3, 0] = 0.5
    other = a_snapshot(tmp_path / "other", pages)
    hashes = [open_snapshot(folder).data_hash for folder in (one, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_pages_that_tell_nothing_are_said() -> None:
    pages = made_up(300)
    pages.features[:] = 0.0
    with pytest.raises(UnreadableFile, match="No feature tells"):
        fit(pages, knots=3, ridge=1e-4, most_steps=50)


@pytest.mark.parametrize("text", ["held_share = 0", "knots = 0", "ridge = 0", "unheard_of = 1"])
def test_a_configuration_that_breaks_a_rule_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"run\.toml"):
        read_as(tmp_path / "run.toml", FeedRankerConfig)


def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    data = a_snapshot(tmp_path / "data", made_up(50))
    with pytest.raises(UnreadableFile, match="50 pages"):
        train_feed_ranker(data, tmp_path / "a", FeedRankerConfig(), silent)


def test_events_that_name_no_feed_are_said(tmp_path: Path) -> None:
    data = write_snapshot(tmp_path / "data", {"events": [{"story_id": "s1", "type": "click"}]})
    with pytest.raises(UnreadableFile, match="no page") as refused:
        train_feed_ranker(data, tmp_path / "a", FeedRankerConfig(), silent)
    assert "trace_id" in (refused.value.advice or "")


def test_an_altered_snapshot_is_refused(tmp_path: Path) -> None:
    data = a_snapshot(tmp_path / "data", made_up(10))
    (data / "items.parquet").write_bytes(b"nothing")
    with pytest.raises(SnapshotInvalid, match="altered"):
        train_feed_ranker(data, tmp_path / "a", FeedRankerConfig(), silent)
