"""Two counties and the platform behind one API, and everything that can be asked about either."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.testclient import TestClient

from support.builders import FakeClock, a_body
from tianfu.model.access import Role
from tianfu.serving.services.access import create_key
from tianfu.serving.services.newsroom import Newsroom

OWN, OTHER, ABOVE = "lizhou", "cangxi", "guangyuan"
AIMS = dict.fromkeys(("popular", "fresh", "local", "varied", "related", "explore"), 0.5)
ENDS = "2026-03-20T12:00:00+08:00"
HELD: Mapping[str, tuple[Role, str | None]] = {
    "app": (Role.APP, OWN),
    "editor": (Role.EDITOR, OWN),
    "desk_scientist": (Role.SCIENTIST, OWN),
    "operator": (Role.OPERATOR, None),
    "scientist": (Role.SCIENTIST, None),
    "admin": (Role.ADMIN, None),
}
"""The keys that ask, by name: role and outlet."""


@dataclass
class Ask:
    """One request: values for the path's template, query and body."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None


class World:
    """Makes things that belong to an outlet, and asks as any of :data:`HELD`.

    ``words`` stand in every text it sends, ``name`` in the id of every reader and device.
    """

    def __init__(self, client: TestClient, clock: FakeClock, *, words: str = "", name: str = "") -> None:
        self.client = client
        self.words = words
        self.name = name
        self.clock = clock
        self.room: Newsroom = client.app.state.newsroom  # type: ignore[attr-defined]
        self.keys = {name: self.key(*held) for name, held in HELD.items()}
        self._count = 0
        self.bystander = self.story(ABOVE)

    def key(self, role: Role, outlet_id: str | None = None, **fields: Any) -> dict[str, str]:
        _, secret = create_key(
            role=role, outlet_id=outlet_id, label="test", actor="test", database=self.room.database,
            clock=self.clock, **fields,
        )  # fmt: skip
        return {"Authorization": f"Bearer {secret}"}

    def as_admin(self, method: str, path: str, **sent: Any) -> Any:
        answer = self.client.request(method, path, headers=self.keys["admin"], **sent)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    def ask(
        self, method: str, template: str, asked: Ask, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        path = template.format(**asked.path)
        body = {} if asked.body is None else {"json": asked.body}
        return self.client.request(method, path, params=asked.query, headers=headers, **body)

    def fresh(self) -> int:
        self._count += 1
        return self._count

    def story_json(self, outlet_id: str, **fields: Any) -> dict[str, Any]:
        number = self.fresh()
        return {
            "external_id": f"x{number}", "outlet_id": outlet_id, "title": f"第{number}号{self.words}农校消息",
            "body": a_body(number) + self.words, "published_at": "2026-03-02T11:00:00+08:00", **fields,
        }  # fmt: skip

    def story(self, outlet_id: str, *, wait: bool = False, **fields: Any) -> str:
        headers = {**self.keys["admin"], **({"Prefer": "wait=20"} if wait else {})}
        row = self.story_json(outlet_id, **fields)
        answer = self.client.post("/v1/stories", headers=headers, json=row)
        return str(answer.json()["results"][0]["story_id"])

    def taken_down(self, outlet_id: str) -> str:
        story_id = self.story(outlet_id)
        own = self.key(Role.EDITOR, outlet_id)
        self.client.post(f"/v1/stories/{story_id}/takedown", headers=own, json={"reason": "试"})
        return story_id

    def reader(self, outlet_id: str) -> str:
        reader_id = f"r-{self.name}{self.fresh()}"
        for path, body in (
            ("tags/topic/14", {"weight": 2.0}),
            ("wishes/topic/31", {}),
            ("sliders", AIMS),
        ):
            path = f"/v1/readers/{reader_id}/{path}?outlet_id={outlet_id}"
            self.as_admin("PUT", path, json=body)
        return reader_id

    def feed(self, outlet_id: str, **asked: Any) -> Any:
        return self.as_admin("POST", "/v1/recommend", json={"outlet_id": outlet_id, "count": 1, **asked})

    def placement(self, outlet_id: str) -> str:
        order = {"story_id": self.bystander, "action": "boost", "ends_at": ENDS, "outlet_ids": [outlet_id]}
        made = self.client.post(
            "/v1/placements", headers=self.editor(outlet_id), json={**order, "note": f"n{self.fresh()}"}
        )
        return str(made.json()["id"])

    def editor(self, outlet_id: str) -> dict[str, str]:
        name = f"editor of {outlet_id}"
        if name not in self.keys:
            self.keys[name] = self.key(Role.EDITOR, outlet_id)
        return self.keys[name]

    def coverage_json(self, outlet_id: str) -> dict[str, Any]:
        query = {
            "since": "2026-03-01T00:00:00+08:00", "until": "2026-03-10T00:00:00+08:00",
            "words_any": [f"专题{self.fresh()}"],
        }  # fmt: skip
        angles = [{"id": "one", "name": "一面", "words": ["开幕"]}]
        return {"title": "专题", "query": query, "angles": angles, "outlet_ids": [outlet_id]}

    def coverage(self, outlet_id: str) -> str:
        made = self.client.post(
            "/v1/coverages", headers=self.editor(outlet_id), json=self.coverage_json(outlet_id)
        )
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def picked(self, outlet_id: str) -> dict[str, str]:
        coverage_id, story_id = self.coverage(outlet_id), self.story(outlet_id)
        pick = {"story_id": story_id, "verb": "add"}
        path = f"/v1/coverages/{coverage_id}/picks"
        made = self.client.post(path, headers=self.editor(outlet_id), json=pick)
        assert made.status_code == 201, made.text
        return {"coverage_id": coverage_id, "story_id": story_id}

    def claim(self, outlet_id: str) -> dict[str, str]:
        coverage_id = self.coverage(outlet_id)
        path = f"/v1/coverages/{coverage_id}/claims"
        claim = {"angle_id": "one", "until": ENDS}
        made = self.client.post(path, headers=self.editor(outlet_id), json=claim)
        assert made.status_code == 201, made.text
        return {"coverage_id": coverage_id, "claim_id": made.json()["id"]}

    def submission(self, outlet_id: str) -> str:
        path = f"/v1/stories/{self.story(outlet_id)}/submissions"
        made = self.client.post(path, headers=self.editor(outlet_id), json={"outlet_id": ABOVE})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def source(self) -> str:
        name = f"试点通讯{self.fresh()}"
        self.as_admin("POST", "/v1/sources", json={"name": name})
        return name

    def spare_key(self) -> str:
        made = self.as_admin("POST", "/v1/keys", json={"role": "scientist", "label": "spare"})
        return str(made["key_id"])

    def held_back(self, outlet_id: str) -> str:
        """A story with events of one device that came too fast to count."""
        story_id = self.story(outlet_id)
        rows = [{**self.event(story_id), "device_id": f"d-{self.name}{story_id}"} for _ in range(25)]
        self.as_admin("POST", "/v1/events", json={"outlet_id": outlet_id, "events": rows})
        return story_id

    def event(self, story_id: str) -> dict[str, Any]:
        return {
            "event_id": f"e-{self.fresh()}", "device_id": f"d-{self.name}1", "story_id": story_id,
            "type": "click", "at": "2026-03-02T11:59:00+08:00",
        }  # fmt: skip


Make = Callable[[World, str], Ask]
