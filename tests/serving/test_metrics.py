"""What Prometheus is told, and that dashboard and alerts ask for nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support.builders import FakeClock, a_body
from support.fakes import fake_parts
from support.readers import read

from tianfu.model.access import Role
from tianfu.model.errors import StoreUnavailable, TianfuError
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key
from tianfu.serving.services.background import Background
from tianfu.serving.services.events import EventOutcome
from tianfu.serving.services.ingest import IngestOutcome
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

DEPLOY = Path(__file__).parents[2] / "deploy"
Key = Callable[..., dict[str, str]]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(client: TestClient, headers: dict[str, str] | None = None) -> Samples:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_work_is_counted_where_it_is_done(
    served: TestClient, key: Key, story_json: Callable[..., dict[str, Any]], app_key: dict[str, str]
) -> None:
    rows = [
        story_json(external_id="a", body=a_body(1)),
        story_json(external_id="b", body=a_body(1), outlet_id="cangxi"),
        story_json(external_id="c", title=""),
    ]
    sent = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": rows}).json()
    story_id = sent["results"][0]["story_id"]
    read(served, app_key, "r-1", [story_id, "s-none"])
    page = served.post("/v1/recommend", headers=app_key, json={}).json()
    served.get("/v1/whoami", headers={"Authorization": "Bearer tf_wrong"})
    found = scrape(served)
    assert value(found, "tianfu_rows_taken_total", kind="story", outcome="created") == 2
    assert value(found, "tianfu_rows_rejected_total", kind="story", code="invalid_story") == 1
    assert value(found, "tianfu_rows_taken_total", kind="event", outcome="accepted") == 1
    assert value(found, "tianfu_rows_rejected_total", kind="event", code="not_found") == 1
    assert value(found, "tianfu_stories_indexed_total") == 2
    assert value(found, "tianfu_cluster_joins_total", relation="reprint") == 1
    assert value(found, "tianfu_feeds_total", scene="home", personalised="false") == 1
    shown = sum(amount for (name, _), amount in found.items() if name == "tianfu_feed_items_total")
    assert shown == len(page["items"]) == 1
    assert value(found, "tianfu_feed_candidates_count") == 1
    assert (
        value(found, "tianfu_encoder_batch_texts_count") == value(found, "tianfu_encoder_seconds_count") > 0
    )
    assert value(found, "tianfu_requests_refused_total", code="unauthenticated") == 1
    assert value(found, "tianfu_requests_total", route="/v1/recommend", method="POST", status="200") == 1
    assert value(found, "tianfu_request_seconds_count", route="/v1/stories") == 1
    assert value(found, "tianfu_stories") == value(found, "tianfu_index_stories") == 2
    assert value(found, "tianfu_queue_waiting") == value(found, "tianfu_index_behind_changes") == 0
    assert value(found, "tianfu_ready") == value(found, "tianfu_part_ok", part="database") == 1


def test_labels_hold_templates_and_never_ids(served: TestClient, app_key: dict[str, str]) -> None:
    for path in ("/v1/readers/r-secret", "/v1/decisions/f-secret", "/v1/nothing/r-secret", "/r-secret"):
        served.get(path, headers=app_key)
    text = served.get("/metrics").text
    assert "r-secret" not in text
    assert "f-secret" not in text
    assert 'route="/v1/readers/{reader_id}"' in text
    assert 'route="unmatched"' in text


def test_metrics_are_told_while_the_database_is_away(
    served: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]

    def away() -> Any:
        raise StoreUnavailable("away")

    monkeypatch.setattr(room.database, "read", away)
    found = scrape(served)
    assert value(found, "tianfu_ready") == value(found, "tianfu_part_ok", part="database") == 0
    assert ("tianfu_queue_waiting", frozenset()) not in found


@pytest.fixture
def closed(settings: ServiceSettings, clock: FakeClock) -> Iterator[TestClient]:
    app = create_app(
        settings.model_copy(update={"metrics_open": False}),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app) as client:
        yield client


def test_closed_metrics_take_an_operators_key(closed: TestClient, clock: FakeClock) -> None:
    room: Newsroom = closed.app.state.newsroom  # type: ignore[attr-defined]
    made = {}
    for role, outlet_id in ((Role.OPERATOR, None), (Role.APP, "lizhou")):
        _, secret = create_key(
            role=role, outlet_id=outlet_id, label="x", actor="t", database=room.database, clock=clock
        )
        made[role] = {"Authorization": f"Bearer {secret}"}
    for path in ("/metrics", "/v1/metrics"):
        assert closed.get(path).status_code == 401
        assert closed.get(path, headers=made[Role.APP]).status_code == 403
        assert "tianfu_stories" in closed.get(path, headers=made[Role.OPERATOR]).text
    assert scrape(closed, made[Role.OPERATOR])


_FUNCTIONS = {
    "sum", "rate", "increase", "max", "min", "by", "le", "histogram_quantile", "absent", "on", "ignoring",
    "group_left", "label_values", "and",
}  # fmt: skip
_OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus tells of its own scrapes, with the labels it gives."""


