"""How long the console's pages take in a real Chromium, from an empty cache and loaded again.

    python -m benchmarks.console_pages --demo var/demo [--rounds 10]

Serves the demo newsroom of that folder (`tianfu demo --data-dir` makes it when there is none) and opens each
page so many times, in turns, each time in a browser that knows nothing; then loads it again.  A page stands
when what its reader came for is drawn: rows, tiles, items, not the frame alone.  Prints a table and writes
``benchmarks/results/console_pages.json``.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.fleet import Member
from benchmarks.generated import table
from benchmarks.province_newsroom import machine, results
from tianfu.serving.demo.load import standing_demo

SIGN_IN = "sign-in"
PAGES = {
    SIGN_IN: "input[type=password]",
    "library": "tbody tr",
    "write": "textarea",
    "spread": ".chart canvas",
    "map": ".tile",
    "front": ".feed-item",
    "preview": ".feed-item",
}
"""Name of a page, and what stands in it when it is there."""
_PATIENCE_MS = 60_000


def opened(browser: Browser, address: str, key: str, page_name: str) -> tuple[float, float]:
    """Seconds until the page stands: from an empty cache, and loaded again."""
    context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(_PATIENCE_MS)
    if page_name != SIGN_IN:
        context.request.post("/v1/session", data={"key": key})
    page = context.new_page()
    seconds = []
    for again in (False, True):
        began = time.perf_counter()
        if again:
            page.reload(wait_until="commit")
        else:
            page.goto(f"/console#/{'' if page_name == SIGN_IN else page_name}", wait_until="commit")
        page.wait_for_selector(PAGES[page_name])
        seconds.append(time.perf_counter() - began)
    context.close()
    return seconds[0], seconds[1]


def measured(address: str, key: str, rounds: int) -> Mapping[str, Sequence[tuple[float, float]]]:
    """Seconds of every page, round by round; a round before them fills the service's own caches."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for turn in range(rounds + 1):
            for name in PAGES:
                seconds = opened(chromium, address, key, name)
                if turn:
                    found[name].append(seconds)
            print(f"round {turn} of {rounds}", file=sys.stderr)
        chromium.close()
    return found


def _shape(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "median_s": round(float(np.median(seconds)), 2),
        "worst_s": round(max(seconds), 2),
    }


def run(folder: Path, rounds: int) -> dict[str, Any]:
    """Serve the demo and measure."""
    subprocess.run([sys.executable, "-m", "tianfu.cli", "demo", "--data-dir", str(folder)], check=True)
    notes = standing_demo(folder, datetime.now(UTC))
    if notes is None:
        raise SystemExit(f"{folder} holds no demo newsroom")
    on = machine()
    member = Member("serve", f"sqlite:///{(folder / 'tianfu.db').resolve()}", folder)
    member.start()
    try:
        found = measured(member.address, notes.keys["editor"], rounds)
    finally:
        member.stop()
    pages = {
        name: {
            "empty_cache": _shape([first for first, _ in rows]),
            "again": _shape([second for _, second in rows]),
        }
        for name, rows in found.items()
    }
    return {"machine": on, "stories": notes.stories, "rounds": rounds, "pages": pages}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, default=Path("var/demo"))
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    report = run(options.demo, options.rounds)
    rows = [
        (name, *(one[how][what] for how in ("empty_cache", "again") for what in ("median_s", "worst_s")))
        for name, one in report["pages"].items()
    ]
    head = ("page", "empty cache, median s", "worst", "again, median s", "worst")
    print("\n".join(table(head, rows)))
    results("console_pages").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
