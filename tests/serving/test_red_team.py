"""What somebody hostile tries: show what must not be shown, starve an outlet, learn of another's readers."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body
from support.readers import Key, StoryJson, farm_and_school, read

from tianfu.model.access import Role
from tianfu.serving.services.newsroom import Newsroom

ENDS = "2026-03-20T12:00:00+08:00"
OUTLETS = ("lizhou", "cangxi", "guangyuan", "shuchuan-daily", "leshan")


def feed(served: TestClient, headers: dict[str, str], **asked: Any) -> Any:
    answer = served.post("/v1/recommend", headers=headers, json={"count": 10, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(served: TestClient, key: Key, rows: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(rows), 200):
        batch = {"stories": rows[start : start + 200]}
        answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=30"}, json=batch).json()
        found += [row["story_id"] for row in answer["results"]]
    return found


@pytest.mark.box
def test_stories_dated_ahead_starve_nobody(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str], clock: FakeClock
) -> None:
    farm_and_school(served, key, story_json)
    ahead = [
        story_json(
            external_id=f"f{n}", outlet_id="leshan", title=f"第{n}号预告", body=a_body(500 + n),
            published_at="2026-06-01T00:00:00+08:00",
        )
        for n in range(300)
    ]  # fmt: skip
    send(served, key, ahead)
    page = feed(served, app_key)
    assert len(page["items"]) == 10
    assert {item["placed_by"] for item in page["items"]} == {"model"}
    told = served.get(f"/v1/decisions/{page['trace_id']}", headers=app_key).json()
    assert told["candidates"]["fresh"] >= 16
    assert "not_yet" not in told["filtered"]


@pytest.mark.box
def test_an_outlet_that_floods_leaves_others_their_places(
    served: TestClient, key: Key, story_json: StoryJson, clock: FakeClock
) -> None:
    farm_and_school(served, key, story_json)
    flood = [
        story_json(
            external_id=f"f{n}", outlet_id="leshan", title=f"第{n}号快讯", body=a_body(900 + n),
            adcode="510802", published_at="2026-03-02T11:59:00+08:00",
        )
        for n in range(700)
    ]  # fmt: skip
    send(served, key, flood)
    for outlet_id in ("lizhou", "qingchuan"):
        page = feed(served, key(Role.APP, outlet_id))
        of_flooder = sum(item["outlet"]["id"] == "leshan" for item in page["items"])
        assert of_flooder <= 4
        assert {item["outlet"]["id"] for item in page["items"]} >= {"lizhou", "cangxi"}


def test_decisions_exports_and_cursors_of_another_outlet_stay_closed(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]
) -> None:
    stories = farm_and_school(served, key, story_json)
    read(served, app_key, "r-1", list(stories.values())[:3])
    page = feed(served, app_key, reader_id="r-1", count=3)
    other = key(Role.APP, "cangxi")
    assert served.get(f"/v1/decisions/{page['trace_id']}", headers=other).status_code == 403
    assert served.post("/v1/recommend", headers=other, json={"cursor": page["cursor"]}).status_code == 422
    for path in ("", "/export", "/tags"):
        mine = served.get(f"/v1/readers/r-1{path}?outlet_id=lizhou", headers=other)
        assert mine.status_code == 403, path
    put = served.put("/v1/readers/r-1/wishes/topic/14?outlet_id=lizhou", headers=other, json={})
    assert put.status_code == 403
    joined = served.post("/v1/readers/r-1/devices?outlet_id=lizhou", headers=other, json={"device_id": "d"})
    assert joined.status_code == 403


def test_no_reason_names_what_a_reader_read_to_anybody_but_the_reader(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]
) -> None:
    stories = farm_and_school(served, key, story_json)
    titles = list(stories)[:3]
    read(served, app_key, "r-1", [stories[title] for title in titles])
    page = feed(served, app_key, reader_id="r-1")
    told = served.get(f"/v1/decisions/{page['trace_id']}", headers=key(Role.SCIENTIST)).text
    assert "r-1" not in told
    assert not any(f"《{title[:14]}" in told for title in titles)


class Newsrooms:
    """A few newsrooms in which anything may happen, and what must hold of every page afterwards."""

    def __init__(
        self, served: TestClient, key: Key, story_json: StoryJson, clock: FakeClock, seed: int
    ) -> None:
        self.served, self.key, self.clock = served, key, clock
        self.rng = random.Random(seed)
        self.keys = {outlet_id: key(Role.EDITOR, outlet_id) for outlet_id in OUTLETS}
        self.platform = key()
        rows = []
        for n in range(40):
            twin = n % 5 == 4
            rows.append(
                story_json(
                    external_id=f"s{n}",
                    outlet_id=self.rng.choice(OUTLETS),
                    title=f"第{n}条：{'农校赛灾旅'[n % 5]}",
                    body=a_body(n - 1 if twin else n),
                    published_at=f"2026-03-0{1 + n % 2}T{n % 12:02}:00:00+08:00",
                    url=f"https://example.org/{n}" if n % 3 else None,
                    source=self.rng.choice(["", "", "新华社", "某自媒体"]),
                    reuse=self.rng.choice([None, None, None, "link_out", "none"]),
                    expires_at=self.rng.choice([None, None, "2026-03-03T06:00:00+08:00"]),
                )
            )
        self.stories = send(served, key, rows)
        self.down: set[str] = set()

    def happen(self) -> None:
        """Let one thing happen."""
        story_id, outlet_id = self.rng.choice(self.stories), self.rng.choice(OUTLETS)
        event = self.rng.choice(
            ["take_down", "restore", "block", "pin", "must_carry", "agree", "wish", "read", "time"]
        )
        if event == "take_down":
            self._post(f"/v1/stories/{story_id}/takedown", {"reason": "试"}, self.platform)
        elif event == "restore":
            self._post(f"/v1/stories/{story_id}/restore", None, self.platform)
        elif event in ("block", "pin", "must_carry"):
            order = {"story_id": story_id, "action": event, "ends_at": ENDS}
            if event == "pin":
                order["position"] = self.rng.randrange(12)
            mine = event != "must_carry" and self.rng.random() < 0.7
            if mine:
                order["outlet_ids"] = [outlet_id]
            self._post("/v1/placements", order, self.keys[outlet_id] if mine else self.platform)
        elif event == "agree":
            wish = {"reuse": self.rng.choice(["open", "link_out", "none"])}
            self.served.put(f"/v1/outlets/{outlet_id}/agreement", headers=self.keys[outlet_id], json=wish)
        elif event == "wish":
            self.served.put(
                f"/v1/readers/r-1/wishes/topic/{self.rng.choice(['14', '31', '39'])}",
                headers=self.keys["lizhou"], json={"amount": "none"},
            )  # fmt: skip
        elif event == "read":
            read(self.served, self.keys["lizhou"], "r-1", [story_id])
        else:
            self.clock.pass_by(hours=self.rng.choice([1, 5]))

    def _post(self, path: str, body: Any, headers: dict[str, str]) -> None:
        answer = self.served.post(path, headers=headers, json=body)
        assert answer.status_code < 500, answer.text

    def check(self) -> None:
        """Ask as somebody, turn every page, and look at each item from the outside."""
        outlet_id = self.rng.choice(OUTLETS)
        asked: dict[str, Any] = {"count": self.rng.choice([3, 10])}
        asked |= self.rng.choice([{}, {"reader_id": "r-1"}, {"personalise": False}, {"minor": True}])
        headers = self.keys[outlet_id]
        page = feed(self.served, headers, **asked)
        items, first = list(page["items"]), True
        while page["cursor"]:
            cursor = page["cursor"]
            if self.rng.random() < 0.3:
                self.happen()
                first = False
            page = feed(self.served, headers, cursor=cursor, count=asked["count"])
            again = feed(self.served, headers, cursor=cursor, count=asked["count"])
            assert [item["story_id"] for item in again["items"]] == [i["story_id"] for i in page["items"]]
            for item in page["items"]:
                self._may_stand(item, outlet_id, minor=asked.get("minor", False))
            items += page["items"]
        if first:
            for item in items:
                self._may_stand(item, outlet_id, minor=asked.get("minor", False))
        clusters = [item["cluster_id"] for item in items]
        assert not first or len(set(clusters)) == len(clusters)
        assert len({item["story_id"] for item in items}) == len(items)
        if not asked.get("minor"):
            assert items or not self._anything_left(outlet_id)

    def _may_stand(self, item: dict[str, Any], outlet_id: str, *, minor: bool) -> None:
        story = self.served.get(f"/v1/stories/{item['story_id']}", headers=self.platform).json()
        assert story["state"] == "live"
        ends = story["expires_at"]
        assert ends is None or ends > self.clock.now().isoformat().replace("+00:00", "Z")
        own = self.served.get(f"/v1/stories/{item['story_id']}", headers=self.keys[outlet_id]).json()
        assert own["rights"]["code"] not in ("none",), own["rights"]
        assert (own["rights"]["code"] == "link_out") == (item["display"] == "link")
        assert item["title"] == story["title"]
        assert item["source"] == story["source"]
        orders = self.served.get("/v1/placements", headers=self.platform).json()["items"]
        for order in orders:
            reaches = not order["outlet_ids"] or outlet_id in order["outlet_ids"]
            if order["action"] == "block" and order["story_id"] == item["story_id"] and reaches:
                assert item["placed_by"] == "must_carry"
                assert order["authority"] == "outlet"
        if minor:
            topics = {topic["code"] for topic in item["topics"]}
            assert topics <= {"14", "16", "18", "22", "31", "33", "35", "36", "39"}

    def _anything_left(self, outlet_id: str) -> bool:
        room: Newsroom = self.served.app.state.newsroom  # type: ignore[attr-defined]
        now_s = self.clock.now().timestamp()
        blocked = {
            order["story_id"]
            for order in self.served.get("/v1/placements", headers=self.platform).json()["items"]
            if order["action"] == "block" and (not order["outlet_ids"] or outlet_id in order["outlet_ids"])
        }
        return any(
            card.story_id not in blocked
            and (card.expires_at_s is None or card.expires_at_s > now_s)
            and room.rights.permission(card, outlet_id).value != "none"
            for card in room.library.view.cards
        )


@pytest.mark.box
@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_no_page_shows_what_it_must_not(
    seed: int, served: TestClient, key: Key, story_json: StoryJson, clock: FakeClock
) -> None:
    newsrooms = Newsrooms(served, key, story_json, clock, seed)
    for _ in range(14):
        for _ in range(newsrooms.rng.randint(1, 3)):
            newsrooms.happen()
        newsrooms.check()


def test_must_carry_cannot_be_left_out_by_a_county(
    served: TestClient, key: Key, story_json: StoryJson, send_one: Callable[..., str]
) -> None:
    carried = send_one("leshan", "m")
    order = {"story_id": carried, "action": "must_carry", "ends_at": ENDS}
    served.post("/v1/placements", headers=key(), json=order)
    editor = key(Role.EDITOR, "lizhou")
    for action in ("block", "suppress"):
        own = {"story_id": carried, "action": action, "ends_at": ENDS, "outlet_ids": ["lizhou"]}
        assert served.post("/v1/placements", headers=editor, json=own).status_code == 201
    aims = dict.fromkeys(("popular", "fresh", "local", "varied", "related", "explore"), 0.0)
    served.put("/v1/outlets/lizhou/aims/home", headers=editor, json=aims)
    assert feed(served, editor)["items"][0]["story_id"] == carried


@pytest.fixture
def send_one(served: TestClient, key: Key, story_json: StoryJson) -> Callable[..., str]:
    def _send(outlet_id: str, external_id: str, **fields: Any) -> str:
        row = story_json(outlet_id=outlet_id, external_id=external_id, body=a_body(77), **fields)
        return send(served, key, [row])[0]

    return _send
