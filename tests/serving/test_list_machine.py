"""Whatever happens to newsrooms, in whatever order: no page shows what it must not, none repeats itself."""

import itertools
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.builders import NOW, FakeClock, a_body, a_draft
from support.small_rooms import caller, small_room

from tianfu.model.errors import Conflict, CursorExpired, TooManyCarried
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.model.feed.card import MINOR_TOPICS
from tianfu.model.placement import Authority, Placement, PlacementAction
from tianfu.model.recommendation import FeedRequest
from tianfu.model.rights import Agreement, Permission, Reuse, RightsFacts
from tianfu.model.story import Story, StoryState
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.services.ingest import StoryDraft, ingest, revise
from tianfu.serving.services.recommend import FeedPage, ShownItem
from tianfu.serving.services.tagging import TagDecision, TagVerb
from tianfu.serving.store.takedowns import TakedownScope

OUTLETS = ("lizhou", "cangxi", "guangyuan", "shuchuan-daily")
READER = "r-1"
outlet_ids = st.sampled_from(OUTLETS)
places = st.integers(0, 99)
"""Which story, order or list something happens to, counted round."""
reuses = st.sampled_from([None, None, Reuse.LINK_OUT, Reuse.NONE])
ends = st.sampled_from([None, None, 1, 3])
"""Hours from now after which a story is not shown any more."""


@st.composite
def drafts(draw: st.DrawFn) -> list[StoryDraft]:
    """Six to twelve stories of a few bodies, so that some tell the same; two words stand for topics."""
    return [
        a_draft(
            f"s{n}",
            outlet_id=draw(outlet_ids),
            title=f"第{n}条：{draw(st.sampled_from('农校灾旅'))}",
            body=a_body(draw(st.integers(0, 9))),
            hours_ago=draw(st.integers(1, 60)),
            url=draw(st.sampled_from([None, "https://example.org/1"])),
            source=draw(st.sampled_from(["", "", "新华社", "某自媒体"])),
            reuse=draw(reuses),
            expires_at=None if (hours := draw(ends)) is None else NOW + timedelta(hours=hours),
        )
        for n in range(draw(st.integers(6, 12)))
    ]


@dataclass
class Walk:
    """One list, from its first page on, as an app turns it."""

    request: FeedRequest
    page: FeedPage
    shown: list[ShownItem] = field(default_factory=list)

    @property
    def clusters(self) -> list[str]:
        return [one.card.cluster_id for one in self.shown]


