"""Joint coverages in a live newsroom: gathered as stories arrive, whatever comes first."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, FakeClock, a_body, a_draft
from support.fakes import fake_parts

from tianfu.model.access import ApiKey, Role
from tianfu.model.claim import Claim, ClaimState
from tianfu.model.coverage import Angle, Coverage, CoverageState, PickVerb, StandingQuery
from tianfu.model.coverage_match import Membership
from tianfu.model.tag import TagKind
from tianfu.serving.services.access import Caller
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.tagging import TagDecision, TagVerb
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.takedowns import TakedownScope
from tianfu.serving.wiring import build_newsroom

OPENING = Angle(id="opening", name="开幕式", words=("开幕",))
WATER = Angle(id="water", name="游泳跳水比赛决出首金", description="水上")
MEDALS = Angle(id="medals", name="夺金")
DRAFTS = {
    "opening": a_draft("opening", outlet_id="guangyuan", title="省运会今晚开幕", body=a_body(1), hours_ago=9),
    "copy": a_draft("copy", outlet_id="cangxi", title="省運會今晚開幕", body=a_body(1), hours_ago=8),
    "swim": a_draft("swim", title="游泳跳水比赛决出首金", body="省运会泳池里水花四溅。", hours_ago=7),
    "alike": a_draft("alike", outlet_id="wangcang", title="游泳跳水比赛决出次金", body="", hours_ago=6),
    "dive": a_draft("dive", outlet_id="jiange", title="跳水比赛决出首金", body="省运会今天", hours_ago=5.5),
    "html": a_draft("html", outlet_id="jiange", title="现场", body="<p>看</p><p>省运会</p>", hours_ago=5),
    "rumour": a_draft("rumour", outlet_id="jiange", title="省运会谣言", body=a_body(3), hours_ago=4),
    "late": a_draft("late", outlet_id="qingchuan", title="省运会回顾", body=a_body(4), hours_ago=-200),
    "other": a_draft("other", outlet_id="zhaohua", title="水库蓄水", body=a_body(5), hours_ago=3),
}


def the_platform() -> Caller:
    return a_caller(None, Role.OPERATOR)


def a_caller(outlet_id: str | None, role: Role = Role.EDITOR) -> Caller:
    key = ApiKey(id=f"key-{outlet_id}", role=role, outlet_id=outlet_id, label="t", created_at=NOW)
    return Caller(key=key)


def a_coverage(**fields: Any) -> Coverage:
    query: dict[str, Any] = {
        "since": NOW - timedelta(days=2),
        "until": NOW + timedelta(days=2),
        "words_any": ("省运会",),
        "words_none": ("谣言",),
        **fields.pop("query", {}),
    }
    known: dict[str, Any] = {
        "id": "z1", "title": "省运会", "lead": "", "opened_by": "key", "opened_outlet_id": None,
        "created_at": NOW, "angles": (OPENING, WATER, MEDALS), **fields,
    }  # fmt: skip
    return Coverage(query=StandingQuery(**query), **known)


def settle(room: Newsroom) -> None:
    while room.indexer.step() + room.coverage_matcher.step():
        pass


def send(room: Newsroom, *names: str) -> None:
    ingest([DRAFTS[name] for name in names], database=room.database, clock=room.clock)
    settle(room)


def story_id(room: Newsroom, name: str) -> str:
    draft = DRAFTS[name]
    with room.database.read() as uow:
        return uow.stories.by_external_ids(draft.outlet_id, [name])[name].id


def members(room: Newsroom, coverage_id: str = "z1") -> dict[str, Membership]:
    """What belongs to the coverage and may be shown, by the outlet's own id."""
    with room.database.read() as uow:
        stories = uow.stories.by_numbers([s.number for s in uow.coverage_stories.board(coverage_id)])
        found = uow.coverage_stories.of(coverage_id, sorted(stories))
    return {stories[n].external_id: replace(member, number=0) for n, member in found.items()}


def angles(room: Newsroom) -> dict[str, list[str]]:
    return {name: [a.angle_id for a in member.angles] for name, member in sorted(members(room).items())}


def test_what_was_there_is_gathered_and_so_is_what_arrives(room: Newsroom) -> None:
    send(room, "opening", "swim", "late", "other")
    room.coverages.open(a_coverage(), caller=the_platform())
    settle(room)
    assert angles(room) == {"opening": ["opening"], "swim": ["water"]}
    send(room, "copy", "rumour", "html")
    assert set(members(room)) == {"opening", "swim", "copy", "html"}
    with room.database.read() as uow:
        fill = uow.coverages.fill_of("z1")
    assert (fill.done, fill.seen, fill.total) == (True, 3, 3)


def test_evidence_counts_in_the_outlets_own_text_and_script(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "copy")
    (reason,) = members(room)["copy"].reasons
    assert [(s.start, s.end, s.text) for s in reason.evidence] == [(0, 3, "省運會")]


