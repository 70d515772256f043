"""An editor teaches a fine topic with five stories: over HTTP, in every process, after a restart."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import WordTagger, fake_parts

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.tagging.fine.loading import load_fine_topic_tagger
from tianfu.model.access import Role
from tianfu.model.artifacts import shipped
from tianfu.model.ports import Encoder
from tianfu.model.tag import TagKind
from tianfu.serving.app import create_app
from tianfu.serving.parts import ModelParts, tag_names
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]
SAUCE, LABEL = "local:pixian-doubanjiang", "郫县豆瓣"
STORIES = [
    ("晒场上的六十年", "凌晨四点，唐师傅开始翻缸。郫县豆瓣要翻、晒、露，两百口陶缸一口也不能落下。"),
    ("老作坊接到出口订单", "第一批郫县豆瓣发往欧洲，罐子上印着产地编码，买家说要看得见晒场。"),
    ("春节前的郫县豆瓣卖得最快", "街口的铺子一天卖出三百斤，红油豆瓣装进竹篓，带给在外的亲人。"),
    ("大学里开了一门酱的课", "食品学院把郫县豆瓣的发酵过程搬进课堂，学生每周记录缸里的温度。"),
    ("非遗工坊周末开放", "游客可以亲手翻一次缸，听传承人讲郫县豆瓣为什么要等三年。"),
]
SIXTH = ("一口老缸的新主人", "年轻人陈越回到镇上，从父亲手里接过郫县豆瓣的老缸，他想把晒场办成研学点。")
STRANGER = ("县乒乓球赛周六开拍", "十六支代表队报名，先打团体，再打单项，决赛安排在体育馆。")


@cache
def encoder() -> Encoder:
    return load_encoder(shipped("encoder"))


def parts() -> ModelParts:
    """The shipped encoder and tagger of fine topics; every call is another process's own."""
    fine = load_fine_topic_tagger(encoder(), shipped("pairs"))
    base = fake_parts()
    return replace(
        base,
        encoder=encoder(),
        taggers=[WordTagger(), fine],
        learner=fine,
        names={**base.names, **tag_names()},
    )


@pytest.fixture
def new_room(settings: ServiceSettings, clock: FakeClock) -> Iterator[Callable[[], Newsroom]]:
    rooms: list[Newsroom] = []

    def start() -> Newsroom:
        room = build_newsroom(settings, parts=parts(), clock=clock)
        room.start()
        rooms.append(room)
        return room

    yield start
    for room in rooms:
        room.stop()


@pytest.fixture
def served(settings: ServiceSettings, clock: FakeClock) -> Iterator[TestClient]:
    app = create_app(
        settings.model_copy(update={"worker": True}),
        build=lambda given: build_newsroom(given, parts=parts(), clock=clock),
    )
    with TestClient(app) as client:
        yield client


class Desk:
    """An editor at the keyboard."""

    def __init__(self, client: TestClient, headers: dict[str, str], story_json: StoryJson) -> None:
        self._client = client
        self._headers = headers
        self._story_json = story_json

    def send(self, story: tuple[str, str], external_id: str) -> tuple[str, list[dict[str, Any]]]:
        """Post a story, wait until it is indexed; returns its id and tags."""
        answer = self._client.post(
            "/v1/stories",
            headers={**self._headers, "Prefer": "wait=10"},
            json=self._story_json(title=story[0], body=story[1], external_id=external_id),
        )
        result = answer.json()["results"][0]
        assert result["indexed"] is True
        return result["story_id"], result["tags"]

    def decide(self, story_id: str, verb: str, code: str = SAUCE, label: str | None = LABEL) -> Any:
        """Accept, reject or add one tag; returns the response."""
        decision = {"verb": verb, "kind": "fine_topic", "code": code, "label": label}
        return self._client.put(
            f"/v1/stories/{story_id}/tags", headers=self._headers, json={"decisions": [decision]}
        )

    def suggest(self, story: tuple[str, str]) -> dict[str, dict[str, Any]]:
        """Fine topics suggested for a text, by code."""
        text = {"title": story[0], "body": story[1]}
        answer = self._client.post("/v1/tags/suggest", headers=self._headers, json=text)
        return {one["code"]: one for one in answer.json()["fine_topics"]}

    def teach(self) -> None:
        """Send the five stories and put the topic on each."""
        for number, story in enumerate(STORIES):
            story_id, _ = self.send(story, f"t-{number}")
            assert self.decide(story_id, "add").status_code == 200


@pytest.fixture
def desk(served: TestClient, key: Key, story_json: StoryJson) -> Desk:
    return Desk(served, key(Role.EDITOR, "lizhou"), story_json)


def codes(tags: list[dict[str, Any]]) -> set[str]:
    return {tag["code"] for tag in tags if tag["kind"] == "fine_topic"}


