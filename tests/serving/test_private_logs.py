"""No log holds a story's words, a reader's id or a key's secret, whatever is asked and whatever breaks."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import text
from support.builders import FakeClock
from support.fakes import fake_parts
from support.policy import POLICY
from support.tenants import OTHER, OWN, Ask, World

from tianfu.model.errors import StoreUnavailable
from tianfu.serving.app import create_app
from tianfu.serving.logs import configure_logs, told
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

WORDS = "暗记词语"
NAME = "markedperson"


@pytest.fixture(scope="module")
def lines() -> Iterator[io.StringIO]:
    handlers, level = logging.root.handlers[:], logging.root.level
    written = io.StringIO()
    configure_logs("DEBUG", file=written)
    yield written
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="module")
def world(lines: io.StringIO, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("logs")
    clock = FakeClock()
    app = create_app(
        ServiceSettings(data_dir=folder, requests_per_minute=0, failed_logins_per_minute=0),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield World(client, clock, words=WORDS, name=NAME)


def secrets_of(world: World) -> list[str]:
    return [headers["Authorization"].removeprefix("Bearer ") for headers in world.keys.values()]


def check(lines: io.StringIO, world: World) -> list[dict[str, Any]]:
    """Every line is JSON and tells nothing; returns the lines and empties the log."""
    written = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    for marked in (WORDS, NAME, *secrets_of(world)):
        assert marked not in written, [line for line in written.splitlines() if marked in line][:2]
    return [json.loads(line) for line in written.splitlines()]


def test_no_route_writes_words_or_readers_into_the_log(lines: io.StringIO, world: World) -> None:
    for (method, path), rule in POLICY.items():
        for name, outlet_id in (("admin", OWN), ("app", OTHER), ("scientist", OWN)):
            world.ask(method, path, rule.make(world, outlet_id), world.keys[name])
        for odd in (f"{WORDS}{NAME}", f"{NAME}' OR 1=1"):
            asked = rule.make(world, OWN)
            faulty = Ask(dict.fromkeys(asked.path, odd), {"cursor": odd}, {odd: odd, "title": WORDS})
            world.ask(method, path, faulty, world.keys["admin"])
    assert world.client.get(f"/v1/nothing/{NAME}", headers={"Authorization": f"Bearer {NAME}"})
    found = check(lines, world)
    assert {"stories.ingested", "stories.indexed", "audit.sealed"} <= {line["event"] for line in found}


def test_a_statement_that_fails_does_not_tell_its_values(lines: io.StringIO, world: World) -> None:
    reader = world.reader(OWN)
    for table, method, path, body in (
        ("readers", "GET", f"/v1/readers/{reader}", None),
        ("events", "POST", "/v1/events", {"events": [{**world.event(world.bystander)}]}),
        ("work_queue", "POST", "/v1/stories", world.story_json(OWN)),
    ):
        rename(world, table, "gone")
        try:
            answer = world.client.request(method, path, headers=world.keys["editor"], json=body)
        finally:
            rename(world, "gone", table)
        assert answer.status_code == 503, answer.text
        failed = [line for line in check(lines, world) if line["event"] == "request.refused"]
        assert failed
        chain = failed[0]["exception"]
        assert "tianfu.model.errors.StoreUnavailable" in chain[0]["error"]
        assert "sqlalchemy.exc.OperationalError" in [link["error"] for link in chain]
        assert any("serving/store/" in place for place in chain[1]["through"])
        assert "{" not in failed[0]["route"] or "{reader_id}" in failed[0]["route"]


def rename(world: World, table: str, name: str) -> None:
    with world.room.database.write() as uow:
        uow._connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))
        uow.commit()


def test_what_nobody_foresaw_is_told_without_its_message(
    lines: io.StringIO, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = world.reader(OWN)

    def breaks(ref: Any) -> Any:
        raise KeyError(ref.id)

    monkeypatch.setattr(world.room.readers, "look", breaks)
    answer = world.client.get(f"/v1/readers/{reader}", headers=world.keys["app"])
    assert answer.status_code == 500
    broke = [line for line in check(lines, world) if line["event"] == "request.broke"]
    assert broke[0]["exception"][0]["error"] == "builtins.KeyError"
    assert broke[0]["incident"] in answer.json()["detail"]
    assert NAME not in answer.text


def test_an_encoder_that_quotes_its_text_is_not_quoted(
    lines: io.StringIO, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(texts: Any) -> Any:
        raise ValueError(f"cannot encode {texts}")

    monkeypatch.setattr(world.room.library.meaning.encoder._encoder, "encode", breaks)  # type: ignore[attr-defined]
    world.story(OWN, wait=False)
    world.client.post("/v1/tags/suggest", headers=world.keys["editor"], json={"title": WORDS, "body": WORDS})
    for _ in range(200):
        if "story.unreadable" in lines.getvalue():
            break
        world.room.worker.wake()
        world.room.worker.wait_round(0.1)
    events = {line["event"] for line in check(lines, world)}
    assert {"batch.failed", "story.unreadable"} <= events


def test_libraries_write_lines_like_ours(lines: io.StringIO, world: World) -> None:
    check(lines, world)
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (line,) = check(lines, world)
    assert (line["event"], line["level"]) == ("Exception in ASGI application", "error")
    assert line["exception"][0]["error"] == "builtins.ValueError"


def test_our_own_errors_and_the_systems_keep_their_message() -> None:
    assert told(StoreUnavailable("The database does not answer."))[0]["message"] == (
        "The database does not answer."
    )
    assert told(OSError(28, "No space left on device", NAME))[0]["message"] == "No space left on device"
    assert "message" not in told(ValueError(NAME))[0]
