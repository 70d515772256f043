"""Which stories belong to a joint coverage, under which angle, and what the board says of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.claim import Claim, ClaimState, check_claim_time, check_free, find_own
from tianfu.model.cluster import DuplicateEdge, Relation
from tianfu.model.coverage import Angle, Coverage, Pick, PickVerb, StandingQuery
from tianfu.model.coverage_board import (
    BoardStory,
    Reach,
    ReachTotal,
    doubles,
    gaps,
    reach_of_all,
    timeline,
)
from tianfu.model.coverage_match import AngleLikeness, CoverageStory, Ground, angles_of, matches, membership
from tianfu.model.dating import dated, redated
from tianfu.model.errors import AngleClaimed, InvalidCoverage, InvalidTag
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.tag import TextField

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def a_query(**fields: Any) -> StandingQuery:
    return StandingQuery(**{"since": NOW - timedelta(days=3), "until": NOW + timedelta(days=3), **fields})


def a_coverage(
    *, angles: tuple[Angle, ...] = (), members: frozenset[str] = frozenset(), **query: Any
) -> Coverage:
    return Coverage(
        id="z1", title="省运会", lead="", query=a_query(**query), opened_by="k", opened_outlet_id=None,
        created_at=NOW, angles=angles, outlet_ids=members,
    )  # fmt: skip


def a_story(
    title: str = "省运会今晚开幕", body: str = "火炬手跑过省运会主会场。", **fields: Any
) -> CoverageStory:
    known: dict[str, Any] = {
        "number": 1, "outlet_id": "lizhou", "published_at": NOW, "title": title, "body": body,
        "topics": {"39": 0.8}, "places": ("510802",), **fields,
    }  # fmt: skip
    return CoverageStory(**known)


def test_words_are_found_with_their_offsets() -> None:
    match = matches(a_coverage(words_any=("省运会",)), a_story(), None)
    assert match is not None
    assert match.score == 0.9
    assert [(s.field, s.start, s.end) for s in match.reasons[0].evidence] == [
        (TextField.TITLE, 0, 3),
        (TextField.BODY, 5, 8),
    ]


@pytest.mark.parametrize(
    ("query", "cosine", "taken"),
    [
        ({"words_all": ("省运会", "火炬")}, None, True),
        ({"words_all": ("省运会", "游泳")}, None, False),
        ({"words_all": ("省运会",), "words_any": ("游泳", "跳水")}, None, False),
        ({"words_any": ("省运会",), "words_none": ("火炬",)}, None, False),
        ({"examples": ("s1",)}, 0.7, True),
        ({"examples": ("s1",)}, 0.5, False),
        ({"examples": ("s1",)}, None, False),
        ({"examples": ("s1",), "words_any": ("游泳",)}, 0.7, True),
        ({"examples": ("s1",), "words_any": ("省运会",)}, 0.1, True),
        ({"examples": ("s1",), "words_none": ("省运会",)}, 0.9, False),
        ({"topics": ("39", "14")}, None, True),
        ({"topics": ("14",)}, None, False),
        ({"words_any": ("省运会",), "topics": ("14",)}, None, False),
        ({"places": ("510800",)}, None, True),
        ({"places": ("510824",)}, None, False),
        ({"topics": ("39",), "places": ("510824",)}, None, False),
        ({}, 1.0, False),
    ],
)
def test_the_query_takes_what_it_says(query: dict[str, Any], cosine: float | None, taken: bool) -> None:
    assert (matches(a_coverage(**query), a_story(), cosine) is not None) is taken


def test_only_members_and_only_the_window_count() -> None:
    coverage = a_coverage(words_any=("省运会",), members=frozenset({"cangxi"}))
    assert matches(coverage, a_story(), None) is None
    assert matches(coverage, a_story(outlet_id="cangxi"), None) is not None
    wide = a_coverage(words_any=("省运会",))
    assert matches(wide, a_story(published_at=wide.query.until), None) is None
    assert matches(wide, a_story(published_at=wide.query.since), None) is not None


WORDS = st.lists(st.sampled_from(["省运会", "火炬", "游泳", "主会场"]), max_size=3, unique=True).map(tuple)
CODES = st.lists(st.sampled_from(["39", "14", "21"]), max_size=2, unique=True).map(tuple)
QUERIES = st.fixed_dictionaries(
    {"words_all": WORDS, "words_any": WORDS, "words_none": WORDS, "topics": CODES}
)
STORIES = st.builds(
    a_story,
    title=st.sampled_from(["省运会今晚开幕", "游泳馆完工", "天气"]),
    body=st.text(alphabet="省运会火炬游泳主场", max_size=20),
    topics=st.dictionaries(st.sampled_from(["39", "14", "21"]), st.floats(0, 1), max_size=2),
)


@given(QUERIES, STORIES, st.one_of(st.none(), st.floats(-1, 1)))
def test_every_reason_can_be_checked_and_every_word_found_stands_there(
    query: dict[str, Any], story: CoverageStory, cosine: float | None
) -> None:
    match = matches(a_coverage(**query, examples=("s1",)), story, cosine)
    if match is None:
        return
    assert not any(word in story.title + "\n" + story.body for word in query["words_none"])
    assert {r.ground for r in match.reasons} & {Ground.WORDS, Ground.LIKENESS}
    for reason in match.reasons:
        assert 0.0 <= reason.score <= match.score <= 1.0
        for span in reason.evidence:
            text = story.title if span.field is TextField.TITLE else story.body
            assert text[span.start : span.end] == span.text == reason.value


@given(QUERIES, STORIES, st.floats(-1, 1), st.sampled_from(["words_none", "topics", "places", "likeness"]))
def test_a_narrower_query_never_takes_more(
    query: dict[str, Any], story: CoverageStory, cosine: float, narrowed: str
) -> None:
    wide = a_coverage(**query, examples=("s1",))
    narrow = {
        "words_none": {"words_none": (*query["words_none"], "省")},
        "topics": {"topics": query["topics"][:1] or ("14",)},
        "places": {"places": ("510824",)},
        "likeness": {"least_likeness": 0.9},
    }[narrowed]
    if matches(a_coverage(**{**query, "examples": ("s1",), **narrow}), story, cosine) is not None:
        assert matches(wide, story, cosine) is not None


@given(QUERIES, STORIES, st.floats(-1, 1), st.sampled_from(PickVerb))
def test_a_pick_outranks_the_query_whatever_it_says(
    query: dict[str, Any], story: CoverageStory, cosine: float, verb: PickVerb
) -> None:
    pick = Pick(story_number=1, verb=verb, picked_by="k", picked_at=NOW)
    found = membership(a_coverage(**query, examples=("s1",)), story, pick, cosine, {})
    assert (found is not None) is (verb is PickVerb.ADD)
    assert found is None or (found.picked and found.reasons[0].ground is Ground.PICK)


OPENING = Angle(id="a1", name="开幕式", words=("开幕",))
WATER = Angle(id="a2", name="水上项目", description="游泳、跳水", words=("游泳",))


def test_words_and_likeness_put_a_story_under_its_angles_and_add_up() -> None:
    coverage = a_coverage(angles=(OPENING, WATER))
    by_word = angles_of(coverage, a_story(), {})
    assert [(s.angle_id, s.confidence) for s in by_word] == [("a1", 0.9)]
    both = angles_of(
        coverage,
        a_story(),
        {"a1": AngleLikeness(described=0.35), "a2": AngleLikeness(described=0.1, picked=0.76)},
    )
    assert [(s.angle_id, s.confidence) for s in both] == [("a1", 0.95), ("a2", 0.4)]
    assert angles_of(coverage, a_story(title="天气"), {"a2": AngleLikeness(described=0.2, picked=0.7)}) == ()


def test_an_editors_angle_stands_alone_until_it_is_abolished() -> None:
    pick = Pick(story_number=1, verb=PickVerb.ADD, picked_by="k", picked_at=NOW, angle_id="a2")
    found = membership(a_coverage(angles=(OPENING, WATER)), a_story(), pick, None, {})
    assert found is not None
    assert [(s.angle_id, s.confidence) for s in found.angles] == [("a2", 1.0)]
    left = membership(a_coverage(angles=(OPENING,)), a_story(), pick, None, {})
    assert left is not None
    assert [s.angle_id for s in left.angles] == ["a1"]


def test_words_are_folded_with_the_texts() -> None:
    coverage = a_coverage(words_any=("CBA",), angles=(Angle(id="a", name="篮球", words=("NBA",)),))
    folded = coverage.folded(str.lower)
    assert (folded.query.words_any, folded.angles[0].words) == (("cba",), ("nba",))
    assert matches(folded, a_story(title="cba开赛"), None) is not None


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("query.until", {"until": NOW - timedelta(days=4)}),
        ("query.until", {"until": NOW + timedelta(days=900)}),
        ("query.words_any", {"words_any": ("",)}),
        ("query.words_all", {"words_all": ("长" * 41,)}),
        ("query.words_none", {"words_none": ("词",) * 51}),
        ("query.topics", {"topics": ("体育",)}),
        ("query.places", {"places": ("利州",)}),
        ("query.least_likeness", {"least_likeness": 1.5}),
    ],
)
def test_a_faulty_query_is_refused_by_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidCoverage) as caught:
        a_query(**fields)
    assert caught.value.field == field


def test_faulty_angles_and_own_topics_are_refused() -> None:
    with pytest.raises(InvalidCoverage, match="twice"):
        a_coverage(angles=(OPENING, replace(WATER, name="开幕式")))
    with pytest.raises(InvalidCoverage, match="no angle"):
        Angle(id="none", name="无")
    with pytest.raises(InvalidTag):
        a_query(topics=("local:郫县",))


def a_claim(**fields: Any) -> Claim:
    known: dict[str, Any] = {
        "id": "k1", "coverage_id": "z1", "angle_id": "a1", "outlet_id": "lizhou", "claimed_by": "key",
        "created_at": NOW, "until": NOW + timedelta(hours=6), **fields,
    }  # fmt: skip
    return Claim(**known)


def test_an_angle_of_another_desk_is_taken_until_it_is_filed_released_or_expired() -> None:
    wanted = a_claim(id="k2", outlet_id="cangxi")
    with pytest.raises(AngleClaimed) as caught:
        check_free([a_claim(desk="时政部")], wanted, NOW)
    assert caught.value.facts["outlet_id"] == "lizhou"
    assert caught.value.facts["until"] == "2026-03-02T10:00:00+00:00"
    assert "3月2日18:00" in caught.value.message
    check_free([a_claim()], replace(wanted, shared=True), NOW)
    check_free([a_claim()], replace(wanted, angle_id="a2"), NOW)
    check_free([a_claim()], wanted, NOW + timedelta(hours=6))
    for state in (ClaimState.FILED, ClaimState.RELEASED, ClaimState.EXPIRED):
        check_free([a_claim(state=state)], wanted, NOW)


def test_two_desks_of_one_outlet_are_two_desks() -> None:
    standing = [a_claim(desk="时政部")]
    with pytest.raises(AngleClaimed):
        check_free(standing, a_claim(id="k2", desk="体育部"), NOW)
    assert find_own(standing, a_claim(id="k2", desk="时政部"), NOW) == standing[0]
    assert find_own(standing, a_claim(id="k2", desk="时政部"), NOW + timedelta(days=1)) is None


def test_a_claim_ends_in_the_future_and_not_too_late() -> None:
    check_claim_time(NOW + timedelta(days=60), NOW)
    for until in (NOW, NOW + timedelta(days=61)):
        with pytest.raises(InvalidCoverage, match="ahead"):
            check_claim_time(until, NOW)


def on_board(
    number: int, outlet_id: str, *, hours_ago: float = 1, cluster: str = "", **fields: Any
) -> BoardStory:
    at = NOW - timedelta(hours=hours_ago)
    known: dict[str, Any] = {
        "number": number, "story_id": f"s{number}", "outlet_id": outlet_id, "title": "稿", "url": None,
        "published_at": at, "dating": dated(at, at), "cluster_id": cluster or f"c{number}",
        "picked": False, "score": 0.9, "angles": (), "places": (), **fields,
    }  # fmt: skip
    return BoardStory(**known)


OUTLETS = {
    "daily": Outlet(id="daily", name="日报", level=OutletLevel.PROVINCE, adcode="510000"),
    "guangyuan": Outlet(
        id="guangyuan", name="广元", level=OutletLevel.CITY, adcode="510800", parent_id="daily"
    ),
    "lizhou": Outlet(
        id="lizhou", name="利州", level=OutletLevel.COUNTY, adcode="510802", parent_id="guangyuan"
    ),
}


def test_a_double_needs_two_outlets_and_names_the_first() -> None:
    stories = [
        on_board(1, "lizhou", hours_ago=3, cluster="c"),
        on_board(2, "daily", hours_ago=5, cluster="c"),
        on_board(3, "lizhou", cluster="own"),
        on_board(4, "lizhou", cluster="own"),
    ]
    edge = DuplicateEdge(a=1, b=2, relation=Relation.REPRINT, score=0.9, decided_by="j")
    (found,) = doubles(stories, [edge])
    assert (found.first.outlet_id, [s.number for s in found.stories]) == ("daily", [2, 1])
    assert found.relations[1] is Relation.REPRINT


def test_a_copy_dated_back_is_neither_the_first_nor_early_on_the_timeline() -> None:
    first = on_board(1, "lizhou", hours_ago=3, cluster="c")
    said, came = NOW - timedelta(hours=9), NOW - timedelta(minutes=30)
    copy = on_board(2, "daily", hours_ago=9, cluster="c", dating=dated(said, came))
    (found,) = doubles([copy, first], [])
    assert [s.number for s in found.stories] == [1, 2]
    forward = replace(
        on_board(3, "guangyuan", hours_ago=0),
        dating=redated(dated(came, came), NOW, NOW),
    )
    (hour,) = timeline([forward], OUTLETS)
    assert hour.starts_at == NOW - timedelta(hours=1)


def test_gaps_name_empty_angles_unfiled_claims_silent_outlets_and_places() -> None:
    stories = [on_board(1, "lizhou", angles=(("a1", 0.9),), places=("510802001",))]
    claims = [
        a_claim(),
        a_claim(id="k2", angle_id="a2"),
        a_claim(id="k3", outlet_id="daily"),
        a_claim(id="k4", outlet_id="daily", state=ClaimState.RELEASED),
    ]
    found = gaps(a_coverage(angles=(OPENING, WATER)), stories, claims, OUTLETS, ["510802", "510824"], NOW)
    assert found.empty_angles == ("a2",)
    assert [c.id for c in found.unfiled] == ["k2", "k3"]
    assert found.silent_outlets == ("daily", "guangyuan")
    assert found.silent_places == ("510824",)


@given(st.lists(st.tuples(st.integers(0, 72), st.sampled_from(sorted(OUTLETS))), max_size=30))
def test_the_timeline_counts_every_story_once_in_order(rows: list[tuple[int, str]]) -> None:
    stories = [on_board(n, outlet, hours_ago=hours) for n, (hours, outlet) in enumerate(rows)]
    hours = timeline(stories, OUTLETS)
    assert sum(hour.stories for hour in hours) == len(stories)
    assert [hour.starts_at for hour in hours] == sorted({s.published_at for s in stories})


def test_reach_of_few_readers_is_not_told() -> None:
    assert not Reach(outlet_id="lizhou", exposures=90, clicks=3, readers=19).may_be_told
    assert Reach(outlet_id="lizhou", exposures=90, clicks=3, readers=20).may_be_told


def of_readers(**readers: int) -> list[Reach]:
    return [Reach(outlet_id=name, exposures=9 * n, clicks=n, readers=n) for name, n in readers.items()]


def test_a_sum_told_to_an_outlet_gives_away_no_single_other_one() -> None:
    assert reach_of_all(of_readers(lizhou=40, daily=30), asker="lizhou") is None
    assert reach_of_all(of_readers(daily=40, guangyuan=19), asker="lizhou") is None
    told = reach_of_all(of_readers(lizhou=19, daily=30, guangyuan=20), asker="lizhou")
    assert told == ReachTotal(outlets=2, exposures=450, clicks=50, readers=50)
    told = reach_of_all(of_readers(lizhou=40, daily=30, guangyuan=20), asker="lizhou")
    assert told == ReachTotal(outlets=3, exposures=810, clicks=90, readers=90)


def test_the_platform_is_told_every_sum_that_holds_anything() -> None:
    assert reach_of_all(of_readers(daily=30), asker=None) == ReachTotal(
        outlets=1, exposures=270, clicks=30, readers=30
    )
    assert reach_of_all(of_readers(daily=19), asker=None) is None
