"""The HTTP application.  ``create_app`` builds it; nothing happens at import."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.concurrency import run_in_threadpool

from tianfu import __version__
from tianfu.serving.api import (
    aims,
    coverages,
    desks,
    duplicates,
    exposures,
    heat,
    insights,
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
    submissions,
    tags,
    takedowns,
    vitals,
    vocabulary,
)
from tianfu.serving.api.body import BodyLimit
from tianfu.serving.api.metrics import RequestMetrics
from tianfu.serving.api.request_history import RequestHistory
from tianfu.serving.console import pages, public, session
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

DESCRIPTION = """
Tagging, duplicate detection and recommendation for the newsrooms of a consortium (天府荐闻).

Every call but the health checks needs `Authorization: Bearer <key>`.  Errors are
`application/problem+json` (RFC 9457) with a stable `code`; times are RFC 3339; cursors are opaque.
"""


def create_app(
    settings: ServiceSettings, *, build: Callable[[ServiceSettings], Newsroom] = build_newsroom
) -> FastAPI:
    """Build the application.

    Args:
        settings: Plain values, read by the caller.
        build: Makes the running service; tests bring their own.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        room = await run_in_threadpool(build, settings)
        await run_in_threadpool(room.start)
        app.state.newsroom = room
        yield
        await run_in_threadpool(room.stop)

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
        stories, takedowns, exposures, tags, duplicates, recommend, preview, aims, rights, readers,
        reader_rights, placements, coverages, operations, pickups, submissions, desks, insights, heat,
        quarantine, vocabulary, session, vitals,
    )  # fmt: skip
    for part in parts:
        app.include_router(part.router, prefix="/v1", responses=problems.DOCUMENTED)
    app.include_router(public.router)
    app.include_router(operations.open_router)
    app.include_router(operations.open_router, prefix="/v1", include_in_schema=False)
    app.include_router(pages.router)
    app.mount(pages.STATIC_PATH, pages.static_files())
    registry = CollectorRegistry()
    _add_metrics_route(app, registry)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, max_batch_bytes=settings.max_batch_bytes)
    app.add_middleware(pages.PageHeaders)
    app.state.history = RequestHistory()
    app.add_middleware(RequestMetrics, registry=registry, history=app.state.history)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Prefer"],
        )
    return app


def _add_metrics_route(app: FastAPI, registry: CollectorRegistry) -> None:
    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
