"""Signed batches of events: whose, when, and once."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import NOW, FakeClock

from tianfu.model.access import Role
from tianfu.model.errors import InvalidSignature, SignatureNeeded, SignatureReplayed
from tianfu.serving.services.counters import Counters
from tianfu.serving.services.signatures import SignatureCheck, sign

Key = Callable[..., dict[str, str]]
DOCS = Path(__file__).parents[2] / "docs"
STAMP = str(int(NOW.timestamp()))
BODY = b'{"events": [{"event_id": "e-1"}]}'


@pytest.fixture
def checker(clock: FakeClock) -> SignatureCheck:
    return SignatureCheck(b"m" * 32, counters=Counters(), clock=clock)


def signed(checker: SignatureCheck, key_id: str = "k1", stamp: str = STAMP, body: bytes = BODY) -> str:
    return f"v1={sign(checker.secret_of(key_id), stamp, body)}"


def test_a_batch_is_taken_once_and_anew_when_signed_anew(checker: SignatureCheck, clock: FakeClock) -> None:
    checker.check("k1", timestamp=STAMP, signature=signed(checker), body=BODY)
    with pytest.raises(SignatureReplayed):
        checker.check("k1", timestamp=STAMP, signature=signed(checker), body=BODY)
    clock.pass_by(seconds=1)
    later = str(int(STAMP) + 1)
    checker.check("k1", timestamp=later, signature=signed(checker, stamp=later), body=BODY)


@pytest.mark.parametrize(("seconds", "fits"), [(-300, True), (300, True), (-301, False), (301, False)])
def test_the_window_is_five_minutes_to_both_sides(checker: SignatureCheck, seconds: int, fits: bool) -> None:
    stamp = str(int(STAMP) + seconds)
    signature = signed(checker, stamp=stamp)
    if fits:
        checker.check("k1", timestamp=stamp, signature=signature, body=BODY)
    else:
        with pytest.raises(InvalidSignature, match="300 s"):
            checker.check("k1", timestamp=stamp, signature=signature, body=BODY)


def test_nothing_of_it_can_be_exchanged(checker: SignatureCheck) -> None:
    good = signed(checker)
    wrong: list[dict[str, Any]] = [
        {"body": BODY + b" "},
        {"timestamp": str(int(STAMP) + 1)},
        {"key_id": "k2"},
        {"signature": good[:-1] + ("0" if good[-1] != "0" else "1")},
        {"signature": good.removeprefix("v1=")},
        {"signature": good.replace("v1", "v0")},
        {"signature": "v1=" + "é" * 64},
        {"signature": good.upper()},
        {"timestamp": f" {STAMP}"},
        {"timestamp": "-1"},
        {"timestamp": "9" * 5_000, "signature": signed(checker, stamp="9" * 5_000)},
        {"timestamp": "١٧٧٢٤٢٤٠٠٠"},
    ]
    for change in wrong:
        asked = {"key_id": "k1", "timestamp": STAMP, "signature": good, "body": BODY, **change}
        with pytest.raises(InvalidSignature):
            checker.check(asked.pop("key_id"), **asked)
    for missing in ("timestamp", "signature"):
        with pytest.raises(SignatureNeeded):
            checker.check("k1", **{"timestamp": STAMP, "signature": good, "body": BODY, missing: None})
    # What was refused is not used up.
    checker.check("k1", timestamp=STAMP, signature=good, body=BODY)


def test_a_body_cannot_lend_its_beginning_to_the_time(checker: SignatureCheck) -> None:
    signature = signed(checker, stamp=STAMP, body=b"1:rest")
    with pytest.raises(InvalidSignature):
        checker.check("k1", timestamp=f"{STAMP}:1", signature=signature, body=b"rest")


def test_a_key_that_signs_sends_signed_batches_only(
    served: TestClient, key: Key, story_json: Callable[..., dict[str, Any]]
) -> None:
    story = served.post("/v1/stories", headers=key(), json=story_json()).json()["results"][0]["story_id"]
    wanted = {"role": "app", "outlet_id": "lizhou", "label": "app", "signs_events": True}
    made = served.post("/v1/keys", headers=key(Role.ADMIN), json=wanted).json()
    event = {"event_id": "e-1", "device_id": "d-1", "story_id": story, "type": "click"}
    body = json.dumps({"events": [{**event, "at": "2026-03-02T11:59:00+08:00"}]}).encode()
    headers = {"Authorization": f"Bearer {made['secret']}", "Content-Type": "application/json"}

    def send(**more: str) -> Any:
        return served.post("/v1/events", headers={**headers, **more}, content=body)

    bare = send()
    assert (bare.status_code, bare.json()["code"]) == (401, "signature_needed")
    signature = f"v1={sign(made['signing_secret'], STAMP, body)}"
    both = {"Tianfu-Timestamp": STAMP, "Tianfu-Signature": signature}
    assert send(**both).json()["accepted"] == 1
    assert send(**both).json()["code"] == "signature_replayed"
    forged = f"v1={sign(made['secret'], STAMP, body)}"
    assert send(**{**both, "Tianfu-Signature": forged}).json()["code"] == "invalid_signature"
    # Everything else this key does needs no signature, and its heir has a secret of its own.
    assert served.post("/v1/recommend", headers=headers, json={}).status_code == 200
    heir = served.post(f"/v1/keys/{made['key_id']}/rotate", headers=key(Role.ADMIN), json={}).json()
    assert heir["signing_secret"] not in (None, made["signing_secret"])
    plain = served.post("/v1/keys", headers=key(Role.ADMIN), json={**wanted, "signs_events": False}).json()
    assert plain["signing_secret"] is None


def test_the_guides_example_is_right() -> None:
    guide = (DOCS / "signed-events.md").read_text(encoding="utf-8")
    expected = sign("tfs_example", "1772424000", b'{"events":[]}')
    assert f"v1={expected}" in re.sub(r"\s+", "", guide)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to run the example")
def test_the_javascript_example_signs_as_we_check(checker: SignatureCheck) -> None:
    body = '{"events": [{"note": "利州"}]}'
    script = (
        f"import {{ signed }} from '{(DOCS / 'examples' / 'sign.mjs').as_uri()}';"
        f"console.log(JSON.stringify(signed({checker.secret_of('k1')!r}, {body!r}, {STAMP}999)));"
    )
    words = ["node", "--input-type=module", "-e", script]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    checker.check(
        "k1",
        timestamp=told["Tianfu-Timestamp"],
        signature=told["Tianfu-Signature"],
        body=body.encode(),
    )
