"""Lives in a made-up world, and what is measured on them."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from sqlalchemy import func, select
from support.fakes import fake_parts
from support.live import free_port

from tianfu.cli.simulate import simulate, simulate_against
from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, save_curves
from tianfu.eval.core import SuiteResult, silent
from tianfu.eval.emulation import Person, Read, Shown, Visit, live
from tianfu.eval.emulation_measures import gini, measure_of, small_outlets
from tianfu.eval.emulation_pictures import bubble_of_a_day
from tianfu.model.access import Role
from tianfu.model.feed.scoring import HAND_SET
from tianfu.model.story import StoryState
from tianfu.serving.app import create_app
from tianfu.serving.exporting.export import export_snapshot
from tianfu.serving.services.access import create_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database
from tianfu.serving.store.schema import readers
from tianfu.serving.store.snapshots import Window
from tianfu.serving.wiring import build_newsroom
from tianfu.training.ranker.pages import read_pages
from tianfu.training.snapshot import open_snapshot

BEGINS = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def a_story(n: int, topic: str = "14", outlet_id: str = "lizhou", level: str = "county") -> Shown:
    return Shown(
        story_id=f"s{n}", outlet_id=outlet_id, level=level, topics=(topic,), places=(), cluster_id=f"c{n}",
        published_at=BEGINS + timedelta(hours=n),
    )  # fmt: skip


def a_person(name: str = "r", likes: str = "14", *, clicks: bool = True) -> Person:
    return Person(
        id=name,
        outlet_id="lizhou",
        tastes=frozenset({likes}),
        appeal=lambda shown: 1.0 if likes in shown.topics else 0.0,
        visits=4.0,
        clicks=clicks,
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


def lives(topic: str, seed: int = 3, *, clicks: bool = True) -> list[Visit]:
    people = [a_person(clicks=clicks)]
    return live({"a": TwoTopics(topic)}, people, begins=BEGINS, days=3, seed=seed, told=silent)["a"]


def test_a_reader_clicks_what_they_like_and_comes_back_more_often() -> None:
    liked, disliked = lives("14"), lives("31")
    assert sum(v.clicks for v in liked) > 10 * sum(v.clicks for v in disliked)
    assert len(liked) > len(disliked)


def test_the_same_seed_lives_the_same_life() -> None:
    assert lives("14") == lives("14")
    assert lives("14") != lives("14", seed=4)


def test_a_reader_who_never_clicks_looks_and_comes_back_less() -> None:
    mute = lives("14", clicks=False)
    assert sum(v.clicks for v in mute) == 0
    assert 0 < len(mute) < len(lives("14"))


def test_worlds_are_lived_in_beside_each_other_and_touch_nobody_elses_life() -> None:
    both = live(
        {"a": TwoTopics("14"), "b": TwoTopics("31")}, [a_person()], begins=BEGINS, days=3, seed=3, told=silent
    )
    assert both == {"a": lives("14"), "b": lives("31")}


def test_what_was_met_before_and_what_nobody_clicked_is_marked() -> None:
    class OneStory(TwoTopics):
        def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
            return [a_story(1)] if number == 0 else []

    found = live({"a": OneStory("14")}, [a_person()], begins=BEGINS, days=3, seed=3, told=silent)["a"]
    clicked = next(at for at, visit in enumerate(found) if visit.clicks)
    assert [visit.again for visit in found] == [(False,), *[(True,)] * (len(found) - 1)]
    assert [visit.cold for visit in found] == [(at <= clicked,) for at in range(len(found))]
    assert [visit.first_clicks for visit in found] == [(at == clicked,) for at in range(len(found))]


def a_visit(*stories: Shown, clicks: int = 0, turn: int = 0, day: int = 0) -> Visit:
    person = a_person()
    return Visit(
        person="r",
        at=BEGINS + timedelta(hours=9),
        day=day,
        turn=turn,
        first_page=stories,
        clicks=clicks,
        first_clicks=tuple(place < clicks for place in range(len(stories))),
        appeals=tuple(person.appeal(story) for story in stories),
        again=(turn > 0, False),
        cold=(turn == 0, True),
    )


def test_measures_agree_with_a_case_worked_by_hand() -> None:
    visits = [
        a_visit(a_story(1, "31"), a_story(2, "14"), clicks=1),
        a_visit(a_story(1, "31"), a_story(3, "14", "up", "province"), turn=1),
    ]
    published = [
        a_story(1, "31"), a_story(2, "14"), a_story(3, "14", "up", "province"),
        replace(a_story(9, "14", "small"), cluster_id="c3", published_at=BEGINS + timedelta(hours=1)),
        a_story(4, "14"), a_story(5, "14"),
    ]  # fmt: skip
    found = measure_of(visits, [a_person()], published)(np.arange(1))
    assert found["reward"] == 0.5
    assert found["appeal"] == 0.5
    assert found["ndcg"] == pytest.approx(0.6309, abs=1e-4)  # the one liked story stands second
    assert found["again"] == 0.25
    assert found["topics_on_a_page"] == 2.0
    assert found["bubble_bits"] == 1.0
    assert found["top_two"] == 1.0
    assert found["outside_taste"] == 0.5
    assert (found["county"], found["province"], found["own_outlet"]) == (0.75, 0.25, 0.75)
    assert found["small_outlets"] == 0.0
    assert found["first_told"] == 0.75  # the third event was told by another outlet first
    assert found["gini"] == pytest.approx(0.25)
    assert found["cold_stories"] == 0.75
    assert found["cold_story_clicks"] == 0.0  # nobody clicked the one that was known
    assert found["stories_seen"] == 3.0
    assert found["never_shown"] == pytest.approx(2 / 5)
    assert found["hours_to_reader"] == 8.0  # after 8, 7 and 8 hours
    assert (found["silent_again"], found["silent_topics"]) == (0.0, 0.0)


def test_readers_who_never_click_are_measured_apart() -> None:
    pages = [(a_story(1, "31"), a_story(2, "14")), (a_story(1, "31"), a_story(3, "14"))]
    visits = [a_visit(*page, turn=turn) for turn, page in enumerate(pages)]
    found = measure_of(visits, [a_person(clicks=False)], [])(np.arange(1))
    assert (found["silent_again"], found["silent_topics"]) == (0.25, 2.0)


def test_a_bubble_is_as_wide_as_what_each_reader_is_shown() -> None:
    narrow = a_visit(a_story(1, "14"), a_story(2, "14"))
    assert bubble_of_a_day([narrow, replace(narrow, person="other")]) == 0.0
    assert bubble_of_a_day([narrow, a_visit(a_story(1, "14"), a_story(2, "31"))]) > 0.8


@pytest.mark.parametrize(
    ("counts", "value"), [([], 0.0), ([5, 5, 5], 0.0), ([0, 0, 9], 2 / 3), ([1, 3], 0.25)]
)
def test_gini_of_known_spreads(counts: list[int], value: float) -> None:
    assert gini(counts) == pytest.approx(value)


def test_small_outlets_are_the_lower_half_of_county_ones() -> None:
    shown = [a_story(n, outlet_id=f"o{n % 4 if n < 8 else 0}") for n in range(20)]
    shown += [a_story(99, outlet_id="up", level="province")]
    assert small_outlets(shown) == {"o1", "o2"}


def emulated(**given: Any) -> SuiteResult:
    asked: dict[str, Any] = {"days": 1, "readers": 12, "seed": 1, "told": silent, "parts": fake_parts()}
    return simulate(**(asked | given))


def test_the_real_service_lives_through_a_day_in_every_arm(tmp_path: Path) -> None:
    """The kept data hold pages to learn from: events name the feeds they belong to."""
    ranker = tmp_path / "ranker"
    ranker.mkdir()
    save_curves(ranker, HAND_SET.curves)
    write_card(ranker, {"kind": KIND, "name": "mine", "version": "7"}, files=[CURVES])
    result = emulated(
        of=("personalised", "off", "off_unseen", "newest", "orders"), ranker=ranker,
        keep=tmp_path / "lived", others=True,
    )  # fmt: skip
    assert result.n == 12
    assert result.baselines.keys() == {"off", "off_unseen", "newest", "orders", "learnt"}
    assert all(count > 0 for count in result.model["visits"].values())
    assert result.metrics["stories_seen"] > 5
    assert result.baselines["off_unseen"]["again"] < result.baselines["off"]["again"]
    assert {picture.title for picture in result.pictures} >= {
        "Reward day by day", "The start of a reader", "How wide a reader's bubble is",
        "Exposure of county outlets",
    }  # fmt: skip
    orders = result.model["orders"]["orders"]
    assert orders["pages_with_a_must_carry"] == orders["carried"] > 0
    assert orders["pages_with_a_pin"] == orders["pinned_exactly"]
    assert result.baselines["orders"]["placed"] > 0 == result.metrics["placed"]
    window = Window(since=BEGINS - timedelta(days=30), until=BEGINS + timedelta(days=30))
    with Database(f"sqlite:///{tmp_path / 'lived' / 'tianfu.db'}") as database:
        export_snapshot(database, window, tmp_path / "data", now=BEGINS, told=silent)
    pages = read_pages(open_snapshot(tmp_path / "data"))
    assert len(pages) > 2
    assert 0 < pages.clicked.mean() < 1
    assert pages.position.max() >= 3


def test_the_same_seed_gives_the_same_figures_to_the_last_digit() -> None:
    """What chance decides in feeds included; another seed gives others."""
    arms = ("personalised", "off")
    first, again, other = (replace(emulated(seed=seed, of=arms), seconds=0.0) for seed in (1, 1, 2))
    assert first == again
    assert first.metrics != other.metrics


def test_personalised_beats_off_on_true_taste() -> None:
    """With the models that ship, and both without what was seen: what is left of the difference is taste."""
    arms = ("personalised", "off_unseen")
    result = emulated(days=2, readers=40, seed=5, silent=0.0, parts=None, of=arms)
    off = result.baselines["off_unseen"]
    assert result.metrics["appeal"] > off["appeal"]
    assert result.metrics["outside_taste"] < off["outside_taste"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[str, str, Newsroom]]:
    """A service with a worker on a port: its address, an operator's key, and the newsroom."""
    settings = ServiceSettings(data_dir=tmp_path / "running", requests_per_minute=0)
    app = create_app(settings, build=lambda given: build_newsroom(given, parts=fake_parts()))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    room: Newsroom = app.state.newsroom
    _, secret = create_key(
        role=Role.OPERATOR, outlet_id=None, label="test", actor="test", database=room.database,
        clock=SystemClock(),
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}", secret, room
    server.should_exit = True
    thread.join(timeout=30)


def test_a_running_service_is_driven_and_left_as_it_was_for_its_readers(
    running: tuple[str, str, Newsroom],
) -> None:
    url, key, room = running
    result = simulate_against(
        url=url, key=key, days=1, readers=12, seed=1, told=silent, of=("personalised", "newest")
    )
    assert result.model["visits"].keys() == {"personalised", "newest"}
    assert result.metrics["stories_seen"] > 5
    assert result.model["not_controlled"]
    with room.database.read() as uow:
        assert uow.stories.count(StoryState.LIVE) == 0 < uow.stories.count()
        assert uow._connection.execute(select(func.count()).select_from(readers)).scalar_one() == 0
