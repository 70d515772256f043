"""Editors' decisions correct a tagger that serves instead of teaching a new one everything."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from support.decided import write_decided
from support.training_data import write_training_data

from tianfu.cli.learn import train_tagger_command
from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import TaggingText
from tianfu.model.vocab.topics import load_topics
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.data import LabelledStory
from tianfu.training.topics.features import bag_of
from tianfu.training.topics.learning import Known, Texts
from tianfu.training.topics.start import correct, open_start
from tianfu.training.topics.train import train_topics

CLASSES = load_topics().codes
SPORT = TaggingText(title="县篮球联赛决赛打响", body="两支球队苦战四节，主队夺冠，球迷欢呼。")


def config_of(data: Path, out: Path) -> TopicConfig:
    return TopicConfig(data=data, out=out, decisions=data, start=shipped("topics"), folds=3)


def known(texts: dict[str, tuple[str, ...]]) -> Known:
    bags = [bag_of(LabelledStory(title=title, body="", labels=())) for title in texts]
    truth = np.array([[code in labels for code in CLASSES] for labels in texts.values()])
    return Known(Texts(bags, None), truth, np.ones_like(truth), np.ones(len(bags)))


def test_classes_that_no_decision_touches_stay_as_the_tagger_had_them(tmp_path: Path) -> None:
    card = train_topics(config_of(write_decided(tmp_path / "s"), tmp_path / "a"))

    before, after = (
        load_topic_tagger(path).suggest([SPORT])[0][0] for path in (shipped("topics"), tmp_path / "a")
    )
    assert (before.code, after.code) == ("39", "39")
    assert card["metrics"]["micro_f1"] > 0.9


def test_an_editors_rule_that_the_tagger_does_not_know_is_learnt() -> None:
    start = open_start(shipped("topics"), CLASSES)
    prices = {
        f"{place}菜价日报：莲白每斤{at}角": ("19",)
        for at, place in enumerate(("苍溪", "旺苍", "剑阁", "青川"))
    }
    others = {
        "水稻育秧下田": ("14",),
        "农技员指导春耕": ("14",),
        "商场开业促销": ("19",),
        "小学开学第一课": ("31",),
    }

    space, model = correct(start, known(prices | others), strength=0.3, seed=1)

    asked = space.matrix([bag_of(LabelledStory(title="昭化菜价日报：番茄每斤九角", body="", labels=()))])
    at = [CLASSES.index(code) for code in ("14", "19")]
    was, now = start.model.scores(asked)[0, at], model.scores(asked)[0, at]
    assert was[0] > was[1]
    assert now[0] < now[1]


def test_the_card_tells_what_it_started_from_and_all_that_was_learnt_from(tmp_path: Path) -> None:
    shipped_card = load_artefact(shipped("topics"), kind="topics").card
    card = train_topics(config_of(write_decided(tmp_path / "s"), tmp_path / "a"))

    assert card["start"] == f"topics-ngram@{shipped_card['version']}"
    assert card["data"]["stories_sha256"] == shipped_card["data"]["stories_sha256"]
    assert card["data"]["data_hash"]
    assert set(shipped_card["sources"]) < set(card["sources"])


def test_a_tagger_that_learnt_from_what_is_to_be_measured_on_is_refused(tmp_path: Path) -> None:
    export, later = write_decided(tmp_path / "s"), write_decided(tmp_path / "later", stories=400)
    train_topics(config_of(later, tmp_path / "newer"))

    with pytest.raises(UnreadableFile, match="are to be measured on"):
        train_topics(replace(config_of(export, tmp_path / "a"), start=tmp_path / "newer"))


def test_a_tagger_of_the_month_before_can_be_corrected_again(tmp_path: Path) -> None:
    train_topics(config_of(write_decided(tmp_path / "s"), tmp_path / "older"))
    later = replace(
        config_of(write_decided(tmp_path / "later", stories=400), tmp_path / "a"), start=tmp_path / "older"
    )

    assert train_topics(later)["data"]["stories_sha256"]


def test_a_start_goes_with_decisions_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="decisions alone"):
        TopicConfig(data=tmp_path, out=tmp_path, start=shipped("topics"))
    with pytest.raises(typer.BadParameter, match="give an export"):
        train_tagger_command(write_training_data(tmp_path / "files"), tmp_path / "a", start="shipped")


def test_the_command_takes_what_ships_by_its_name(tmp_path: Path) -> None:
    version = load_artefact(shipped("topics"), kind="topics").version
    train_tagger_command(write_decided(tmp_path / "s"), tmp_path / "a", start=version)

    assert load_artefact(tmp_path / "a", kind="topics").card["start"] == version
