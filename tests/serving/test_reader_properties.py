"""Whatever a reader did: erased, nothing of it is left; switched off, nothing of it counts."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builders import FakeClock, a_body, a_draft
from support.small_rooms import small_room
from support.traces import in_file, in_tables, traces

from tianfu.model.aims import Aims
from tianfu.model.errors import CursorExpired
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.model.recommendation import FeedRequest
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, WishKind
from tianfu.serving.services import brushing, decision_log
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom

pytestmark = pytest.mark.box
STORIES = 12
BOUNDED = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
places = st.integers(0, STORIES - 1)
topics = st.sampled_from(["14", "31"])
kinds = st.sampled_from(ReaderKind)
deeds: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("read"), places, st.sampled_from(EventType), st.booleans()),
    st.tuples(st.just("ask"), st.booleans(), st.booleans()),
    st.tuples(st.just("wish"), topics, st.sampled_from(Amount)),
    st.tuples(st.just("tag"), topics),
    st.tuples(st.just("slide"), st.sampled_from([0.0, 1.0])),
    st.tuples(st.just("switch"), st.booleans()),
    st.tuples(st.just("join")),
    st.tuples(st.just("write")),
)
histories = st.lists(deeds, max_size=12)


class Readers:
    """A newsroom of farm and school stories, and readers of it who were never met before."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        told = [
            a_draft(
                f"s{n}",
                title=f"第{n}条：{'农校'[n % 2]}",
                body=a_body(n),
                hours_ago=n + 1,
                outlet_id=("lizhou", "cangxi")[n % 2],
            )
            for n in range(STORIES)
        ]
        self.story_ids = [one.story_id for one in ingest(told, database=room.database, clock=room.clock)]
        room.work_off()
        self._numbers = itertools.count()
        self.cursors: list[str] = []

    def fresh(self, kind: ReaderKind = ReaderKind.READER) -> ReaderRef:
        return ReaderRef(outlet_id="lizhou", kind=kind, id=f"nobody-else-{next(self._numbers)}-x")

    def read(self, ref: ReaderRef, place: int, kind: EventType, minor: bool = False) -> None:
        event = Event(
            event_id=f"e-{next(self._numbers)}", reader=ref, story_id=self.story_ids[place], type=kind,
            at=self.room.clock.now(), dwell_s=9.0, minor=minor, client_address="203.0.113.7",
        )  # fmt: skip
        self.room.events.record([event])

    def live(self, ref: ReaderRef, history: list[tuple[Any, ...]]) -> None:
        """Do everything of a history, in its order."""
        room = self.room
        for deed, *told in history:
            if deed == "read":
                self.read(ref, *told)
            elif deed == "ask":
                self.ask(ref, *told)
            elif deed == "wish":
                room.readers.wish(ref, WishKind.TOPIC, *told)
            elif deed == "tag":
                room.readers.set_tag(ref, (TagKind.TOPIC, *told), 5.0)
                room.readers.delete_tag(ref, (TagKind.TOPIC, *told))
            elif deed == "slide":
                room.readers.set_sliders(ref, Aims(fresh=told[0]))
            elif deed == "switch":
                room.readers.switch(ref, on=told[0])
            elif deed == "join" and ref.kind is ReaderKind.READER:
                device = ReaderRef(outlet_id=ref.outlet_id, kind=ReaderKind.DEVICE, id=f"{ref.id}-device")
                self.read(device, 0, EventType.CLICK)
                self.ask(device, True, False)
                room.readers.take_over(ref, device)
            elif deed == "write":
                room.work_off()

    def ask(self, ref: ReaderRef, personalise: bool, minor: bool) -> None:
        request = FeedRequest(
            outlet_id=ref.outlet_id, reader=ref, personalise=personalise, minor=minor, count=2
        )
        page = self.room.feeds.recommend(request)
        reads_memory = personalise and not minor and self.room.readers.look(ref).personalise
        if reads_memory and page.cursor is not None:
            self.cursors.append(page.cursor)

    def shown(self, ref: ReaderRef | None, *, personalise: bool = True, minor: bool = False) -> list[Any]:
        """The whole list that somebody gets, with chance as it is for everybody; nothing is kept of it."""
        request = FeedRequest(outlet_id="lizhou", reader=ref, personalise=personalise, minor=minor)
        decision = self.room.feeds._decide(request, "f-the-same", counts=False)
        assert decision.reader_key is None
        assert not decision.personalised
        return list(decision.items)


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory, sqlite_mould: Path) -> Iterator[Readers]:
    with pytest.MonkeyPatch.context() as patch, small_room(sqlite_mould, FakeClock()) as room:
        patch.setattr(decision_log, "_OTHERS_WRITE_S", 0.0)  # there are no others
        patch.setattr(brushing, "_REST_S", 0.0)
        patch.setattr(brushing, "_REST_SHARE", 0.0)
        yield Readers(room)


@given(history=histories, kind=kinds)
@BOUNDED
def test_whatever_a_reader_did_erasing_leaves_no_trace_in_any_table_or_memory(
    readers: Readers, history: list[tuple[Any, ...]], kind: ReaderKind
) -> None:
    ref = readers.fresh(kind)
    readers.cursors.clear()
    readers.live(ref, [("read", 0, EventType.CLICK, False), ("ask", True, False), *history])
    assert in_tables(readers.room.database.url, ref.id), "there is something to erase"
    readers.room.readers.erase(ref)
    readers.room.work_off()
    assert traces(readers.room, ref.id) == []
    for cursor in readers.cursors:
        with pytest.raises(CursorExpired):
            readers.room.feeds.next_page(cursor, outlet_id="lizhou")


def test_the_file_itself_holds_nothing_of_a_reader_who_was_erased(readers: Readers) -> None:
    ref = readers.fresh()
    history: list[tuple[Any, ...]] = [("ask", True, False), ("tag", "14"), ("wish", "31", Amount.LESS)]
    readers.live(ref, [("read", n, EventType.CLICK, False) for n in range(STORIES)] + history)
    readers.room.decisions.flush()
    assert ref.id.encode() in in_file(readers.room)
    readers.room.readers.erase(ref)
    readers.room.work_off()
    assert ref.id.encode() not in in_file(readers.room)


@given(of_one=histories, of_other=histories, seed=places)
@BOUNDED
def test_with_personalisation_off_readers_of_opposite_histories_get_the_very_same_list(
    readers: Readers, of_one: list[tuple[Any, ...]], of_other: list[tuple[Any, ...]], seed: int
) -> None:
    one, other = readers.fresh(), readers.fresh(ReaderKind.DEVICE)
    for place in range(STORIES):
        liked, disliked = (one, other) if place % 2 else (other, one)
        readers.read(liked, (place + seed) % STORIES, EventType.LIKE)
        readers.read(disliked, (place + seed) % STORIES, EventType.DISLIKE)
    readers.live(one, of_one)
    readers.live(other, of_other)
    for minor in (False, True):
        wanted = readers.shown(None, minor=minor)
        assert wanted
        for ref in (one, other):
            assert readers.shown(ref, personalise=False, minor=minor) == wanted
            if minor:
                assert readers.shown(ref, minor=True) == wanted
    for ref in (one, other):
        readers.room.readers.switch(ref, on=False)
        assert readers.shown(ref) == readers.shown(None)
