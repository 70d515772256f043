"""Heat by day and over the map, over HTTP, and whose readers each key sees."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.flow import Key, clicked, told

from tianfu.model.access import Role

ROWS = [
    ("lizhou", "利州农户抢农时", 1, "2026-03-02T09:00:00+08:00"),
    ("guangyuan", "利州农户抢农时（转）", 1, "2026-03-02T10:00:00+08:00"),
    ("cangxi", "苍溪校园开学", 2, "2026-03-01T09:30:00+08:00"),
    ("lizhou", "利州赛事开幕", 4, "2026-02-28T09:30:00+08:00"),
]


@pytest.fixture
def stories(served: TestClient, key: Key) -> list[str]:
    return told(served, key, ROWS)


def get(served: TestClient, headers: dict[str, str], path: str, **params: Any) -> Any:
    answer = served.get(f"/v1/insights/{path}", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def county(found: Any, adcode: str) -> Any:
    return next(c for city in found["cities"] for c in city["counties"] if c["adcode"] == adcode)


def test_classes_are_counted_day_by_day(served: TestClient, key: Key, stories: list[str]) -> None:
    found = get(served, key(Role.EDITOR, "lizhou"), "heat", adcode="510000", days=3)
    assert found["days"] == ["2026-02-28", "2026-03-01", "2026-03-02"]
    assert [(t["topic"], t["name"], t["stories"], t["outlets"]) for t in found["topics"]] == [
        ("14", "类14", [0, 0, 2], [0, 0, 2]),
        ("31", "类31", [0, 1, 0], [0, 1, 0]),
        ("39", "类39", [1, 0, 0], [1, 0, 0]),
    ]
    own = get(served, key(Role.EDITOR, "lizhou"), "heat", days=3)
    assert (own["area"], own["clicks_of"]) == ("510802", "lizhou")
    assert "31" not in {t["topic"] for t in own["topics"]}


def test_clicks_are_of_the_own_readers_and_not_told_below_twenty(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    clicked(served, key, "cangxi", stories[0], 40)
    clicked(served, key, "lizhou", stories[0], 19)

    def seen(headers: dict[str, str]) -> tuple[Any, Any]:
        days = get(served, headers, "heat", adcode="510802", days=2)["topics"][0]["clicks"]
        return days, county(get(served, headers, "map"), "510802")["clicks"]

    assert seen(key(Role.EDITOR, "lizhou")) == ([None, None], None)
    assert seen(key(Role.EDITOR, "cangxi")) == ([None, 40], 40)
    assert seen(key(Role.SCIENTIST)) == ([None, 59], 59)
    clicked(served, key, "lizhou", stories[1], 20)
    assert seen(key(Role.EDITOR, "lizhou")) == ([None, 39], 39)


def test_the_map_holds_every_county_once_and_counts_by_topic(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    clicked(served, key, "lizhou", stories[0], 25)
    clicked(served, key, "lizhou", stories[3], 25)
    headers = key(Role.EDITOR, "lizhou")
    found = get(served, headers, "map")
    tiles = [(c["column"], c["row"]) for city in found["cities"] for c in city["counties"]]
    assert (len(found["cities"]), len(set(tiles))) == (21, 183)
    lizhou = county(found, "510802")
    assert (lizhou["stories"], lizhou["outlets"], lizhou["own_stories"]) == (3, 2, 2)
    assert (lizhou["leading_topic"], lizhou["leading_name"], lizhou["clicks"]) == ("14", "类14", 50)
    assert found["topics"][0] == {"code": "14", "name": "类14", "stories": 2}
    city = next(c for c in found["cities"] if c["adcode"] == "510800")
    assert (city["short_name"], city["stories"], city["own_stories"]) == ("广元", 4, 1)
    farming = get(served, headers, "map", topic="14", days=1)
    lizhou = county(farming, "510802")
    assert (lizhou["stories"], lizhou["own_stories"], lizhou["clicks"]) == (2, 1, 25)


def test_another_outlets_readers_and_odd_parameters_are_refused(served: TestClient, key: Key) -> None:
    headers = key(Role.EDITOR, "lizhou")
    for path in ("heat", "map"):
        where = f"/v1/insights/{path}"
        assert served.get(where, headers=headers, params={"outlet_id": "cangxi"}).status_code == 403
        assert served.get(where, headers=key(Role.APP, "lizhou")).status_code == 403
        assert served.get(where, headers=key(), params={"outlet_id": "nowhere"}).status_code == 404
        assert served.get(where, headers=headers, params={"days": 31}).status_code == 422
        assert get(served, key(), path)["clicks_of"] is None
    bad = served.get("/v1/insights/map", headers=headers, params={"topic": "99"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "topic")


def test_a_cluster_tells_which_earlier_telling_each_is_most_alike(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    found = served.get(f"/v1/clusters/{stories[1]}", headers=key(Role.EDITOR, "lizhou")).json()
    assert [(m["story_id"], m["outlet"], m["nearest_story_id"]) for m in found["members"]] == [
        (stories[0], "利州区融媒体中心", None),
        (stories[1], found["members"][1]["outlet"], stories[0]),
    ]
