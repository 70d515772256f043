"""Desks over HTTP: what upper outlets took before says what they would take."""

from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.flow import Key, told

from tianfu.model.access import Role

PAST = [
    ("cangxi", "苍溪农户抢种春茶", 1, "2026-02-20T09:00:00+08:00"),
    ("guangyuan", "苍溪农户抢种春茶（转）", 1, "2026-02-20T10:00:00+08:00"),
    ("cangxi", "苍溪农户抢种水稻", 2, "2026-02-21T09:00:00+08:00"),
    ("guangyuan", "苍溪农户抢种水稻（转）", 2, "2026-02-21T10:00:00+08:00"),
    ("lizhou", "利州赛事开幕", 3, "2026-02-22T09:00:00+08:00"),
]


def desks(served: TestClient, headers: dict[str, str], story_id: str) -> list[dict[str, object]]:
    answer = served.get(f"/v1/stories/{story_id}/desks", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_the_desk_that_took_alike_stories_comes_first_with_what_it_took(served: TestClient, key: Key) -> None:
    past = told(served, key, PAST)
    new = told(served, key, [("lizhou", "利州农户抢种春茶", 9, "2026-03-02T09:00:00+08:00")], prefix="n")
    first, second, *_ = desks(served, key(Role.EDITOR, "lizhou"), new[0])
    assert (first["desk"], first["name"]) == ("guangyuan:14", "广元市融媒体中心·类14")
    assert first["confidence"] > second["confidence"]  # type: ignore[operator]
    assert [one["story_id"] for one in first["examples"]] == [past[0], past[2]]  # type: ignore[attr-defined]
    reasons = {one["code"]: one["text"] for one in first["reasons"]}  # type: ignore[attr-defined]
    assert reasons["base_rate"].startswith("近90天下级媒体发类14类稿3篇，该编辑部采用2篇")


def test_an_outlet_that_carries_it_already_is_told_so_and_a_province_has_nobody_above(
    served: TestClient, key: Key
) -> None:
    past = told(served, key, [*PAST, ("shuchuan-net", "全省赛事开幕", 7, "2026-02-22T09:00:00+08:00")])
    found = {one["desk"]: one for one in desks(served, key(), past[0])}
    assert found["guangyuan:14"]["told_already"] == {"story_id": past[1], "title": PAST[1][1]}
    assert found["shuchuan-net:14"]["told_already"] is None
    assert desks(served, key(), past[5]) == []


def test_an_accepted_submission_counts_within_minutes(served: TestClient, key: Key, clock: FakeClock) -> None:
    past = told(served, key, PAST)
    new = told(served, key, [("lizhou", "利州赛事闭幕", 9, "2026-03-02T09:00:00+08:00")], prefix="n")

    def example_ids() -> list[str]:
        found = {one["desk"]: one for one in desks(served, key(), new[0])}
        return [one["story_id"] for one in found["shuchuan-net:39"]["examples"]]  # type: ignore[attr-defined]

    assert example_ids() == []
    path = f"/v1/stories/{past[4]}/submissions"
    sent = served.post(path, headers=key(Role.EDITOR, "lizhou"), json={"desk": "shuchuan-net:39"}).json()
    served.patch(
        f"/v1/submissions/{sent['id']}", headers=key(Role.EDITOR, "shuchuan-net"), json={"state": "accepted"}
    )
    clock.pass_by(minutes=5)
    assert example_ids() == [past[4]]


def test_desks_need_a_known_story_and_a_newsrooms_key(served: TestClient, key: Key) -> None:
    assert served.get("/v1/stories/s404/desks", headers=key()).status_code == 404
    assert served.get("/v1/stories/s404/desks", headers=key(Role.APP, "lizhou")).status_code == 403
