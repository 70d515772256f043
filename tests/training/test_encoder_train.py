"""A whole run on a small data folder of our own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.training_data import write_training_data

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.errors import UnreadableFile
from tianfu.training.encoder import train as training
from tianfu.training.encoder.config import EncoderConfig, load_config
from tianfu.training.encoder.corpus import read_corpus
from tianfu.training.encoder.train import train_encoder
from tianfu.training.encoder.vocabulary import text_counts
from tianfu.training.encoders import train_from_file
from tianfu.training.loop import NonFiniteLoss


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_training_data(tmp_path_factory.mktemp("data"))


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
    assert list((config.work / "curves").iterdir())
    log = (tmp_path / "LOG.md").read_text(encoding="utf-8").splitlines()
    assert len(log) == 7
    assert "recall_at_1" in log[-1]
    assert card["data"]["sha256"][:12] in log[-1]


def test_hashed_words_stand_behind_the_learned_vector(config: EncoderConfig) -> None:
    folder = train_encoder(replace(config, lexical=32, lexical_scale=5.0))
    whole, learned = load_encoder(folder), load_encoder(folder, dimension=16)
    texts = ["昭化春茶开采", "利州防汛演练举行"]

    found = whole.encode(texts)

    assert whole.dimension == 48
    front = found[:, :16] / np.linalg.norm(found[:, :16], axis=1, keepdims=True)
    np.testing.assert_allclose(front, learned.encode(texts), atol=1e-6)
    # weights 1 and (5 / 20) ** 0.5: a fifth of the squared length is that of the words
    np.testing.assert_allclose((found[:, 16:] ** 2).sum(axis=1), 0.2, atol=1e-5)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(
    config: EncoderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 4)
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
    with pytest.raises(NonFiniteLoss):
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


def test_what_is_given_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[EncoderConfig] = []

    def train(config: EncoderConfig, _progress: object) -> Path:
        asked.append(config)
        return config.out

    monkeypatch.setattr(training, "train_encoder", train)
    file = tmp_path / "run.toml"
    file.write_text('name = "of-the-file"\nversion = "1"\n', encoding="utf-8")
    for name in (None, "mine"):
        train_from_file(
            file, data=None, out=tmp_path / "out", progress=lambda *_: None, name=name, version=None
        )
    assert [(one.name, one.version) for one in asked] == [("of-the-file", "1"), ("mine", "1")]
    assert {one.out for one in asked} == {tmp_path / "out"}
