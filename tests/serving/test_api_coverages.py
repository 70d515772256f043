"""Joint coverages over HTTP: opening, the board, picks, and who may do what."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body
from support.coverages import ANGLES, UNTIL, Key, StoryJson, a_coverage, board, opened, send_stories

from tianfu.model.access import Role


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> list[str]:
    return send_stories(served, key, story_json)


def test_the_board_shows_sides_doubles_gaps_and_hours(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key()
    found = board(served, headers, opened(served, headers, query={"places": ["510800"]}))
    assert found["stories"] == 1, "only one story names a place of the city"
    coverage_id = opened(served, headers)
    found = board(served, headers, coverage_id)
    assert found["channel"] == f"coverage:{coverage_id}"
    assert len(found["channel"]) <= 40
    assert (found["stories"], found["unassigned"]) == (4, 1)
    assert [(a["id"], a["stories"], a["outlet_ids"]) for a in found["by_angle"]] == [
        ("opening", 2, ["cangxi", "guangyuan"]),
        ("water", 1, ["shuchuan-daily"]),
        ("food", 0, []),
    ]
    assert [(o["outlet_id"], o["stories"], o["firsts"]) for o in found["by_outlet"]] == [
        ("shuchuan-daily", 1, 0), ("guangyuan", 1, 1), ("cangxi", 1, 0), ("lizhou", 1, 0),
    ]  # fmt: skip
    assert [(row["level"], row["outlets"], row["stories"]) for row in found["by_level"]] == [
        ("province", 1, 1), ("city", 1, 1), ("county", 2, 2),
    ]  # fmt: skip
    (double,) = found["doubles"]
    assert (double["first_outlet_id"], double["outlets"]) == ("guangyuan", 2)
    assert [(s["outlet_id"], s["minutes_after_first"], s["relation"]) for s in double["stories"]] == [
        ("guangyuan", 0.0, "identical"), ("cangxi", 60.0, "reprint"),
    ]  # fmt: skip
    assert found["gaps"]["empty_angles"] == ["food"]
    assert len(found["gaps"]["silent_outlets"]) == 210 - 4
    assert [(h["starts_at"], h["stories"]) for h in found["timeline"]] == [
        ("2026-03-02T00:00:00Z", 1), ("2026-03-02T01:00:00Z", 2), ("2026-03-02T02:00:00Z", 1),
    ]  # fmt: skip


def test_silent_counties_of_the_city_are_named(served: TestClient, key: Key, stories: list[str]) -> None:
    headers = key()
    found = board(served, headers, opened(served, headers, query={"places": ["510800"]}))
    silent = found["gaps"]["silent_places"]
    assert "510802" not in silent
    assert {"510811", "510812", "510824"} <= set(silent)


def test_stories_come_with_reasons_in_chinese_and_page_by_cursor(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    board(served, headers, coverage_id)
    path = f"/v1/coverages/{coverage_id}/stories"
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = served.get(path, headers=headers, params=params).json()
        seen += [item["story_id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        params["cursor"] = page["cursor"]
    assert seen == [stories[n] for n in (3, 2, 1, 0)]
    (first,) = served.get(path, headers=headers, params={"level": "city"}).json()["items"]
    assert first["reasons"][0]["text"] == "标题有「省运会」"
    assert first["reasons"][0]["evidence"] == [{"field": "title", "start": 0, "end": 3, "text": "省运会"}]
    assert [a["angle_id"] for a in first["angles"]] == ["opening"]
    for params, wanted in (
        ({"angle": "opening"}, [1, 0]),
        ({"angle": "none"}, [3]),
        ({"outlet_id": "lizhou"}, [3]),
        ({"picked": True}, []),
    ):
        items = served.get(path, headers=headers, params=params).json()["items"]
        assert [item["story_id"] for item in items] == [stories[n] for n in wanted], params


def test_an_editors_pick_outranks_the_query_and_can_be_taken_back(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    path = f"/v1/coverages/{coverage_id}/picks"
    spring, torch = stories[4], stories[0]
    answer = served.post(path, headers=headers, json={"story_id": spring, "angle_id": "food"})
    assert answer.status_code == 201, answer.text
    assert served.post(path, headers=headers, json={"story_id": torch, "verb": "remove"}).status_code == 201
    found = board(served, headers, coverage_id)
    assert (found["stories"], found["gaps"]["empty_angles"]) == (4, [])
    picked = served.get(f"/v1/coverages/{coverage_id}/stories", headers=headers, params={"picked": True})
    assert [item["reasons"][0]["text"] for item in picked.json()["items"]] == ["编辑选入"]
    assert served.delete(f"{path}/{spring}", headers=headers).status_code == 204
    again = served.delete(f"{path}/{spring}", headers=headers)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert board(served, headers, coverage_id)["stories"] == 3
    bad = served.post(path, headers=headers, json={"story_id": torch, "angle_id": "nowhere"})
    assert (bad.status_code, bad.json()["code"]) == (404, "not_found")


def test_keys_open_as_far_as_they_reach(served: TestClient, key: Key) -> None:
    city, county = key(Role.EDITOR, "guangyuan"), key(Role.EDITOR, "lizhou")
    province = key(Role.EDITOR, "shuchuan-daily")
    assert served.post("/v1/coverages", headers=province, json=a_coverage()).json()["outlet_ids"] == []
    inside = served.post("/v1/coverages", headers=city, json=a_coverage()).json()["outlet_ids"]
    assert {"guangyuan", "lizhou", "cangxi"} <= set(inside)
    assert "mianyang" not in inside
    assert served.post("/v1/coverages", headers=county, json=a_coverage()).json()["outlet_ids"] == ["lizhou"]
    for headers, beyond in ((city, "mianyang"), (county, "cangxi")):
        answer = served.post("/v1/coverages", headers=headers, json=a_coverage(outlet_ids=[beyond]))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for role in (Role.APP, Role.SCIENTIST):
        assert served.post("/v1/coverages", headers=key(role, "lizhou"), json=a_coverage()).status_code == 403


def test_a_coverage_is_unknown_to_outlets_outside_it(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    inside, outside = key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "cangxi")
    coverage_id = opened(served, inside)
    claim_id = served.post(
        f"/v1/coverages/{coverage_id}/claims", headers=inside, json={"angle_id": "food", "until": UNTIL}
    ).json()["id"]
    pick = {"story_id": stories[1]}
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"title": "改"}),
        ("GET", "/stories", None),
        ("POST", "/picks", pick),
        ("DELETE", f"/picks/{stories[1]}", None),
        ("GET", "/claims", None),
        ("POST", "/claims", {"angle_id": "food", "until": UNTIL}),
        ("PATCH", f"/claims/{claim_id}", {"state": "released"}),
    ]
    for method, path, body in calls:
        answer = served.request(method, f"/v1/coverages/{coverage_id}{path}", headers=outside, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
    listed = [served.get("/v1/coverages", headers=h).json()["items"] for h in (inside, outside)]
    assert [[c["id"] for c in items] for items in listed] == [[coverage_id], []]


def test_a_member_picks_and_claims_for_itself_and_does_not_lead(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key(Role.EDITOR, "guangyuan"))
    member = key(Role.EDITOR, "lizhou")
    path = f"/v1/coverages/{coverage_id}"
    own = served.post(f"{path}/picks", headers=member, json={"story_id": stories[4]})
    others = served.post(f"{path}/picks", headers=member, json={"story_id": stories[1], "verb": "remove"})
    change = served.patch(path, headers=member, json={"title": "改"})
    claim = {"angle_id": "food", "until": UNTIL, "outlet_id": "cangxi"}
    for_other = served.post(f"{path}/claims", headers=member, json=claim)
    assert [a.status_code for a in (own, others, change, for_other)] == [201, 403, 403, 403]
    lead = served.post(
        f"{path}/picks",
        headers=key(Role.EDITOR, "guangyuan"),
        json={"story_id": stories[1], "verb": "remove"},
    )
    assert lead.status_code == 201


def test_a_change_needs_the_revision_it_was_made_on_and_a_closed_one_takes_nothing(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    path = f"/v1/coverages/{coverage_id}"
    until = {"angle_id": "food", "until": UNTIL, "outlet_id": "lizhou"}
    served.post(f"{path}/claims", headers=headers, json=until)
    dropped = served.patch(path, headers=headers, json={"angles": ANGLES[:2]})
    assert (dropped.status_code, dropped.json()["code"]) == (409, "conflict")
    changed = served.patch(path, headers=headers, json={"title": "省运会收官", "expected_revision": 1})
    assert (changed.json()["revision"], changed.json()["title"]) == (2, "省运会收官")
    stale = served.patch(path, headers=headers, json={"title": "旧", "expected_revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    assert served.patch(path, headers=headers, json={"state": "closed"}).json()["state"] == "closed"
    for route, body in (("picks", {"story_id": stories[4]}), ("claims", until)):
        answer = served.post(f"{path}/{route}", headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "coverage_closed")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"topics": ["99"]}, "query.topics"),
        ({"topics": ["体育"]}, "query.topics"),
        ({"places": ["110000"]}, "query.places"),
        ({"until": "2026-02-01T00:00:00+08:00"}, "query.until"),
        ({"since": "2026-03-01T00:00:00"}, "query.since"),
        ({"words_any": ["  "]}, "query.words_any"),
    ],
)
def test_faulty_queries_are_refused_by_field(
    served: TestClient, key: Key, query: dict[str, Any], field: str
) -> None:
    answer = served.post("/v1/coverages", headers=key(), json=a_coverage(query=query))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_an_unknown_example_or_member_is_named(served: TestClient, key: Key) -> None:
    for fields in ({"query": {"examples": ["s404"]}}, {"outlet_ids": ["nobody"]}):
        answer = served.post("/v1/coverages", headers=key(), json=a_coverage(**fields))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def read_by(served: TestClient, key: Key, story_id: str, **readers: int) -> None:
    """Readers of these outlets' apps are shown a story; every fourth of them opens it."""
    for outlet, count in readers.items():
        events = [
            {
                "event_id": f"{outlet}-{kind}-{n}",
                "reader_id": f"r-{outlet}-{n}",
                "story_id": story_id,
                "type": kind,
                "at": "2026-03-02T11:59:00+08:00",
            }
            for n in range(count)
            for kind in ("expose", "click")[: 2 if n % 4 == 0 else 1]
        ]
        answer = served.post("/v1/events", headers=key(Role.APP, outlet), json={"events": events})
        assert answer.status_code == 200, answer.text


