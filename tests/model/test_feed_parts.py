"""The view in columns, what a request asks for, and what chance may decide."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.model.aims import Aims
from tianfu.model.errors import InvalidRequest
from tianfu.model.event import ReaderKind, ReaderRef, Scene
from tianfu.model.feed.assemble import assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext, Proposals, surroundings
from tianfu.model.feed.line import ItemColumns, empty, joined, plain, woven
from tianfu.model.feed.table import StoryTable, sketcher, view_of
from tianfu.model.feed.view import SKETCH, FeedView, within
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import area_code_range, lies_within
from tianfu.model.reader import InterestTag, Reader
from tianfu.model.recommendation import FeedRequest, PlacedBy, ReasonCode, Source, Subjects, Why
from tianfu.model.rights import PERMISSIONS, Permission, RightsFacts
from tianfu.model.tag import TagKind

NOW_S = 1_772_400_000
PROVINCE = Outlet(id="up", name="省", level=OutletLevel.PROVINCE, adcode="510000")
CITY = Outlet(id="mid", name="市", level=OutletLevel.CITY, adcode="510800", parent_id="up")
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
BESIDE = Outlet(id="cangxi", name="邻", level=OutletLevel.COUNTY, adcode="510824", parent_id="mid")
FAR = Outlet(id="far", name="远", level=OutletLevel.COUNTY, adcode="511102", parent_id="up")
OUTLETS = {outlet.id: outlet for outlet in (PROVINCE, CITY, COUNTY, BESIDE, FAR)}


def card(number: int, **fields: object) -> StoryCard:
    base = StoryCard(
        number=number, story_id=f"s{number}", title=f"第{number}条", url=None, image_url=None,
        outlet_id="far", channel="", published_at_s=NOW_S - 60 * number, expires_at_s=None,
        topics=("14",), places=(), cluster_id=f"c{number}", ai_generated=False, body_chars=300,
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


def context(view: FeedView, **fields: object) -> FeedContext:
    base = FeedContext(
        now_s=NOW_S,
        request=FeedRequest(outlet_id="lizhou"),
        outlet=COUNTY,
        outlets=OUTLETS,
        around=surroundings(COUNTY, OUTLETS),
        view=view,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def asked(**fields: object) -> FeedRequest:
    return FeedRequest(outlet_id="lizhou", **fields)  # type: ignore[arg-type]


def shown(made: FeedContext) -> list[StoryCard]:
    found = [made.view.card_of(item.number) for item in assemble(made).items]
    return [one for one in found if one is not None]


PLACES = st.sampled_from(["510802", "510824", "511102", "510802001", "510802100", "510800", "510000"])


adcodes = st.one_of(PLACES, st.from_regex(r"51(0[0-2]|08)(0[0-2]|24)(100|200|001)?", fullmatch=True))


@given(adcodes, adcodes)
def test_an_area_holds_the_same_places_for_orders_for_feeds_and_in_the_database(
    place: str, area: str
) -> None:
    low, high = area_code_range(area)
    assert (low <= place <= high) == lies_within(place, area)
    assert within(np.array([int(place)]), area).tolist() == [lies_within(place, area)]


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, StoryCard]]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["put", "put", "drop"]),
                st.integers(1, 12),
                st.sampled_from(sorted(OUTLETS)),
                st.lists(PLACES, max_size=4, unique=True),
                st.integers(0, 5),
                st.integers(0, 10_000),
            ),
            max_size=40,
        )
    )
    return [
        (
            what,
            card(
                n,
                outlet_id=outlet,
                places=tuple(places),
                cluster_id=f"c{cluster}",
                published_at_s=NOW_S - age,
            ),
        )
        for what, n, outlet, places, cluster, age in rows
    ]


@given(changes())
@settings(max_examples=100, deadline=None)
def test_a_view_holds_what_was_put_and_not_dropped_and_finds_it_by_every_key(
    steps: list[tuple[str, StoryCard]],
) -> None:
    table, truth = StoryTable(), dict[int, StoryCard]()
    for what, one in steps:
        if what == "put":
            table.put(one)
            truth[one.number] = one
        else:
            assert table.drop(one.number) == (truth.pop(one.number, None) is not None)
    view = table.view()
    order = sorted(truth.values(), key=lambda one: (-one.published_at_s, -one.number))
    assert list(view.cards) == order

    def numbers(rows: Sequence[int]) -> list[int]:
        return [view.card(row).number for row in rows]

    for outlet_id in OUTLETS:
        assert numbers(view.of_outlet(outlet_id)) == [c.number for c in order if c.outlet_id == outlet_id]
    for area in ("510802", "510800", "510000", "510802001", "510802100"):
        inside = [c.number for c in order if any(lies_within(p, area) for p in c.places[:3])]
        assert numbers(view.about(area)) == inside
        rows = np.arange(len(view), dtype=np.intp)
        assert numbers(rows[view.lies_in(rows, area)]) == inside
    for one in order:
        assert view.card_named(one.story_id) is one
        (row,) = view.rows_of(np.array([one.number]))
        versions, _ = view.versions(np.array([row]))
        assert sorted(numbers(versions)) == sorted(c.number for c in order if c.cluster_id == one.cluster_id)


comings = st.tuples(st.sampled_from(["put", "put", "drop", "view", "view", "let go"]), st.integers(1, 4))


@given(st.lists(comings, min_size=15, max_size=60))
@settings(max_examples=100, deadline=None)
def test_the_sketches_of_a_view_stay_while_stories_come_go_and_change(steps: list[tuple[str, int]]) -> None:
    table, now = StoryTable(), dict[int, float]()
    views: list[tuple[FeedView, dict[int, float]]] = []
    for turn, (what, number) in enumerate(steps):
        if what == "put":
            now[number] = float(turn)
            table.put(card(number), np.full(SKETCH, turn, np.float16))
        elif what == "drop":
            now.pop(number, None)
            table.drop(number)
        elif what == "view":
            views.append((table.view(), dict(now)))  # requests may hold any that was ever made
        else:
            del views[number % 4 : number % 4 + 1]
        for view, truth in views:
            shown = view.sketches(np.arange(len(view)))[:, 0].tolist()
            assert {one.number: value for one, value in zip(view.cards, shown, strict=True)} == truth


def test_places_that_no_view_looks_at_are_taken_again() -> None:
    table = StoryTable()
    for turn in range(50):
        for number in range(40):
            table.put(card(number), np.full(SKETCH, turn, np.float16))
        view = table.view()
    assert view.sketches(np.arange(40)).min() == 49
    assert len(view._sketches) <= 1_024, "two thousand came and went"


def test_a_story_whose_card_alone_changes_keeps_its_sketch() -> None:
    table = StoryTable()
    table.put(card(1), np.ones(SKETCH, np.float16))
    table.put(card(1))
    assert table.view().sketches(np.array([0])).min() == 1.0


def test_a_view_does_not_change_when_the_table_does() -> None:
    table = StoryTable()
    table.put(card(1))
    view = table.view()
    table.drop(1)
    table.put(card(2))
    assert [one.number for one in view.cards] == [1]
    assert view.number_of("s2") is None


def test_sketches_keep_cosines_roughly() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((60, 768)).astype(np.float32)
    vectors[30:] = vectors[:30] + 0.5 * vectors[30:]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sketches = sketcher(768)(vectors).astype(np.float32)
    assert sketches.shape == (60, SKETCH)
    errors = np.abs(sketches @ sketches.T - vectors @ vectors.T)
    assert float(errors.mean()) < 2 / np.sqrt(SKETCH)


def test_several_topics_and_places_can_be_asked_for_and_left_out_in_one_call() -> None:
    view = view_of(
        [
            card(1, topics=("14",), places=("510802",)),
            card(2, topics=("31",), places=("510824",)),
            card(3, topics=("39",), places=("510802",)),
            card(4, topics=("31",), places=("511102",)),
            card(5, topics=("14", "39"), places=("510824",)),
            card(6, topics=("06",), channel="乡村", places=("510802",)),
        ]
    )
    wanted = Subjects(topics=("14", "31"), places=("510800",))
    assert {c.number for c in shown(context(view, request=asked(wanted=wanted)))} == {1, 2, 5}
    unwanted = Subjects(topics=("39",))
    both = asked(wanted=wanted, unwanted=unwanted)
    assert {c.number for c in shown(context(view, request=both))} == {1, 2}
    channels = asked(wanted=Subjects(channels=("乡村", "31")))
    named = {"31": ("31",), "教育": ("31",)}
    assert {c.number for c in shown(context(view, request=channels, topics_named=named))} == {2, 4, 6}


@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": ("三农",)},
        {"topics": ("1",)},
        {"places": ("51",)},
        {"channels": ("",)},
        {"topics": ("14",) * 21},
    ],
)
def test_a_wrong_subject_is_named(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(InvalidRequest) as told:
        Subjects(**wrong)
    assert told.value.field == next(iter(wrong))


def test_stories_this_outlet_may_not_show_give_way_to_a_version_it_may() -> None:
    view = view_of([card(1, outlet_id="far", cluster_id="c"), card(2, outlet_id="cangxi", cluster_id="c")])
    may = np.full(len(view.rights_codes), PERMISSIONS.index(Permission.AGREEMENT), dtype=np.int8)
    may[view.rights_codes[RightsFacts("far")]] = PERMISSIONS.index(Permission.NONE)
    assert [c.number for c in shown(context(view, permissions=may))] == [2]
    may[:] = PERMISSIONS.index(Permission.NONE)
    assert shown(context(view, permissions=may)) == []


def test_the_first_publishers_version_comes_before_the_provinces_and_after_ones_own_city() -> None:
    versions = [
        card(1, outlet_id="up", cluster_id="c3", published_at_s=NOW_S - 500),
        card(2, outlet_id="cangxi", cluster_id="c3", published_at_s=NOW_S - 700),
        card(3, outlet_id="far", cluster_id="c3", published_at_s=NOW_S - 600),
    ]
    assert [c.outlet_id for c in shown(context(view_of(versions)))] == [
        "far"
    ]  # the cluster is named after it
    assert [c.outlet_id for c in shown(context(view_of(versions[:2])))] == ["cangxi"]
    city = card(4, outlet_id="mid", cluster_id="c3", published_at_s=NOW_S - 100)
    assert [c.outlet_id for c in shown(context(view_of([*versions, city])))] == ["mid"]


def test_of_other_versions_the_one_that_counts_as_told_first_is_shown_however_it_is_dated() -> None:
    honest = card(1, cluster_id="c", published_at_s=NOW_S - 500)
    dated_back = card(
        2, outlet_id="cangxi", cluster_id="c", published_at_s=NOW_S - 9_000, told_at_s=NOW_S - 100
    )
    assert [c.number for c in shown(context(view_of([honest, dated_back])))] == [1]


def test_a_version_that_may_be_shown_whole_comes_before_a_nearer_one_that_is_a_link() -> None:
    view = view_of([card(1, outlet_id="far", cluster_id="c"), card(2, outlet_id="mid", cluster_id="c")])
    may = np.full(len(view.rights_codes), PERMISSIONS.index(Permission.AGREEMENT), dtype=np.int8)
    assert [c.number for c in shown(context(view, permissions=may))] == [2]
    may[view.rights_codes[RightsFacts("mid")]] = PERMISSIONS.index(Permission.LINK_OUT)
    assert [c.number for c in shown(context(view, permissions=may))] == [1]


def test_an_aim_of_zero_takes_a_feature_out_and_one_doubles_it() -> None:
    view = view_of([card(n, places=("510802",) if n % 2 else ()) for n in range(1, 9)])
    usual = assemble(context(view))
    doubled = assemble(context(view, aims=Aims(local=1.0)))
    without = assemble(context(view, aims=Aims(local=0.0)))
    assert doubled.weights["local"] == pytest.approx(2 * usual.weights["local"])
    assert without.weights["local"] == 0.0
    assert all("local" not in item.parts for item in without.items)
    assert doubled.measured["local"] == pytest.approx(0.5)


def test_what_a_page_shows_is_measured_whatever_the_aims_weigh() -> None:
    view = view_of([card(1), card(2)])
    hot = {"province": Proposals(np.array([1, 9]), np.array([0.8, 1.0], dtype=np.float32))}
    near = [Proposals(np.array([2]), np.array([0.6], dtype=np.float32), because=7)]
    usual = assemble(context(view, hot=hot, near=near)).measured
    unweighed = assemble(context(view, hot=hot, near=near, aims=Aims(popular=0.0, related=0.0))).measured
    assert (usual["popular"], usual["related"]) == (pytest.approx(0.4), pytest.approx(0.3))
    assert unweighed == usual


@given(
    st.lists(st.dictionaries(st.integers(1, 9), st.floats(0, 1, width=32), max_size=6), max_size=4),
    st.integers(1, 6),
)
def test_the_loudest_voice_of_a_cluster_is_what_counts_as_popular(
    scopes: list[dict[int, float]], clusters: int
) -> None:
    """Against the plain way of saying it, one story and one voice at a time; story 9 is not in the view."""
    view = view_of([card(n, cluster_id=f"c{n % clusters}") for n in range(1, 9)])
    hot = {
        str(n): Proposals(np.array(list(told), dtype=np.int64), np.array(list(told.values()), np.float32))
        for n, told in enumerate(scopes)
    }
    made = context(view, hot=hot)
    loudest: dict[str, float] = {}
    for told in scopes:
        for number, strength in told.items():
            if known := view.card_of(number):
                loudest[known.cluster_id] = max(loudest.get(known.cluster_id, 0.0), strength)
    page = shown(made)
    expected = sum(loudest.get(one.cluster_id, 0.0) for one in page) / len(page)
    assert assemble(made).measured["popular"] == pytest.approx(expected, abs=1e-4)


def test_a_silent_neighbour_gets_one_place_of_ten_and_its_chance_is_written_down() -> None:
    loud = ("far", "up", "mid", "lizhou")
    many = [card(n, outlet_id=loud[n % 4], topics=(str(11 + n % 20),)) for n in range(1, 40)]
    silent = [card(100 + n, outlet_id="cangxi", published_at_s=NOW_S - 80_000) for n in range(3)]
    view = view_of([*many, *silent])
    read = Proposals(np.arange(1, 40), np.full(39, 0.01, dtype=np.float32))
    feed = assemble(context(view, hot={"city": read}))
    place = next(item.position for item in feed.items if Source.EXPLORE in item.sources)
    assert place == 6
    assert feed.items[6].propensity == 1.0
    assert (
        ReasonCode.EXPLORE in {why.code for why in feed.items[6].whys} or feed.items[6].parts["explore"] > 0
    )
    off = assemble(context(view, hot={"city": read}, aims=Aims(explore=0.0)))
    assert off.items[6].number != feed.items[6].number


def test_reasons_name_what_speaks_loudest() -> None:
    tag = InterestTag(kind=TagKind.TOPIC, code="14", weight=3.0, at_s=NOW_S)
    reader = Reader(
        ref=ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r"), tags={(TagKind.TOPIC, "14"): tag}
    )
    old = NOW_S - 400_000
    view = view_of([card(1, published_at_s=old), card(2, published_at_s=old, topics=("31",))])
    near = Proposals(np.array([2], dtype=np.int64), np.array([0.9], dtype=np.float32), because=77)
    made = context(view, reader=reader, near=[near])
    by_number = {item.number: item for item in assemble(made).items}
    assert by_number[1].whys[0] == Why(ReasonCode.INTEREST, 14)
    assert by_number[2].whys[0] == Why(ReasonCode.NEAR, 77)


def items(numbers: Sequence[int], placed_by: PlacedBy = PlacedBy.MODEL) -> ItemColumns:
    return plain(
        np.array(numbers, dtype=np.int64),
        placed_by,
        Why(ReasonCode.FRESH),
        source_bit=1,
        cluster_sizes=np.ones(len(numbers), dtype=np.intp),
    )


@given(st.integers(0, 12), st.sets(st.integers(0, 20), max_size=6), st.integers(1, 15))
@settings(deadline=None)
def test_weaving_keeps_wished_positions_and_leaves_no_gap(flow: int, wishes: set[int], depth: int) -> None:
    placed = {wish: items([1_000 + wish], PlacedBy.EDITOR) for wish in wishes}
    whole = woven(items(list(range(1, flow + 1))), placed, depth)
    assert len(whole) == min(depth, flow + len(wishes))
    numbers = [item.number for item in whole]
    assert [n for n in numbers if n < 1_000] == list(range(1, flow + 1))[: sum(n < 1_000 for n in numbers)]
    for position, number in enumerate(numbers):
        if number >= 1_000:
            assert number - 1_000 == position or number - 1_000 >= len(numbers)


def test_columns_spell_out_items_and_slices() -> None:
    both = joined([items([3, 4]), empty(), items([5], PlacedBy.FALLBACK)])
    assert [item.number for item in both[1:]] == [4, 5]
    assert both[-1].placed_by is PlacedBy.FALLBACK
    assert both[2].position == 2


def test_the_scene_beside_a_story_never_shows_that_story_or_its_copies() -> None:
    view = view_of([card(1, cluster_id="same"), card(2, cluster_id="same"), card(3)])
    near = Proposals(np.array([2, 3], dtype=np.int64), np.array([0.99, 0.5], dtype=np.float32), because=1)
    made = context(view, request=asked(scene=Scene.RELATED, story_id="s1"), near=[near])
    assert [c.number for c in shown(made)] == [3]
