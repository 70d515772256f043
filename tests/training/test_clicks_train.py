"""The ranker is trained from a log, and what serves scores as what was trained."""

import json
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.embeddings.ranker import INPUT, OUTPUT, load_ranker
from tianfu.model.errors import ArtefactInvalid, UnreadableFile
from tianfu.training.clicks.train import RankerConfig, train_ranker
from tianfu.training.clicks.trees import rounded_down, write_onnx
from tianfu.training.configuration import read_as

QUICK = RankerConfig(rounds=8, leaves=4, least_rows=5, sample_share=1.0, warm_up_share=0.2)


def write_log(folder: Path, clicks: int = 300) -> tuple[Path, Path]:
    rng = np.random.default_rng(2)
    log, news = folder / "clicks.jsonl", folder / "news.jsonl"
    rows = [
        {
            "user_id": f"u{rng.integers(30)}",
            "news_id": f"n{min(9, rng.geometric(0.3))}",
            "read_time": 1_000 + 30 * n,
        }
        for n in range(clicks)
    ]
    log.write_text("\n".join(json.dumps(row) for row in rows))
    news.write_text(
        "\n".join(json.dumps({"news_id": f"n{n}", "title": f"第{n}条春耕消息"}) for n in range(10))
    )
    return log, news


def silent(_step: str, _done: int, _of: int) -> None:
    return None


def test_training_twice_gives_the_same_file_and_it_serves(tmp_path: Path) -> None:
    log, news = write_log(tmp_path)
    cards = [
        train_ranker(log, news, tmp_path / name, QUICK, silent, until_s=float("inf")) for name in ("a", "b")
    ]
    assert cards[0]["data"] == cards[1]["data"]
    assert (tmp_path / "a" / "ranker.onnx").read_bytes() == (tmp_path / "b" / "ranker.onnx").read_bytes()
    assert load_ranker(tmp_path / "a").version == "ranker-clicks@1"


def test_the_command_names_the_ranker(tmp_path: Path) -> None:
    log, news = write_log(tmp_path)
    config = tmp_path / "quick.toml"
    config.write_text("rounds = 8\nleaves = 4\nleast_rows = 5\nsample_share = 1.0\nwarm_up_share = 0.2\n")
    words = ["train", "clicks", "--clicks", str(log), "--news", str(news), "--config", str(config)]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "a"), "--name", "mine", "--version", "7"])
    assert done.exit_code == 0, done.output
    assert load_ranker(tmp_path / "a").version == "mine@7"


def test_nothing_from_the_end_on_is_looked_at(tmp_path: Path) -> None:
    log, news = write_log(tmp_path)
    early = train_ranker(log, news, tmp_path / "a", QUICK, silent, until_s=1_000 + 30 * 200)
    lines = log.read_text().splitlines()
    log.write_text("\n".join(lines[:200]))
    alone = train_ranker(log, news, tmp_path / "b", QUICK, silent, until_s=float("inf"))
    assert early["data"]["moments"] == alone["data"]["moments"]
    assert (tmp_path / "a" / "ranker.onnx").read_bytes() == (tmp_path / "b" / "ranker.onnx").read_bytes()


def test_the_graph_scores_as_the_trees(tmp_path: Path) -> None:
    import onnxruntime

    rng = np.random.default_rng(4)
    rows = rng.random((400, 5), dtype=np.float32).round(2)
    target = (rows[:, 0] + rows[:, 1] * rows[:, 2] > 0.8).astype(np.int64)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_leaves": 7}, lightgbm.Dataset(rows, target), 12
    )
    write_onnx(booster.dump_model(), 5, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    served = session.run([OUTPUT], {INPUT: rows})[0][:, 0]
    assert np.abs(served - booster.predict(rows, raw_score=True)).max() < 1e-5


@given(st.floats(-1e30, 1e30))
def test_thresholds_are_never_rounded_up(value: float) -> None:
    rounded = rounded_down(value)
    assert rounded <= value
    assert float(np.nextafter(np.float32(rounded), np.float32(np.inf))) > value


def test_a_ranker_for_other_features_is_refused(tmp_path: Path) -> None:
    log, news = write_log(tmp_path, 120)
    train_ranker(log, news, tmp_path / "a", QUICK, silent, until_s=float("inf"))
    file = tmp_path / "a" / "card.json"
    card = json.loads(file.read_text())
    file.write_text(json.dumps({**card, "features": card["features"][1:]}))
    with pytest.raises(ArtefactInvalid, match="other features"):
        load_ranker(tmp_path / "a")


def test_a_log_with_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    log, news = write_log(tmp_path)
    with pytest.raises(UnreadableFile, match="no click to learn from"):
        train_ranker(log, news, tmp_path / "a", QUICK, silent, until_s=1_000.0)


def test_what_follows_the_span_learnt_from_is_measured_in_the_card(tmp_path: Path) -> None:
    log, news = write_log(tmp_path)
    card = train_ranker(log, news, tmp_path / "a", QUICK, silent, until_s=1_000 + 30 * 200)
    low, high = card["intervals"]["hit_at_10"]
    assert low <= card["metrics"]["hit_at_10"] <= high
    assert "hit_at_10" in (tmp_path / "a" / "card.md").read_text()


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("speed = 3")
    with pytest.raises(UnreadableFile, match="speed"):
        read_as(file, RankerConfig)
