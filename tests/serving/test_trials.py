"""Trials of rankers in a running newsroom."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.artefacts import a_ranker
from support.builders import FakeClock, a_body, a_draft
from support.fakes import fake_parts
from support.readers import Key, StoryJson, farm_and_school, feed

from tianfu.model.access import Role
from tianfu.model.errors import Conflict, InvalidRequest, StoreUnavailable
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.recommendation import FeedRequest
from tianfu.model.trial import Arm, ArmCounts, Rails, Trial, TrialKind, TrialState, arm_of
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.trials import GUARD
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

COUNTY_ONLY = {"own_outlet": 4.0}
ANYTHING = Rails(fallback=1.0, slow=1.0, varied=1.0, small=1.0, least_feeds=1)


def begin(room: Newsroom, folder: Path, kind: TrialKind = TrialKind.SPLIT, **given: Any) -> Trial:
    room.model_desk.take_in(folder, actor="test")
    whole = {"share": 0.5, "days": 7.0, "rails": ANYTHING, **given}
    trial = room.trial_desk.begin(kind, f"{folder.name}@1", actor="test", **whole)
    follow(room)
    return trial


def follow(*rooms: Newsroom) -> None:
    for room in rooms:
        room.library.catch_up()
        room.trial_runner.step()


def ask(room: Newsroom, reader: str | None, **fields: Any) -> Any:
    ref = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=reader) if reader else None
    page = room.feeds.recommend(FeedRequest(outlet_id="lizhou", reader=ref, **fields))
    decision = room.decisions.find(page.trace_id)
    assert decision is not None
    return decision


def counted(room: Newsroom, trial: Trial, feeds: int) -> dict[Arm, ArmCounts]:
    """Counts of a trial once so many feeds were ranked unseen, by whichever thread."""
    until = time.monotonic() + 30
    while True:
        room.trial_runner.step()
        room.trial_runner.flush()
        counts = room.trial_desk.report(trial.id).counts
        if counts[Arm.CANDIDATE].feeds >= feeds or time.monotonic() > until:
            return counts
        time.sleep(0.02)


def state(room: Newsroom, trial: Trial) -> TrialState:
    return room.trial_desk.report(trial.id).trial.state


@pytest.fixture
def full_room(room: Newsroom) -> Newsroom:
    drafts = [
        a_draft(f"s{n}", outlet_id=outlet, title=f"第{n}号农情", body=a_body(n), hours_ago=1 + n / 8)
        for n, outlet in enumerate(["lizhou", "cangxi", "guangyuan", "jiange"] * 10)
    ]
    ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    return room


def test_each_reader_gets_the_ranker_of_the_arm_and_the_decision_says_so(
    full_room: Newsroom, tmp_path: Path
) -> None:
    trial = begin(full_room, a_ranker(tmp_path / "new", fresh=1.0))
    seen = set()
    for n in range(20):
        decision = ask(full_room, f"r-{n}")
        arm = arm_of(trial.id, 0.5, f"lizhou/reader/r-{n}")
        assert decision.models["trial"] == f"{trial.id}/{arm}"
        assert decision.models["ranker"] == ("new@1" if arm is Arm.CANDIDATE else "hand-set@3")
        seen.add(arm)
    assert seen == set(Arm)
    full_room.trial_runner.flush()
    counts = full_room.trial_desk.report(trial.id).counts
    assert counts[Arm.CONTROL].feeds + counts[Arm.CANDIDATE].feeds == 20
    assert 0 < counts[Arm.CONTROL].mean("small") < 1


def test_the_unknown_minors_and_whoever_switched_off_are_in_no_trial(
    full_room: Newsroom, tmp_path: Path
) -> None:
    begin(full_room, a_ranker(tmp_path / "new", fresh=1.0))
    reader = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-off")
    full_room.readers.switch(reader, on=False)
    for decision in (
        ask(full_room, None),
        ask(full_room, "r-1", minor=True),
        ask(full_room, "r-1", personalise=False),
        ask(full_room, "r-off"),
    ):
        assert "trial" not in decision.models
        assert decision.models["ranker"] == "hand-set@3"


def test_in_the_shadow_nobody_sees_the_candidate_and_it_is_compared(
    full_room: Newsroom, tmp_path: Path
) -> None:
    plain = [item.number for item in ask(full_room, None).items]
    trial = begin(full_room, a_ranker(tmp_path / "new", **COUNTY_ONLY), TrialKind.SHADOW, share=1.0)
    decisions = [ask(full_room, f"r-{n}") for n in range(6)]
    assert all(d.models["ranker"] == "hand-set@3" and "trial" not in d.models for d in decisions)
    assert len(plain) > 10
    counts = counted(full_room, trial, 6)
    assert counts[Arm.CONTROL].feeds == counts[Arm.CANDIDATE].feeds == 6
    assert 0.0 < counts[Arm.CANDIDATE].mean("overlap") < 1.0


def test_the_same_ranker_in_the_shadow_overlaps_wholly(full_room: Newsroom, tmp_path: Path) -> None:
    folder = a_ranker(tmp_path / "same", fresh=1.0)
    version = full_room.model_desk.take_in(folder, actor="test")
    full_room.live.now = replace(
        full_room.live.now, scorer=full_room.live._loader.scorer(full_room.live._cabinet.path(version.id))
    )
    trial = begin(full_room, folder, TrialKind.SHADOW, share=1.0)
    ask(full_room, "r-1")
    assert counted(full_room, trial, 1)[Arm.CANDIDATE].mean("overlap") == 1.0


@pytest.mark.parametrize("rail", ["fallback", "slow", "varied", "small"])
def test_a_broken_rail_ends_the_trial_everywhere_and_is_audited(
    full_room: Newsroom, new_room: Callable[[], Newsroom], tmp_path: Path, rail: str
) -> None:
    there = new_room()
    trial = begin(full_room, a_ranker(tmp_path / "new", fresh=1.0), rails=Rails(least_feeds=10))
    follow(there)
    good = ArmCounts(feeds=10, varied=5.0, small=5.0)
    bad = replace(good, **{rail: 10 if rail in ("fallback", "slow") else 0.0})  # type: ignore[arg-type]
    runner = full_room.trial_runner
    runner._count(trial, Arm.CONTROL, good)
    runner._count(trial, Arm.CANDIDATE, good)
    runner.flush()
    assert state(full_room, trial) is TrialState.RUNNING
    runner._count(trial, Arm.CANDIDATE, bad)
    runner.flush()
    report = full_room.trial_desk.report(trial.id)
    assert report.trial.state is TrialState.BREACHED
    assert report.trial.why.startswith(rail)
    follow(full_room, there)
    assert "trial" not in ask(there, "r-1").models
    with full_room.database.read() as uow:
        last = uow.audit.page(before=None, limit=1)[0]
    assert (last.actor, last.action, last.object) == (GUARD, "trial.ended", trial.id)


def test_a_trial_ends_when_its_time_is_over(full_room: Newsroom, clock: FakeClock, tmp_path: Path) -> None:
    trial = begin(full_room, a_ranker(tmp_path / "new", fresh=1.0), days=1.0)
    clock.pass_by(days=1, seconds=1)
    full_room.trial_runner.flush()
    assert state(full_room, trial) is TrialState.ENDED


def test_counts_that_cannot_be_written_wait(
    full_room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = begin(full_room, a_ranker(tmp_path / "new", fresh=1.0))
    full_room.trial_runner._count(trial, Arm.CONTROL, ArmCounts(feeds=3))

    def away(_holding: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(full_room.database, "write", away)
        with pytest.raises(StoreUnavailable):
            full_room.trial_runner.flush()
    full_room.trial_runner.flush()
    assert full_room.trial_desk.report(trial.id).counts[Arm.CONTROL].feeds == 3


def test_one_trial_of_a_kind_runs_and_shares_have_bounds(full_room: Newsroom, tmp_path: Path) -> None:
    begin(full_room, a_ranker(tmp_path / "new", fresh=1.0))
    begun = full_room.trial_desk.begin
    with pytest.raises(Conflict, match="runs already"):
        begun(TrialKind.SPLIT, "new@1", share=0.1, days=1, rails=Rails(), actor="test")
    with pytest.raises(InvalidRequest):
        begun(TrialKind.SPLIT, "new@1", share=0.6, days=1, rails=Rails(), actor="test")
    begun(TrialKind.SHADOW, "new@1", share=0.6, days=1, rails=Rails(), actor="test")


def test_the_report_counts_clicks_by_exposure_over_the_readers_of_each_arm(
    served: TestClient,
    key: Key,
    story_json: StoryJson,
    app_key: dict[str, str],
    clock: FakeClock,
    tmp_path: Path,
) -> None:
    ids = list(farm_and_school(served, key, story_json).values())
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.model_desk.take_in(a_ranker(tmp_path / "new", fresh=1.0), actor="test")
    scientist = key(Role.SCIENTIST)
    body = {"kind": "split", "version": "new@1", "share": 0.5}
    trial = served.post("/v1/trials", json=body, headers=scientist).json()
    clicked = {Arm.CONTROL: 0, Arm.CANDIDATE: 0}
    for n in range(12):
        arm = arm_of(trial["id"], 0.5, f"lizhou/reader/r-{n}")
        clicked[arm] += arm is Arm.CANDIDATE
        assert feed(served, app_key, reader_id=f"r-{n}")["items"]
        kinds = ["expose", "expose", *(["click"] if arm is Arm.CANDIDATE else [])]
        events = [
            {"event_id": f"{n}-{at}", "reader_id": f"r-{n}", "story_id": ids[(n + at) % 16], "type": kind,
             "at": "2026-03-02T12:00:00+08:00"}
            for at, kind in enumerate(kinds)
        ]  # fmt: skip
        served.post("/v1/events", headers=app_key, json={"events": events})
    room.trial_runner.flush()
    clock.pass_by(minutes=1)
    report = served.get(f"/v1/trials/{trial['id']}", headers=scientist).json()
    assert report["clicks"]["candidate"]["value"] == 0.5
    assert report["clicks"]["control"]["value"] == 0.0
    assert report["clicks"]["candidate"]["readers"] == clicked[Arm.CANDIDATE]
    assert report["more_clicks"]["value"] == 0.5
    assert sum(arm["feeds"] for arm in report["arms"]) == 12
    ended = served.post(f"/v1/trials/{trial['id']}/end", headers=scientist).json()
    assert (ended["state"], ended["why"]) == ("ended", "ended by hand")
    again = served.post(f"/v1/trials/{trial['id']}/end", headers=scientist)
    assert again.status_code == 409
    assert served.get("/v1/trials", headers=key(Role.EDITOR, "lizhou")).status_code == 403


def test_a_trial_that_cannot_be_counted_at_the_end_loses_no_decision(
    room: Newsroom, settings: ServiceSettings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = build_newsroom(settings, parts=fake_parts(), clock=clock)
    ending.start()
    trace_id = ending.feeds.recommend(FeedRequest(outlet_id="lizhou")).trace_id
    saved: list[bool] = []

    def away() -> int:
        raise StoreUnavailable("away")

    monkeypatch.setattr(ending.trial_runner, "flush", away)
    monkeypatch.setattr(ending.library, "save_snapshot", lambda: saved.append(True))
    with pytest.raises(StoreUnavailable):
        ending.stop()
    assert saved
    with room.database.read() as uow:
        assert uow.decisions.by_trace_id(trace_id) is not None
    with pytest.raises(RuntimeError, match="not open"), ending.database.read():
        pass
