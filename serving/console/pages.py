"""The console's pages and their files, with the headers that keep foreign script out."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

router = APIRouter(include_in_schema=False)

STATIC_PATH = "/console/static"
PAGE_PATHS = ("/console", "/me", "/about-algorithm")
"""Addresses whose answers, and all below them, are pages or files of pages."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ASK_AGAIN = "no-cache"
_KEEP = "public, max-age=31536000, immutable"


@router.get("/")
def front_door() -> RedirectResponse:
    """Lead a person who typed the bare address to the console."""
    return RedirectResponse("/console")


@router.get("/console")
def console() -> FileResponse:
    """The console itself; what it shows comes from the API."""
    return page("index.html")


def page(name: str) -> FileResponse:
    """One HTML page out of the static files."""
    return FileResponse(
        static_folder() / name, media_type="text/html; charset=utf-8", headers={"Cache-Control": _ASK_AGAIN}
    )


def static_files() -> ASGIApp:
    """The files of the pages, compressed on the way; the browser asks anew for all but vendored ones."""
    return GZipMiddleware(_Files(directory=static_folder()), minimum_size=1_000, compresslevel=6)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # The name of a vendored file holds its version.
        response.headers["Cache-Control"] = _KEEP if path.startswith("vendor/") else _ASK_AGAIN
        return response


class PageHeaders:
    """Puts the security headers on every page and file, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not _is_page(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, headed)


def _is_page(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in PAGE_PATHS)


def static_folder() -> Path:
    """Where the files of the pages lie."""
    return Path(str(files("tianfu.serving.console"))) / "static"