def reach_row(outlet_id: str, readers: int | None) -> dict[str, Any]:
    clicks = None if readers is None else (readers + 3) // 4
    return {"outlet_id": outlet_id, "exposures": readers, "clicks": clicks, "readers": readers}


def test_reach_is_told_by_outlet_from_twenty_readers_on_and_never_names_one(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key())
    board(served, key(), coverage_id)
    read_by(served, key, stories[0], lizhou=20, cangxi=19)
    for role in (Role.OPERATOR, Role.SCIENTIST):
        seen = served.get(f"/v1/coverages/{coverage_id}", headers=key(role))
        assert seen.json()["reach"] == [reach_row("cangxi", None), reach_row("lizhou", 20)]
        assert seen.json()["reach_total"] == {"outlets": 1, "exposures": 20, "clicks": 5, "readers": 20}
        assert "r-lizhou" not in seen.text


def test_an_outlet_sees_its_own_reach_and_the_sum_but_no_other_outlets(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key())
    board(served, key(), coverage_id)
    read_by(served, key, stories[0], lizhou=24, cangxi=19, guangyuan=28)
    members = {
        "lizhou": [reach_row("lizhou", 24)],
        "cangxi": [reach_row("cangxi", None)],
        "guangyuan": [reach_row("guangyuan", 28)],
        "shuchuan-daily": [],
    }
    seen = {
        outlet: served.get(f"/v1/coverages/{coverage_id}", headers=key(Role.EDITOR, outlet)).json()
        for outlet in members
    }
    assert {outlet: told["reach"] for outlet, told in seen.items()} == members
    both = {"outlets": 2, "exposures": 52, "clicks": 13, "readers": 52}
    assert {outlet: told["reach_total"] for outlet, told in seen.items()} == {
        "lizhou": None,  # the rest of the sum would be Guangyuan's
        "cangxi": both,
        "guangyuan": None,
        "shuchuan-daily": both,
    }