def test_a_coverage_of_examples_takes_what_is_like_them(room: Newsroom) -> None:
    send(room, "swim", "other")
    alike = {"words_any": (), "examples": (story_id(room, "swim"),), "least_likeness": 0.6}
    room.coverages.open(a_coverage(query=alike), caller=the_platform())
    send(room, "alike")
    assert set(members(room)) == {"swim", "alike"}


Step = Callable[[Newsroom], None]


def _open(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())


def _edit(room: Newsroom) -> None:
    _revise(room, "other", "省运会水库开幕")


def _revise(room: Newsroom, name: str, title: str) -> None:
    edited = replace(DRAFTS[name], text=replace(DRAFTS[name].text, title=title))
    ingest([edited], database=room.database, clock=room.clock)


STEPS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "open": (_open, ()),
    "send others": (lambda room: send(room, "opening", "rumour", "alike", "dive"), ()),
    "send swim": (lambda room: send(room, "swim"), ()),
    "edit": (_edit, ()),
    "edit swim": (lambda room: _revise(room, "swim", "跳水比赛决出两金"), ("send swim",)),
    "put swim under medals": (
        lambda room: _pick(room, "swim", PickVerb.ADD, "medals"),
        ("open", "send swim"),
    ),
    "add rumour": (lambda room: _pick(room, "rumour", PickVerb.ADD), ("open", "send others")),
    "remove opening": (lambda room: _pick(room, "opening", PickVerb.REMOVE), ("open", "send others")),
    "take down alike": (
        lambda room: (
            room.takedowns.take_down(
                story_id(room, "alike"), scope=TakedownScope.STORY, reason="错", caller=the_platform()
            )
            and None
        ),
        ("send others",),
    ),
    "drop an angle": (
        lambda room: (
            room.coverages.change(
                "z1", {"angles": (OPENING, MEDALS)}, expected_revision=None, caller=the_platform()
            )
            and None
        ),
        ("open",),
    ),
}


def _pick(room: Newsroom, name: str, verb: PickVerb, angle_id: str | None = None) -> None:
    room.coverages.pick("z1", story_id(room, name), verb, angle_id=angle_id, caller=the_platform())


def _outcome(order: list[str], settle_after: list[bool]) -> dict[str, Membership]:
    with tempfile.TemporaryDirectory() as folder:
        given = ServiceSettings(data_dir=Path(folder), worker=False, requests_per_minute=0)
        room = build_newsroom(given, parts=fake_parts(), clock=FakeClock())
        room.start()
        try:
            done: set[str] = set()
            waiting = list(order)
            while waiting:
                name = next(n for n in waiting if set(STEPS[n][1]) <= done)
                waiting.remove(name)
                STEPS[name][0](room)
                done.add(name)
                if settle_after[order.index(name)]:
                    settle(room)
            settle(room)
            return members(room)
        finally:
            room.stop()


_EXPECTED: list[dict[str, Membership]] = []


@settings(max_examples=12, deadline=None)
@given(st.permutations(list(STEPS)), st.lists(st.booleans(), min_size=len(STEPS), max_size=len(STEPS)))
def test_the_order_of_arrival_changes_nothing(order: list[str], settle_after: list[bool]) -> None:
    if not _EXPECTED:
        _EXPECTED.append(_outcome(list(STEPS), [True] * len(STEPS)))
    assert set(_EXPECTED[0]) == {"swim", "dive", "rumour", "other"}
    assert _outcome(order, settle_after) == _EXPECTED[0]


def test_what_an_editor_puts_under_an_angle_draws_what_is_like_it(room: Newsroom) -> None:
    room.coverages.open(a_coverage(angles=(OPENING, MEDALS)), caller=the_platform())
    send(room, "swim", "dive", "opening")
    _pick(room, "swim", PickVerb.ADD, "medals")
    settle(room)
    assert angles(room) == {"dive": ["medals"], "opening": ["opening"], "swim": ["medals"]}
    _revise(room, "swim", "天气预报说有雨")
    settle(room)
    assert angles(room) == {"dive": [], "opening": ["opening"], "swim": ["medals"]}
    room.coverages.withdraw_pick("z1", story_id(room, "swim"), caller=the_platform())
    settle(room)
    assert angles(room) == {"dive": [], "opening": ["opening"], "swim": []}


def test_stepping_again_and_in_another_process_changes_nothing(
    new_room: Callable[[], Newsroom], clock: FakeClock
) -> None:
    room = new_room()
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening", "swim")
    before = members(room)
    other = new_room()
    settle(other)
    with other.database.write() as uow:
        uow.coverages.put_cursor(0)
        uow.commit()
    settle(other)
    assert members(other) == before
    assert other.coverage_shelf.stories_of("z1") == room.coverage_shelf.stories_of("z1") != ()


