"""What holds when many processes share one PostgreSQL, and what happens when parts of it break.

    python -m benchmarks.province

Starts a private cluster, real ``tianfu serve`` and ``tianfu worker`` processes, and measures how long it
takes until what one replica is told shows at the other, and how long until all is well again after kills and
after the database was away.  Prints a table and writes ``benchmarks/results/province_faults.json``.
"""

import argparse
import json
import random
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from benchmarks.fleet import Fleet, Member, fleet, seconds_until
from benchmarks.postgres import Cluster, private_cluster
from tianfu.serving.store.database import Database

OUTLETS = ("lizhou", "cangxi", "jiange", "wangcang", "guangyuan")
_LETTERS = "春天农户在田间忙碌合作社负责人介绍今年计划种植面积扩大产量预计增长群众收入提高道路水渠修缮完工"
SURE = ("fsync=off", "full_page_writes=off")
"""Quick, and yet nothing acknowledged is lost when the server alone is killed."""


def a_story(n: int, *, minutes_ago: int = 30) -> dict[str, Any]:
    """A made-up story; no two share their wording."""
    rng = random.Random(n)
    body = "".join(rng.choice(_LETTERS) for _ in range(300))
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "external_id": f"p{n}",
        "outlet_id": OUTLETS[n % len(OUTLETS)],
        "title": f"第{n}号消息：{body[:12]}",
        "body": body,
        "published_at": at.isoformat(),
    }


@dataclass(kw_only=True)
class Spread:
    """Seconds until what one replica was told showed at the other, the worst of several rounds."""

    rounds: int = 0
    new_story_s: float = 0.0
    takedown_s: float = 0.0
    restore_s: float = 0.0
    placement_s: float = 0.0
    pages_continued: int = 0
    exit_codes: list[int] = field(default_factory=list)


def spread(url: str, *, rounds: int = 3) -> Spread:
    """Two replicas and a worker: tell the one, look at the other."""
    report = Spread(rounds=rounds)
    with fleet(url) as found:
        one, other, _ = found.add("serve"), found.add("serve"), found.add("worker")
        _send(found, one, [a_story(n, minutes_ago=60 + n) for n in range(20)])
        seconds_until(lambda: len(_shown(found, other)) >= 10)
        for n in range(rounds):
            receipt = _send(found, one, [a_story(5 * n + 100, minutes_ago=1)])
            story_id = receipt[0]["story_id"]
            path = f"/v1/stories/{story_id}"

            def visible(wanted: str = story_id) -> bool:
                return wanted in _shown(found, other)

            def hidden(wanted: str = story_id) -> bool:
                return wanted not in _shown(found, other)

            report.new_story_s = max(report.new_story_s, seconds_until(visible))
            _ok(found.ask(one, "POST", f"{path}/takedown", {"scope": "story", "reason": "measured"}))
            report.takedown_s = max(report.takedown_s, seconds_until(hidden))
            _ok(found.ask(one, "POST", f"{path}/restore", {}))
            report.restore_s = max(report.restore_s, seconds_until(visible))
            report.placement_s = max(report.placement_s, _time_a_pin(found, one, other))
            report.pages_continued += _continue_a_page(found, one, other)
        report.exit_codes = found.stop()
    return report


@dataclass(kw_only=True)
class Outage:
    """What a replica did while PostgreSQL was away, and how long all took afterwards."""

    away_s: float = 0.0
    feeds: int = 0
    feeds_empty: int = 0
    feeds_failed: int = 0
    feeds_degraded: int = 0
    slowest_feed_s: float = 0.0
    refusals: dict[str, int] = field(default_factory=dict)
    write_again_s: float = 0.0
    all_indexed_again_s: float = 0.0
    acknowledged: int = 0
    lost: int = 0


