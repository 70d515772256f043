"""A newsroom whose older stories are in an archive of vectors, and what it does while that is away."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body, a_draft
from support.fakes import fake_parts

from tianfu.embeddings.index.factory import ArchivedIndexes
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex
from tianfu.embeddings.index.milvus.schema import collection_of
from tianfu.model.access import Role
from tianfu.model.errors import InvalidSetting
from tianfu.serving.app import create_app
from tianfu.serving.parts import indexes_of
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

pytestmark = pytest.mark.box
HOT_S = 30 * 86_400.0


@pytest.fixture
def link(tmp_path: Path) -> Iterator[MilvusLink]:
    """A Milvus of its own, since every newsroom here has the same encoder and so the same collection."""
    made = MilvusLink(str(tmp_path / "lite.db"), read_s=60.0)
    yield made
    made.close()


@pytest.fixture
def build(
    link: MilvusLink, settings: ServiceSettings, clock: FakeClock
) -> Callable[[ServiceSettings], Newsroom]:
    def make(given: ServiceSettings = settings) -> Newsroom:
        indexes = ArchivedIndexes(link, hot_s=HOT_S, now_s=lambda: clock.now().timestamp())
        return build_newsroom(given, parts=replace(fake_parts(), indexes=indexes), clock=clock)

    return make


@pytest.fixture
def client(
    build: Callable[[ServiceSettings], Newsroom], settings: ServiceSettings
) -> Iterator[tuple[TestClient, Newsroom]]:
    app = create_app(settings, build=build)
    with TestClient(app) as opened:
        yield opened, app.state.newsroom


def take_in(room: Newsroom, start: int, count: int, days_ago: float) -> None:
    drafts = [
        a_draft(f"s{n}", title=f"利州农业第{n}次丰收", body=a_body(n), hours_ago=24 * days_ago + n / 10)
        for n in range(start, start + count)
    ]
    ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass


def go_away(link: MilvusLink) -> None:
    link._away_until = float("inf")
    link.fault = "does not answer"


def come_back(link: MilvusLink) -> None:
    link._away_until, link.fault = 0.0, None


def key_of(room: Newsroom, role: Role = Role.OPERATOR) -> dict[str, str]:
    from tianfu.serving.services.access import create_key

    _, secret = create_key(
        role=role, outlet_id=None, label="t", actor="t", database=room.database, clock=room.clock
    )
    return {"Authorization": f"Bearer {secret}"}


def ids(answer: Any) -> set[str]:
    return {item["story_id"] for item in answer.json()["items"]}


def test_old_and_new_stories_are_found_and_a_restart_goes_on_from_where_it_was(
    build: Callable[[], Newsroom], link: MilvusLink, clock: FakeClock
) -> None:
    room = build()
    room.start()
    take_in(room, 0, 5, days_ago=100)
    take_in(room, 5, 5, days_ago=1)
    assert room.library.index.size == 10
    vector, meaning = room.reader.words("利州农业第1次丰收")
    assert {hit.number for hit in meaning.index.search(vector[None, :], 20)[0]} == set(range(1, 11))
    room.stop()

    again = build()
    again.start()
    take_in(again, 10, 1, days_ago=2)
    found = again.library.index.search(vector[None, :], 20)[0]
    assert {hit.number for hit in found} == set(range(1, 12))
    assert again.library.index._recent.size == 6  # type: ignore[attr-defined]
    again.stop()


def test_while_the_archive_is_away_feeds_are_whole_and_nothing_answers_500(
    client: tuple[TestClient, Newsroom], link: MilvusLink
) -> None:
    http, room = client
    take_in(room, 0, 3, days_ago=100)
    take_in(room, 3, 6, days_ago=1)
    room.library.catch_up(at_once=True)
    key = key_of(room)
    go_away(link)

    take_in(room, 20, 2, days_ago=0.5)
    room.library.catch_up(at_once=True)
    feed = http.post("/v1/recommend", json={"outlet_id": "lizhou", "count": 10}, headers=key)
    assert feed.status_code == 200
    assert "degraded" not in feed.json() or feed.json()["degraded"] in (None, [])
    assert len(feed.json()["items"]) >= 8

    words = http.get("/v1/stories", params={"q": "第1次丰收"}, headers=key)
    assert words.status_code == 200
    assert words.json()["items"], "words alone find it"
    ready = http.get("/readyz")
    assert ready.status_code == 200
    assert "archive" in ready.text
    for answer in (feed, words, ready):
        for leaked in ("grpc", "Milvus", "pymilvus", "lite.db"):
            assert leaked not in answer.text

    come_back(link)
    take_in(room, 30, 1, days_ago=0.5)
    assert room.library.index.fault is None
    with room.database.read() as uow:
        assert room.library.index.size == uow.stories.count()


def test_a_story_to_be_compared_with_the_archive_waits_and_holds_no_other_up(
    client: tuple[TestClient, Newsroom], link: MilvusLink
) -> None:
    _, room = client
    take_in(room, 0, 2, days_ago=100)
    go_away(link)
    take_in(room, 10, 1, days_ago=99)
    take_in(room, 11, 1, days_ago=1)

    with room.database.read() as uow:
        states = {n: s.indexed_revision for n, s in uow.stories.by_numbers([3, 4]).items()}
        depth = uow.queue.depth()
    assert states == {3: 0, 4: 1}
    assert (depth.waiting, depth.stuck) == (1, 0)

    come_back(link)
    while room.indexer.step():
        pass
    with room.database.read() as uow:
        assert uow.stories.by_numbers([3])[3].indexed_revision == 1


def test_a_takedown_is_followed_while_the_archive_is_away(
    client: tuple[TestClient, Newsroom], link: MilvusLink
) -> None:
    http, room = client
    take_in(room, 0, 3, days_ago=1)
    room.library.catch_up(at_once=True)
    key = key_of(room)
    go_away(link)
    take_in(room, 10, 1, days_ago=99)
    gone = next(iter(ids(http.post("/v1/recommend", json={"outlet_id": "lizhou"}, headers=key))))

    http.post(f"/v1/stories/{gone}/takedown", json={"reason": "更正", "scope": "story"}, headers=key)
    room.indexer.step()

    assert gone not in ids(http.post("/v1/recommend", json={"outlet_id": "lizhou"}, headers=key))


def test_cleaning_drops_the_collections_of_encoders_that_are_of_no_use_any_more(
    build: Callable[[], Newsroom], link: MilvusLink
) -> None:
    room = build()
    room.start()
    take_in(room, 0, 2, days_ago=100)
    others = [MilvusIndex(link, name, 8) for name in (collection_of("of-no-use"), "not_ours")]
    assert [other.size for other in others] == [0, 0]
    indexes = ArchivedIndexes(link, hot_s=HOT_S)

    assert indexes.drop_others(room.model_desk.encoders_in_use()) == 1

    with link.asked() as client:
        assert set(client.list_collections()) == {collection_of(room.library.meaning.fingerprint), "not_ours"}
    assert room.library.index.size == 2
    room.stop()


def test_the_settings_say_which_index_serves(tmp_path: Path) -> None:
    assert type(indexes_of(ServiceSettings())).__name__ == "FaissIndexes"
    uri = str(tmp_path / "a.db")
    chosen = indexes_of(ServiceSettings(index_backend="milvus", milvus_uri=uri))
    assert type(chosen).__name__ == "ArchivedIndexes"
    with pytest.raises(InvalidSetting, match="TIANFU_MILVUS_URI"):
        indexes_of(ServiceSettings(index_backend="milvus"))
    assert "secret" not in repr(ServiceSettings(milvus_token="secret"))