def test_a_taken_down_story_leaves_at_once_and_comes_back_when_restored(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening", "swim")
    taken = story_id(room, "swim")
    room.takedowns.take_down(taken, scope=TakedownScope.STORY, reason="错", caller=the_platform())
    assert set(members(room)) == {"opening"}
    room.library.catch_up()
    assert len(room.coverage_shelf.stories_of("z1")) == 1
    settle(room)
    room.takedowns.restore(taken, caller=the_platform())
    settle(room)
    assert set(members(room)) == {"opening", "swim"}


def test_an_edit_that_no_longer_speaks_of_the_event_takes_the_story_out(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening")
    _revise(room, "opening", "今晚有雨")
    settle(room)
    assert members(room) == {}


def test_a_rejected_tag_takes_a_story_out_of_a_coverage_of_that_topic(room: Newsroom) -> None:
    room.coverages.open(a_coverage(query={"words_any": (), "topics": ("39",)}), caller=the_platform())
    send(room, "swim", "opening")
    assert set(members(room)) == {"swim"}
    reject = TagDecision(verb=TagVerb.REJECT, kind=TagKind.TOPIC, code="39")
    room.tags.decide(story_id(room, "swim"), [reject], caller=the_platform())
    settle(room)
    assert members(room) == {}


def test_a_changed_query_is_matched_anew_and_a_closed_coverage_stays_as_it_is(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening", "swim", "rumour")
    query = a_coverage(query={"words_any": ("谣言",), "words_none": ()}).query
    room.coverages.change("z1", {"query": query}, expected_revision=1, caller=the_platform())
    settle(room)
    assert set(members(room)) == {"rumour"}
    room.coverages.change("z1", {"state": CoverageState.CLOSED}, expected_revision=2, caller=the_platform())
    assert room.coverage_shelf.stories_of("z1") == ()
    send(room, "html")
    assert set(members(room)) == {"rumour"}
    again = {"state": CoverageState.LIVE, "query": a_coverage().query}
    room.coverages.change("z1", again, expected_revision=3, caller=the_platform())
    settle(room)
    assert set(members(room)) == {"opening", "swim", "html"}


def test_a_narrower_window_drops_what_lies_outside_but_not_what_was_picked(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening", "swim", "html")
    _pick(room, "opening", PickVerb.ADD)
    query = a_coverage(query={"since": NOW - timedelta(hours=6)}).query
    room.coverages.change("z1", {"query": query}, expected_revision=None, caller=the_platform())
    assert set(members(room)) == {"opening", "html"}
    settle(room)
    assert set(members(room)) == {"opening", "html"}


def test_a_withdrawn_pick_leaves_the_word_to_the_query(room: Newsroom) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    send(room, "opening", "other")
    _pick(room, "opening", PickVerb.REMOVE)
    _pick(room, "other", PickVerb.ADD, "water")
    assert angles(room) == {"other": ["water"]}
    for name in ("opening", "other"):
        room.coverages.withdraw_pick("z1", story_id(room, name), caller=the_platform())
    settle(room)
    assert angles(room) == {"opening": ["opening"]}


def test_the_shelf_shows_live_coverages_newest_first(room: Newsroom) -> None:
    room.coverages.open(a_coverage(state=CoverageState.PLANNED), caller=the_platform())
    room.coverages.open(a_coverage(id="z2", query={"words_any": ("开幕",)}), caller=the_platform())
    send(room, "opening", "copy", "swim")
    assert room.coverage_shelf.stories_of("z1") == ()
    assert room.coverage_shelf.stories_of("z2") == (2, 1)
    room.coverages.change("z1", {"state": CoverageState.LIVE}, expected_revision=None, caller=the_platform())
    settle(room)
    assert room.coverage_shelf.stories_of("z1") == (3, 2, 1)
    assert room.coverage_shelf.coverages_of(1) == ("z1", "z2")


def test_a_back_fill_of_many_batches_reaches_every_story_once(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tianfu.serving.services.coverage_matching.FILL_BATCH", 2)
    send(room, "opening", "copy", "swim", "html", "other")
    room.coverages.open(a_coverage(), caller=the_platform())
    room.coverage_matcher.step()
    with room.database.read() as uow:
        fill = uow.coverages.fill_of("z1")
    assert (fill.done, fill.seen, fill.total) == (False, 2, 5)
    settle(room)
    assert set(members(room)) == {"opening", "copy", "swim", "html"}


def test_claims_expire_by_themselves_and_leave_a_trace(room: Newsroom, clock: FakeClock) -> None:
    room.coverages.open(a_coverage(), caller=the_platform())
    claim = Claim(
        id="k1", coverage_id="z1", angle_id="water", outlet_id="lizhou", claimed_by="key-lizhou",
        created_at=NOW, until=NOW + timedelta(hours=1),
    )  # fmt: skip
    room.claims.claim(claim, caller=a_caller("lizhou"))
    assert room.claims.expire() == 0
    clock.pass_by(hours=1)
    (seen,) = room.claims.of("z1", caller=a_caller("cangxi"))
    assert seen.state is ClaimState.EXPIRED
    assert room.claims.expire() == 1
    with room.database.read() as uow:
        assert uow.claims.of("z1")[0].state is ClaimState.EXPIRED
        assert uow.audit.page(before=None, limit=1)[0].action == "claim.expired"
