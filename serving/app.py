"""The HTTP application.  ``create_app`` builds it; nothing happens at import."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.concurrency import run_in_threadpool

from tianfu import __version__
from tianfu.model.access import Role
from tianfu.serving.api import (
    aims,
    coverages,
    desks,
    duplicates,
    events,
    exposures,
    heat,
    insights,
    keys,
    labels,
    models,
    operations,
    pickups,
    placements,
    preview,
    problems,
    quarantine,
    reader_rights,
    readers,
    recommend,
    rights,
    stories,
    story_forms,
    submissions,
    tags,
    takedowns,
    trials,
    vitals,
    vocabulary,
)
from tianfu.serving.api.answer_headers import AnswerHeaders
from tianfu.serving.api.body import BodyLimit
from tianfu.serving.api.context import NewsroomDep, needs
from tianfu.serving.api.metrics import RequestMetrics
from tianfu.serving.api.request_history import RequestHistory
from tianfu.serving.api.shapes import add_shapes
from tianfu.serving.api.traces import RequestTraces, trace_provider
from tianfu.serving.console import pages, public, session
from tianfu.serving.parts import indexes_of
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

DESCRIPTION = """
Tagging, duplicate detection and recommendation for the newsrooms of a consortium (天府荐闻).

Every call but the health checks needs `Authorization: Bearer <key>`.  Errors are
`application/problem+json` (RFC 9457) with a stable `code`; times are RFC 3339; cursors are opaque.
"""


def create_app(
    settings: ServiceSettings,
    *,
    build: Callable[[ServiceSettings], Newsroom] = build_newsroom,
    traces: "TracerProvider | None" = None,
) -> FastAPI:
    """Build the application.

    Args:
        settings: Plain values, read by the caller.
        build: Makes the running service; tests bring their own.
        traces: Takes the spans; made from the settings when left out.

    Raises:
        InvalidSetting: What the settings ask for cannot be, or is not installed.
    """
    indexes_of(settings)
    if traces is None and settings.traces_url:
        traces = trace_provider(settings.traces_url, version=__version__)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        room = await run_in_threadpool(build, settings)
        await run_in_threadpool(room.start)
        app.state.newsroom = room
        yield
        await run_in_threadpool(room.stop)
        if traces is not None:
            await run_in_threadpool(traces.shutdown)

    app = FastAPI(
        title="天府荐闻 tianfu",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    problems.install(app)
    parts = (
        stories, takedowns, exposures, tags, duplicates, recommend, aims, rights, events, readers,
        reader_rights, placements, coverages, operations, pickups, submissions, desks, insights, heat,
        quarantine, vocabulary, session, keys, models, trials, labels, preview, vitals,
    )  # fmt: skip
    for part in parts:
        app.include_router(part.router, prefix="/v1", responses=problems.DOCUMENTED)
    add_shapes(app, [problems.Problem, events.EventIn, story_forms.StoryIn])
    app.include_router(public.router)
    app.include_router(operations.open_router)
    app.include_router(operations.open_router, prefix="/v1", include_in_schema=False)
    app.include_router(pages.router)
    app.mount(pages.STATIC_PATH, pages.static_files())
    registry = CollectorRegistry()
    _add_metrics_route(app, registry, is_open=settings.metrics_open)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, max_batch_bytes=settings.max_batch_bytes)
    app.add_middleware(pages.PageHeaders)
    app.add_middleware(AnswerHeaders)
    app.state.history = RequestHistory()
    app.add_middleware(RequestMetrics, registry=registry, history=app.state.history)
    if traces is not None:
        app.add_middleware(RequestTraces, provider=traces)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Prefer"],
            expose_headers=["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
        )
    return app


def _add_metrics_route(app: FastAPI, registry: CollectorRegistry, *, is_open: bool) -> None:
    guards = [] if is_open else [Depends(needs(Role.OPERATOR))]

    @app.get("/metrics", include_in_schema=False, dependencies=guards)
    @app.get("/v1/metrics", include_in_schema=False, dependencies=guards)
    def metrics(room: NewsroomDep) -> Response:
        told = generate_latest(registry) + generate_latest(room.meters.registry)
        return Response(told, media_type=CONTENT_TYPE_LATEST)