def outage(cluster: Cluster, *, away_s: float = 12.0) -> Outage:
    """Kill PostgreSQL in the middle of an import, start it again, and count."""
    report = Outage()
    url = cluster.url.render_as_string()
    with fleet(url) as found:
        one, _ = found.add("serve"), found.add("worker")
        sender = Sender(found, [one], [a_story(n) for n in range(400)])
        _send(found, one, [a_story(n) for n in range(1_000, 1_020)])
        _know_a_reader(found, one)
        seconds_until(lambda: len(_shown(found, one)) >= 10)
        sender.start()
        seconds_until(lambda: len(sender.acknowledged) >= 50)
        cluster.stop("immediate")
        began = time.monotonic()
        while time.monotonic() - began < away_s:
            _ask_while_away(found, one, report)
            time.sleep(0.2)
        report.away_s = round(time.monotonic() - began, 1)
        cluster.start()
        back = time.monotonic()
        seconds_until(lambda: found.ask(one, "POST", "/v1/stories", a_story(2_000)).status_code == 201)
        report.write_again_s = round(time.monotonic() - back, 2)
        sender.join()
        report.acknowledged = len(sender.acknowledged)
        seconds_until(lambda: _all_indexed(found, one), timeout_s=240.0)
        report.all_indexed_again_s = round(time.monotonic() - back, 2)
        with Database(url) as database:
            report.lost = _lost(database, sender.acknowledged)
        report.refusals |= sender.refusals
    return report


@dataclass(kw_only=True)
class Kills:
    """SIGKILL of a worker that holds stories, and of a replica that is being sent some."""

    stories: int = 0
    held_when_killed: int = 0
    taken_over_s: float = 0.0
    restart_s: float = 0.0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0


def kills(url: str, *, stories: int = 400) -> Kills:
    """Kill a worker that holds stories beside one that waits, and a replica in the middle of an import."""
    report = Kills(stories=stories)
    with fleet(url) as found, Database(url) as database:
        one, other, worker = found.add("serve"), found.add("serve"), found.add("worker")
        sender = Sender(found, [one, other], [a_story(n) for n in range(stories)])
        sender.start()
        report.held_when_killed = _frozen_holding(worker, database)
        found.add("worker")
        seconds_until(lambda: _lines(database) == 4)
        one.kill()
        worker.kill()
        seconds_until(lambda: _lines(database) == 2, every_s=0.005)
        report.taken_over_s = seconds_until(lambda: _held_by_dead(database) == 0)
        sender.join()
        seconds_until(lambda: _all_indexed(found, other), timeout_s=240.0)
        report.restart_s = one.start()
        report.lost = _lost(database, sender.acknowledged)
        ready = found.ask(one, "GET", "/readyz").json()
        report.doubled = ready["stories"] - len(sender.acknowledged)
        report.stuck = ready["queue_stuck"]
    return report


