"""A whole run of the topic tagger on a small data folder of our own, with and without a teacher."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy import sparse
from support.training_data import write, write_training_data

from tianfu.embeddings.encoder.ngrams import ngram_keys
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import TaggingText
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.corpus import STORIES
from tianfu.training.encoder.train import train_encoder
from tianfu.training.topics.config import TopicConfig, read_config
from tianfu.training.topics.data import read_jsonl
from tianfu.training.topics.linear import fit_margins, fit_student
from tianfu.training.topics.references import LABELLED_CHARS, read_references, read_unlabelled, story_hash
from tianfu.training.topics.train import train_topics

PLACES = ("昭化", "利州", "朝天", "青川", "旺苍", "剑阁", "苍溪", "梓潼", "平武", "北川", "恩阳", "通江")
TOLD = {
    "14": "{p}春耕备耕忙，农技员下田指导水稻育秧，农户领到化肥补贴。",
    "31": "{p}中学开学，教师在课堂上给学生讲第一课，招生人数增加。",
    "38": "{p}医院开设夜间门诊，医生为患者义诊，接种疫苗的老人排队。",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_training_data(tmp_path_factory.mktemp("data"))
    rows = [
        {"title": text.format(p=place)[:9], "lead": text.format(p=place), "labels": [code]}
        for code, text in TOLD.items()
        for place in PLACES
    ]
    write(folder / "topics/dev.jsonl.gz", rows)
    return folder


@pytest.fixture
def config(data: Path, tmp_path: Path) -> TopicConfig:
    return TopicConfig(data=data, out=tmp_path / "artefact", unlabelled=60, folds=3, most_ngrams=500)


@pytest.fixture(scope="module")
def teacher(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("teacher")
    return train_encoder(
        EncoderConfig(
            data=data,
            out=work / "out",
            work=work,
            dimension=16,
            prefixes=(8,),
            vocabulary=300,
            buckets=32,
            batch=8,
            steps=3,
            threads=1,
        )
    )


def suggested(folder: Path, title: str, body: str) -> str:
    (tags,) = load_topic_tagger(folder).suggest([TaggingText(title=title, body=body)])
    return tags[0].code


def test_a_run_writes_a_tagger_that_serves(config: TopicConfig) -> None:
    card = train_topics(config)

    assert card["metrics"]["micro_f1"] > 0.9
    assert card["data"]["stories"] == 36
    assert suggested(config.out, "苍溪水稻育秧", "农户下田，农技员指导春耕。") == "14"


def test_a_teacher_gives_its_opinion_on_stories_without_labels(config: TopicConfig, teacher: Path) -> None:
    said: list[str] = []
    taught = replace(config, teacher=teacher)

    card = train_topics(taught, lambda name, *_: said.append(name))

    assert card["teacher"] == "encoder-static@0.1.0"
    assert card["data"]["unlabelled"] > 20
    assert "encoding unlabelled stories" in said
    assert suggested(taught.out, "通江医院义诊", "医生为患者看病。") == "38"


def test_words_that_only_unlabelled_stories_have_are_learned_from_the_teacher(
    config: TopicConfig, teacher: Path
) -> None:
    key = ngram_keys("图书馆")[0][-1]
    train_topics(config)
    alone = load_file(config.out / "weights.safetensors")
    train_topics(replace(config, teacher=teacher, most_ngrams=5_000))
    taught = load_file(config.out / "weights.safetensors")
    at = int(np.searchsorted(taught["vocabulary"], key))

    assert key not in alone["vocabulary"]
    assert taught["vocabulary"][at] == key
    assert np.abs(taught["weights"][at]).max() > 0.01


def test_labels_without_texts_find_their_stories(data: Path, tmp_path: Path) -> None:
    titles = [row["title"] for row in read_rows_of(data / STORIES[0])]
    body = next(row["body"] for row in read_rows_of(data / STORIES[0]))
    known = {"source": "cctv_item", "story": story_hash(titles[0], body[:LABELLED_CHARS]), "labels": ["14"]}
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in (known, known | {"story": "0" * 16})))

    (found,) = read_references(file, data)

    assert (found.title, found.labels) == (titles[0], ("14",))


def test_what_is_measured_is_never_drawn(data: Path) -> None:
    titles = frozenset(row["title"] for row in read_rows_of(data / STORIES[0])[:50])
    drawn = read_unlabelled(data, count=1_000, seed=1, without=titles)

    assert drawn
    assert not titles & {title for title, _ in drawn}


def test_a_student_takes_over_its_teachers_opinions() -> None:
    rng = np.random.default_rng(0)
    features = sparse.csr_matrix(np.eye(6)[rng.integers(0, 6, 600)])
    opinions = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.1, 0.1], [0.7, 0.3], [0.3, 0.9]])
    student = fit_student(features, opinions[features.indices], epochs=80, rate=0.05, seed=0)

    found = 1 / (1 + np.exp(-student.scores(sparse.eye(6, format="csr"))))

    np.testing.assert_allclose(found, opinions, atol=0.05)


def test_a_class_without_examples_is_never_given() -> None:
    features = sparse.csr_matrix(np.eye(4))
    truth = np.array([[True, False], [True, False], [False, False], [False, False]])

    model = fit_margins(features, truth, np.ones_like(truth), np.ones(4), strength=10.0, seed=0)

    assert (model.scores(features)[:, 1] == -2.0).all()
    assert (model.scores(features)[:2, 0] > model.scores(features)[2:, 0]).all()


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("foldz = 3\n")

    with pytest.raises(UnreadableFile, match="foldz"):
        read_config(tmp_path / "run.toml", data=tmp_path, out=tmp_path)


def read_rows_of(file: Path) -> list[dict[str, str]]:
    return list(read_jsonl(file))
