"""Who may show what: the rules one by one, and that no way round them exists."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.errors import InvalidRequest
from tianfu.model.rights import (
    Agreement,
    Permission,
    Reuse,
    RightsBook,
    RightsFacts,
    check_source,
    in_words,
)

NAMES = {"lizhou": "利州融媒", "cangxi": "苍溪融媒", "up": "省报"}
BOOK = RightsBook(
    agreements={
        "cangxi": Agreement(outlet_id="cangxi", reuse=Reuse.LINK_OUT, exceptions={"lizhou": Reuse.OPEN}),
        "up": Agreement(outlet_id="up", exceptions={"cangxi": Reuse.NONE}),
    },
    sources=frozenset({"新华社"}),
    newsrooms={name: outlet_id for outlet_id, name in NAMES.items()},
)

facts = st.builds(
    RightsFacts,
    outlet_id=st.sampled_from(sorted(NAMES)),
    reuse=st.sampled_from([None, *Reuse]),
    source=st.sampled_from(["", "新华社", "某自媒体", *NAMES.values()]),
    republished=st.booleans(),
    has_url=st.booleans(),
)


def test_an_outlets_own_story_is_its_own_whatever_it_lets_others_do() -> None:
    assert BOOK.permission(RightsFacts("lizhou", Reuse.NONE), "lizhou") is Permission.OWN


def test_a_newsroom_that_agreed_nothing_shares_with_all() -> None:
    assert BOOK.permission(RightsFacts("lizhou"), "cangxi") is Permission.AGREEMENT


def test_an_exception_stands_above_what_all_others_may_do() -> None:
    linked = RightsFacts("cangxi", has_url=True)
    assert BOOK.permission(linked, "lizhou") is Permission.AGREEMENT
    assert BOOK.permission(linked, "up") is Permission.LINK_OUT
    assert BOOK.permission(RightsFacts("up"), "cangxi") is Permission.NONE


def test_without_a_page_there_is_nothing_to_link_to() -> None:
    assert BOOK.permission(RightsFacts("cangxi"), "up") is Permission.NONE


def test_a_storys_own_mark_stands_above_its_newsrooms_agreement() -> None:
    assert BOOK.permission(RightsFacts("lizhou", Reuse.NONE), "cangxi") is Permission.NONE
    assert BOOK.permission(RightsFacts("cangxi", Reuse.OPEN), "up") is Permission.AGREEMENT


def test_what_was_taken_from_a_listed_source_is_open_and_from_a_stranger_only_a_link() -> None:
    listed = RightsFacts("cangxi", source="新华社", has_url=True)
    assert BOOK.permission(listed, "up") is Permission.LISTED_SOURCE
    stranger = RightsFacts("lizhou", Reuse.OPEN, source="某自媒体", has_url=True)
    assert BOOK.permission(stranger, "up") is Permission.LINK_OUT
    assert BOOK.permission(replace(stranger, has_url=False), "up") is Permission.NONE


def test_a_reprint_gives_nobody_more_than_the_newsroom_that_wrote_it() -> None:
    reprint = RightsFacts("lizhou", source="省报", has_url=True)
    assert BOOK.permission(reprint, "cangxi") is Permission.NONE
    own_text_come_back = RightsFacts("lizhou", source="苍溪融媒")
    assert BOOK.permission(own_text_come_back, "cangxi") is Permission.AGREEMENT


def test_what_the_province_republished_is_open_to_all() -> None:
    closed = RightsFacts("cangxi", Reuse.NONE)
    assert BOOK.permission(closed, "up") is Permission.NONE
    assert BOOK.permission(replace(closed, republished=True), "up") is Permission.REPUBLISHED


@given(facts, st.sampled_from(sorted(NAMES)))
def test_no_mark_opens_what_somebody_else_wrote_and_keeps(one: RightsFacts, outlet_id: str) -> None:
    permission = BOOK.permission(one, outlet_id)
    assert (permission is Permission.OWN) == (one.outlet_id == outlet_id)
    assert permission is not Permission.LINK_OUT or one.has_url
    if one.source == "某自媒体" and one.outlet_id != outlet_id and not one.republished:
        assert not permission.shows_whole
    if permission is Permission.REPUBLISHED:
        assert one.republished


@given(facts, st.sampled_from(sorted(NAMES)))
def test_every_answer_has_words(one: RightsFacts, outlet_id: str) -> None:
    assert in_words(BOOK.permission(one, outlet_id), outlet="某台", source=one.source)


@pytest.mark.parametrize("name", ["", " ", " 新华社", "字" * 61, "新\n华社"])
def test_a_sources_name_must_be_one(name: str) -> None:
    with pytest.raises(InvalidRequest):
        check_source(name)
