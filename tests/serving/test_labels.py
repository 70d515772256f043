"""The queue of questions to editors and the daily report on drift, in a running newsroom."""

from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body, a_draft
from support.readers import Key

from tianfu.model.access import Role
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom


def take_in(room: Newsroom, drafts: list[object]) -> None:
    ingest(drafts, database=room.database, clock=room.clock)  # type: ignore[arg-type]
    while room.indexer.step():
        pass


def test_what_is_judged_leaves_the_queue_and_an_outlet_is_asked_of_its_own(
    served: TestClient, key: Key
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    drafts = [
        a_draft("a", title="农事一", body=a_body(1), hours_ago=3),
        a_draft("b", title="毫无线索", body="无。", hours_ago=4),
        a_draft("c", title="农事三", body=a_body(3), outlet_id="cangxi", hours_ago=5),
    ]
    ingest(drafts, database=room.database, clock=room.clock)
    assert room.wait_indexed({1: 1, 2: 1, 3: 1}, 30.0)
    editor = key(Role.EDITOR, "lizhou")
    items = served.get("/v1/labels/queue", headers=editor).json()["items"]
    assert [item["stories"][0]["title"] for item in items] == ["毫无线索", "农事一"]
    assert items[0]["grounds"][0]["text"] == "模型拿不准"
    story = items[1]["stories"][0]
    done = served.put(
        f"/v1/stories/{story['story_id']}/tags",
        json={"decisions": [{"verb": "accept", "kind": "topic", "code": "14"}]},
        headers=editor,
    )
    assert done.status_code == 200, done.text
    left = served.get("/v1/labels/queue", headers=editor).json()["items"]
    assert [item["stories"][0]["title"] for item in left] == ["毫无线索"]
    assert len(served.get("/v1/labels/queue", headers=key()).json()["items"]) == 2
    other = served.get("/v1/labels/queue?outlet_id=cangxi", headers=editor)
    assert other.status_code == 403


def test_pairs_come_with_both_stories_and_leave_once_judged(served: TestClient, key: Key) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    drafts = [
        a_draft("a", title="同一题", body=a_body(1), hours_ago=3),
        a_draft("b", title="同一题", body=a_body(2), outlet_id="cangxi", hours_ago=2),
    ]
    ingest(drafts, database=room.database, clock=room.clock)
    assert room.wait_indexed({1: 1, 2: 1}, 30.0)
    editor = key(Role.EDITOR, "lizhou")
    items = served.get("/v1/labels/queue?kind=pairs", headers=editor).json()["items"]
    a, b = (story["story_id"] for story in items[0]["stories"])
    served.put(f"/v1/stories/{a}/duplicates/{b}", json={"relation": "same_event"}, headers=editor)
    assert served.get("/v1/labels/queue?kind=pairs", headers=editor).json()["items"] == []


def test_a_report_on_drift_is_made_once_a_day_and_served(room: Newsroom, clock: FakeClock) -> None:
    for week, word in enumerate(("春耕农田水渠", "低空经济算力")):
        drafts = [
            a_draft(f"{week}-{n}", title=f"{word[n % 6]}{word[n // 6 % 6]}消息", body=f"{a_body(n)}农",
                    hours_ago=24 * (20 if week == 0 else 2) + n / 10)
            for n in range(120 - 60 * week)
        ]  # fmt: skip
        take_in(room, [*drafts])
    assert room.labels.step() == 1
    room.labels._look_at = 0.0
    assert room.labels.step() == 0
    made = room.labels.last_report()
    assert made is not None
    assert (made[1]["stories"], made[1]["stories_before"]) == (60, 120)
    assert made[1]["vocabulary"]["new"] > made[1]["vocabulary"]["expected"]
    clock.pass_by(days=1, seconds=1)
    room.labels._look_at = 0.0
    assert room.labels.step() == 1


def test_the_last_report_is_served(served: TestClient, key: Key) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.labels.report()
    found = served.get("/v1/labels/drift", headers=key()).json()["report"]
    assert (found["alarms"], found["stories"], found["topics"]) == ([], 0, None)
