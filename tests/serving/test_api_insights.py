"""Trends, blank spots and reports over HTTP, and whose readers each key sees."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.flow import Key, clicked, told

from tianfu.model.access import Role

ROWS = [
    ("lizhou", "利州农户抢农时", 1, "2026-03-02T09:00:00+08:00"),
    ("guangyuan", "利州农户抢农时（转）", 1, "2026-03-02T10:00:00+08:00"),
    ("cangxi", "利州农户抢农时（转载）", 1, "2026-03-02T10:30:00+08:00"),
    ("cangxi", "苍溪校园开学", 2, "2026-03-02T09:30:00+08:00"),
    ("guangyuan", "利州校园开学", 3, "2026-02-28T09:30:00+08:00"),
    ("lizhou", "利州赛事开幕", 4, "2026-02-28T09:30:00+08:00"),
]


@pytest.fixture
def stories(served: TestClient, key: Key) -> list[str]:
    return told(served, key, ROWS)


def get(served: TestClient, headers: dict[str, str], path: str, **params: Any) -> Any:
    answer = served.get(f"/v1/{path}", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_event_told_by_most_outlets_is_hottest(served: TestClient, key: Key, stories: list[str]) -> None:
    found = get(served, key(Role.EDITOR, "lizhou"), "insights/hot")
    assert (found["area"], found["clicks_of"]) == ("510802", "lizhou")
    assert [(c["story_id"], c["outlets"]) for c in found["now"]] == [(stories[0], 3)]
    assert [c["story_id"] for c in found["lately"]] == [stories[0], stories[5], stories[4]]
    assert [(t["name"], t["outlets"], t["pace"]) for t in found["topics"]] == [
        ("类14", 3, 3.0), ("类31", 1, 0.0), ("类39", 1, 0.0),
    ]  # fmt: skip
    city = get(served, key(Role.EDITOR, "lizhou"), "insights/hot", adcode="510800")
    assert stories[3] in [c["story_id"] for c in city["now"]]


def test_an_editor_sees_clicks_of_the_own_readers_only_and_the_platform_of_all(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    clicked(served, key, "cangxi", stories[0], 40)
    clicked(served, key, "lizhou", stories[0], 19)

    def clicks(headers: dict[str, str]) -> Any:
        return get(served, headers, "insights/hot", adcode="510802")["now"][0]["clicks"]

    assert clicks(key(Role.EDITOR, "lizhou")) is None
    assert clicks(key(Role.EDITOR, "cangxi")) == 40
    assert clicks(key(Role.SCIENTIST)) == 59
    clicked(served, key, "lizhou", stories[1], 20)
    assert clicks(key(Role.EDITOR, "lizhou")) == 39
    for path in ("insights/hot", "insights/topics"):
        other = served.get(f"/v1/{path}", headers=key(Role.EDITOR, "lizhou"), params={"outlet_id": "cangxi"})
        assert other.status_code == 403


def test_blank_spots_are_what_readers_read_or_neighbours_tell_and_the_outlet_does_not(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key(Role.EDITOR, "lizhou")
    found = get(served, headers, "insights/topics")
    assert found["neighbours"] == 2
    assert [(t["topic"], t["stories"], t["reading_share"]) for t in found["topics"]] == [
        ("14", 1, None), ("39", 1, None), ("31", 0, None),
    ]  # fmt: skip
    assert [s["reason"]["text"] for s in found["blank_spots"] if s["kind"] == "topic"] == [
        "周边2家媒体中2家报道了类31类，本媒体没有"
    ]
    clicked(served, key, "lizhou", stories[3], 30)
    found = get(served, headers, "insights/topics")
    school = next(t for t in found["topics"] if t["topic"] == "31")
    assert (school["reading_share"], school["gap"]) == (1.0, 1.0)
    assert found["blank_spots"][0]["reason"]["text"] == "读者点击里类31类占100%，本媒体发稿只占0%"
    city = get(served, key(Role.EDITOR, "guangyuan"), "insights/topics")
    assert [s["code"] for s in city["blank_spots"] if s["kind"] == "place"] == ["510824"]


def test_a_month_counts_what_was_made_taken_over_and_seen(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    clicked(served, key, "lizhou", stories[0], 25)
    clicked(served, key, "lizhou", stories[3], 30, kind="expose")
    path = f"/v1/stories/{stories[0]}/submissions"
    served.post(path, headers=key(Role.EDITOR, "lizhou"), json={"outlet_id": "shuchuan-net"})
    found = get(served, key(Role.EDITOR, "lizhou"), "outlets/lizhou/report")
    assert (found["month"], found["output"], found["originals"], found["reprints"]) == ("2026-03", 1, 1, 0)
    spread = found["spread"]
    assert (spread["adoptions"], spread["by_higher_levels"]) == (2, 1)
    assert spread["by_level"] == {"province": 0, "city": 1, "county": 1}
    assert [(c["story_id"], c["outlets"], c["highest_level"]) for c in spread["carried"]] == [
        (stories[0], 2, "city")
    ]
    assert found["submissions"]["submitted"] == 1
    assert found["topics"] == [{"code": "14", "name": "类14", "stories": 1}]
    assert found["readers"] == {"exposures": 30, "clicks": 25, "readers": 30}
    cangxi = get(served, key(), "outlets/cangxi/report", month="2026-03")
    assert (cangxi["output"], cangxi["originals"], cangxi["reprints"]) == (2, 1, 1)
    assert cangxi["readers"] is None
    before = get(served, key(), "outlets/lizhou/report", month="2026-02")
    assert (before["output"], before["spread"]["adoptions"]) == (1, 0)


def test_a_report_is_for_the_outlet_itself_and_of_a_real_month(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    path = "/v1/outlets/lizhou/report"
    assert served.get(path, headers=key(Role.EDITOR, "cangxi")).status_code == 403
    assert served.get("/v1/outlets/nowhere/report", headers=key()).status_code == 404
    bad = served.get(path, headers=key(), params={"month": "2026-13"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "month")
    assert served.get("/v1/insights/topics", headers=key()).status_code == 422
