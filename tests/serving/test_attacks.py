"""What somebody tries who holds a county's key: readers, cursors, texts and threads of others."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from support.builders import FakeClock, a_body
from support.fakes import fake_parts
from support.tenants import ENDS, OTHER, OWN, World

from tianfu.model.access import Role
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

SECRET_WORDS = "机密段落甲乙丙丁"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = FakeClock()
    app = create_app(
        ServiceSettings(
            data_dir=tmp_path_factory.mktemp("attacks"), requests_per_minute=0, failed_logins_per_minute=0
        ),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app) as client:
        yield World(client, clock)


@pytest.fixture(scope="module")
def withheld(world: World) -> str:
    """A story of the other county that nobody else may show."""
    body = f"农户{SECRET_WORDS}。{a_body(4_001)}"
    return world.story(OTHER, wait=True, title="苍溪消息一则", body=body, reuse="none")


def get(world: World, path: str, name: str = "app", **query: Any) -> Any:
    return world.client.get(path, headers=world.keys[name], params=query)


IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@~\-]{0,20}", fullmatch=True)


@given(
    a=st.tuples(st.sampled_from([OWN, OTHER]), st.sampled_from(ReaderKind), IDS),
    b=st.tuples(st.sampled_from([OWN, OTHER]), st.sampled_from(ReaderKind), IDS),
)
def test_no_reader_id_names_another_outlets_reader(
    a: tuple[str, ReaderKind, str], b: tuple[str, ReaderKind, str]
) -> None:
    keys = [ReaderRef(outlet_id=outlet, kind=kind, id=name).key for outlet, kind, name in (a, b)]
    assert (keys[0] == keys[1]) == (a == b)


def test_the_same_reader_id_in_two_counties_is_two_readers(world: World) -> None:
    name = world.reader(OTHER)
    assert get(world, f"/v1/readers/{name}").json()["interests"] == []
    assert get(world, f"/v1/readers/{name}/export").json()["events"] == []
    world.client.delete(f"/v1/readers/{name}", headers=world.keys["app"])
    theirs = get(world, f"/v1/readers/{name}", "admin", outlet_id=OTHER).json()
    assert [one["code"] for one in theirs["interests"]] == ["14"]


def test_a_device_of_another_county_cannot_be_joined(world: World) -> None:
    device = {"device_id": f"d-{world.fresh()}", "outlet_id": OTHER}
    event = {**world.event(world.bystander), "device_id": device["device_id"]}
    world.as_admin("POST", "/v1/events", json={"outlet_id": OTHER, "events": [event]})
    joined = world.client.post(
        "/v1/readers/r-x/devices", headers=world.keys["app"], json={"device_id": device["device_id"]}
    )
    assert joined.json()["stories_read"] == 0
    path = f"/v1/readers/{device['device_id']}/export"
    kept = get(world, path, "admin", outlet_id=OTHER, kind="device").json()
    assert len(kept["events"]) == 1


def test_another_countys_event_ids_are_neither_taken_nor_told(world: World) -> None:
    event = world.event(world.bystander)
    world.as_admin("POST", "/v1/events", json={"outlet_id": OTHER, "events": [event]})
    mine = world.client.post("/v1/events", headers=world.keys["app"], json={"events": [event]})
    assert mine.json()["results"][0]["outcome"] == "accepted"


def test_no_byte_of_a_cursor_can_be_changed_and_no_list_takes_anothers(world: World) -> None:
    for _ in range(3):
        world.story(OWN, wait=True)
    feed = world.feed(OWN)["cursor"]
    stories = get(world, "/v1/stories", "editor", limit=1).json()["cursor"]
    asked = {"outlet_id": OWN}
    for place in range(0, len(feed), 3):
        forged = feed[:place] + ("A" if feed[place] != "A" else "B") + feed[place + 1 :]
        answer = world.client.post(
            "/v1/recommend", headers=world.keys["app"], json={**asked, "cursor": forged}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor"), place
    wrong = world.client.post("/v1/recommend", headers=world.keys["app"], json={**asked, "cursor": stories})
    assert wrong.json()["code"] == "invalid_cursor"
    for path in ("/v1/stories", "/v1/submissions", "/v1/coverages", f"/v1/outlets/{OWN}/pickups"):
        assert get(world, path, "editor", cursor=feed).json()["code"] == "invalid_cursor", path


def test_another_countys_page_cannot_be_turned_nor_its_decision_read(world: World) -> None:
    for _ in range(2):
        world.story(OTHER, wait=True)
    page = world.feed(OTHER, reader_id=world.reader(OTHER))
    assert page["cursor"], "there is more than one story to show"
    turned = world.client.post("/v1/recommend", headers=world.keys["app"], json={"cursor": page["cursor"]})
    assert turned.status_code == 422
    for name in ("app", "editor", "desk_scientist"):
        assert get(world, f"/v1/decisions/{page['trace_id']}", name).status_code == 403
    assert get(world, f"/v1/decisions/{page['trace_id']}", "scientist").status_code == 200


def test_a_withheld_text_is_told_by_no_route(world: World, withheld: str) -> None:
    lead = get(world, f"/v1/stories/{withheld}", "admin").json()["cluster_id"]
    owner = world.client.get(f"/v1/stories/{withheld}", headers=world.editor(OTHER)).json()
    assert SECRET_WORDS in owner["body"]
    assert any(tag["evidence"] for tag in owner["tags"])
    for path in (
        f"/v1/stories/{withheld}",
        f"/v1/stories/{withheld}/duplicates",
        f"/v1/stories/{withheld}/desks",
        f"/v1/clusters/{lead}",
        "/v1/stories",
        f"/v1/outlets/{OWN}/pickups",
    ):
        answer = get(world, path, "editor")
        assert answer.status_code == 200, path
        assert SECRET_WORDS[:4] not in answer.text, path
    told = get(world, f"/v1/stories/{withheld}", "editor").json()
    assert told["tags"]
    assert not any(tag["evidence"] for tag in told["tags"])
    shown = world.feed(OWN, count=50)["items"]
    assert withheld not in [item["story_id"] for item in shown]


def test_searching_for_words_does_not_read_withheld_texts(world: World, withheld: str) -> None:
    asked = {"words": SECRET_WORDS[:5], "limit": 1}
    mine = world.story(OWN, title="本县消息", body=f"{SECRET_WORDS[:5]}。{a_body(4_002)}")
    for name, expected in (("editor", [mine]), ("admin", [mine, withheld])):
        found, cursor = [], None
        while True:
            page = get(world, "/v1/stories", name, **asked, **({"cursor": cursor} if cursor else {})).json()
            found += [item["story_id"] for item in page["items"]]
            cursor = page["cursor"]
            if cursor is None:
                break
        assert sorted(found) == sorted(expected), name
    by_title = get(world, "/v1/stories", "editor", words="苍溪消息一则").json()["items"]
    assert [item["story_id"] for item in by_title] == [withheld]


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_rows_for_another_county_among_own_ones_are_refused_row_by_row(world: World, media_type: str) -> None:
    theirs = world.story_json(OTHER)
    standing = world.story(OTHER, external_id=theirs["external_id"])
    rows = [world.story_json(OWN), {**theirs, "title": "冒名的标题"}, world.story_json(OWN)]
    if media_type == "application/json":
        body = json.dumps({"stories": rows})
    else:
        # Of two fields of one name the last counts, whoever checks and whoever stores.
        twice = json.dumps(rows[1])[:-1].replace(f'"outlet_id": "{OTHER}"', f'"outlet_id": "{OWN}"')
        body = "\n".join([json.dumps(rows[0]), f'{twice}, "outlet_id": "{OTHER}"}}', json.dumps(rows[2])])
    headers = {**world.keys["editor"], "Content-Type": media_type}
    answer = world.client.post("/v1/stories", headers=headers, content=body.encode()).json()
    assert (answer["accepted"], answer["rejected"]) == (2, 1)
    assert answer["results"][1]["error"]["code"] == "forbidden"
    kept = get(world, f"/v1/stories/{standing}", "admin").json()
    assert (kept["revision"], kept["title"] == "冒名的标题") == (1, False)


def test_an_own_story_under_anothers_external_id_leaves_theirs_alone(world: World) -> None:
    theirs = world.story(OTHER, external_id="same", title="他县原稿")
    mine = world.client.post(
        "/v1/stories", headers=world.keys["editor"], json=world.story_json(OWN, external_id="same")
    ).json()["results"][0]
    assert mine["story_id"] != theirs
    assert get(world, f"/v1/stories/{theirs}", "admin").json()["title"] == "他县原稿"


@pytest.mark.parametrize(
    "path",
    [
        "/v1//audit", "/v1/audit/", "/v1/./audit", "/v1/stories/../audit", "/v1/stories/%2e%2e/audit",
        "/v1/audit%00", "/v1/audit;x=1", "/v1/audit%2f", "/V1/AUDIT", "/v1/outlets/..%2faudit", "//v1/audit",
        "/v1/whoami/../keys", "/v1/readers/..%2f..%2fv1%2fkeys", "/v1/audit?role=admin", "/v1/keys/",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_path_opens_what_a_role_does_not(world: World, path: str) -> None:
    status, text = asyncio.run(raw_get(world, path, world.keys["app"]["Authorization"]))
    assert status in (307, 403, 404), text
    assert '"items"' not in text


async def raw_get(world: World, target: str, authorization: str) -> tuple[int, str]:
    """Ask for a path exactly as written, which no client library would send; as a server would pass it on."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"authorization", authorization.encode()), (b"host", b"testserver")],
        "client": ("203.0.113.9", 1), "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    await world.client.app(scope, receive, send)
    return told[0]["status"], b"".join(m.get("body", b"") for m in told[1:]).decode()


