"""Traces of requests for OpenTelemetry, where an address is set; otherwise nothing that sends is imported.

A span is named by the route's template and holds method, template and status: no path, no query, no
header, so that no id of a reader leaves the house with it.  A caller's ``traceparent`` is taken up.
"""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tianfu.model.errors import InvalidSetting
from tianfu.serving.api.areas import template_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span


def trace_provider(url: str, *, version: str) -> "TracerProvider":
    """Make what sends spans to an OTLP/HTTP collector, in batches and in the background.

    Raises:
        InvalidSetting: The extra ``traces`` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise InvalidSetting(
            field="TIANFU_TRACES_URL",
            why="needs OpenTelemetry, which is not installed",
            advice="Install tianfu[traces], or leave the setting empty.",
        ) from missing
    resource = Resource.create({"service.name": "tianfu", "service.version": version})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
    return provider


class RequestTraces:
    """Makes one span of each request."""

    def __init__(self, app: ASGIApp, *, provider: "TracerProvider") -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app = app
        self._tracer = provider.get_tracer("tianfu")
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside a span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        context = self._propagator.extract({"traceparent": headers.get("traceparent", "")})
        # Errors are told by their status: their messages may quote what was sent.
        with self._tracer.start_as_current_span(
            scope["method"],
            context=context,
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            await self._noted(span, scope, receive, send)

    async def _noted(self, span: "Span", scope: Scope, receive: Receive, send: Send) -> None:
        from opentelemetry.trace import StatusCode

        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = template_of(scope)
            span.update_name(f"{scope['method']} {route}")
            span.set_attributes(
                {
                    "http.request.method": scope["method"],
                    "http.route": route,
                    "http.response.status_code": status,
                }
            )
            if status >= 500:
                span.set_status(StatusCode.ERROR)
