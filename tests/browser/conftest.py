"""A real Chromium on the console of the demo newsroom.

``TIANFU_SHOTS=1`` renews the page shots in docs/console.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright
from support.live import Demo, Live, copy_of, serving

SHOTS = Path(__file__).parents[2] / "docs" / "console"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WHOLE_PAGES = {
    "about-algorithm",
    "cluster",
    "coverage",
    "coverage-reach",
    "coverage-reach-member",
    "decision",
    "front",
    "map",
    "me",
    "ops",
    "preview",
    "report",
    "spread",
    "story",
}
"""Shots that show their page down to its end."""
HIGHEST_SHOT = 3_000
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=zh-CN",
]


@pytest.fixture(scope="session")
def live(demo_mould: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service of this folder's own, so that what the pages change disturbs nobody."""
    with serving(copy_of(demo_mould, tmp_path_factory.mktemp("console"))) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: while it is open its event loop runs in this thread, and no test may start another."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: install Debian's package chromium.")
        pytest.skip("needs Chromium (Debian's package chromium)")
    # Boards look again every five seconds, and the machine may be busy with other tests.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGS, env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Open a page of the console as somebody; nobody means signed out.

    At the end no page may have met an error of script or a breach of its content security policy.
    """
    faults: list[str] = []
    contexts = []

    def open_one(
        place: str = "", role: str | None = "editor", *, width: int = 1366, height: int = 768, **options: Any
    ) -> Page:
        context = browser.new_context(
            base_url=live.address,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **{"reduced_motion": "reduce", **options},  # a colour on its way fails every check of contrast
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        if role is not None:
            answer = context.request.post("/v1/session", data={"key": live.demo.keys[role]})
            assert answer.ok, answer.text()
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: _note(said.type, said.text, faults))
        page.goto(f"/console#/{place}")
        if role is not None:
            page.wait_for_selector("main h1")
            # What is read late moves what stands below it, away from under a click.
            expect(page.locator("main .loading")).to_have_count(0)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults


def _note(kind: str, text: str, faults: list[str]) -> None:
    # Chromium reports every answer of 4xx so; the pages show those as problems.
    if kind == "error" and not text.startswith("Failed to load resource"):
        faults.append(text)


@pytest.fixture
def guarded(open_page: Callable[..., Page], live: Live) -> Iterator[Callable[..., Page]]:
    """Open pages on which no dialog may appear and that may ask nobody but the service."""
    breaches: list[str] = []

    def note_request(url: str) -> None:
        if not url.startswith(f"{live.address}/"):
            breaches.append(url)

    def note_dialog(dialog: Dialog) -> None:
        breaches.append(dialog.message)
        dialog.dismiss()

    def open_one(place: str, role: str | None = "editor", **options: Any) -> Page:
        page = open_page(place, role=role, **options)
        page.on("dialog", note_dialog)
        page.on("request", lambda sent: note_request(sent.url))
        return page

    yield open_one
    assert not breaches


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keep a page shot for the documentation, when asked to."""

    def take(page: Page, name: str) -> None:
        if not os.environ.get("TIANFU_SHOTS"):
            return
        SHOTS.mkdir(parents=True, exist_ok=True)
        expect(page.locator(".loading, .starting")).to_have_count(0)
        window = page.viewport_size
        assert window is not None
        if name in WHOLE_PAGES:
            page.evaluate("scrollTo(0, 0)")
            _grow(page, window["width"])
        taken = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
        page.set_viewport_size(window)
        few = _few_colours(taken.convert("RGB"))
        few.save(SHOTS / f"{name}.png", optimize=True)

    return take


def _grow(page: Page, width: int) -> None:
    # A higher window lets parts that are measured by it grow: so look twice.
    for _ in range(2):
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(int(height), HIGHEST_SHOT)})


def _few_colours(taken: Image.Image, most: int = 200, apart: int = 8) -> Image.Image:
    # Exact colours, often met ones first: a mean of near ones would turn a small green dot blue.
    kept: list[tuple[int, ...]] = []
    for _, colour in sorted(taken.getcolors(taken.width * taken.height), reverse=True):
        if all(max(abs(a - b) for a, b in zip(colour, one, strict=True)) > apart for one in kept):
            kept.append(colour)
        if len(kept) == most:
            break
    palette = Image.new("P", (1, 1))
    palette.putpalette([level for colour in kept for level in colour])
    return taken.quantize(palette=palette, dither=Image.Dither.NONE)


@pytest.fixture(scope="session")
def axe_source() -> str:
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("axe-core is missing: run `npm ci` in tests/browser.")
        pytest.skip("needs axe-core: run `npm ci` in tests/browser")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def assert_accessible(axe_source: str) -> Callable[[Page], None]:
    """Run axe-core on the page as it stands; nothing serious may be found."""

    def check(page: Page) -> None:
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe_source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            {
                "rule": one["id"],
                "help": one["help"],
                "nodes": [node["html"][:200] for node in one["nodes"][:5]],
            }
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious, json.dumps(serious, ensure_ascii=False, indent=1)

    return check