def test_after_five_stories_the_sixth_is_suggested_and_tagged_at_once(desk: Desk) -> None:
    assert SAUCE not in desk.suggest(SIXTH)
    desk.teach()
    one = desk.suggest(SIXTH)[SAUCE]
    assert one["label"] == LABEL
    own = {"title": SIXTH[0], "body": SIXTH[1]}
    assert any("豆瓣" in span["text"] for span in one["evidence"])
    for span in one["evidence"]:
        assert own[span["field"]][span["start"] : span["end"]] == span["text"]
    assert SAUCE not in desk.suggest(STRANGER)
    _, tags = desk.send(SIXTH, "sixth")
    assert (SAUCE, LABEL, "suggested") in {(t["code"], t["label"], t["state"]) for t in tags}


def test_media_topics_are_suggested_without_any_teaching_and_may_be_added(desk: Desk) -> None:
    assert "medtop:20001083" in desk.suggest(STRANGER)
    story_id, tags = desk.send(STRANGER, "s")
    assert "medtop:20001083" in codes(tags)
    added = desk.decide(story_id, "add", "medtop:20001202", None).json()["tags"]
    assert ("medtop:20001202", "森林草原火灾") in {(t["code"], t["label"]) for t in added}


def test_rejecting_it_on_stories_of_another_kind_takes_it_off_the_next_of_them(desk: Desk) -> None:
    desk.teach()
    before = desk.suggest(film(0))
    for number in range(1, 6):
        story_id, tags = desk.send(film(number), f"f-{number}")
        if SAUCE not in codes(tags):
            desk.decide(story_id, "add")
        assert desk.decide(story_id, "reject").status_code == 200
    after = desk.suggest(film(0))
    assert SAUCE in before
    assert SAUCE not in after
    assert SAUCE in desk.suggest(SIXTH)


def film(number: int) -> tuple[str, str]:
    return (
        f"微电影《郫县豆瓣》第{number}集杀青",
        f"剧组在影视基地拍完第{number}集，导演说片名叫郫县豆瓣，讲的却是三个外卖员的友情，演员连夜转场。",
    )


def test_every_process_learns_from_the_change_sequence_and_again_after_a_restart(
    desk: Desk, new_room: Callable[[], Newsroom]
) -> None:
    other = new_room()
    assert SAUCE not in fine_topics(other)
    desk.teach()
    other.library.catch_up()
    assert SAUCE in fine_topics(other)
    restarted = new_room()
    assert fine_topics(restarted) == fine_topics(other)


def fine_topics(room: Newsroom) -> dict[str, float]:
    found = room.reader.suggest(*SIXTH)
    return {s.code: s.confidence for s, _ in found if s.kind is TagKind.FINE_TOPIC}


def test_the_label_of_an_own_topic_travels_with_its_code(desk: Desk) -> None:
    first, _ = desk.send(STORIES[0], "a")
    second, _ = desk.send(STORIES[1], "b")
    nameless = desk.decide(first, "add", label=None)
    assert (nameless.status_code, nameless.json()["errors"][0]["field"]) == (422, "label")
    assert desk.decide(first, "add").status_code == 200
    taken = desk.decide(second, "add", label=None)
    assert (SAUCE, LABEL) in {(t["code"], t["label"]) for t in taken.json()["tags"]}
    renamed = desk.decide(second, "add", label="川菜之魂")
    assert (renamed.status_code, renamed.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("code", "label", "field"),
    [
        ("local:郫县", LABEL, "code"),
        ("local:", LABEL, "code"),
        ("local:tea", "tea", "label"),
        ("local:tea", "茶 事", "label"),
        ("medtop:00000000", None, "code"),
        ("medtop:20000030", None, "code"),  # retired
        ("pixian-doubanjiang", LABEL, "code"),
    ],
)
def test_a_code_or_label_that_breaks_its_rule_is_refused_by_name(
    desk: Desk, code: str, label: str | None, field: str
) -> None:
    story_id, _ = desk.send(STRANGER, "s")
    answer = desk.decide(story_id, "add", code, label)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_an_edited_text_is_learned_anew(desk: Desk, new_room: Callable[[], Newsroom]) -> None:
    desk.teach()
    for number in range(5):
        desk.send(
            (f"第{number}则更正", f"第{number}则稿件全文已改写为桥梁检修通告，绕行路线见附图。"),
            f"t-{number}",
        )
    assert SAUCE not in desk.suggest(("一口老缸", "晒场翻缸的师傅退休了。"))
    assert fine_topics(new_room()) == {code: one["confidence"] for code, one in desk.suggest(SIXTH).items()}


def test_a_reader_cannot_follow_a_fine_topic_as_no_feed_looks_at_them(served: TestClient, key: Key) -> None:
    answer = served.put(
        "/v1/readers/r-1/tags/fine_topic/medtop:20001083",
        headers=key(Role.APP, "lizhou"),
        json={"weight": 0.5},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
