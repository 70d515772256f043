"""Which desk would take a story, on a ledger made by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.flow.adoption import AdoptedBy, Adoption
from tianfu.model.flow.desk import uppers_of
from tianfu.model.flow.desk_grounds import desk_grounds
from tianfu.model.flow.desks import DeskAnswer, DeskQuestion, Ledger, Precedent, is_below, rank_desks
from tianfu.model.vocab.outlets import load_outlets

OUTLETS = {one.id: one for one in load_outlets()}
UPPERS = uppers_of(OUTLETS["lizhou"], OUTLETS)
START = datetime(2026, 3, 1, tzinfo=UTC)


def an_adoption(number: int, adopter: str = "guangyuan", topic: str = "14") -> Adoption:
    return Adoption(
        number=number, story_id=f"s{number}", title=f"第{number}条", cluster_id=f"c{number}",
        outlet_id="cangxi", adopter_id=adopter, at=START - timedelta(hours=number), topic=topic,
        by=AdoptedBy.COPY,
    )  # fmt: skip


def a_precedent(number: int, likeness: float = 0.8, **fields: Any) -> Precedent:
    told: dict[str, Any] = {"outlet_id": "cangxi", "topics": ("14",), "places": ("510824",)}
    return Precedent(cluster_id=f"c{number}", likeness=likeness, **{**told, **fields})


def answers(
    adoptions: Sequence[Adoption] = (),
    precedents: Sequence[Precedent] = (),
    offered: Mapping[tuple[str, str], int] | None = None,
    **fields: Any,
) -> dict[str, DeskAnswer]:
    asked: dict[str, Any] = {
        "topics": {"14": 0.9, "31": 0.8}, "places": ("510802",), "uppers": UPPERS, "outlets": OUTLETS,
        "told": {}, "precedents": precedents, "likeness": {},
        "ledger": Ledger(adoptions=tuple(adoptions), offered=offered or {}, days=90),
    }  # fmt: skip
    return {one.desk.id: one for one in rank_desks(DeskQuestion(**{**asked, **fields}), limit=99)}


def test_every_upper_outlet_answers_for_each_class_of_the_story() -> None:
    found = answers()
    assert set(found) == {f"{upper.id}:{topic}" for upper in UPPERS for topic in ("14", "31")}
    assert all(0.0 < one.confidence < 0.06 for one in found.values())


def test_the_rate_of_a_class_is_drawn_towards_the_outlets_and_that_towards_the_prior() -> None:
    found = answers(
        [an_adoption(n) for n in range(1, 31)], offered={("cangxi", "14"): 60, ("leshan", "14"): 60}
    )
    city, province = found["guangyuan:14"], found["shuchuan-daily:14"]
    assert (city.taken, city.offered) == (30, 60)
    overall = (30 + 20 * 0.05) / (60 + 20)
    assert abs(city.base - (30 + 20 * overall) / (60 + 20)) < 1e-9
    assert (province.taken, province.offered) == (0, 120)
    assert city.confidence > found["guangyuan:31"].confidence > province.confidence


def test_what_the_desk_did_with_alike_stories_weighs_more_the_more_alike_they_are() -> None:
    ledger = [an_adoption(1), an_adoption(2, topic="31")]
    taken = answers(ledger, [a_precedent(1, 0.9)])["guangyuan:14"]
    left = answers(ledger, [a_precedent(9, 0.9)])["guangyuan:14"]
    faint = answers(ledger, [a_precedent(1, 0.6)])["guangyuan:14"]
    far = answers(ledger, [a_precedent(1, 0.49)])["guangyuan:14"]
    elsewhere = answers(ledger, [a_precedent(1, 0.9, places=("511102",))])["guangyuan:14"]
    assert taken.confidence > elsewhere.confidence > faint.confidence > far.confidence > left.confidence
    assert (taken.alike, taken.alike_taken, taken.same_place) == (1, 1, 1)


def test_a_desk_of_another_class_that_took_alike_stories_is_named_too() -> None:
    found = answers([an_adoption(1, topic="21")], [a_precedent(1, 0.9)])
    assert not found["guangyuan:21"].tagged
    assert found["guangyuan:21"].confidence > found["guangyuan:14"].confidence


def test_only_outlets_below_make_precedents_for_an_outlet() -> None:
    leshan = a_precedent(1, 0.9, outlet_id="leshan")
    found = answers([an_adoption(1), an_adoption(1, adopter="shuchuan-daily")], [leshan])
    assert (found["guangyuan:14"].alike, found["shuchuan-daily:14"].alike) == (0, 1)
    assert not is_below(OUTLETS["shuchuan-net"], OUTLETS["shuchuan-daily"])
    assert not is_below(OUTLETS["leshan"], OUTLETS["guangyuan"])


def test_an_outlet_that_has_the_event_is_lowered_and_says_so_first() -> None:
    ledger = [an_adoption(n) for n in range(1, 4)]
    fresh = answers(ledger)["guangyuan:14"]
    told = answers(ledger, told={"guangyuan": ("s9", "春耕开始")})["guangyuan:14"]
    assert told.confidence < fresh.confidence / 5
    grounds = desk_grounds(told, days=90, outlet_name="广元", names={})
    assert (grounds[0].code, grounds[0].text) == (
        "told_already", "广元已有同一事件的报道《春耕开始》，再采用的可能性低",
    )  # fmt: skip


def test_examples_are_the_adopted_stories_most_like_this_one() -> None:
    found = answers([an_adoption(n) for n in range(1, 6)], likeness={3: 0.9, 5: 0.4})["guangyuan:14"]
    assert [(one.number, likeness) for one, likeness in found.examples] == [(3, 0.9), (5, 0.4), (1, None)]


def test_reasons_name_their_numbers() -> None:
    found = answers([an_adoption(1)], [a_precedent(1), a_precedent(2)], offered={("cangxi", "14"): 10})[
        "guangyuan:14"
    ]
    said = {one.code: one for one in desk_grounds(found, days=90, outlet_name="广元", names={})}
    assert said["alike"].text == "相似的往期稿件2篇，该编辑部采用1篇，其中1篇涉及同一地区"
    assert said["alike"].number == 0.5
    base = said["base_rate"].text
    assert base.startswith("近90天下级媒体发14类稿10篇，该编辑部采用1篇，估计这类稿件约有")
    assert base.endswith("%会被采用")
    assert said["topic"].text == "稿件标有14类"


def test_a_story_without_a_class_goes_to_newsrooms_as_a_whole() -> None:
    assert set(answers(topics={})) == {upper.id for upper in UPPERS}


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["guangyuan", "shuchuan-net"])), max_size=12),
    st.lists(st.tuples(st.integers(1, 9), st.floats(-1, 1)), max_size=12),
    st.integers(0, 5),
)
def test_confidence_is_a_share(
    ledger: list[tuple[int, str]], near: list[tuple[int, float]], offered: int
) -> None:
    found = answers(
        [an_adoption(n, adopter=who) for n, who in ledger],
        [a_precedent(n, likeness) for n, likeness in near],
        offered={("cangxi", "14"): offered},
    )
    assert all(0.0 <= one.confidence <= 1.0 and 0.0 <= one.base <= 1.0 for one in found.values())
