"""From the queue to vectors, tags and clusters."""

import itertools
import random
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from support.builders import FakeClock, a_body, a_draft

from tianfu.model.cluster import Relation, cluster_id_of
from tianfu.model.tag import TagKind
from tianfu.serving.services.ingest import StoryDraft, ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.queue import LEASE


def take_in(room: Newsroom, drafts: list[StoryDraft], batch: int = 256) -> None:
    ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step(batch):
        pass


def clusters(room: Newsroom) -> set[frozenset[str]]:
    with room.database.read() as uow:
        stories = uow.stories.by_numbers(range(1, uow.stories.count() + 1))
    groups: dict[str, set[str]] = {}
    for story in stories.values():
        groups.setdefault(story.cluster_id, set()).add(story.external_id)
    return {frozenset(group) for group in groups.values()}


FAMILY = [
    a_draft("first", body=a_body(1), title="甲", hours_ago=9),
    a_draft("copy", outlet_id="cangxi", body=a_body(1) + "编辑补充一句。", title="乙", hours_ago=7),
    a_draft("other-words", outlet_id="guangyuan", body=a_body(2), title="甲", hours_ago=8),
    a_draft("stranger", outlet_id="wangcang", body=a_body(3), title="丙", hours_ago=6),
    a_draft("copy-of-stranger", outlet_id="jiange", body=a_body(3)[:100], title="丁", hours_ago=5),
]


@pytest.mark.parametrize("order", list(itertools.islice(itertools.permutations(range(5)), 0, 120, 17)))
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_clusters_do_not_depend_on_the_order_of_arrival(
    room: Newsroom, order: tuple[int, ...], batch: int
) -> None:
    for place in order:
        take_in(room, [FAMILY[place]], batch)
    assert clusters(room) == {
        frozenset({"first", "copy", "other-words"}),
        frozenset({"stranger", "copy-of-stranger"}),
    }
    with room.database.read() as uow:
        lead = uow.stories.by_external_ids("lizhou", ["first"])["first"]
        copy = uow.stories.by_external_ids("cangxi", ["copy"])["copy"]
    assert copy.cluster_id == lead.cluster_id == cluster_id_of(lead.id)


def test_an_edit_that_changes_the_text_splits_the_cluster(room: Newsroom) -> None:
    take_in(room, FAMILY)
    take_in(room, [a_draft("copy", outlet_id="cangxi", body=a_body(9), title="全新", hours_ago=7)])
    assert frozenset({"copy"}) in clusters(room)
    assert frozenset({"first", "other-words"}) in clusters(room)


def test_an_edit_of_the_story_in_the_middle_does_not_tear_the_others_apart(room: Newsroom) -> None:
    take_in(
        room,
        [*FAMILY[:2], a_draft("copy-2", outlet_id="jiange", body=a_body(1)[:110], title="戊", hours_ago=3)],
    )
    take_in(room, [a_draft("first", body=a_body(8), title="改", hours_ago=9)])
    assert clusters(room) == {frozenset({"first"}), frozenset({"copy", "copy-2"})}


def test_indexing_twice_changes_nothing(room: Newsroom, clock: FakeClock) -> None:
    take_in(room, FAMILY)
    before = clusters(room)
    with room.database.write() as uow:
        uow.queue.add_all(clock.now())
        uow.commit()
    while room.indexer.step():
        pass
    assert clusters(room) == before
    assert room.library.index.size == len(FAMILY)


def test_tags_carry_the_words_that_justify_them_in_the_outlets_own_text(room: Newsroom) -> None:
    take_in(room, [a_draft(title="利州区学校举行比赛", body="农户也来观看。")])
    with room.database.read() as uow:
        tags = uow.tags.of([1])[1]
    place = next(tag for tag in tags if tag.kind is TagKind.PLACE)
    assert [(s.start, s.end, s.text) for s in place.evidence] == [(0, 2, "利州")]
    assert {tag.code for tag in tags if tag.kind is TagKind.TOPIC} == {"14", "31", "39"}


def test_a_worker_killed_in_the_middle_loses_nothing(
    new_room: Callable[[], Newsroom], clock: FakeClock
) -> None:
    room = new_room()
    ingest(FAMILY, database=room.database, clock=clock)
    with room.database.write() as uow:
        assert len(uow.queue.take(3, worker="killed", now=clock.now())) == 3
        uow.commit()
    other = new_room()
    while other.indexer.step():
        pass
    if room.database.is_sqlite:
        assert other.library.index.size == 2
        clock.pass_by(seconds=LEASE.total_seconds() + 1)
    while other.indexer.step():
        pass
    assert other.library.index.size == len(FAMILY)
    assert len(clusters(other)) == 2


@pytest.mark.parametrize("damage", ["none", "missing", "torn", "another encoder"])
def test_a_restarted_process_knows_what_the_database_knows(
    new_room: Callable[[], Newsroom], settings: ServiceSettings, damage: str
) -> None:
    room = new_room()
    take_in(room, FAMILY[:3])
    room.library.save_snapshot()
    take_in(room, FAMILY[3:])
    snapshot = settings.snapshot_dir
    if damage == "missing":
        (snapshot / "manifest.json").unlink()
    elif damage == "torn":
        part = next(snapshot.glob("*.faiss"))
        part.write_bytes(part.read_bytes()[:-40])
    elif damage == "another encoder":
        text = (snapshot / "manifest.json").read_text().replace('"fake"', '"else"')
        (snapshot / "manifest.json").write_text(text)
    other = new_room()
    assert other.library.index.size == len(FAMILY)
    numbers = range(1, len(FAMILY) + 1)
    mine, theirs = room.library.index.vectors(numbers), other.library.index.vectors(numbers)
    for number in numbers:
        np.testing.assert_allclose(mine[number], theirs[number], atol=1e-3)
    assert [c.number for c in other.library.view.cards] == [c.number for c in room.library.view.cards]


def test_stories_far_apart_in_time_are_not_the_same_event(room: Newsroom) -> None:
    early = a_draft("a", body=a_body(4), title="例会召开", hours_ago=24 * 30)
    late = a_draft("b", body=a_body(5), title="例会召开", hours_ago=2)
    take_in(room, [early, late])
    assert len(clusters(room)) == 2


def test_a_judged_pair_is_stored_once_whichever_came_first(room: Newsroom) -> None:
    drafts = list(FAMILY)
    random.Random(4).shuffle(drafts)
    take_in(room, drafts)
    with room.database.read() as uow:
        edges = uow.clusters.of(range(1, 6))
    assert len({(e.a, e.b) for e in edges}) == len(edges)
    assert {e.relation for e in edges} == {Relation.REPRINT, Relation.SAME_EVENT}


def test_stories_older_than_the_hot_window_leave_the_feed_only_when_there_are_many(
    room: Newsroom, clock: FakeClock
) -> None:
    take_in(room, [a_draft("old", body=a_body(6), hours_ago=24 * 90), *FAMILY])
    assert len(room.library.view.cards) == len(FAMILY) + 1
    clock.pass_by(days=timedelta(days=400).days)
    take_in(room, [a_draft("new", body=a_body(7))])
    assert len(room.library.view.cards) == len(FAMILY) + 2