def told_at(served: TestClient, headers: dict[str, str], story_json: StoryJson, title: str, at: str) -> str:
    """A further story of the event, indexed; its public id."""
    row = story_json(external_id=f"at-{at[11:13]}", title=title, body=a_body(int(at[11:13])), published_at=at)
    sent = served.post("/v1/stories", headers={**headers, "Prefer": "wait=20"}, json=row)
    return str(sent.json()["results"][0]["story_id"])


def test_a_story_dated_forward_does_not_come_up_again_on_the_board(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock, story_json: StoryJson
) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    board(served, headers, coverage_id)
    old = told_at(served, headers, story_json, "省运会点火", "2026-03-02T12:00:00+08:00")
    clock.pass_by(hours=5)
    new = told_at(served, headers, story_json, "省运会加冕", "2026-03-02T16:00:00+08:00")
    change = {"published_at": "2026-03-02T16:30:00+08:00"}
    assert served.patch(f"/v1/stories/{old}", headers=headers, json=change).status_code == 200
    path = f"/v1/coverages/{coverage_id}/stories"
    for _ in range(100):
        first = served.get(path, headers=headers, params={"limit": 2}).json()
        if len(first["items"]) == 2 and first["items"][0]["story_id"] == new:
            break
        served.app.state.newsroom.worker.wait_round(0.2)  # type: ignore[attr-defined]
    rest = served.get(path, headers=headers, params={"limit": 9, "cursor": first["cursor"]}).json()
    listed = first["items"] + rest["items"]
    assert [one["story_id"] for one in listed] == [new, old, *(stories[n] for n in (3, 2, 1, 0))]
    assert listed[1]["published_at"] == "2026-03-02T08:30:00Z"