@pytest.mark.parametrize(
    "extra",
    [
        {"X-Outlet-Id": OTHER},
        {"X-Original-URL": "/v1/keys"},
        {"X-Rewrite-URL": "/v1/keys"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Forwarded-User": "admin"},
        {"X-Role": "admin"},
        {"Forwarded": "for=127.0.0.1;host=admin"},
        {"Cookie": "role=admin; outlet=cangxi"},
    ],
)
def test_no_header_makes_a_key_more_than_it_is(world: World, extra: dict[str, str]) -> None:
    headers = {**world.keys["app"], **extra}
    who = world.client.get("/v1/whoami", headers=headers).json()
    assert (who["role"], who["outlet_id"]) == ("app", OWN)
    assert world.client.get("/v1/audit", headers=headers).status_code == 403
    denied = world.client.get(f"/v1/readers/r-1?outlet_id={OTHER}", headers=headers)
    assert denied.status_code == 403


def test_a_key_is_taken_from_one_authorization_header_alone(world: World) -> None:
    app, admin = world.keys["app"]["Authorization"], world.keys["admin"]["Authorization"]
    secret = admin.removeprefix("Bearer ")
    for path in (f"/v1/audit?access_token={secret}", f"/v1/audit?authorization={secret}"):
        assert world.client.get(path).status_code == 401
    assert world.client.get("/v1/audit", headers={"Cookie": f"Authorization={secret}"}).status_code == 401
    for odd in (
        f"{app}, {admin}",
        f"{admin} {app}",
        secret,
        f"Token {secret}",
        f"Bearer  {secret}x",
        "Bearer",
    ):
        assert world.client.get("/v1/audit", headers={"Authorization": odd}).status_code == 401, odd
    both = [("Authorization", app), ("Authorization", admin)]
    assert world.client.get("/v1/audit", headers=both).status_code in (401, 403)


def test_what_a_county_may_not_know_of_answers_as_what_is_not_there(world: World) -> None:
    coverage, submission = world.coverage(OTHER), world.submission(OTHER)
    placement = world.placement(OTHER)
    for there, not_there in (
        (f"/v1/coverages/{coverage}", "/v1/coverages/z0"),
        (f"/v1/coverages/{coverage}/stories", "/v1/coverages/z0/stories"),
        (f"/v1/coverages/{coverage}/claims", "/v1/coverages/z0/claims"),
        (f"/v1/placements/{placement}/receipts", "/v1/placements/p0/receipts"),
        (f"/v1/stories/{world.taken_down(OTHER)}", "/v1/stories/s0"),
    ):
        known, unknown = get(world, there, "editor"), get(world, not_there, "editor")
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()), there
        assert known.status_code == 404
    ended = [
        world.client.patch(f"/v1/submissions/{one}", headers=world.keys["editor"], json={"state": "accepted"})
        for one in (submission, "u0")
    ]
    assert (ended[0].status_code, ended[0].json()) == (ended[1].status_code, ended[1].json())


