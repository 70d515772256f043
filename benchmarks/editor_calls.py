"""What an editor waits for while writing: tags suggested and copies looked for, over HTTP, one after another.

    python -m benchmarks.editor_calls FILE.jsonl.gz

Imports stories into a fresh service, then sends later ones of the file as texts being written.  Prints a
table and writes ``benchmarks/results/editor_calls.json``.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from benchmarks.encoder_cost import processor
from benchmarks.kill import OUTLET, Service, free_port, prepare
from tianfu.serving.importers.formats import read_stories
from tianfu.serving.importers.send import send_stories

CALLS = {"suggest": "/v1/tags/suggest", "check": "/v1/duplicates/check"}
BODY_CHARS = 2_000
WARM_UP = 20


def run(file: Path, *, stories: int, calls: int) -> dict[str, Any]:
    """Import, write, measure."""
    rows = list(islice(read_stories(file), stories + calls + WARM_UP))
    known, later = rows[:stories], [row.story for row in rows[stories:] if row.story]
    texts = [{"title": one["title"], "body": one["body"][:BODY_CHARS]} for one in later]
    with tempfile.TemporaryDirectory() as folder:
        secret = prepare(Path(folder))
        service = Service(Path(folder), free_port())
        service.start()
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.Client(base_url=service.address, headers=headers, timeout=120) as client:
            send_stories(iter(known), client=client, defaults={"outlet_id": OUTLET})
            while client.get("/readyz").json()["queue_waiting"]:
                time.sleep(0.5)
            found = {name: _timed(client, path, texts) for name, path in CALLS.items()}
        service.stop()
    return {
        "processor": processor(),
        "stories": stories,
        "calls": calls,
        "median_chars": statistics.median(len(text["body"]) for text in texts),
        **found,
    }


def _timed(client: httpx.Client, path: str, texts: Sequence[dict[str, str]]) -> dict[str, float]:
    times_ms: list[float] = []
    for text in texts:
        began = time.perf_counter()
        client.post(path, json=text).raise_for_status()
        times_ms.append(1_000 * (time.perf_counter() - began))
    times_ms = sorted(times_ms[WARM_UP:])
    return {f"p{share}_ms": round(times_ms[int(len(times_ms) * share / 100)], 2) for share in (50, 95, 99)}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stories", type=int, default=5_000)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/editor_calls.json"))
    given = parser.parse_args()
    found = run(given.file, stories=given.stories, calls=given.calls)
    given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for name, value in found.items():
        print(f"{name:>14}: {value}")


if __name__ == "__main__":
    main()
