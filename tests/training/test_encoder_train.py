"""A whole run on a small data folder of our own."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.errors import UnreadableFile
from tianfu.training.encoder import loop
from tianfu.training.encoder.config import EncoderConfig, load_config
from tianfu.training.encoder.corpus import GRADED, HEADLINES, STORIES, TITLES, TWINS, read_corpus
from tianfu.training.encoder.measure import STS
from tianfu.training.encoder.train import train_encoder
from tianfu.training.encoder.vocabulary import text_counts

PLACES = ("昭化", "利州", "朝天", "青川", "旺苍", "剑阁", "苍溪", "梓潼", "平武", "北川")
EVENTS = (
    "春茶开采", "夜间门诊开通", "村道修通", "机器人大赛获奖", "油菜花节开幕",
    "防汛演练举行", "图书馆延时开放", "猕猴桃丰收", "古城迎客", "水厂扩建完工",
)  # fmt: skip


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the layout that training reads."""
    folder = tmp_path_factory.mktemp("data")
    told = [(p, e, f"{p}{e}", f"本报讯 {p}今天{e}，当地群众纷纷点赞。" + f"{p}的{e}持续多日。" * 30)
            for p in PLACES for e in EVENTS]  # fmt: skip
    stories = [
        {
            "id": f"c{n}", "date": "2025-05-01" if n % 5 == 0 else f"2020-01-{n % 28 + 1:02}",
            "title": title, "body": body,
        }
        for n, (_, _, title, body) in enumerate(told)
    ]  # fmt: skip
    write(folder / STORIES[0], stories)
    write(folder / STORIES[1], [{**stories[1], "id": "b1", "date": "2025-06-01"}])
    write(folder / STORIES[2], [{"id": "s1", "title": told[0][2], "body": told[0][3], "category": "本地"}])
    write(folder / TITLES, [{"date": "2001-01-01", "title": title} for _, _, title, _ in told])
    twin = {"score": 0.8, "cctv_date": "2020-01-02", "cctv_title": "昭化春茶开采", "pd_title": "昭化采春茶"}
    write(folder / TWINS[0], [twin, {**twin, "score": 0.1}, {**twin, "cctv_date": "2025-09-01"}])
    write(folder / TWINS[1], [{"score": 0.9, "a": "s1", "b": "c1"}, {"score": 0.9, "a": "s1", "b": "gone"}])
    pairs = [{"a": f"{p}采茶", "b": f"{p}摘茶", "label": 1.0} for p in PLACES]
    pairs += [{"a": f"{p}采茶", "b": "医院开门", "label": 0.0} for p in PLACES]
    for name in (*GRADED, STS):
        write(folder / name, pairs)
    for name in HEADLINES:
        write(folder / name, [{"title": title, "label": event} for _, event, title, _ in told])
    return folder


@pytest.fixture
def config(data: Path, tmp_path: Path) -> EncoderConfig:
    return EncoderConfig(
        data=data,
        out=tmp_path / "artefact",
        work=tmp_path / "work",
        log=tmp_path / "LOG.md",
        dimension=16,
        prefixes=(8,),
        vocabulary=500,
        buckets=64,
        batch=16,
        steps=12,
        threads=1,
        tasks={
            "title_lead": 0.3,
            "title_rest": 0.2,
            "lead_rest": 0.1,
            "twins": 0.1,
            "graded": 0.1,
            "classes": 0.2,
        },
    )


def test_a_run_writes_an_encoder_that_serves_and_a_line_in_the_log(
    config: EncoderConfig, tmp_path: Path
) -> None:
    said: list[tuple[str, int, int]] = []
    folder = train_encoder(config, lambda *told: said.append(told))

    assert load_encoder(folder).encode(["昭化春茶开采"]).shape == (1, 16)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["fingerprint"] == load_encoder(folder).fingerprint
    assert {"retrieval", "retrieval_8", "sts", "headlines_nlpcc2017"} <= set(card["metrics"])
    assert card["metrics"]["retrieval"]["n"] == 20
    assert "TF-IDF" in (folder / "card.md").read_text(encoding="utf-8")
    assert ("training the encoder", 12, 12) in said
    log = (tmp_path / "LOG.md").read_text(encoding="utf-8").splitlines()
    assert len(log) == 7
    assert "recall_at_1" in log[-1]
    assert card["data"]["sha256"][:12] in log[-1]


def test_a_run_that_was_stopped_ends_like_one_that_was_not(
    config: EncoderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 4)
    whole = load_encoder(train_encoder(config)).encode(["利州防汛演练举行"])

    other = replace(config, out=config.out.with_name("other"), work=config.work.with_name("again"))

    def stop(name: str, done: int, _total: int) -> None:
        if (name, done) == ("training the encoder", 7):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_encoder(other, stop)
    steps: list[int] = []
    train_encoder(other, lambda name, done, _: steps.append(done) if "training" in name else None)

    assert steps[0] == 5  # from the checkpoint at 4
    np.testing.assert_array_equal(load_encoder(other.out).encode(["利州防汛演练举行"]), whole)


def test_a_failed_run_is_logged_and_writes_no_artefact(config: EncoderConfig, tmp_path: Path) -> None:
    with pytest.raises(loop.NonFiniteLoss):
        train_encoder(replace(config, temperature=float("inf")))

    assert "failed" in (tmp_path / "LOG.md").read_text(encoding="utf-8")
    assert not config.out.exists()


def test_late_stories_are_kept_out(data: Path) -> None:
    corpus = read_corpus(data, development_from="2025-04-01")

    assert len(corpus.development) == 20
    assert {story.date for story in corpus.development} == {"2025-05-01"}
    assert all(story.date < "2025-04-01" for story in corpus.stories)
    assert "b1" not in {story.id for story in corpus.stories}
    assert corpus.twins == (("昭化春茶开采", "昭化采春茶"), (corpus.stories[0].title, "昭化夜间门诊开通"))


def test_a_headline_is_learned_from_or_kept_out_never_both(data: Path) -> None:
    corpus = read_corpus(data, development_from="2025-04-01")

    for learned, kept in zip(corpus.headlines, corpus.headlines_kept, strict=True):
        assert not {title for title, _ in learned} & {title for title, _ in kept}
        assert len(learned) + len(kept) == 100
        assert kept


def test_ngrams_are_counted_once_a_text() -> None:
    keys, counts = text_counts(["茶茶", "茶园"])
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True))[ord("茶")] == 2
    assert counts.sum() == 5  # 茶 twice; 茶茶, 园, 茶园 once


def test_a_missing_file_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cctv_items"):
        read_corpus(tmp_path, development_from="2025-04-01")


def test_a_configuration_is_read_relative_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "encoder.toml"
    file.write_text('data = "../data"\nsteps = 3\nprefixes = [64]\n[tasks]\ntwins = 1.0\n', encoding="utf-8")
    found = load_config(file)

    assert found == replace(
        EncoderConfig(), data=tmp_path / "data", steps=3, prefixes=(64,), tasks={"twins": 1.0}
    )


@pytest.mark.parametrize("text", ["steps =", "stepps = 3\n", "[tasks]\ntwinss = 1\n"])
def test_a_configuration_with_a_mistake_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"e\.toml"):
        load_config(tmp_path / "e.toml")