def test_every_act_leaves_an_audit_row(served: TestClient, key: Key, stories: list[str]) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    path = f"/v1/coverages/{coverage_id}"
    served.post(f"{path}/picks", headers=headers, json={"story_id": stories[4]})
    served.delete(f"{path}/picks/{stories[4]}", headers=headers)
    claim = {"angle_id": "food", "until": UNTIL, "outlet_id": "lizhou"}
    claim_id = served.post(f"{path}/claims", headers=headers, json=claim).json()["id"]
    served.patch(f"{path}/claims/{claim_id}", headers=headers, json={"state": "released"})
    served.patch(path, headers=headers, json={"lead": "新的导语。"})
    rows = served.get("/v1/audit", headers=headers, params={"target": coverage_id}).json()["items"]
    assert [row["action"] for row in reversed(rows)] == [
        "coverage.opened",
        "coverage.story_added",
        "coverage.pick_withdrawn",
        "claim.made",
        "claim.released",
        "coverage.changed",
    ]
    assert "新的导语" not in str(rows)


def test_coverages_page_newest_first(served: TestClient, key: Key, clock: FakeClock) -> None:
    headers = key()
    made = []
    for _ in range(5):
        made.append(opened(served, headers, state="planned"))
        clock.pass_by(minutes=1)
    first = served.get("/v1/coverages", headers=headers, params={"limit": 3}).json()
    rest = served.get("/v1/coverages", headers=headers, params={"limit": 3, "cursor": first["cursor"]}).json()
    assert [c["id"] for c in first["items"] + rest["items"]] == list(reversed(made))
    assert rest["cursor"] is None
    assert served.get("/v1/coverages", headers=headers, params={"state": "live"}).json()["items"] == []


def test_a_story_that_arrives_is_on_the_board_within_seconds(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = key()
    coverage_id = opened(served, headers)
    board(served, headers, coverage_id)
    served.post("/v1/stories", headers=headers, json=story_json(title="省运会闭幕"))
    until = time.monotonic() + 5
    while board(served, headers, coverage_id)["stories"] == 0:
        assert time.monotonic() < until
        served.app.state.newsroom.worker.wait_round(0.2)  # type: ignore[attr-defined]


def test_apps_show_a_coverage_as_a_channel_of_its_own_or_leave_it_out(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key())
    channel = board(served, key(), coverage_id)["channel"]
    served.app.state.newsroom.library.catch_up()  # type: ignore[attr-defined]
    app = key(Role.APP, "lizhou")
    asked = served.post("/v1/recommend", headers=app, json={"scene": "channel", "channel": channel})
    titles = [item["title"] for item in asked.json()["items"]]
    assert titles
    assert all("省运会" in title for title in titles)
    assert {item["reasons"][0]["text"] for item in asked.json()["items"]} == {"专题报道"}
    left = served.post("/v1/recommend", headers=app, json={"without_channels": [channel]})
    assert [item["title"] for item in left.json()["items"]] == ["春耕备耕全面展开"]
    nothing = served.post("/v1/recommend", headers=app, json={"scene": "channel", "channel": "coverage:none"})
    assert nothing.json()["items"] == []


def test_an_outlet_outside_a_coverage_has_no_channel_of_it(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key(), outlet_ids=["lizhou"])
    channel = board(served, key(), coverage_id)["channel"]
    served.app.state.newsroom.library.catch_up()  # type: ignore[attr-defined]
    wish = {"scene": "channel", "channel": channel}
    inside = served.post("/v1/recommend", headers=key(Role.APP, "lizhou"), json=wish).json()
    outside = served.post("/v1/recommend", headers=key(Role.APP, "cangxi"), json=wish).json()
    assert inside["items"]
    assert outside["items"] == []


def test_picks_are_listed_also_those_that_put_a_story_out(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key()
    path = f"/v1/coverages/{opened(served, headers)}/picks"
    assert served.get(path, headers=headers).json() == {"items": []}
    served.post(path, headers=headers, json={"story_id": stories[4], "angle_id": "food"})
    served.post(path, headers=headers, json={"story_id": stories[0], "verb": "remove"})
    found = served.get(path, headers=headers).json()["items"]
    assert {(p["story_id"], p["verb"], p["angle_id"], p["outlet_id"]) for p in found} == {
        (stories[4], "add", "food", "lizhou"), (stories[0], "remove", None, "guangyuan"),
    }  # fmt: skip
    assert {p["title"] for p in found} == {"春耕备耕全面展开", "省运会利州赛区今晚开幕"}
    served.delete(f"{path}/{stories[0]}", headers=headers)
    served.post(f"/v1/stories/{stories[4]}/takedown", headers=headers, json={"reason": "有误"})
    assert served.get(path, headers=headers).json() == {"items": []}
    own = opened(served, key(Role.EDITOR, "lizhou"))
    hidden = served.get(f"/v1/coverages/{own}/picks", headers=key(Role.EDITOR, "cangxi"))
    assert hidden.status_code == 404
