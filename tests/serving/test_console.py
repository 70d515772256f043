"""The console's sessions and pages, over HTTP."""

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock

from tianfu.model.access import Role
from tianfu.model.errors import TianfuError
from tianfu.serving.console.pages import CONTENT_SECURITY_POLICY
from tianfu.serving.services.access import create_key, revoke_key
from tianfu.serving.services.newsroom import Newsroom

STATIC = Path(__file__).parents[2] / "serving" / "console" / "static"
Header = dict[str, str]


@pytest.fixture
def secret(served: TestClient, clock: FakeClock) -> Callable[..., tuple[str, str]]:
    """Make a key: its id and its secret."""

    def make(
        role: Role = Role.EDITOR, outlet_id: str | None = "lizhou", hours: int | None = None
    ) -> tuple[str, str]:
        room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
        key, found = create_key(
            role=role,
            outlet_id=outlet_id,
            label="test",
            expires_at=clock.now() + timedelta(hours=hours) if hours else None,
            actor="test",
            database=room.database,
            clock=clock,
        )
        return key.id, found

    return make


@pytest.fixture
def sign_in(served: TestClient, secret: Callable[..., tuple[str, str]]) -> Callable[..., dict[str, Any]]:
    def enter(role: Role = Role.EDITOR, outlet_id: str | None = "lizhou") -> dict[str, Any]:
        answer = served.post("/v1/session", json={"key": secret(role, outlet_id)[1]})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return enter


def test_signing_in_tells_who_one_is_and_keeps_the_key_out_of_the_browser(
    served: TestClient, secret: Callable[..., tuple[str, str]]
) -> None:
    _, key = secret()

    answer = served.post("/v1/session", json={"key": key})

    assert answer.json() | {"csrf": "", "ends_at": ""} == {
        "role": "editor",
        "outlet_id": "lizhou",
        "outlet_name": "利州区融媒体中心",
        "csrf": "",
        "ends_at": "",
    }
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/v1"} <= set(cookie.split("; "))
    assert "Secure" not in cookie, "the test speaks plain HTTP"
    assert key not in answer.text + cookie
    assert served.get("/v1/session").json() == answer.json()


def test_over_https_the_cookie_never_travels_without(
    served: TestClient, secret: Callable[..., tuple[str, str]]
) -> None:
    answer = served.post("https://testserver/v1/session", json={"key": secret()[1]})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_session_reads_and_with_its_token_changes(
    served: TestClient, sign_in: Callable[..., dict[str, Any]], story_json: Callable[..., dict[str, Any]]
) -> None:
    session = sign_in()

    assert served.get("/v1/stories").status_code == 200
    for forged in ({}, {"X-Tianfu-CSRF": ""}, {"X-Tianfu-CSRF": "0" * 64}, {"X-Tianfu-CSRF": "é"}):
        raw = {name: value.encode("latin-1") for name, value in forged.items()}
        refused = served.post("/v1/stories", json=story_json(), headers=raw)
        assert refused.status_code == 403
        assert refused.json()["code"] == "csrf_refused"
    taken = served.post("/v1/stories", json=story_json(), headers={"X-Tianfu-CSRF": session["csrf"]})
    assert taken.status_code == 201


def test_the_token_of_one_session_is_no_good_for_another(
    served: TestClient, sign_in: Callable[..., dict[str, Any]], story_json: Callable[..., dict[str, Any]]
) -> None:
    first = sign_in()
    sign_in(outlet_id="cangxi")
    refused = served.post("/v1/stories", json=story_json(), headers={"X-Tianfu-CSRF": first["csrf"]})
    assert refused.json()["code"] == "csrf_refused"


def test_a_key_in_the_header_needs_no_token_and_goes_before_a_session(
    served: TestClient, sign_in: Callable[..., dict[str, Any]], key: Callable[..., Header]
) -> None:
    sign_in()
    assert served.get("/v1/whoami", headers=key(Role.OPERATOR)).json()["role"] == "operator"


def test_a_session_may_do_what_its_role_may_and_no_more(
    served: TestClient, sign_in: Callable[..., dict[str, Any]]
) -> None:
    sign_in(Role.EDITOR)
    assert served.get("/v1/audit").status_code == 403
    sign_in(Role.OPERATOR, None)
    assert served.get("/v1/audit").status_code == 200


def test_revoking_the_key_ends_its_sessions_within_seconds(
    served: TestClient, secret: Callable[..., tuple[str, str]], clock: FakeClock
) -> None:
    key_id, key = secret()
    served.post("/v1/session", json={"key": key})
    assert served.get("/v1/stories").status_code == 200
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]

    revoke_key(key_id, actor="test", database=room.database, clock=clock)
    clock.pass_by(seconds=6)

    assert served.get("/v1/stories").status_code == 401
    assert served.get("/v1/session").status_code == 401


def test_a_session_ends_after_twelve_hours_and_with_its_key(
    served: TestClient, secret: Callable[..., tuple[str, str]], clock: FakeClock
) -> None:
    for hours, lasts in ((None, 12), (2, 2)):
        served.post("/v1/session", json={"key": secret(hours=hours)[1]})
        clock.pass_by(hours=lasts, seconds=-2)
        assert served.get("/v1/stories").status_code == 200
        clock.pass_by(seconds=2)
        assert served.get("/v1/stories").status_code == 401


def test_a_made_up_session_is_refused(served: TestClient) -> None:
    for token in ("", "x", "é", "a" * 5000, "eyJhIjoxfQ", "A" * 64, "W10", "!!!", "null", "tf_secret"):
        answer = served.get("/v1/stories", headers={"Cookie": f"tianfu_session={token}".encode()})
        assert answer.status_code == 401, token
        assert answer.json()["code"] == "unauthenticated"


