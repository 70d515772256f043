"""No story gains by being dated: neither the first place nor freshness."""

from dataclasses import replace
from datetime import timedelta

from support.builders import NOW, FakeClock, a_body, a_draft

from tianfu.model.recommendation import FeedRequest
from tianfu.serving.services.ingest import StoryDraft, ingest, revise
from tianfu.serving.services.newsroom import Newsroom


def take_in(room: Newsroom, *drafts: StoryDraft) -> list[str]:
    receipts = ingest(list(drafts), database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    room.library.catch_up(at_once=True)
    return [receipt.story_id for receipt in receipts]


def lead_of(room: Newsroom, story_id: str) -> str:
    with room.database.read() as uow:
        story = uow.stories.by_id(story_id)
        assert story is not None
        group = uow.stories.in_clusters([story.cluster_id])
    assert len(group) > 1
    assert story.cluster_id == f"c{group[0].id[1:]}"
    return group[0].outlet_id


def redate(room: Newsroom, story_id: str, hours: float) -> None:
    with room.database.read() as uow:
        story = uow.stories.by_id(story_id)
    assert story is not None
    text = replace(story.text, published_at=NOW + timedelta(hours=hours))
    revise(story_id, text, expected_revision=None, actor="t", database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    room.library.catch_up(at_once=True)


def test_a_copy_that_is_dated_back_does_not_become_the_first_publisher(
    room: Newsroom, clock: FakeClock
) -> None:
    (first,) = take_in(room, a_draft("first", body=a_body(1), hours_ago=0))
    clock.pass_by(hours=5)
    take_in(room, a_draft("copy", outlet_id="cangxi", body=a_body(1), hours_ago=30))
    assert lead_of(room, first) == "lizhou"
    page = room.feeds.recommend(FeedRequest(outlet_id="leshan"))
    assert [one.card.outlet_id for one in page.items] == ["lizhou"]


def test_nor_does_it_by_an_edit(room: Newsroom, clock: FakeClock) -> None:
    (first,) = take_in(room, a_draft("first", body=a_body(1), hours_ago=0))
    clock.pass_by(hours=1)
    (copy,) = take_in(room, a_draft("copy", outlet_id="cangxi", body=a_body(1), hours_ago=-1))
    redate(room, copy, -9)
    assert lead_of(room, first) == "lizhou"


def test_an_archive_that_is_imported_keeps_its_own_order(room: Newsroom, clock: FakeClock) -> None:
    take_in(room, a_draft("copy", outlet_id="cangxi", body=a_body(1), hours_ago=24 * 400))
    clock.pass_by(hours=3)
    (older,) = take_in(room, a_draft("older", body=a_body(1), hours_ago=24 * 401))
    assert lead_of(room, older) == "lizhou"


def test_a_story_that_is_redated_every_day_stays_as_old_as_it_is(room: Newsroom, clock: FakeClock) -> None:
    (old,) = take_in(room, a_draft("old", body=a_body(1), hours_ago=0))
    for _ in range(3):
        clock.pass_by(hours=24)
        redate(room, old, (clock.now() - NOW) / timedelta(hours=1))
    take_in(room, a_draft("new", outlet_id="cangxi", title="苍溪猕猴桃上市", body=a_body(2), hours_ago=-71))
    card = room.library.view.card_named(old)
    assert card is not None
    assert card.counted_s == int(NOW.timestamp())
    assert card.published_at_s == int(clock.now().timestamp())  # shown as the outlet says
    page = room.feeds.recommend(FeedRequest(outlet_id="wangcang"))
    assert [one.card.outlet_id for one in page.items] == ["cangxi", "lizhou"]


def test_the_times_that_count_survive_a_restart(room: Newsroom, clock: FakeClock) -> None:
    (old,) = take_in(room, a_draft("old", body=a_body(1), hours_ago=0))
    clock.pass_by(hours=24)
    redate(room, old, 24)
    room.library.start()
    card = room.library.view.card_named(old)
    assert card is not None
    assert card.counted_s == int(NOW.timestamp())
