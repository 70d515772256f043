"""Versions of models: taken in, published into running processes, refused with reasons, rolled back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.artefacts import a_judge, a_ranker, a_tagger, an_artefact
from support.builders import FakeClock, a_draft
from support.readers import Key, StoryJson, farm_and_school, feed

from tianfu.embeddings.artefact import write_card
from tianfu.model.access import Role
from tianfu.model.errors import ArtefactInvalid, Conflict, ModelRefused, NotFound
from tianfu.model.release import ModelKind, ReleaseAction
from tianfu.model.tag import TagKind
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings


def publish(room: Newsroom, kind: ModelKind, folder: Path) -> str:
    version = room.model_desk.take_in(folder, actor="test")
    room.model_desk.publish(kind, version.id, actor="test")
    return version.id


def follow(*rooms: Newsroom) -> None:
    for room in rooms:
        room.library.catch_up()
        room.live.step()


def test_taking_in_twice_gives_one_version_and_one_folder(room: Newsroom, tmp_path: Path) -> None:
    folder = a_tagger(tmp_path / "words-b")
    first = room.model_desk.take_in(folder, actor="test")
    assert room.model_desk.take_in(folder, actor="other") == first
    assert [version.id for version in room.model_desk.versions()] == [first.id]
    assert (first.label, first.kind, first.imported_by) == ("words-b@1", ModelKind.TAGGER, "test")


def test_a_version_is_a_copy_that_the_source_cannot_change(
    room: Newsroom, settings: ServiceSettings, tmp_path: Path
) -> None:
    folder = a_tagger(tmp_path / "words-b", {"14": "稻"})
    model_id = publish(room, ModelKind.TAGGER, folder)
    for file in folder.iterdir():
        file.write_text("{}")
    follow(room)
    assert room.models["tagger_0"] == "words-b@1"
    assert Cabinet(settings.models_dir).path(model_id).is_dir()


def test_every_process_takes_over_what_one_publishes(
    new_room: Callable[[], Newsroom], tmp_path: Path
) -> None:
    here, there = new_room(), new_room()
    publish(here, ModelKind.TAGGER, a_tagger(tmp_path / "words-b", {"31": "稻"}))
    publish(here, ModelKind.PAIRS, a_judge(tmp_path / "judge-b", least=0.1))
    publish(here, ModelKind.RANKER, a_ranker(tmp_path / "ranker-b", fresh=1.0))
    follow(here, there)
    for room in (here, there):
        assert room.models | {"encoder": ""} == {
            "encoder": "",
            "tagger_0": "words-b@1",
            "pairs": "judge-b@1",
            "ranker": "ranker-b@1",
        }
    ingest([a_draft(title="稻田", body="稻")], database=there.database, clock=there.clock)
    there.indexer.step()
    with there.database.read() as uow:
        tags = [tag for tag in uow.tags.of([1])[1] if tag.kind is TagKind.TOPIC]
    assert [(tag.code, tag.source) for tag in tags] == [("31", "words-b@1")]


def test_a_process_started_later_serves_what_is_published(
    new_room: Callable[[], Newsroom], tmp_path: Path
) -> None:
    publish(new_room(), ModelKind.RANKER, a_ranker(tmp_path / "ranker-b", fresh=1.0))
    assert new_room().models["ranker"] == "ranker-b@1"


def test_rolling_back_twice_goes_back_twice_and_then_no_further(room: Newsroom, tmp_path: Path) -> None:
    ids = [publish(room, ModelKind.RANKER, a_ranker(tmp_path / name, fresh=1.0 + at)) for at, name in
           enumerate(("one", "two", "three"))]  # fmt: skip
    served = []
    for _ in range(3):
        room.model_desk.rollback(ModelKind.RANKER, actor="test")
        follow(room)
        served.append(room.models["ranker"])
    assert served == ["two@1", "one@1", "hand-set@3"]
    with pytest.raises(Conflict, match="rolled back already"):
        room.model_desk.rollback(ModelKind.RANKER, actor="test")
    history = room.model_desk.history(ModelKind.RANKER)
    assert [one.model_id for one in history] == [None, ids[0], ids[1], ids[2], ids[1], ids[0]]
    assert [one.action for one in history[:4]] == [ReleaseAction.ROLLBACK] * 3 + [ReleaseAction.PUBLISH]


def test_what_was_rolled_back_can_be_published_again_and_shipped_by_name(
    room: Newsroom, tmp_path: Path
) -> None:
    model_id = publish(room, ModelKind.RANKER, a_ranker(tmp_path / "one", fresh=1.0))
    room.model_desk.publish(ModelKind.RANKER, "shipped", actor="test")
    follow(room)
    assert room.models["ranker"] == "hand-set@3"
    room.model_desk.publish(ModelKind.RANKER, model_id[:8], actor="test")
    with pytest.raises(Conflict, match="serves already"):
        room.model_desk.publish(ModelKind.RANKER, "one@1", actor="test")
    follow(room)
    assert room.models["ranker"] == "one@1"


def test_lineage_tells_data_parent_and_who(room: Newsroom, tmp_path: Path) -> None:
    first = publish(room, ModelKind.RANKER, a_ranker(tmp_path / "one", fresh=1.0))
    second = room.model_desk.take_in(a_ranker(tmp_path / "two", fresh=2.0), actor="k-1")
    assert (second.parent_id, second.data_hash, second.imported_by) == (first, "d" * 64, "k-1")
    with room.database.read() as uow:
        rows = uow.audit.page(before=None, limit=10)
    assert [row.action for row in rows] == ["model.imported", "model.published", "model.imported"]
    assert rows[1].details["data_hash"] == "d" * 64


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"metrics": {"micro_f1": 0.2}}, "below the floor"),
        ({"classes": ["99"]}, "vocabulary"),
        ({"encoder_fingerprint": "another"}, "trained beside the encoder another"),
    ],
)
def test_what_a_card_speaks_against_is_not_published(
    room: Newsroom, tmp_path: Path, card: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelRefused, match=words):
        publish(room, ModelKind.TAGGER, a_tagger(tmp_path / "words-b", **card))
    follow(room)
    assert room.models["tagger_0"] == "words@1"


def test_an_artefact_altered_in_the_cabinet_is_not_published(
    room: Newsroom, settings: ServiceSettings, tmp_path: Path
) -> None:
    version = room.model_desk.take_in(a_tagger(tmp_path / "words-b"), actor="test")
    next(settings.models_dir.glob("*/fake.json")).write_text("{}")
    with pytest.raises(ModelRefused, match="missing or altered"):
        room.model_desk.publish(ModelKind.TAGGER, version.id, actor="test")


def _rewritten(folder: Path, **card: Any) -> Path:
    whole = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    write_card(folder, whole | card, files=list(whole["files"]))
    return folder


@pytest.mark.parametrize(
    ("kind", "make", "card", "why", "advice"),
    [
        (ModelKind.PAIRS, a_judge, {"encoder_fingerprint": "another"}, "beside the encoder another", "again"),
        (
            ModelKind.PAIRS,
            a_judge,
            {"metrics": {"reprint_f1": 0.6}},
            "below the floor of 0.7",
            "better data",
        ),
        (ModelKind.RANKER, a_ranker, {"features": ["gone"]}, "other features than feeds have", "Export anew"),
        (
            ModelKind.RANKER,
            a_ranker,
            {"metrics": {"page_auc": 0.4}},
            "below the floor of 0.5",
            "better data",
        ),
        (ModelKind.RANKER, a_ranker, {"metrics": {}}, "tells no page_auc", "tianfu train"),
        (ModelKind.TAGGER, a_tagger, {"classes": ["99"]}, "the vocabulary has not: 99", "Train it"),
        (ModelKind.TAGGER, a_tagger, {"classes": []}, "lists no classes", "tianfu train tagger"),
    ],
)
def test_every_kind_is_refused_with_what_to_do(
    room: Newsroom, tmp_path: Path, kind: ModelKind, make: Any, card: dict[str, Any], why: str, advice: str
) -> None:
    served = dict(room.models)
    with pytest.raises(ModelRefused, match=why) as refused:
        publish(room, kind, _rewritten(make(tmp_path / "new"), **card))
    assert advice in refused.value.advice
    follow(room)
    assert dict(room.models) == served


@pytest.mark.parametrize(
    ("kind", "make", "file"),
    [(ModelKind.PAIRS, a_judge, "fake.json"), (ModelKind.RANKER, a_ranker, "curves.json")],
)
def test_an_altered_file_of_any_kind_is_refused(
    room: Newsroom, settings: ServiceSettings, tmp_path: Path, kind: ModelKind, make: Any, file: str
) -> None:
    version = room.model_desk.take_in(make(tmp_path / "new"), actor="test")
    next(settings.models_dir.glob(f"*/{file}")).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelRefused, match="missing or altered") as refused:
        room.model_desk.publish(kind, version.id, actor="test")
    assert refused.value.advice


def test_only_whole_artefacts_of_kinds_that_serve_are_taken_in(room: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(ArtefactInvalid, match="no readable card"):
        room.model_desk.take_in(tmp_path, actor="test")
    folder = an_artefact(tmp_path / "odd", ModelKind.PAIRS, {}, kind="ranker")
    with pytest.raises(ArtefactInvalid, match="kind ranker"):
        room.model_desk.take_in(folder, actor="test")
    torn = a_tagger(tmp_path / "torn")
    (torn / "fake.json").write_text("[]")
    with pytest.raises(ArtefactInvalid, match="missing or altered"):
        room.model_desk.take_in(torn, actor="test")
    assert room.model_desk.versions() == []


def test_a_kind_is_never_published_as_another(room: Newsroom, tmp_path: Path) -> None:
    version = room.model_desk.take_in(a_tagger(tmp_path / "words-b"), actor="test")
    with pytest.raises(NotFound):
        room.model_desk.publish(ModelKind.PAIRS, version.id, actor="test")


def test_a_machine_without_the_folder_goes_on_and_says_why(
    room: Newsroom, settings: ServiceSettings, tmp_path: Path
) -> None:
    model_id = publish(room, ModelKind.TAGGER, a_tagger(tmp_path / "words-b"))
    hidden = settings.models_dir / "elsewhere"
    (settings.models_dir / model_id).rename(hidden)
    follow(room)
    assert room.models["tagger_0"] == "words@1"
    assert "not in" in room.model_faults["tagger"]
    hidden.rename(settings.models_dir / model_id)
    room.live.heard += 1
    follow(room)
    assert room.models["tagger_0"] == "words-b@1"
    assert room.model_faults == {}


def test_the_api_publishes_without_a_failed_request_and_decisions_name_the_ranker(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str], tmp_path: Path
) -> None:
    farm_and_school(served, key, story_json)
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    version = room.model_desk.take_in(a_ranker(tmp_path / "mine", fresh=1.0), actor="test")
    scientist = key(Role.SCIENTIST)
    seen = []
    for words in ("mine@1", None):
        seen.append(feed(served, app_key, reader_id="r-1"))
        if words:
            done = served.post("/v1/models/ranker/publish", json={"version": words}, headers=scientist)
            assert done.json()["publication"]["model_id"] == version.id
    rankers = [
        served.get(f"/v1/decisions/{page['trace_id']}", headers=key()).json()["models"]["ranker"]
        for page in seen
    ]
    assert rankers == ["hand-set@3", "mine@1"]
    listed = served.get("/v1/models", headers=scientist).json()
    ranker = next(row for row in listed["serving"] if row["kind"] == "ranker")
    assert (ranker["serving"], ranker["published"]["id"], ranker["previous"]) == ("mine@1", version.id, None)
    back = served.post("/v1/models/ranker/rollback", headers=scientist).json()
    assert (back["action"], back["model_id"]) == ("rollback", None)
    assert served.get("/readyz").json()["models"]["ranker"] == "hand-set@3"


def test_only_scientists_and_admins_publish(served: TestClient, key: Key) -> None:
    for role, status in ((Role.OPERATOR, 403), (Role.ADMIN, 404), (Role.SCIENTIST, 404)):
        answer = served.post("/v1/models/ranker/publish", json={"version": "none@1"}, headers=key(role))
        assert answer.status_code == status, answer.text
    assert served.get("/v1/models", headers=key(Role.EDITOR, "lizhou")).status_code == 200


def test_a_refusal_says_what_to_do(served: TestClient, key: Key, tmp_path: Path) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.model_desk.take_in(a_tagger(tmp_path / "weak", metrics={"micro_f1": 0.1}), actor="test")
    answer = served.post("/v1/models/tagger/publish", json={"version": "weak@1"}, headers=key(Role.SCIENTIST))
    assert (answer.status_code, answer.json()["code"]) == (409, "model_refused")
    assert "below the floor of 0.5" in answer.json()["detail"]
    assert answer.json()["advice"]


def test_a_card_that_is_rewritten_is_another_version(
    room: Newsroom, clock: FakeClock, tmp_path: Path
) -> None:
    folder = a_judge(tmp_path / "judge-b")
    first = room.model_desk.take_in(folder, actor="test")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"note": "again"}))
    clock.pass_by(seconds=1)
    second = room.model_desk.take_in(folder, actor="test")
    assert second.id != first.id
    assert room.model_desk.find(ModelKind.PAIRS, "judge-b@1") == second
