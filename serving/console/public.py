"""Pages for the public: a reader's own, and the explanation of the algorithm."""

from string import Template

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from markdown_it import MarkdownIt
from starlette.responses import Response

from tianfu.serving.api.operations import about_algorithm
from tianfu.serving.console.pages import page, static_folder

router = APIRouter(include_in_schema=False)


@router.get("/me")
def own_page() -> FileResponse:
    """The page of a reader's own rights; who is reading, the link tells behind ``#``."""
    answer = page("me.html")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/about-algorithm")
def about_page(request: Request) -> Response:
    """The explanation as a page for browsers, as plain text for everybody else."""
    text = about_algorithm()
    vary = {"Vary": "Accept"}
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(text, headers=vary)
    frame = Template((static_folder() / "about.html").read_text(encoding="utf-8"))
    return HTMLResponse(frame.substitute(article=_article(text)), headers=vary)


def _article(text: str) -> str:
    """The text as HTML.  Chinese has no spaces, so a line that goes on in the next joins it without one."""
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.add_render_rule("softbreak", lambda *_: "")
    return str(markdown.render(text))
