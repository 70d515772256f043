"""Keys: narrowed to parts of the API, ending at a time, giving way to others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import NOW, FakeClock

from tianfu.model.access import SCOPES, Area, Role
from tianfu.model.errors import Conflict, InvalidRequest
from tianfu.serving.api.areas import area_of, is_free
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key, rotate_key
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings

Key = Callable[..., dict[str, str]]
FIVE_DAYS = (NOW + timedelta(days=5)).isoformat()


@pytest.fixture
def make(served: TestClient, key: Key) -> Callable[..., Any]:
    """Make a key over the API; returns the whole answer."""
    admin = key(Role.ADMIN)

    def _make(role: str = "editor", outlet_id: str | None = "lizhou", **fields: Any) -> Any:
        wanted = {"role": role, "outlet_id": outlet_id, "label": "苍溪 app", **fields}
        return served.post("/v1/keys", headers=admin, json=wanted)

    return _make


def bearer(made: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['secret']}"}


def test_every_route_but_the_free_ones_lies_in_an_area() -> None:
    paths = [path for path in create_app(ServiceSettings()).openapi()["paths"] if path.startswith("/v1/")]
    assert [path for path in paths if area_of(path) is None and not is_free(path)] == []
    assert {area_of(path) for path in paths if not is_free(path)} == set(Area)


def test_a_key_narrowed_to_reading_stories_can_do_just_that(
    served: TestClient, make: Callable[..., Any], story_json: Callable[..., dict[str, Any]]
) -> None:
    headers = bearer(make(scopes=["stories:read"]).json())
    assert served.get("/v1/stories", headers=headers).status_code == 200
    assert served.get("/v1/stories/s1", headers=headers).status_code == 404
    assert served.get("/v1/whoami", headers=headers).json()["scopes"] == ["stories:read"]
    for method, path, wanted in (
        ("POST", "/v1/stories", "stories"),
        ("GET", "/v1/placements", "placements:read"),
        ("POST", "/v1/tags/suggest", "texts"),
        ("GET", "/v1/stories/s1/desks", "exchange:read"),
    ):
        answer = served.request(method, path, headers=headers, json=story_json())
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope"), path
        assert answer.json()["advice"].endswith(f"the scope {wanted}.")


def test_a_scope_never_widens_a_role(served: TestClient, make: Callable[..., Any]) -> None:
    headers = bearer(make("app", scopes=["keys", "audit", "stories"]).json())
    for path in ("/v1/keys", "/v1/audit", "/v1/stories"):
        answer = served.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


def test_every_scope_can_be_given_and_no_other(make: Callable[..., Any]) -> None:
    assert make(scopes=[*SCOPES]).json()["scopes"] == sorted(SCOPES)
    answer = make(scopes=["stories:write"])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "scopes")


def test_an_expired_key_answers_401_with_a_code_and_what_to_do(
    served: TestClient, make: Callable[..., Any], clock: FakeClock
) -> None:
    headers = bearer(make(expires_at=FIVE_DAYS).json())
    assert served.get("/v1/whoami", headers=headers).json()["expires_at"].startswith("2026-03-07")
    clock.pass_by(days=5)
    answer = served.get("/v1/whoami", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")
    assert "replaced it" in answer.json()["advice"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"expires_at": "2026-03-01T00:00:00+08:00"}, "expires_at"),
        ({"expires_at": "2027-03-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"role": "app", "outlet_id": None}, "outlet_id"),
        ({"role": "operator"}, "outlet_id"),
        ({"role": "admin"}, "outlet_id"),
        ({"label": " "}, "label"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_by_field(
    make: Callable[..., Any], fields: dict[str, Any], field: str
) -> None:
    answer = make(**fields)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_both_keys_are_taken_until_the_overlap_is_over(
    served: TestClient, key: Key, make: Callable[..., Any], clock: FakeClock
) -> None:
    old = make(scopes=["stories"], signs_events=True).json()
    path = f"/v1/keys/{old['key_id']}/rotate"
    made = served.post(path, headers=key(Role.ADMIN), json={"overlap_h": 48})
    assert made.status_code == 201
    new = made.json()
    same = ("role", "outlet_id", "label", "scopes", "signs_events")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["secret"] != old["secret"]
    told = served.get("/v1/whoami", headers=bearer(old)).json()
    assert (told["replaced_by"], told["expires_at"]) == (new["key_id"], "2026-03-04T04:00:00Z")
    clock.pass_by(hours=48)
    assert served.get("/v1/whoami", headers=bearer(old)).json()["code"] == "key_expired"
    assert served.get("/v1/whoami", headers=bearer(new)).status_code == 200
    again = served.post(path, headers=key(Role.ADMIN), json={})
    assert again.status_code == 404


def test_rotating_twice_is_a_conflict_and_makes_nothing(
    served: TestClient, key: Key, make: Callable[..., Any]
) -> None:
    old, admin = make().json(), key(Role.ADMIN)
    path = f"/v1/keys/{old['key_id']}/rotate"
    assert served.post(path, headers=admin, json={}).status_code == 201
    before = len(served.get("/v1/keys", headers=admin).json()["items"])
    answer = served.post(path, headers=admin, json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(served.get("/v1/keys", headers=admin).json()["items"]) == before


def test_a_key_cannot_rotate_itself(served: TestClient, make: Callable[..., Any]) -> None:
    one, other = (make(role="admin", outlet_id=None, expires_at=FIVE_DAYS).json() for _ in range(2))
    path = f"/v1/keys/{one['key_id']}/rotate"
    refused = served.post(path, headers=bearer(one), json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert served.get("/v1/whoami", headers=bearer(one)).json()["replaced_by"] is None
    assert served.post(path, headers=bearer(other), json={}).status_code == 201


def test_a_rotated_key_never_outlives_its_own_end_and_its_heir_lives_as_long(
    room: Newsroom, clock: FakeClock
) -> None:
    facts: dict[str, Any] = {"actor": "t", "database": room.database, "clock": clock}
    old, _ = create_key(
        role=Role.SCIENTIST, outlet_id=None, label="x", expires_at=NOW + timedelta(days=10), **facts
    )
    clock.pass_by(days=8)
    new, _ = rotate_key(old.id, overlap=timedelta(days=7), **facts)
    assert new.expires_at == NOW + timedelta(days=18)
    with room.database.read() as uow:
        kept = uow.keys.by_id(old.id)
    assert kept is not None
    assert kept.expires_at == NOW + timedelta(days=10)
    with pytest.raises(Conflict):
        rotate_key(old.id, **facts)
    with pytest.raises(InvalidRequest, match="overlap"):
        rotate_key(new.id, overlap=timedelta(days=91), **facts)


def test_a_key_ended_here_is_refused_with_the_very_next_call(
    served: TestClient, key: Key, make: Callable[..., Any]
) -> None:
    made, admin = make().json(), key(Role.ADMIN)
    assert served.get("/v1/whoami", headers=bearer(made)).status_code == 200
    assert served.delete(f"/v1/keys/{made['key_id']}", headers=admin).status_code == 204
    answer = served.get("/v1/whoami", headers=bearer(made))
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")
    assert served.delete(f"/v1/keys/{made['key_id']}", headers=admin).status_code == 404


def test_no_list_and_no_audit_row_holds_a_secret(
    served: TestClient, key: Key, make: Callable[..., Any]
) -> None:
    made, admin = make().json(), key(Role.ADMIN)
    for path in ("/v1/keys", "/v1/audit"):
        text = served.get(path, headers=admin).text
        assert made["key_id"] in text
        assert made["secret"] not in text
        assert "secret" not in text