class Sender(threading.Thread):
    """Sends stories in small batches, to the next address when one does not take them."""

    def __init__(self, found: Fleet, members: list[Member], stories: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self._fleet = found
        self._members = members
        self._stories = stories
        self.acknowledged: dict[str, tuple[str, str]] = {}
        self.refusals: dict[str, int] = {}

    def run(self) -> None:
        """Send everything, however often it takes."""
        turn = 0
        for start in range(0, len(self._stories), 10):
            batch = {"stories": self._stories[start : start + 10]}
            while True:
                turn += 1
                try:
                    member = self._members[turn % len(self._members)]
                    answer = self._fleet.ask(member, "POST", "/v1/stories", batch)
                except httpx.TransportError:
                    time.sleep(0.1)
                    continue
                if answer.status_code in (200, 201):
                    break
                code = f"{answer.status_code} {answer.json()['code']}"
                self.refusals[code] = self.refusals.get(code, 0) + 1
                time.sleep(0.2)
            for story, result in zip(batch["stories"], answer.json()["results"], strict=True):
                self.acknowledged[story["external_id"]] = (story["outlet_id"], result["story_id"])


def _ask_while_away(found: Fleet, one: Member, report: Outage) -> None:
    began = time.monotonic()
    reader = {"reader_id": "r-1"} if report.feeds % 2 else {}
    answer = found.ask(one, "POST", "/v1/recommend", {"outlet_id": "lizhou", "count": 10, **reader})
    report.slowest_feed_s = max(report.slowest_feed_s, round(time.monotonic() - began, 2))
    report.feeds += 1
    if answer.status_code != 200:
        report.feeds_failed += 1
        return
    report.feeds_empty += not answer.json()["items"]
    report.feeds_degraded += bool(answer.json()["degraded"])
    event = {"event_id": f"a{report.feeds}", "reader_id": "r-1", "type": "click", "story_id": "s",
             "at": datetime.now(UTC).isoformat()}  # fmt: skip
    refused = found.ask(one, "POST", "/v1/events", {"outlet_id": "lizhou", "events": [event]})
    code = f"{refused.status_code} {refused.json().get('code')} (events)"
    report.refusals[code] = report.refusals.get(code, 0) + 1


def _know_a_reader(found: Fleet, one: Member) -> None:
    _ok(found.ask(one, "PUT", "/v1/readers/r-1/personalisation?outlet_id=lizhou", {"on": True}))


def _send(found: Fleet, member: Member, stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = _ok(found.ask(member, "POST", "/v1/stories", {"stories": stories}))[
        "results"
    ]
    return results


def _shown(found: Fleet, member: Member) -> list[str]:
    """Ids of a long home feed."""
    answer = _ok(found.ask(member, "POST", "/v1/recommend", {"outlet_id": "lizhou", "count": 50}))
    return [item["story_id"] for item in answer["items"]]


def _time_a_pin(found: Fleet, one: Member, other: Member) -> float:
    story_id = _shown(found, one)[-1]
    now = datetime.now(UTC)
    order = {
        "story_id": story_id, "action": "pin", "position": 0, "outlet_ids": ["lizhou"], "scenes": ["home"],
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    placement = _ok(found.ask(one, "POST", "/v1/placements", order))
    took = seconds_until(lambda: _shown(found, other)[0] == story_id)
    found.ask(one, "DELETE", f"/v1/placements/{placement['id']}")
    seconds_until(lambda: _shown(found, other)[0] != story_id)
    return took


def _continue_a_page(found: Fleet, one: Member, other: Member) -> bool:
    """Whether the page after one's first is at once the same at the other, and holds other stories."""
    first = _ok(found.ask(one, "POST", "/v1/recommend", {"outlet_id": "lizhou", "count": 5}))
    following = {"outlet_id": "lizhou", "cursor": first["cursor"]}
    there = _ok(found.ask(other, "POST", "/v1/recommend", following))
    here = _ok(found.ask(one, "POST", "/v1/recommend", following))
    ids = [[item["story_id"] for item in page["items"]] for page in (first, there, here)]
    return ids[1] == ids[2] != [] and not set(ids[0]) & set(ids[1])


def _all_indexed(found: Fleet, member: Member) -> bool:
    ready = found.ask(member, "GET", "/readyz").json()
    return bool(ready["queue_waiting"] == 0 and ready["indexed"] == ready["stories"] > 0)


def _held(database: Database) -> int:
    query = text("SELECT count(*) FROM work_queue WHERE leased_by IS NOT NULL")
    with database.glance() as uow:
        return int(uow._connection.execute(query).scalar_one())


def _lines(database: Database) -> int:
    """How many processes show that they live."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tianfu w-%'")
    with database.glance() as uow:
        return int(uow._connection.execute(query).scalar_one())


def _frozen_holding(worker: Member, database: Database) -> int:
    """Stop a worker in its tracks while it holds stories; returns how many."""
    while True:
        seconds_until(lambda: _held(database) > 0, every_s=0.005)
        worker.freeze()
        if held := _held(database):
            return held
        worker.thaw()  # it had just finished them


def _held_by_dead(database: Database) -> int:
    with database.write(()) as uow:
        return uow.queue.release_dead()  # left without a commit, so that a worker has to do it


def _lost(database: Database, acknowledged: dict[str, tuple[str, str]]) -> int:
    with database.read() as uow:
        known = uow.stories.by_ids([story_id for _, story_id in acknowledged.values()])
    return len(acknowledged) - len(known)


def _ok(answer: httpx.Response) -> Any:
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/province_faults.json"))
    given = parser.parse_args()
    reports: dict[str, Any] = {}
    for name, measure in (("spread", spread), ("kills", kills)):
        with private_cluster(settings=SURE) as cluster:
            reports[name] = asdict(measure(cluster.url.render_as_string()))
    with private_cluster(settings=SURE) as cluster:
        reports["outage"] = asdict(outage(cluster))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    for name, report in reports.items():
        for key, value in report.items():
            print(f"{name:>8} {key:>22}: {value}")


if __name__ == "__main__":
    main()