def test_lists_of_a_county_hold_nothing_of_another(world: World) -> None:
    ids = {world.coverage(OTHER), world.placement(OTHER), world.submission(OTHER), world.taken_down(OTHER)}
    for path, query in (
        ("/v1/coverages", {}),
        ("/v1/placements", {}),
        ("/v1/submissions", {}),
        ("/v1/submissions", {"box": "outbox"}),
        ("/v1/stories", {"state": "taken_down"}),
        ("/v1/stories", {"state": "taken_down", "outlet_id": OTHER}),
    ):
        for name in ("editor", "scientist"):
            if name == "scientist" and path != "/v1/stories":
                continue
            told = get(world, path, name, **query).text
            assert not [one for one in ids if one in told], (path, query, name)


def test_who_waits_for_tags_leaves_threads_to_feeds(world: World) -> None:
    room = world.room
    held = [room.waiting.acquire(blocking=False) for _ in range(8)]
    assert all(held)
    try:
        answer = world.client.post(
            "/v1/stories", headers={**world.keys["editor"], "Prefer": "wait=30"}, json=world.story_json(OWN)
        )
        assert answer.status_code == 201
        assert answer.elapsed.total_seconds() < 10
        assert "Preference-Applied" not in answer.headers
        assert not room.waiting.acquire(blocking=False)
    finally:
        for _ in held:
            room.waiting.release()
    waited: list[bool | None] = []
    thread = threading.Thread(target=lambda: waited.append(room.wait_indexed({}, 1.0)))
    thread.start()
    thread.join()
    assert waited == [True]


