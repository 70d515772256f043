"""Lives in a made-up world, and what is measured on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.fakes import fake_parts

from tianfu.cli.simulate import simulate
from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, load_scorer, save_curves
from tianfu.eval.core import silent
from tianfu.eval.emulation import Person, Read, Shown, Visit, live
from tianfu.eval.emulation_measures import gini, measures, small_outlets
from tianfu.model.feed.scoring import HAND_SET
from tianfu.serving.exporting.export import export_snapshot
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database
from tianfu.serving.store.snapshots import Window
from tianfu.serving.wiring import build_newsroom
from tianfu.training.ranker.pages import read_pages
from tianfu.training.snapshot import open_snapshot

BEGINS = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def a_story(n: int, topic: str = "14", outlet_id: str = "lizhou", level: str = "county") -> Shown:
    return Shown(
        story_id=f"s{n}", outlet_id=outlet_id, level=level, topics=(topic,), places=(), cluster_id=f"c{n}"
    )


def a_person(name: str = "r", likes: str = "14") -> Person:
    return Person(
        id=name,
        outlet_id="lizhou",
        tastes=frozenset({likes}),
        appeal=lambda shown: 1.0 if likes in shown.topics else 0.0,
        visits=4.0,
    )


class TwoTopics:
    """Shows ten stories of one class, always new ones."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.count = 0
        self.told: list[str] = []

    def move_to(self, moment: datetime) -> None:
        del moment

    def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
        del person, moment, number
        self.count += 10
        return [a_story(self.count + n, self.topic) for n in range(10)]

    def tell(self, person: Person, reads: Sequence[Read], passed: Sequence[tuple[str, datetime]]) -> None:
        del person
        self.told += [read.story_id for read in reads]
        assert not {read.story_id for read in reads} & {story_id for story_id, _ in passed}


def lives(topic: str, seed: int = 3) -> list[Visit]:
    return live(TwoTopics(topic), [a_person()], begins=BEGINS, days=3, seed=seed, told=silent)


def test_a_reader_clicks_what_they_like_and_comes_back_more_often() -> None:
    liked, disliked = lives("14"), lives("31")
    assert sum(v.clicks for v in liked) > 10 * sum(v.clicks for v in disliked)
    assert len(liked) > len(disliked)


def test_the_same_seed_lives_the_same_life() -> None:
    assert lives("14") == lives("14")
    assert lives("14") != lives("14", seed=4)


def a_visit(*stories: Shown, clicks: int = 0, turn: int = 0, day: int = 0) -> Visit:
    person = a_person()
    return Visit(
        person="r",
        day=day,
        turn=turn,
        first_page=stories,
        clicks=clicks,
        first_clicks=clicks,
        appeals=tuple(person.appeal(story) for story in stories),
    )


def test_measures_agree_with_a_case_worked_by_hand() -> None:
    visits = [
        a_visit(a_story(1, "31"), a_story(2, "14"), clicks=2),
        a_visit(a_story(1, "31"), a_story(3, "14", "up", "province"), clicks=0),
    ]
    found = measures([(visits, a_person())], frozenset({"up"}))
    assert found["reward"] == 1.0
    assert found["appeal"] == 0.5
    assert found["ndcg"] == pytest.approx(0.6309, abs=1e-4)  # the one liked story stands second
    assert found["topics_on_a_page"] == 2.0
    assert found["bubble_bits"] == 1.0
    assert found["outside_taste"] == 0.5
    assert (found["county"], found["province"], found["own_outlet"]) == (0.75, 0.25, 0.75)
    assert found["small_outlets"] == 0.25
    assert found["gini"] == pytest.approx(0.25)
    assert found["stories_seen"] == 3.0


@pytest.mark.parametrize(
    ("counts", "value"), [([], 0.0), ([5, 5, 5], 0.0), ([0, 0, 9], 2 / 3), ([1, 3], 0.25)]
)
def test_gini_of_known_spreads(counts: list[int], value: float) -> None:
    assert gini(counts) == pytest.approx(value)


def test_small_outlets_are_the_lower_half_of_county_ones() -> None:
    shown = [a_story(n, outlet_id=f"o{n % 4 if n < 8 else 0}") for n in range(20)]
    shown += [a_story(99, outlet_id="up", level="province")]
    assert small_outlets(shown) == {"o1", "o2"}


def with_fakes(settings: ServiceSettings, **given: Any) -> Newsroom:
    parts = fake_parts()
    if settings.ranker_dir is not None:
        parts = replace(parts, scorer=load_scorer(settings.ranker_dir))
    return build_newsroom(settings, parts=parts, **given)


def test_the_real_service_lives_through_a_day_in_every_arm() -> None:
    result = simulate(days=1, readers=12, seed=1, told=silent, build=with_fakes)
    assert result.n == 12
    assert result.baselines.keys() == {"not_personalised", "newest"}
    assert all(count > 0 for count in result.model["visits"].values())
    assert result.metrics["stories_seen"] > 5
    assert {picture.title for picture in result.pictures} >= {"Reward day by day", "The start of a reader"}


def test_the_same_seed_gives_the_same_figures_to_the_last_digit() -> None:
    """Trace ids and what chance decides by them included; another seed gives others."""
    first, again, other = (
        replace(
            simulate(days=1, readers=12, seed=seed, told=silent, build=with_fakes, of=("personalised",)),
            seconds=0.0,
        )
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first.metrics != other.metrics


def test_what_was_lived_is_kept_and_a_learnt_ranker_lives_beside(tmp_path: Path) -> None:
    """The kept data hold pages to learn from: events name the feeds they belong to."""
    ranker = tmp_path / "ranker"
    ranker.mkdir()
    save_curves(ranker, HAND_SET.curves)
    write_card(ranker, {"kind": KIND, "name": "mine", "version": "7"}, files=[CURVES])
    result = simulate(
        days=1, readers=12, seed=1, told=silent, build=with_fakes, ranker=ranker, keep=tmp_path / "lived",
        others=True,
    )  # fmt: skip
    assert result.baselines.keys() == {"not_personalised", "newest", "learnt"}
    window = Window(since=BEGINS - timedelta(days=30), until=BEGINS + timedelta(days=30))
    with Database(f"sqlite:///{tmp_path / 'lived' / 'tianfu.db'}") as database:
        export_snapshot(database, window, tmp_path / "data", now=BEGINS, told=silent)
    pages = read_pages(open_snapshot(tmp_path / "data"))
    assert len(pages) > 2
    assert 0 < pages.clicked.mean() < 1
    assert pages.position.max() >= 3
