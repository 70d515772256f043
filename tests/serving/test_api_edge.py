"""The HTTP edge: keys, limits, problems, and whatever hostile clients send."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import fake_parts
from support.standing import Standing

from tianfu.model.access import Role
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key, revoke_key
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

Key = Callable[..., dict[str, str]]
ROUTES = [
    ("POST", "/v1/stories"),
    ("GET", "/v1/stories"),
    ("GET", "/v1/stories/s1"),
    ("PATCH", "/v1/stories/s1"),
    ("POST", "/v1/stories/s1/takedown"),
    ("POST", "/v1/stories/s1/restore"),
    ("PUT", "/v1/stories/s1/tags"),
    ("POST", "/v1/tags/suggest"),
    ("POST", "/v1/duplicates/check"),
    ("GET", "/v1/stories/s1/duplicates"),
    ("GET", "/v1/clusters/c1"),
    ("POST", "/v1/recommend"),
    ("POST", "/v1/recommend/preview"),
    ("GET", "/v1/personas"),
    ("GET", "/v1/decisions/f1"),
    ("POST", "/v1/events"),
    ("GET", "/v1/readers/r1"),
    ("DELETE", "/v1/readers/r1"),
    ("PUT", "/v1/readers/r1/personalisation"),
    ("POST", "/v1/readers/r1/link"),
    ("GET", "/v1/readers/r1/choices"),
    ("GET", "/v1/placements"),
    ("POST", "/v1/placements"),
    ("POST", "/v1/placements/check"),
    ("GET", "/v1/placements/p1"),
    ("GET", "/v1/coverages"),
    ("POST", "/v1/coverages"),
    ("GET", "/v1/coverages/z1"),
    ("PATCH", "/v1/coverages/z1"),
    ("GET", "/v1/coverages/z1/stories"),
    ("GET", "/v1/coverages/z1/picks"),
    ("POST", "/v1/coverages/z1/picks"),
    ("DELETE", "/v1/coverages/z1/picks/s1"),
    ("GET", "/v1/coverages/z1/claims"),
    ("POST", "/v1/coverages/z1/claims"),
    ("PATCH", "/v1/coverages/z1/claims/k1"),
    ("GET", "/v1/outlets"),
    ("GET", "/v1/outlets/o1/pickups"),
    ("POST", "/v1/stories/s1/submissions"),
    ("GET", "/v1/submissions"),
    ("GET", "/v1/insights/hot"),
    ("GET", "/v1/insights/topics"),
    ("GET", "/v1/insights/heat"),
    ("GET", "/v1/insights/map"),
    ("GET", "/v1/outlets/o1/report"),
    ("GET", "/v1/stories/s1/desks"),
    ("PATCH", "/v1/submissions/u1"),
    ("GET", "/v1/audit"),
    ("GET", "/v1/stories/s1/exposure"),
    ("GET", "/v1/stories/s1/takedowns"),
    ("POST", "/v1/desks/suggest"),
    ("GET", "/v1/vocabulary/topic"),
    ("GET", "/v1/session"),
    ("DELETE", "/v1/session"),
    ("GET", "/v1/whoami"),
    ("GET", "/v1/vitals"),
]
TEXT_FIELDS = [
    "title",
    "body",
    "author",
    "source",
    "url",
    "image_url",
    "channel",
    "adcode",
    "external_id",
    "outlet_id",
]
NASTY_TEXTS = {
    "nul": "a\x00b",
    "bell": "a\x07b",
    "sql": "'; DROP TABLE stories; --",
    "path": "../../etc/passwd",
    "template": "{{7*7}}${7*7}",
    "script": "<script>alert(1)</script>",
    "long": "长" * 150_000,
    "bidi": "\u202egnp.exe",
    "emoji": "🦀" * 40,
}


def is_problem(answer: Any) -> bool:
    return bool(
        400 <= answer.status_code < 500
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "status", "code", "detail"} <= answer.json().keys()
    )


@pytest.mark.box
@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "header", [None, "Bearer nonsense", "Basic abc", "Bearer \udcff".encode("utf-8", "surrogateescape")]
)
def test_every_route_but_health_needs_a_key(standing: Standing, method: str, path: str, header: Any) -> None:
    headers = (
        {} if header is None else {b"Authorization": header if isinstance(header, bytes) else header.encode()}
    )
    answer = standing.client.request(method, path, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/v1/metrics", "/about-algorithm", "/v1/openapi.json"]
)
def test_health_and_public_pages_need_none(served: TestClient, path: str) -> None:
    assert served.get(path).status_code == 200


def test_a_revoked_or_expired_key_opens_nothing(served: TestClient, clock: FakeClock) -> None:
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    made, secret = create_key(
        role=Role.OPERATOR, outlet_id=None, label="x", actor="t", database=room.database, clock=clock
    )
    headers = {"Authorization": f"Bearer {secret}"}
    assert served.get("/v1/whoami", headers=headers).json()["role"] == "operator"
    revoke_key(made.id, actor="t", database=room.database, clock=clock)
    clock.pass_by(seconds=6)
    assert served.get("/v1/whoami", headers=headers).status_code == 401
    with room.database.read() as uow:
        assert secret not in str(uow.keys.all())


def test_the_matrix_of_roles_is_kept(served: TestClient, key: Key) -> None:
    app, scientist = key(Role.APP, "lizhou"), key(Role.SCIENTIST)
    for method, path in (("POST", "/v1/stories"), ("GET", "/v1/stories"), ("GET", "/v1/audit")):
        assert served.request(method, path, headers=app, json={}).status_code == 403, path
    for method, path in (("POST", "/v1/events"), ("GET", "/v1/readers/r"), ("POST", "/v1/placements")):
        assert served.request(method, path, headers=scientist, json={}).status_code == 403, path
    assert served.get("/v1/audit", headers=key(Role.OPERATOR)).status_code == 200


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("nasty", NASTY_TEXTS)
def test_nasty_texts_in_every_story_field_are_stored_as_they_are_or_refused(
    standing: Standing, story_json: Callable[..., dict[str, Any]], field: str, nasty: str
) -> None:
    sent = story_json(external_id=f"{field} {nasty}") | {field: NASTY_TEXTS[nasty]}
    answer = standing.client.post("/v1/stories", headers=standing.headers, json=sent)
    if answer.status_code == 201:
        story_id = answer.json()["results"][0]["story_id"]
        stored = standing.client.get(f"/v1/stories/{story_id}", headers=standing.headers).json()
        assert stored[field] == sent[field]
    else:
        assert is_problem(answer), answer.text
        assert len(answer.text) < 2_000


HOSTILE_BODIES: dict[str, bytes] = {
    "empty": b"",
    "not json": b"{",
    "bad utf-8": b'{"title": "\xff\xfe"}',
    "lone surrogate": b'{"title": "\\ud800", "published_at": "2026-03-02T11:00:00+08:00"}',
    "array": b"[]",
    "number": b"17",
    "null": b"null",
    "string": b'"story"',
    "deep": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "deep list": b"[" * 100_000,
    "nan": b'{"title": NaN}',
    "huge number": b'{"count": 1' + b"0" * 5_000 + b"}",
    "wrong types": b'{"title": {}, "published_at": [], "body": 7, "outlet_id": false}',
    "proto": b'{"__proto__": {"x": 1}, "constructor": 2}',
    "rows not list": b'{"stories": {"title": "x"}, "events": "x"}',
    "too many": json.dumps({"stories": [{}] * 501, "events": [{}] * 501}).encode(),
    "times": b'{"title":"x","published_at":"9999-12-31T23:59:59-23:59","outlet_id":"lizhou"}',
    "year zero": b'{"title":"x","published_at":"0001-01-01T00:00:00+23:59","outlet_id":"lizhou"}',
}


@pytest.mark.box
@pytest.mark.parametrize("body", HOSTILE_BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/stories"),
        ("PATCH", "/v1/stories/nobody"),
        ("POST", "/v1/stories/nobody/takedown"),
        ("PUT", "/v1/stories/nobody/tags"),
        ("POST", "/v1/tags/suggest"),
        ("POST", "/v1/duplicates/check"),
        ("POST", "/v1/recommend"),
        ("POST", "/v1/recommend/preview"),
        ("POST", "/v1/events"),
        ("POST", "/v1/placements"),
        ("POST", "/v1/coverages"),
        ("POST", "/v1/coverages/nobody/picks"),
        ("POST", "/v1/coverages/nobody/claims"),
        ("PUT", "/v1/readers/r-1/personalisation"),
    ],
)
def test_hostile_bodies_get_a_clear_problem(standing: Standing, method: str, path: str, body: str) -> None:
    headers = {**standing.headers, "Content-Type": "application/json"}
    answer = standing.client.request(method, path, headers=headers, content=HOSTILE_BODIES[body])
    assert is_problem(answer), (answer.status_code, answer.text[:300])
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stories/%00",
        "/v1/stories/..%2f..%2fetc",
        "/v1/stories/" + "a" * 5_000,
        "/v1/stories/';select 1--",
        "/v1/clusters/%ff%fe",
        "/v1/decisions/%F0%9F%A6%80",
        "/v1/readers/13800138000?outlet_id=lizhou",
        "/v1/readers/%20?outlet_id=lizhou",
        "/v1/readers/r?outlet_id=nobody%00",
        "/v1/readers/r?kind=king&outlet_id=lizhou",
        "/v1/stories?cursor=abc",
        "/v1/stories?cursor=" + "A" * 400,
        "/v1/stories?limit=-1",
        "/v1/stories?limit=1e9",
        "/v1/stories?place=51%25",
        "/v1/stories?since=yesterday",
        "/v1/stories?words=%00",
        "/v1/stories?topic=%00",
        "/v1/audit?target=%00",
        "/v1/coverages/%00",
        "/v1/coverages?cursor=abc",
        "/v1/coverages/z1/stories?angle=%00",
        "/v1/coverages/z1/stories?cursor=abc",
        "/v1/nowhere",
    ],
)
def test_hostile_addresses_get_a_clear_problem(standing: Standing, path: str) -> None:
    answer = standing.client.get(path, headers=standing.headers)
    assert is_problem(answer), (answer.status_code, answer.text[:300])


def test_a_cursor_of_another_list_is_refused(served: TestClient, key: Key) -> None:
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    for kind in ("feed", "audit"):
        cursor = room.cursors.make(kind, "x", 1)
        answer = served.get("/v1/stories", headers=key(), params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.box
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_before_it_is_read(
    served: TestClient, key: Key, declared: bool
) -> None:
    def stream() -> Any:
        for _ in range(40):
            yield b"x" * 50_000

    content = b"x" * 2_000_000 if declared else stream()
    answer = served.post("/v1/recommend", headers=key(), content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    settings: ServiceSettings, clock: FakeClock
) -> None:
    limited = settings.model_copy(update={"requests_per_minute": 3})
    app = create_app(limited, build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock))
    with TestClient(app) as client:
        room = app.state.newsroom
        _, secret = create_key(
            role=Role.OPERATOR, outlet_id=None, label="x", actor="t", database=room.database, clock=clock
        )
        headers = {"Authorization": f"Bearer {secret}"}
        codes = [client.get("/v1/whoami", headers=headers).status_code for _ in range(5)]
        last = client.get("/v1/whoami", headers=headers)
    assert codes == [200, 200, 200, 429, 429]
    assert 1 <= int(last.headers["Retry-After"]) <= 60


@pytest.mark.box
def test_browsers_of_listed_origins_may_call(settings: ServiceSettings, clock: FakeClock) -> None:
    open_to = settings.model_copy(update={"cors_origins": ["https://app.example"]})
    app = create_app(open_to, build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock))
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    with TestClient(app) as client:
        assert client.options("/v1/recommend", headers=asked).headers["access-control-allow-origin"]
        stranger = client.options("/v1/recommend", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


def test_logs_hold_neither_bodies_nor_keys_nor_readers(
    served: TestClient,
    key: Key,
    story_json: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    headers = {**key(), "Prefer": "wait=10"}
    served.post("/v1/stories", headers=headers, json=story_json(body="绝密正文内容"))
    event = {
        "event_id": "e",
        "reader_id": "r-secret",
        "story_id": "s",
        "type": "click",
        "at": "2026-03-02T11:59:00+08:00",
    }
    served.post("/v1/events", headers=headers, json={"outlet_id": "lizhou", "events": [event]})
    served.post("/v1/recommend", headers=headers, json={"outlet_id": "lizhou", "reader_id": "r-secret"})
    logged = "".join(capsys.readouterr())
    assert "stories.ingested" in logged
    for secret in ("绝密", "r-secret", headers["Authorization"].removeprefix("Bearer ")):
        assert secret not in logged