class Newsrooms(RuleBasedStateMachine):
    """Things happen to stories, orders and readers; apps ask for lists and turn their pages."""

    def __init__(self, mould: Path) -> None:
        super().__init__()
        self.clock = FakeClock(NOW)
        self.stack = ExitStack()
        self.room = self.stack.enter_context(small_room(mould, self.clock))
        self.walks: list[Walk] = []
        self.given: list[Placement] = []
        self.numbers = itertools.count()

    def teardown(self) -> None:
        self.stack.close()

    @initialize(told=drafts())
    def stories_come_in(self, told: list[StoryDraft]) -> None:
        receipts = ingest(told, database=self.room.database, clock=self.clock)
        self.story_ids = [receipt.story_id for receipt in receipts]
        self.room.work_off()

    def story(self, place: int) -> Story:
        with self.room.database.read() as uow:
            found = uow.stories.by_id(self.story_ids[place % len(self.story_ids)])
        assert found is not None
        return found

    @rule(place=places, cluster=st.booleans())
    def take_down(self, place: int, cluster: bool) -> None:
        scope = TakedownScope.CLUSTER if cluster else TakedownScope.STORY
        with suppress(Conflict):
            self.room.takedowns.take_down(self.story(place).id, scope=scope, reason="试", caller=caller())

    @rule(place=places)
    def restore(self, place: int) -> None:
        with suppress(Conflict):
            self.room.takedowns.restore(self.story(place).id, caller=caller())

    @rule(
        place=places,
        action=st.sampled_from([PlacementAction.PIN, PlacementAction.BLOCK, PlacementAction.MUST_CARRY]),
        position=st.integers(0, 7),
        outlet_id=st.none() | outlet_ids,
        hours=st.sampled_from([2, 90]),
    )
    def order(
        self, place: int, action: PlacementAction, position: int, outlet_id: str | None, hours: int
    ) -> None:
        if action is PlacementAction.MUST_CARRY:
            outlet_id = None
        number = next(self.numbers)
        placement = Placement(
            id=f"p{number}",
            story_id=self.story(place).id,
            action=action,
            position=position if action is PlacementAction.PIN else None,
            outlet_ids=frozenset({outlet_id} if outlet_id else ()),
            starts_at=self.clock.now(),
            ends_at=self.clock.now() + timedelta(hours=hours),
            created_by="k-1",
            created_at=self.clock.now() + timedelta(seconds=number),
            authority=Authority.OUTLET if outlet_id else Authority.PLATFORM,
        )
        with suppress(TooManyCarried):
            self.room.placements.give(placement, caller=caller(outlet_id))
            self.given.append(placement)

    @precondition(lambda self: self.given)
    @rule(place=places)
    def withdraw(self, place: int) -> None:
        order = self.given.pop(place % len(self.given))
        if order.ends_at > self.clock.now():
            self.room.placements.withdraw(order.id, caller=caller())

    @rule(place=places, reuse=reuses, hours=ends)
    def edit(self, place: int, reuse: Reuse | None, hours: int | None) -> None:
        story = self.story(place)
        expires_at = None if hours is None else self.clock.now() + timedelta(hours=hours)
        text = replace(story.text, reuse=reuse, expires_at=expires_at)
        revise(
            story.id,
            text,
            expected_revision=None,
            actor="t",
            database=self.room.database,
            clock=self.clock,
        )
        self.room.work_off()

    @rule(place=places, code=st.sampled_from(["06", "14"]))
    def tag(self, place: int, code: str) -> None:
        """06 (disasters and accidents) is not fit for minors, 14 (farming) is."""
        found = TagDecision(verb=TagVerb.ADD, kind=TagKind.TOPIC, code=code)
        self.room.tags.decide(self.story(place).id, [found], caller=caller())
        self.room.library.catch_up(at_once=True)

    @rule(outlet_id=outlet_ids, reuse=st.sampled_from(Reuse))
    def agree(self, outlet_id: str, reuse: Reuse) -> None:
        self.room.rights.agree(Agreement(outlet_id=outlet_id, reuse=reuse), caller=caller(outlet_id))

    @rule(place=places, kind=st.sampled_from([EventType.CLICK, EventType.EXPOSE, EventType.LIKE]))
    def read(self, place: int, kind: EventType) -> None:
        ref = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=READER)
        story_id, now = self.story(place).id, self.clock.now()
        event = Event(
            event_id=f"e-{story_id}-{kind}-{int(now.timestamp())}",
            reader=ref, story_id=story_id, type=kind, at=now,
        )  # fmt: skip
        self.room.events.record([event])

    @rule(minutes=st.sampled_from([1, 90, 24 * 60]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.pass_by(minutes=minutes)

    @rule(
        outlet_id=outlet_ids,
        count=st.sampled_from([1, 2, 50]),
        who=st.sampled_from(["nobody", "reader", "off", "minor"]),
        how=st.sampled_from(["", "take down", "block", "edit", "tag"]),
    )
    def ask(self, outlet_id: str, count: int, who: str, how: str) -> None:
        """A list as it is asked for is walked to its end at once; its first page is kept to turn later."""
        ref = ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id=READER)
        request = FeedRequest(
            outlet_id=outlet_id,
            reader=None if who == "nobody" else ref,
            personalise=who != "off",
            minor=who == "minor",
            count=count,
        )
        first = Walk(request, self.room.feeds.recommend(request))
        self.shows(first, first.page)
        whole = Walk(request, first.page, list(first.shown))
        while whole.page.cursor is not None:
            self.shows(whole, self.turned(whole))
        assert [one.item.position for one in whole.shown] == list(range(len(whole.shown)))
        assert whole.shown or not self.anything_left(request)
        self.pins_stand(whole)
        self.walks.append(first)
        self.strike(first, how)

    @precondition(lambda self: self.walks)
    @rule(place=places)
    def turn(self, place: int) -> None:
        """A further page of some list that was asked for at any time before."""
        walk = self.walks[place % len(self.walks)]
        if walk.page.cursor is None:
            self.walks.remove(walk)
            return
        try:
            page = self.turned(walk)
        except CursorExpired:
            self.walks.remove(walk)
            return
        assert self.turned(walk) == page, "the same cursor gives the same page"
        self.shows(walk, page)

    def strike(self, walk: Walk, how: str) -> None:
        """Something happens to the very story that the next page begins with."""
        coming = self.turned(walk).items if walk.page.cursor is not None else ()
        if not coming:
            return
        at = self.story_ids.index(coming[0].card.story_id)
        if how == "take down":
            self.take_down(at, cluster=False)
        elif how == "block":
            self.order(at, PlacementAction.BLOCK, 0, walk.request.outlet_id, 90)
        elif how == "edit":
            self.edit(at, Reuse.NONE, 1)
        elif how == "tag":
            self.tag(at, "06")
        self.shows(walk, self.turned(walk))

    def turned(self, walk: Walk) -> FeedPage:
        assert walk.page.cursor is not None
        asked = walk.request
        return self.room.feeds.next_page(
            walk.page.cursor, outlet_id=asked.outlet_id, count=asked.count, minor=asked.minor
        )

    def shows(self, walk: Walk, page: FeedPage) -> None:
        assert len(page.items) <= walk.request.count
        for one in page.items:
            assert self.may_stand(one, walk.request)
        walk.page = page
        walk.shown += page.items
        story_ids = [one.card.story_id for one in walk.shown]
        assert len(set(story_ids)) == len(story_ids)
        told_before = walk.clusters[: len(walk.shown) - len(page.items)]
        fresh = walk.clusters[len(told_before) :]
        assert len(set(fresh)) == len(fresh), "a cluster stands once on a page"
        assert not set(fresh) & set(told_before), "and once in all pages of a list"

    def orders(self, outlet_id: str, action: PlacementAction) -> list[Placement]:
        """Orders in force now that reach an outlet, as they were given."""
        return [
            order
            for order in self.given
            if order.action is action
            and (not order.outlet_ids or outlet_id in order.outlet_ids)
            and order.starts_at <= self.clock.now() < order.ends_at
        ]

    def may_show(self, story: Story, request: FeedRequest, *, carried: bool) -> bool:
        """Whether the rules let a story stand in a list, told from what is written alone."""
        blocks = self.orders(request.outlet_id, PlacementAction.BLOCK)
        binding = [o for o in blocks if not carried or o.authority is Authority.PLATFORM]
        with self.room.database.read() as uow:
            republished = story.number in uow.cards.republished([story.number])
            tags = uow.tags.of([story.number]).get(story.number, ())
        topics = {t.code for t in tags if t.kind is TagKind.TOPIC and t.state is not TagState.REJECTED}
        text = story.text
        facts = RightsFacts(story.outlet_id, text.reuse, text.source, republished, text.url is not None)
        return (
            story.state is StoryState.LIVE
            and (text.expires_at is None or text.expires_at > self.clock.now())
            and story.id not in {order.story_id for order in binding}
            and self.room.library.rights.permission(facts, request.outlet_id) is not Permission.NONE
            and (not request.minor or (bool(topics) and topics <= MINOR_TOPICS))
        )

    def may_stand(self, one: ShownItem, request: FeedRequest) -> bool:
        story = self.story(self.story_ids.index(one.card.story_id))
        carrying = self.orders(request.outlet_id, PlacementAction.MUST_CARRY)
        carried = one.item.placement_id in {order.id for order in carrying}
        return self.may_show(story, request, carried=carried)

    def anything_left(self, request: FeedRequest) -> bool:
        stories = [self.story(place) for place in range(len(self.story_ids))]
        return any(self.may_show(story, request, carried=False) for story in stories)

    def pins_stand(self, walk: Walk) -> None:
        """Where no other order could dispute it, a pin that may stand holds its very position."""
        outlet_id = walk.request.outlet_id
        pins = self.orders(outlet_id, PlacementAction.PIN)
        if self.orders(outlet_id, PlacementAction.MUST_CARRY):
            return
        clusters = {story_id: self.story(n).cluster_id for n, story_id in enumerate(self.story_ids)}
        for pin in pins:
            others = [other for other in pins if other is not pin]
            disputed = any(
                other.position == pin.position or clusters[other.story_id] == clusters[pin.story_id]
                for other in others
            )
            story = self.story(self.story_ids.index(pin.story_id))
            position = pin.position or 0
            if disputed or position >= len(walk.shown):
                continue
            if self.may_show(story, walk.request, carried=False):
                assert walk.shown[position].card.story_id == pin.story_id


@pytest.mark.box
def test_no_list_of_any_newsroom_shows_what_it_must_not_or_tells_anything_twice(sqlite_mould: Path) -> None:
    machine: Any = partial(Newsrooms, sqlite_mould)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=14,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
