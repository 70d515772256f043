"""Traces: one span of each request, named by its template, and nothing imported where none are wanted."""

import subprocess
import sys
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import fake_parts

from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_without_an_address_nothing_that_sends_is_imported() -> None:
    code = (
        "import sys; from tianfu.serving.app import create_app; "
        "from tianfu.serving.settings import ServiceSettings; create_app(ServiceSettings()); "
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exp'))])"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_a_span_tells_template_and_status_and_takes_up_the_callers(
    settings: ServiceSettings, clock: FakeClock
) -> None:
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    provider, kept = trace.TracerProvider(), memory.InMemorySpanExporter()
    provider.add_span_processor(export.SimpleSpanProcessor(kept))
    app = create_app(
        settings,
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
        traces=provider,
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        client.get("/v1/readers/r-secret?kind=device&x=r-secret", headers={"traceparent": PARENT})

        def breaks() -> Any:
            raise ValueError("r-secret")

        app.state.newsroom.gatekeeper.admit = lambda _secret: breaks()
        client.get("/v1/readers/r-secret", headers={"Authorization": "Bearer r-secret"})
    first, second = kept.get_finished_spans()
    assert first.name == "GET /v1/readers/{reader_id}"
    assert f"{first.context.trace_id:032x}" == PARENT.split("-")[1]
    assert dict(first.attributes) == {
        "http.request.method": "GET",
        "http.route": "/v1/readers/{reader_id}",
        "http.response.status_code": 401,
    }
    assert (second.attributes["http.response.status_code"], second.status.status_code.name) == (500, "ERROR")
    assert "r-secret" not in first.to_json() + second.to_json()
