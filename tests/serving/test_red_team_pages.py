"""What somebody hostile tries between two pages, and with an editor's word on pairs of stories."""

from datetime import timedelta

import pytest
from support.builders import NOW, a_body, a_draft
from support.small_rooms import caller

from tianfu.model.cluster import Relation
from tianfu.model.errors import Forbidden
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.placement import Authority, Placement, PlacementAction
from tianfu.model.recommendation import FeedRequest, ReasonCode
from tianfu.model.tag import TagKind
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.recommend import FeedPage
from tianfu.serving.services.tagging import TagDecision, TagVerb

pytestmark = pytest.mark.box


def tell(room: Newsroom, *outlet_ids: str) -> list[str]:
    """One farm story of each of these outlets, the newest first; their public ids."""
    drafts = [
        a_draft(f"t{n}", outlet_id=outlet_id, title=f"第{n}条农事", body=a_body(n), hours_ago=1 + n)
        for n, outlet_id in enumerate(outlet_ids)
    ]
    receipts = ingest(drafts, database=room.database, clock=room.clock)
    room.work_off()
    return [receipt.story_id for receipt in receipts]


def shown(page: FeedPage) -> list[str]:
    return [one.card.story_id for one in page.items]


def rest(room: Newsroom, page: FeedPage, *, minor: bool = False) -> list[str]:
    assert page.cursor is not None
    return shown(room.feeds.next_page(page.cursor, outlet_id="lizhou", count=50, minor=minor))


def order(
    story_id: str, action: PlacementAction, outlet_id: str | None = None, priority: int = 0
) -> Placement:
    return Placement(
        id=f"p-{action}-{story_id}", story_id=story_id, action=action, created_by="k-1", created_at=NOW,
        priority=priority,
        starts_at=NOW, ends_at=NOW + timedelta(hours=9),
        outlet_ids=frozenset({outlet_id} if outlet_id else ()),
        authority=Authority.OUTLET if outlet_id else Authority.PLATFORM,
    )  # fmt: skip


def test_a_story_found_unfit_for_minors_leaves_the_pages_they_have_yet_to_turn(room: Newsroom) -> None:
    tell(room, "lizhou", "cangxi", "guangyuan")
    page = room.feeds.recommend(FeedRequest(outlet_id="lizhou", minor=True, count=1))
    found = rest(room, page, minor=True)
    disaster = TagDecision(verb=TagVerb.ADD, kind=TagKind.TOPIC, code="06")
    room.tags.decide(found[0], [disaster], caller=caller())
    room.library.catch_up(at_once=True)
    assert rest(room, page, minor=True) == found[1:]


def test_a_block_counts_again_once_the_order_above_it_is_withdrawn(room: Newsroom) -> None:
    first, second = tell(room, "cangxi", "cangxi")
    room.placements.give(order(first, PlacementAction.MUST_CARRY, priority=5), caller=caller())
    carried = order(second, PlacementAction.MUST_CARRY)
    room.placements.give(carried, caller=caller())
    room.placements.give(order(second, PlacementAction.BLOCK, "lizhou"), caller=caller("lizhou"))
    page = room.feeds.recommend(FeedRequest(outlet_id="lizhou", count=1))
    assert (shown(page), rest(room, page)) == ([first], [second])
    room.placements.withdraw(carried.id, caller=caller())
    assert rest(room, page) == []


def test_nobody_makes_one_cluster_of_another_outlets_stories(room: Newsroom) -> None:
    *theirs, own = tell(room, "cangxi", "cangxi", "cangxi", "lizhou")
    room.pairs.decide(own, theirs[0], Relation.SAME_EVENT, caller=caller("lizhou"))
    for story_id in theirs[1:]:
        with pytest.raises(Forbidden):
            room.pairs.decide(own, story_id, Relation.SAME_EVENT, caller=caller("lizhou"))
    assert len(room.feeds.recommend(FeedRequest(outlet_id="wangcang")).items) == 3
    room.pairs.decide(theirs[0], theirs[1], Relation.SAME_EVENT, caller=caller("cangxi"))
    room.pairs.decide(own, theirs[2], Relation.SAME_EVENT, caller=caller())
    assert len(room.feeds.recommend(FeedRequest(outlet_id="wangcang")).items) == 1


def reads(room: Newsroom, outlet_id: str, reader: str, *story_ids: str) -> None:
    ref = ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id=reader)
    room.events.record(
        [
            Event(
                event_id=f"{reader}-{story_id}", reader=ref, story_id=story_id, type=EventType.CLICK,
                at=NOW + timedelta(seconds=10 * n),
            )
            for n, story_id in enumerate(story_ids)
        ]
    )  # fmt: skip


def led_on(room: Newsroom, outlet_id: str, story_id: str) -> dict[str, float]:
    """What an app's key learns beside one story of what is read after it: strengths by story."""
    asked = FeedRequest(outlet_id=outlet_id, scene=Scene.RELATED, story_id=story_id)
    page = room.feeds.recommend(asked)
    replay = room.feeds.replay(page.trace_id)
    assert replay.decision.request.outlet_id == outlet_id
    spoken = {one.story_id: one.item.parts.get("read_after", 0.0) for one in replay.items}
    because = {
        one.card.story_id for one in page.items if ReasonCode.READ_AFTER in {r.code for r in one.reasons}
    }
    assert because <= {story_id for story_id, part in spoken.items() if part}
    return {story_id: part for story_id, part in spoken.items() if part}


def test_what_one_reader_read_after_a_bait_is_told_to_no_other_outlet(room: Newsroom) -> None:
    bait, private, *_ = tell(room, "cangxi", "guangyuan", "guangyuan", "guangyuan")
    reads(room, "lizhou", "known", bait)
    reads(room, "lizhou", "r-1", bait, private)
    assert private in led_on(room, "lizhou", bait), "an outlet knows its own readers"
    assert led_on(room, "cangxi", bait) == {}
    for n in range(3):
        reads(room, "cangxi", f"made-up-{n}", bait, private)
    guessed = led_on(room, "cangxi", bait)
    for n in range(2, 4):
        reads(room, "lizhou", f"r-{n}", bait, private)
    assert led_on(room, "cangxi", bait)[private] > guessed[private], "three readers are a crowd"
    assert private in led_on(room, "wangcang", bait)
