"""The adoption ledger as a function of clusters, on versions made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.cluster import DuplicateEdge, Relation
from tianfu.model.dating import dated
from tianfu.model.errors import InvalidSubmission
from tianfu.model.flow.adoption import AdoptedBy, Adoption, Version, adoptions_among, merged
from tianfu.model.flow.desk import Desk, read_desk, uppers_of
from tianfu.model.flow.submission import Submission, SubmissionState
from tianfu.model.vocab.outlets import load_outlets

START = datetime(2026, 3, 2, tzinfo=UTC)
OUTLETS = {one.id: one for one in load_outlets()}


def a_version(number: int, outlet_id: str, **fields: Any) -> Version:
    told: dict[str, Any] = {
        "number": number, "story_id": f"s{number}", "title": f"第{number}条", "outlet_id": outlet_id,
        "published_at": START + timedelta(hours=number), "cluster_id": "c1", "topic": "14", "shown": True,
    }  # fmt: skip
    at = fields.get("published_at", told["published_at"])
    return Version(**{**told, "dating": dated(at, at), **fields})


def an_edge(a: int, b: int, relation: Relation = Relation.REPRINT) -> DuplicateEdge:
    return DuplicateEdge(a=a, b=b, relation=relation, score=1.0, decided_by="t")


def lines(adoptions: list[Adoption]) -> set[tuple[int, str, int]]:
    return {(one.number, one.adopter_id, int((one.at - START).total_seconds() // 3_600)) for one in adoptions}


def test_copies_of_the_first_story_by_others_are_adoptions_and_one_line_each_adopter() -> None:
    versions = [a_version(n, who) for n, who in enumerate(["lizhou", "guangyuan", "guangyuan", "cangxi"], 1)]
    edges = [an_edge(1, 2), an_edge(2, 3), an_edge(1, 4, Relation.SAME_EVENT)]
    every = adoptions_among(versions, edges)
    assert lines(every) == {(1, "guangyuan", 2), (1, "guangyuan", 3)}
    assert lines(merged(every)) == {(1, "guangyuan", 2)}


def test_a_copy_is_known_over_others_also_over_a_taken_down_one() -> None:
    versions = [a_version(1, "lizhou"), a_version(2, "cangxi", shown=False), a_version(3, "guangyuan")]
    assert lines(adoptions_among(versions, [an_edge(1, 2), an_edge(2, 3)])) == {(1, "guangyuan", 3)}
    gone = [a_version(1, "lizhou", shown=False), a_version(2, "cangxi"), a_version(3, "guangyuan")]
    assert lines(adoptions_among(gone, [an_edge(1, 2), an_edge(2, 3)])) == {(2, "guangyuan", 3)}


def test_an_outlet_does_not_adopt_from_itself_nor_the_first_from_a_later_one() -> None:
    versions = [a_version(1, "guangyuan"), a_version(2, "guangyuan"), a_version(3, "lizhou")]
    assert lines(adoptions_among(versions, [an_edge(1, 2), an_edge(1, 3)])) == {(1, "lizhou", 3)}


@given(st.permutations(range(1, 7)), st.data())
def test_the_order_of_what_comes_in_changes_nothing(order: list[int], data: st.DataObject) -> None:
    outlets = [data.draw(st.sampled_from(["lizhou", "cangxi", "guangyuan"])) for _ in order]
    clusters = [data.draw(st.sampled_from(["c1", "c2"])) for _ in order]
    versions = [
        a_version(n, who, cluster_id=which)
        for n, who, which in zip(range(1, 7), outlets, clusters, strict=True)
    ]
    edges = [
        an_edge(a, b) for a in range(1, 7) for b in range(a + 1, 7) if clusters[a - 1] == clusters[b - 1]
    ]
    shuffled = [versions[n - 1] for n in order]
    assert lines(adoptions_among(versions, edges)) == lines(adoptions_among(shuffled, edges[::-1]))


def test_a_submission_and_a_copy_of_one_story_are_one_line_with_the_earlier_time() -> None:
    copy = adoptions_among([a_version(1, "lizhou"), a_version(2, "guangyuan")], [an_edge(1, 2)])[0]
    accepted = Adoption(
        number=1, story_id="s1", title="", cluster_id="c1", outlet_id="lizhou", adopter_id="guangyuan",
        at=START + timedelta(hours=1), topic="31", by=AdoptedBy.SUBMISSION,
    )  # fmt: skip
    assert merged([copy, accepted]) == [accepted]


def test_desks_have_readable_ids_and_a_county_has_its_city_and_the_province_above() -> None:
    assert read_desk("guangyuan:14") == Desk("guangyuan", "14")
    assert (read_desk("guangyuan").id, Desk("guangyuan", "14").id) == ("guangyuan", "guangyuan:14")
    for bad in ("guangyuan:99", "guangyuan:", "guangyuan:14:31"):
        with pytest.raises(InvalidSubmission):
            read_desk(bad)
    above = [one.id for one in uppers_of(OUTLETS["lizhou"], OUTLETS)]
    assert above[0] == "guangyuan"
    assert set(above[1:]) == {one.id for one in OUTLETS.values() if one.level == "province"}
    assert "guangyuan" not in [one.id for one in uppers_of(OUTLETS["guangyuan"], OUTLETS)]


def test_a_refusal_needs_a_reason() -> None:
    with pytest.raises(InvalidSubmission, match="reason"):
        Submission(
            id="u1", story_number=1, outlet_id="lizhou", desk=Desk("guangyuan"), submitted_by="k",
            submitted_at=START, state=SubmissionState.DECLINED, reason=" ",
        )  # fmt: skip