def test_an_altered_session_is_refused(served: TestClient, sign_in: Callable[..., dict[str, Any]]) -> None:
    sign_in()
    token = served.cookies["tianfu_session"]
    served.cookies.clear()
    for place in range(0, len(token) - 1, 7):
        letter = "A" if token[place] != "A" else "B"
        altered = token[:place] + letter + token[place + 1 :]
        answer = served.get("/v1/session", headers={"Cookie": f"tianfu_session={altered}"})
        assert answer.status_code == 401, place


def test_signing_out_needs_the_token_and_makes_the_browser_forget(
    served: TestClient, sign_in: Callable[..., dict[str, Any]]
) -> None:
    session = sign_in()
    assert served.delete("/v1/session").status_code == 403
    assert served.delete("/v1/session", headers={"X-Tianfu-CSRF": session["csrf"]}).status_code == 204
    assert "tianfu_session" not in served.cookies
    assert served.get("/v1/session").status_code == 401


def test_apps_strangers_and_other_sites_do_not_sign_in(
    served: TestClient, secret: Callable[..., tuple[str, str]]
) -> None:
    app = served.post("/v1/session", json={"key": secret(Role.APP)[1]})
    assert (app.status_code, app.json()["code"]) == (403, "forbidden")
    stranger = served.post("/v1/session", json={"key": "tf_unknown"})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "unauthenticated")
    for site in ("cross-site", "same-site"):
        forged = served.post("/v1/session", json={"key": secret()[1]}, headers={"Sec-Fetch-Site": site})
        assert (forged.status_code, forged.json()["code"]) == (403, "csrf_refused")
    assert "tianfu_session" not in served.cookies


def test_the_key_stands_in_no_log_and_no_error(
    served: TestClient,
    secret: Callable[..., tuple[str, str]],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    _, key = secret()
    answers = [
        served.post("/v1/session", json={"key": key}),
        served.post("/v1/session", json={"key": f"{key}x"}),
        served.post("/v1/session", json={"key": [key]}),
        served.post("/v1/session", json={"key": key * 10}),
        served.post("/v1/session", json={"key": key, "kex": key}),
    ]
    told = "".join(answer.text for answer in answers) + caplog.text + "".join(capfd.readouterr())
    assert key not in told


def test_signing_in_stands_in_the_audit_trail(
    served: TestClient, secret: Callable[..., tuple[str, str]], key: Callable[..., Header]
) -> None:
    key_id, found = secret()
    served.post("/v1/session", json={"key": found})
    rows = served.get("/v1/audit", params={"target": key_id}, headers=key(Role.OPERATOR)).json()["items"]
    assert "session.opened" in [row["action"] for row in rows]


FILES = sorted(str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.is_file())


def test_every_page_and_file_carries_the_security_headers(served: TestClient) -> None:
    for path in ("/console", "/console/static/nothing.js", "/console/nothing"):
        _assert_guarded(served.get(path).headers)
    for file in FILES:
        answer = served.get(f"/console/static/{file}")
        assert answer.status_code == 200, file
        _assert_guarded(answer.headers)
        if file.endswith(".js"):
            assert "javascript" in answer.headers["content-type"]


def _assert_guarded(headers: Any) -> None:
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_nothing_outside_the_folder_is_served(served: TestClient) -> None:
    for path in ("../pages.py", "%2e%2e/pages.py", "..%2fpages.py", "....//pages.py", "/etc/passwd"):
        assert served.get(f"/console/static/{path}").status_code == 404, path


def test_the_bare_address_leads_to_the_console(served: TestClient) -> None:
    answer = served.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/console")


def test_the_console_asks_nobody_else_and_writes_no_markup() -> None:
    """Own files: no foreign address, no inline script or style, no way from text to HTML."""
    for file in FILES:
        if file.startswith("vendor/") or not file.endswith((".js", ".html", ".css", ".svg")):
            continue
        text = (STATIC / file).read_text(encoding="utf-8")
        foreign = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
        assert not foreign, file
        banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage"
        assert not re.search(banned, text), file
        if file.endswith(".html"):
            assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", text), file


def test_vendored_files_are_those_of_the_table() -> None:
    folder = STATIC / "vendor"
    rows = re.findall(r"^\| `([^`]+)`.*`([0-9a-f]{64})` \|$", (folder / "VENDOR.md").read_text(), re.M)
    assert {name for name, _ in rows} == {file.name for file in folder.glob("*.js")}
    for name, digest in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


NOT_OF_THE_CONSOLE = {
    *("backup_failed", "backup_invalid", "backup_refused", "import_refused", "invalid_setting"),
    *("snapshot_invalid", "unreadable_file", "dimension_mismatch", "engine_mismatch", "invalid_input"),
    *("invalid_signature", "signature_needed", "signature_replayed", "non_finite_loss"),
}
"""Problems of the command line, of signed batches, or of a class that others stand for."""


def test_the_console_has_words_for_every_problem_it_can_meet() -> None:
    def kinds(one: type[TianfuError]) -> set[type[TianfuError]]:
        return {one}.union(*(kinds(other) for other in one.__subclasses__()))

    told = set(
        re.findall(r"^  (\w+): \[", (STATIC / "lib" / "words.js").read_text(encoding="utf-8"), re.MULTILINE)
    )
    served = [kind for kind in kinds(TianfuError) if kind.__module__ == TianfuError.__module__]
    assert {kind.code for kind in served} - NOT_OF_THE_CONSOLE <= told
