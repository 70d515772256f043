"""A push differs from what its reader had lately and from its own page."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pytest

from tianfu.model.event import ReaderKind, ReaderRef, Scene
from tianfu.model.feed.assemble import AssembledFeed, assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.sameness import ALIKE, TOPIC_FULL, apart
from tianfu.model.feed.table import StoryTable
from tianfu.model.feed.view import SKETCH
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.reader import Reader
from tianfu.model.recommendation import FeedRequest, Subjects

NOW_S = 1_772_400_000
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
READER = Reader(ref=ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1"))
FARM, SCHOOL = "14", "31"


def a_push(
    stories: dict[int, tuple[str, int]],
    *,
    seen: tuple[int, ...] = (),
    sketches: npt.NDArray[np.float16] | None = None,
    told_by: Mapping[int, tuple[str, str]] = MappingProxyType({}),
    **fields: object,
) -> FeedContext:
    """A push from stories by number: topic and what each is about, a row of ``sketches``.

    ``told_by`` names outlet and cluster of those that are not one of their own by the county itself.
    """
    axes = np.eye(SKETCH, dtype=np.float16) if sketches is None else sketches
    table = StoryTable()
    for number, (topic, subject) in stories.items():
        outlet_id, cluster_id = told_by.get(number, ("lizhou", f"c{number}"))
        card = StoryCard(
            number=number, story_id=f"s{number}", title="题", url=None, image_url=None, outlet_id=outlet_id,
            channel="", published_at_s=NOW_S - 60 * number, expires_at_s=None, topics=(topic,), places=(),
            cluster_id=cluster_id, ai_generated=False, body_chars=300,
        )  # fmt: skip
        table.put(card, axes[subject])
    base = FeedContext(
        now_s=NOW_S,
        request=FeedRequest(outlet_id="lizhou", scene=Scene.PUSH),
        outlet=COUNTY,
        outlets={"lizhou": COUNTY},
        view=table.view(),
        reader=replace(READER, seen=seen) if seen else None,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def numbers(feed: AssembledFeed, placed_by: str) -> list[int]:
    return [item.number for item in feed.items if item.placed_by.value == placed_by]


def test_what_reads_like_something_seen_stands_back_and_fills_gaps_before_what_was_seen() -> None:
    stories = {1: (FARM, 7), 2: (SCHOOL, 7), 3: (SCHOOL, 3), 4: (FARM, 4)}
    feed = assemble(a_push(stories, seen=(1,)))
    assert numbers(feed, "model") == [3, 4]
    assert numbers(feed, "fallback") == [2, 1]
    assert (feed.filtered["seen"], feed.filtered["like_seen"]) == (1, 1)


def test_what_is_like_something_seen_is_counted_and_not_listed() -> None:
    different = {n: ((FARM, SCHOOL)[n % 2], n) for n in range(10, 110)}
    feed = assemble(a_push({1: (FARM, 7), 2: (SCHOOL, 7), **different}, seen=(1,)))
    assert feed.filtered == {"like_seen": 1, "seen": 1}
    assert len(feed.passed_over) > 0
    assert not {1, 2} & {one.number for one in (*feed.items, *feed.passed_over)}


def test_a_topic_that_filled_what_was_seen_last_stands_back_unless_it_is_asked_for() -> None:
    stories = {n: (FARM, n) for n in range(1, 11)} | {20: (SCHOOL, 20)}
    almost, full = (a_push(stories, seen=tuple(range(1, last + 1))) for last in (TOPIC_FULL - 1, TOPIC_FULL))
    assert 9 in numbers(assemble(almost), "model")
    feed = assemble(full)
    assert numbers(feed, "model") == [20]
    assert numbers(feed, "fallback")[:2] == [9, 10]
    assert feed.filtered["topic_filled"] == 2
    asked = replace(full.request, wanted=Subjects(topics=(FARM,)))
    assert numbers(assemble(replace(full, request=asked)), "model") == [9, 10]


def test_a_pool_full_of_what_is_like_something_seen_leaves_the_places_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tianfu.model.feed.assemble.POOL", 3)
    alike = {n: ((FARM, SCHOOL)[n % 2], 7) for n in range(2, 12)}
    different = {n: ((FARM, SCHOOL)[n % 2], n) for n in range(20, 25)}
    feed = assemble(a_push({1: (FARM, 7), **alike, **different}, seen=(1,)))
    assert len(numbers(feed, "model")) == 3
    assert set(numbers(feed, "model")) < set(different)


def test_a_topic_is_filled_by_the_version_that_would_be_shown() -> None:
    stories = {n: (FARM, n) for n in range(2, TOPIC_FULL + 2)} | {1: (SCHOOL, 20), 30: (FARM, 30)}
    theirs_and_ours = {1: ("cangxi", "c-both"), 30: ("lizhou", "c-both")}
    feed = assemble(a_push(stories, seen=tuple(range(2, TOPIC_FULL + 2)), told_by=theirs_and_ours))
    assert numbers(feed, "model") == []
    assert feed.filtered["topic_filled"] == 2


def test_without_a_reader_the_page_is_compared_with_itself_alone() -> None:
    stories = {1: (FARM, 7), 2: (FARM, 7), 3: (SCHOOL, 7), 4: (FARM, 4)}
    feed = assemble(a_push(stories))
    assert sorted(numbers(feed, "model")) == [1, 4]
    assert numbers(feed, "fallback") == [2, 3]
    assert feed.filtered == {"like_shown": 2}


def test_other_scenes_do_not_know_the_rules_of_a_push() -> None:
    push = a_push({1: (FARM, 7), 2: (FARM, 7), 3: (FARM, 3)}, seen=(1,))
    home = assemble(replace(push, request=FeedRequest(outlet_id="lizhou")))
    assert numbers(home, "model") == [2, 3]
    assert home.filtered == {"seen": 1}


@pytest.mark.parametrize(("cosine", "stands"), [(ALIKE - 0.02, True), (ALIKE + 0.02, False)])
def test_alike_begins_at_its_threshold(cosine: float, stands: bool) -> None:
    sketches = np.zeros((2, SKETCH), dtype=np.float16)
    sketches[:, 0] = (1.0, cosine)
    push = a_push({1: (FARM, 0), 2: (FARM, 1)}, sketches=sketches)
    rows = np.arange(2)
    assert apart(rows, rows[:0], push).tolist() == [True, stands]
    assert apart(rows[1:], rows[:1], push).tolist() == [stands]
