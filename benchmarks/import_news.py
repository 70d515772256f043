"""Import a file of news over the HTTP API into a fresh service, and time it until everything is indexed.

    python -m benchmarks.import_news FILE.jsonl.gz

While the import runs a feed is asked for every half second and timed.  Prints a table and writes
``benchmarks/results/import.json``.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from benchmarks.kill import OUTLET, Service, free_port, prepare
from tianfu.serving.importers.formats import read_stories
from tianfu.serving.importers.send import send_stories


def run(file: Path, *, limit: int | None) -> dict[str, Any]:
    """Import and measure."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        secret = prepare(data_dir)
        service = Service(data_dir, free_port())
        service.start()
        headers = {"Authorization": f"Bearer {secret}"}
        feeds_ms: list[float] = []
        empty: list[int] = []
        done = threading.Event()
        asker = threading.Thread(
            target=_ask, args=(service.address, headers, feeds_ms, empty, done), daemon=True
        )
        began = time.monotonic()
        asker.start()
        with httpx.Client(base_url=service.address, headers=headers, timeout=120) as client:
            report = send_stories(
                islice(read_stories(file), limit), client=client, defaults={"outlet_id": OUTLET}
            )
            accepted_s = time.monotonic() - began
            while (ready := client.get("/readyz").json())["queue_waiting"]:
                time.sleep(0.5)
        indexed_s = time.monotonic() - began
        cpu_s = _cpu_s(service)
        done.set()
        asker.join()
        memory_mb = _memory_mb(service)
        began = time.monotonic()
        service.stop()
        stop_s = time.monotonic() - began
        restart_s = service.start()
        service.stop()
    feeds_ms.sort()
    return {
        "stories": report.created,
        "rejected": report.rejected,
        "seconds_until_accepted": round(accepted_s, 1),
        "seconds_until_indexed": round(indexed_s, 1),
        "stories_per_second": round(report.created / indexed_s, 1),
        "cpu_seconds": cpu_s,
        "indexed": ready["indexed"],
        "queue_stuck": ready["queue_stuck"],
        "feeds_asked_meanwhile": len(feeds_ms),
        "feeds_empty_after_the_first_story": len(empty),
        "feed_ms_median": round(statistics.median(feeds_ms), 1) if feeds_ms else None,
        "feed_ms_p95": round(feeds_ms[int(0.95 * len(feeds_ms))], 1) if feeds_ms else None,
        "memory_mb": memory_mb,
        "seconds_to_stop": round(stop_s, 1),
        "seconds_to_start_again": round(restart_s, 1),
        "cores": os.cpu_count(),
    }


def _ask(
    address: str, headers: dict[str, str], feeds_ms: list[float], empty: list[int], done: threading.Event
) -> None:
    seen = False
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        while not done.wait(0.5):
            began = time.perf_counter()
            page = client.post("/v1/recommend", json={"outlet_id": "lizhou", "count": 10}).json()
            feeds_ms.append(1_000 * (time.perf_counter() - began))
            if seen and not page["items"]:
                empty.append(len(feeds_ms))
            seen = seen or bool(page["items"])


def _cpu_s(service: Service) -> float | None:
    """Seconds of processor that the service has used: the same on a busy machine as on an idle one."""
    used = Path(f"/proc/{service.process_id}/stat")
    if not used.exists():
        return None
    user, system = used.read_text().rpartition(")")[2].split()[11:13]
    return round((int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), 1)


def _memory_mb(service: Service) -> int | None:
    status = Path(f"/proc/{service.process_id}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/import.json"))
    given = parser.parse_args()
    found = run(given.file, limit=given.limit)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for name, value in found.items():
        print(f"{name:>36}: {value}")


if __name__ == "__main__":
    main()
