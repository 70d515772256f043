"""Moving to another encoder while everything goes on, and back."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from support.artefacts import an_encoder
from support.builders import NOW, FakeClock, a_body, a_draft
from support.fakes import FakeEncoder, FakeLoader, fake_parts

from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.model.errors import Conflict, InvalidRequest, ModelRefused, NotFound
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.feed.scoring import COLUMN
from tianfu.model.recommendation import Decision, FeedRequest
from tianfu.model.release import ModelKind
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.reembedding import BATCH
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.models import MOVE_LEASE, MoveState
from tianfu.serving.wiring import build_newsroom

TITLES = [f"{place}{what}第{n}次{deed}" for n in range(6) for place in ("利州", "苍溪", "剑阁", "旺苍")
          for what in ("农业", "学校", "旅游") for deed in ("丰收", "比赛")]  # fmt: skip
READER = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1")


def take_in(room: Newsroom, titles: list[str], start: int = 0) -> None:
    drafts = [
        a_draft(f"s{start + n}", title=title, body=a_body(start + n), hours_ago=1 + n / 10)
        for n, title in enumerate(titles)
    ]
    ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass


def begin(room: Newsroom, folder: Path, pace: float = 1.0) -> str:
    version = room.model_desk.take_in(folder, actor="test")
    room.model_desk.publish(ModelKind.ENCODER, version.id, actor="test", pace=pace)
    follow(room)
    return version.id


def follow(*rooms: Newsroom) -> None:
    for room in rooms:
        room.library.catch_up()
        room.encoder_switch.step()


def read_all(room: Newsroom) -> None:
    while room.reembedder.step():
        pass
    follow(room)


def like(room: Newsroom, number: int, event_id: str = "e-1") -> None:
    with room.database.read() as uow:
        story = uow.stories.by_numbers([number])[number]
    event = Event(
        event_id=event_id, reader=READER, type=EventType.LIKE, story_id=story.id, at=NOW - timedelta(hours=3)
    )
    room.events.record([event])


def asked(scene: Scene = Scene.HOME, story_id: str | None = None) -> FeedRequest:
    reader = READER if scene is Scene.HOME else None
    return FeedRequest(outlet_id="lizhou", reader=reader, scene=scene, story_id=story_id, count=10)


def story_id(room: Newsroom, number: int) -> str:
    card = room.library.view.card_of(number)
    assert card is not None
    return card.story_id


def cosines(room: Newsroom, encoder: FakeEncoder, number: int) -> dict[int, float]:
    """Of one story to every story, as this encoder sees it, looked up nowhere but in the texts."""
    with room.database.read() as uow:
        stories = uow.stories.by_numbers(range(1, uow.stories.count() + 1))
    vectors = encode_stories(encoder, [(s.text.title, s.text.body) for s in stories.values()])
    own = vectors[list(stories).index(number)]
    return dict(zip(stories, (vectors @ own).tolist(), strict=True))


def decision_of(room: Newsroom, request: FeedRequest) -> Decision:
    found = room.decisions.find(room.feeds.recommend(request).trace_id)
    assert found is not None
    return found


def encoders_that_fit(decision: Decision, by_encoder: dict[str, dict[int, float]]) -> set[str]:
    """Encoders by which every likeness in a feed is right."""
    numbers: list[int] = decision.items.number.tolist()  # type: ignore[attr-defined]
    interest: list[float] = decision.items.features[:, COLUMN["interest"]].tolist()  # type: ignore[attr-defined]
    known = {n: value for n, value in zip(numbers, interest, strict=True) if value > 0}
    assert len(known) >= 5, "a feed without neighbours shows nothing"
    return {
        name
        for name, of in by_encoder.items()
        if all(abs(of[number] - value) < 5e-3 for number, value in known.items())
    }


def test_the_old_encoder_serves_until_every_story_is_read_by_the_new_one(
    room: Newsroom, tmp_path: Path
) -> None:
    take_in(room, TITLES)
    model_id = begin(room, an_encoder(tmp_path / "wide", dimension=48))
    assert room.reembedder.step() == BATCH
    follow(room)
    assert room.models["encoder"] == "fake@1"
    with room.database.read() as uow:
        move = uow.models.move()
        assert move is not None
        assert (uow.vectors.count(encoder=move.fingerprint), uow.vectors.readable()) == (64, len(TITLES))
    read_all(room)
    assert room.models["encoder"] == "wide@1"
    assert (room.library.index.size, room.library.meaning.encoder.dimension) == (len(TITLES), 48)
    assert decision_of(room, asked()).models["encoder"] == "wide@1"
    with room.database.read() as uow:
        assert uow.models.move() is None
        published = uow.models.serving()[ModelKind.ENCODER]
        rows = [row.action for row in uow.audit.page(before=None, limit=3)]
    assert (published.model_id, published.actor) == (model_id, "test")
    assert rows == ["model.published", "encoder.move_started", "model.imported"]


def test_stories_that_come_in_meanwhile_are_read_by_both(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES[:5])
    begin(room, an_encoder(tmp_path / "wide", dimension=48))
    take_in(room, ["利州春茶开采"], start=50)
    with room.database.read() as uow:
        encoders = (room.library.meaning.fingerprint, room.library.beside[0].fingerprint)
        assert [set(uow.vectors.of([6], encoder=one)) for one in encoders] == [{6}, {6}]
    assert [m.index.size for m in (room.library.meaning, room.library.beside[0])] == [6, 1]


def test_a_rollback_is_one_step_and_knows_the_stories_that_came_since(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES[:20])
    begin(room, an_encoder(tmp_path / "wide", dimension=48))
    read_all(room)
    take_in(room, ["利州春茶开采"], start=50)
    room.model_desk.rollback(ModelKind.ENCODER, actor="test")
    follow(room)
    assert (room.models["encoder"], room.library.index.size) == ("fake@1", 21)
    near = decision_of(room, asked(Scene.RELATED, story_id(room, 21)))
    assert encoders_that_fit(near, {"fake@1": cosines(room, FakeEncoder(), 21)}) == {"fake@1"}
    with pytest.raises(Conflict):
        room.model_desk.rollback(ModelKind.ENCODER, actor="test")


def test_readers_interests_outlive_the_switch(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES)
    like(room, 3)
    before = decision_of(room, asked())
    folder = an_encoder(tmp_path / "other", seed=9)
    begin(room, folder)
    read_all(room)
    after = decision_of(room, asked())
    by_encoder = {
        "fake@1": cosines(room, FakeEncoder(), 3),
        "other@1": cosines(room, FakeLoader().encoder(folder), 3),
    }
    assert encoders_that_fit(before, by_encoder) == {"fake@1"}
    assert encoders_that_fit(after, by_encoder) == {"other@1"}
    assert before.personalised
    assert after.personalised


def test_a_move_can_be_paused_resumed_and_given_up(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES[:3])
    begin(room, an_encoder(tmp_path / "wide", dimension=48))
    change = room.model_desk.change_move
    change(state=MoveState.PAUSED, actor="test")
    assert room.reembedder.step() == 0
    assert change(state=MoveState.RUNNING, pace=0.25, actor="test").pace == 0.25
    assert room.reembedder.step() == 3
    change(state=MoveState.CANCELLED, actor="test")
    follow(room)
    assert room.library.beside == ()
    assert room.models["encoder"] == "fake@1"
    with pytest.raises(NotFound):
        change(state=MoveState.RUNNING, actor="test")


def test_it_takes_no_more_than_its_share_of_a_core(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES)
    begin(room, an_encoder(tmp_path / "wide", dimension=48), pace=0.01)
    assert room.reembedder.step() == BATCH
    assert room.reembedder.step() == 0, "it rests ninety-nine times as long as it worked"


def test_a_restart_goes_on_where_it_was(new_room: Callable[[], Newsroom], tmp_path: Path) -> None:
    room = new_room()
    take_in(room, TITLES)
    begin(room, an_encoder(tmp_path / "wide", dimension=48))
    room.reembedder.step()
    room.library.save_snapshot()
    other = new_room()
    follow(other)
    other.clock.pass_by(seconds=MOVE_LEASE.total_seconds() + 1)  # type: ignore[attr-defined]
    assert other.reembedder.step() == BATCH
    read_all(other)
    assert other.models["encoder"] == "wide@1"
    follow(room)
    assert room.models["encoder"] == "wide@1"
    assert room.library.index.size == len(TITLES)
    third = new_room()
    assert (third.models["encoder"], third.library.index.size) == ("wide@1", len(TITLES))


def test_two_workers_do_not_read_the_same_stories(new_room: Callable[[], Newsroom], tmp_path: Path) -> None:
    here, there = new_room(), new_room()
    take_in(here, TITLES)
    begin(here, an_encoder(tmp_path / "wide", dimension=48))
    follow(there)
    assert (here.reembedder.step(), there.reembedder.step()) == (BATCH, 0)


def test_a_story_that_the_new_encoder_cannot_read_holds_nothing_up(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, [*TITLES[:4], "利州怪字通报"])
    begin(room, an_encoder(tmp_path / "picky", dimension=48, poison="怪字"))
    take_in(room, ["苍溪怪字续报"], start=30)
    read_all(room)
    assert (room.models["encoder"], room.library.index.size) == ("picky@1", 4)
    assert room.feeds.recommend(asked(Scene.RELATED, story_id(room, 5))).items


def test_an_edit_during_the_move_is_not_undone_by_it(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES[:3])
    begin(room, an_encoder(tmp_path / "wide", dimension=48))
    take_in(room, ["全然换了题目"])
    read_all(room)
    fresh = room.library.index.vectors([1])[1]
    with room.database.read() as uow:
        text = uow.stories.by_numbers([1])[1].text
    expected = room.library.meaning.encoder.encode([f"{text.title}\n{text.body}"])[0]
    np.testing.assert_allclose(fresh, expected, atol=2e-3)


def test_only_one_encoder_is_on_its_way_and_it_must_be_sound(room: Newsroom, tmp_path: Path) -> None:
    take_in(room, TITLES[:2])
    first = an_encoder(tmp_path / "wide", dimension=48)
    desk = room.model_desk
    lying = desk.take_in(an_encoder(tmp_path / "lying", dimension=24), actor="test")
    wrong = an_encoder(tmp_path / "wrong", seed=2)
    card = (wrong / "card.json").read_text().replace('"dimension": 32', '"dimension": 64')
    (wrong / "card.json").write_text(card)
    with pytest.raises(ModelRefused, match="its card says 64 numbers, its vectors have 32"):
        desk.publish(ModelKind.ENCODER, desk.take_in(wrong, actor="test").id, actor="test")
    with pytest.raises(InvalidRequest):
        desk.publish(ModelKind.ENCODER, lying.id, actor="test", pace=0.0)
    begin(room, first)
    with pytest.raises(Conflict, match="on its way"):
        desk.publish(ModelKind.ENCODER, lying.id, actor="test")


def test_vectors_of_encoders_that_are_of_no_use_any_more_are_dropped_on_request(
    room: Newsroom, tmp_path: Path
) -> None:
    take_in(room, TITLES[:4])
    for name in ("one", "two"):
        begin(room, an_encoder(tmp_path / name, seed=len(name) + ord(name[0])))
        read_all(room)
    with room.database.read() as uow:
        one, two = (uow.models.serving()[ModelKind.ENCODER].previous_id, room.library.meaning)
    begin(room, an_encoder(tmp_path / "given-up", seed=77))
    gone = room.library.beside[-1].fingerprint
    while room.reembedder.step():
        with room.database.read() as uow:
            assert uow.vectors.count(encoder=gone) == 4
        room.model_desk.change_move(state=MoveState.CANCELLED, actor="test")
    assert room.model_desk.drop_vectors() == 4
    assert room.model_desk.drop_vectors() == 0
    with room.database.read() as uow:
        assert (uow.vectors.count(encoder=gone), uow.vectors.count(encoder=two.fingerprint)) == (0, 4)
    room.library.catch_up()
    room.model_desk.rollback(ModelKind.ENCODER, actor="test")
    follow(room)
    assert room.library.meaning.model_id == one
    assert room.library.index.size == 4


@pytest.fixture
def busy_room(settings: ServiceSettings, clock: FakeClock) -> Iterator[Newsroom]:
    """A newsroom whose threads all run."""
    room = build_newsroom(settings.model_copy(update={"worker": True}), parts=fake_parts(), clock=clock)
    room.start()
    yield room
    room.stop()


def test_under_load_no_feed_fails_and_none_mixes_two_encoders(busy_room: Newsroom, tmp_path: Path) -> None:
    room = busy_room
    ingest(
        [a_draft(f"s{n}", title=t, body=a_body(n), hours_ago=1 + n / 10) for n, t in enumerate(TITLES)],
        database=room.database,
        clock=room.clock,
    )
    assert room.wait_indexed({len(TITLES): 1}, 60.0)
    wait_shown(room, 7)
    like(room, 3)
    folder = an_encoder(tmp_path / "other", seed=9)
    version = room.model_desk.take_in(folder, actor="test")
    decisions: list[tuple[int, Decision]] = []
    failures: list[Exception] = []
    sketched: list[bool] = []
    stop = threading.Event()

    def ask(scene: Scene) -> None:
        while not stop.is_set():
            try:
                request = asked(scene, story_id(room, 7) if scene is Scene.RELATED else None)
                decisions.append((3 if scene is Scene.HOME else 7, decision_of(room, request)))
                sight = room.library.sight
                row = int(np.flatnonzero(sight.view.number == 7)[0])
                expected = sight.meaning.sketch(sight.meaning.index.vectors([7])[7][None, :])[0]
                sketched.append(
                    bool(np.allclose(sight.view.sketches(np.array([row]))[0], expected, atol=1e-2))
                )
            except Exception as bad:  # noqa: BLE001 - any failure counts
                failures.append(bad)

    threads = [threading.Thread(target=ask, args=(scene,)) for scene in (Scene.HOME, Scene.RELATED)]
    for thread in threads:
        thread.start()
    served = []
    try:
        for turn in range(3):
            room.model_desk.publish(ModelKind.ENCODER, version.id, actor="test", pace=1.0)
            served.append(wait_for(room, "other@1"))
            room.model_desk.rollback(ModelKind.ENCODER, actor="test")
            served.append(wait_for(room, "fake@1"))
            ingest(
                [a_draft(f"x{turn}", title=f"利州农业新第{turn}次丰收", body=a_body(200 + turn))],
                database=room.database,
                clock=room.clock,
            )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert served == [True] * 6
    assert failures == []
    assert all(sketched)
    named = {decision.models["encoder"] for _, decision in decisions}
    assert named == {"fake@1", "other@1"}
    by_story = {
        number: {
            "fake@1": cosines(room, FakeEncoder(), number),
            "other@1": cosines(room, FakeLoader().encoder(folder), number),
        }
        for number in (3, 7)
    }
    for number, decision in decisions:
        assert encoders_that_fit(decision, by_story[number]) == {decision.models["encoder"]}


def wait_shown(room: Newsroom, number: int, timeout_s: float = 60.0) -> None:
    """Views of the feeds are made anew some seconds after what they show, on a busy machine."""
    until = time.monotonic() + timeout_s
    while room.library.view.card_of(number) is None:
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_for(room: Newsroom, version: str, timeout_s: float = 60.0) -> bool:
    until = time.monotonic() + timeout_s
    while room.models["encoder"] != version and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    return room.models["encoder"] == version