def test_keys_of_a_platform_role_that_were_once_bound_to_an_outlet_open_nothing(world: World) -> None:
    headers = world.key(Role.OPERATOR)
    key_id = world.client.get("/v1/whoami", headers=headers).json()["key_id"]
    with world.room.database.write() as uow:
        uow._connection.execute(
            text("UPDATE api_keys SET outlet_id = :o WHERE id = :k"), {"o": OWN, "k": key_id}
        )
        uow.commit()
    world.room.gatekeeper.forget()
    for path in ("/v1/audit", "/v1/quarantine", "/v1/stories"):
        assert world.client.get(path, headers=headers).status_code == 403


def test_deep_and_odd_bodies_are_refused_plainly(world: World) -> None:
    for body in (
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"count": 1e999}',
        b"\xff\xfe",
        b'{"count": 9' + b"9" * 5_000,
    ):
        for path in ("/v1/recommend", "/v1/events", "/v1/stories"):
            headers = {**world.keys["editor"], "Content-Type": "application/json"}
            answer = world.client.post(path, headers=headers, content=body)
            assert 400 <= answer.status_code < 500, (path, body[:10], answer.text[:200])
            assert answer.headers["content-type"] == "application/problem+json"


def test_an_order_of_a_county_cannot_reach_beyond_it(world: World) -> None:
    order = {"story_id": world.bystander, "action": "pin", "position": 1, "ends_at": ENDS}
    for reach in (
        {}, {"outlet_ids": []}, {"outlet_ids": [OWN, OTHER]}, {"adcode": "510000"}, {"levels": ["county"]},
        {"outlet_ids": [OTHER]},
    ):  # fmt: skip
        answer = world.client.post("/v1/placements", headers=world.keys["editor"], json={**order, **reach})
        assert answer.status_code == 403, (reach, answer.text)