def asked_of(expression: str) -> tuple[set[str], set[str]]:
    """Metric names and label names of a PromQL expression."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"\"", bare))
    for inside in re.findall(r"(?:by|on|ignoring)\s*\(([^)]*)\)", bare):
        labels |= {name.strip() for name in inside.split(",") if name.strip()}
    outside = re.sub(r"\{[^}]*\}|\[[^\]]*\]|(?:by|on|ignoring)\s*\([^)]*\)", " ", bare)
    names = {name for name in re.findall(r"[a-zA-Z_]\w*", outside) if name not in _FUNCTIONS}
    return names, labels


def expressions() -> list[tuple[str, str]]:
    board = json.loads((DEPLOY / "grafana" / "tianfu.json").read_text(encoding="utf-8"))
    found = [
        (panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])
    ]
    found += [
        (variable["name"], variable["definition"].replace(", instance", ""))
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    ]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    found += [(rule["alert"], rule["expr"]) for group in rules["groups"] for rule in group["rules"]]
    return found


def test_dashboard_and_alerts_ask_only_for_what_is_told(
    served: TestClient, key: Key, story_json: Callable[..., dict[str, Any]], app_key: dict[str, str]
) -> None:
    story_id = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json=story_json()).json()[
        "results"
    ][0]["story_id"]
    served.post("/v1/stories", headers=key(), json=story_json(title=""))
    read(served, app_key, "r-1", [story_id, "s-none"])
    served.post("/v1/recommend", headers=app_key, json={})
    served.get("/v1/whoami", headers={"Authorization": "Bearer tf_wrong"})
    known = scrape(served)
    names = {name for name, _ in known}
    labels: dict[str, set[str]] = {}
    for name, pairs in known:
        labels.setdefault(name, {"instance", "le"}).update(label for label, _ in pairs)
    for title, expression in expressions():
        asked, by = asked_of(expression)
        assert asked, title
        assert asked <= names | _OF_PROMETHEUS.keys(), (title, asked - names)
        told = set().union(*(labels.get(name) or _OF_PROMETHEUS[name] for name in asked))
        assert by <= told, (title, by - told)
        assert expression.count("(") == expression.count(")"), title


def test_every_metric_of_ours_is_looked_at_by_somebody(served: TestClient) -> None:
    text = served.get("/metrics").text
    families = set(re.findall(r"^# TYPE (tianfu_\w+) ", text, re.MULTILINE))
    asked = {re.sub(r"_(bucket|count|sum)$", "", name) for _, e in expressions() for name in asked_of(e)[0]}
    unseen = {name for name in families if name not in asked and not name.endswith("_created")}
    assert unseen <= {"tianfu_model_info", "tianfu_index_behind_changes"}, unseen


def rule(name: str) -> str:
    """The expression of an alert."""
    return next(expression for title, expression in expressions() if title == name)


def test_a_process_that_is_not_reached_and_a_queue_that_nobody_works_through_raise_an_alarm(
    served: TestClient, settings: ServiceSettings, clock: FakeClock
) -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    assert rule("TianfuDown") == f'up{{job="{job["job_name"]}"}} == 0'
    assert rule("TianfuNobodyIndexes") == "absent(tianfu_indexing == 1)"
    assert value(scrape(served), "tianfu_indexing") == 1
    follower = build_newsroom(settings.model_copy(update={"worker": False}), parts=fake_parts(), clock=clock)
    follower.start()
    try:
        assert "tianfu_indexing 0.0" in generate_latest(follower.meters.registry).decode()
    finally:
        follower.stop()


def test_where_alarms_are_sent_can_be_written_by_taking_comment_signs_away() -> None:
    lines = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# alerting:")
    end = next(n for n in range(begin, len(lines)) if not lines[n].startswith("# "))
    lines[begin:end] = [line[2:] for line in lines[begin:end]]
    (alertmanager,) = yaml.safe_load("\n".join(lines))["alerting"]["alertmanagers"]
    assert alertmanager["static_configs"][0]["targets"]


def test_what_fails_in_the_background_is_counted_and_a_database_that_is_away_is_not() -> None:
    def waits() -> int:
        raise StoreUnavailable("away")

    def breaks() -> int:
        raise RuntimeError("broken")

    meters = Meters()
    thread = Background("test", [], failed=meters.broke)
    thread.stop()  # so that it does not rest after an error
    assert [thread._one(step) for step in (waits, breaks)] == [0, 0]
    assert "tianfu_worker_failures_total 1.0" in generate_latest(meters.registry).decode()


def test_rows_that_are_all_refused_have_something_to_be_compared_with(served: TestClient) -> None:
    """A side without series matches nothing, and an increase is not seen from the first sample on."""
    assert rule("TianfuRowsRejected").count("sum by (kind)") == 2
    found = scrape(served)
    outcomes = {"story": set(IngestOutcome), "event": set(EventOutcome) - {EventOutcome.REJECTED}}
    for kind, wanted in outcomes.items():
        taken = {dict(labels)["outcome"] for (name, labels) in found if name == "tianfu_rows_taken_total"
                 and dict(labels)["kind"] == kind}  # fmt: skip
        assert taken == wanted
        codes = {dict(labels)["code"] for (name, labels) in found if name == "tianfu_rows_rejected_total"
                 and dict(labels)["kind"] == kind}  # fmt: skip
        assert codes
        assert codes <= {error.code for error in error_kinds()}


def error_kinds(of: type[TianfuError] = TianfuError) -> Iterator[type[TianfuError]]:
    yield of
    for one in of.__subclasses__():
        yield from error_kinds(one)


def test_nobody_is_told_to_restart_a_process_while_the_database_is_away(
    served: TestClient, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers feeds from memory then, and could not start again."""
    lag, _, guard = rule("TianfuIndexBehind").partition(" and on (instance) ")
    assert (lag, guard) == ("tianfu_index_behind_seconds > 30", 'tianfu_part_ok{part="database"} == 1')
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]

    def away() -> Any:
        raise StoreUnavailable("away")

    room.worker.stop()  # whose look at changes may be under way
    monkeypatch.setattr(room.database, "read", away)
    clock.pass_by(minutes=5)
    found = scrape(served)
    assert value(found, "tianfu_index_behind_seconds") > 30
    assert value(found, "tianfu_part_ok", part="database") == 0


def test_a_workers_memory_is_told_as_that_of_a_replica(served: TestClient) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    of_worker = generate_latest(room.meters.registry).decode()  # what `tianfu worker` answers
    for text in (of_worker, served.get("/metrics").text):
        assert len(re.findall(r"^process_resident_memory_bytes ", text, re.MULTILINE)) == 1
