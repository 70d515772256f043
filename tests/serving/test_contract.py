"""The OpenAPI contract under a fuzzer: no request, however odd, breaks the service."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.builders import FakeClock
from support.fakes import fake_parts

from tianfu.client import EventRow
from tianfu.model.access import Role
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("contract")
    clock = FakeClock()
    app = create_app(
        ServiceSettings(data_dir=folder, requests_per_minute=0, failed_logins_per_minute=0),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app, raise_server_exceptions=True) as found:
        room = app.state.newsroom
        _, secret = create_key(
            role=Role.ADMIN, outlet_id=None, label="fuzz", actor="t", database=room.database, clock=clock
        )
        found.headers["Authorization"] = f"Bearer {secret}"
        story = {
            "title": "利州区开展义诊",
            "published_at": "2026-03-02T11:00:00+08:00",
            "outlet_id": "lizhou",
        }
        found.post("/v1/stories", json=story, headers={"Prefer": "wait=10"})
        yield found


CONTRACT = schemathesis.openapi.from_dict(create_app(ServiceSettings()).openapi())
OPERATIONS = [found.ok() for found in CONTRACT.get_all_operations()]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_keeps_the_contract(
    operation: APIOperation, mode: GenerationMode, client: TestClient
) -> None:
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps(case: Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        headers = {**dict(sent["headers"]), "Authorization": client.headers["Authorization"]}
        body = {"json": sent["json"]} if "json" in sent else {"content": sent.get("data")}
        try:
            answer = client.request(
                sent["method"], sent["url"], params=sent.get("params"), headers=headers, **body
            )
        except (UnicodeEncodeError, TypeError, ValueError):
            return  # not a request that any client could send
        case.validate_response(answer, checks=CHECKS)

    try:
        keeps()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "a call that takes no input cannot be called wrongly"


def test_every_shape_that_is_named_is_there() -> None:
    contract = create_app(ServiceSettings()).openapi()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(contract)))
    assert {"Problem", "EventIn", "StoryIn"} <= named
    assert named <= set(contract["components"]["schemas"])


def test_the_contract_tells_what_an_event_is_made_of() -> None:
    contract = create_app(ServiceSettings()).openapi()
    form = contract["components"]["schemas"]["EventBatchIn"]["properties"]["events"]["items"]
    assert form == {"$ref": "#/components/schemas/EventIn"}
    assert set(EventRow.__annotations__) <= set(contract["components"]["schemas"]["EventIn"]["properties"])
