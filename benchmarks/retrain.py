"""What retraining costs at the size of a consortium's month, and what comparing does.

    python -m benchmarks.retrain [--share 0.1] [--data DIR]

Makes up a snapshot (``decided_newsroom.py``) of 100,000 stories and a million events, or a share of it, and
runs ``tianfu train tagger``, ``tianfu train ranker`` and ``tianfu eval compare`` on it in processes of their
own.  Prints time and peak memory of each and writes ``benchmarks/results/retrain.json``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.decided_newsroom import Size, write
from benchmarks.encoder_cost import processor

RESULTS = Path(__file__).parent / "results" / "retrain.json"
WHOLE = Size(stories=100_000, events=1_000_000, readers=20_000, decided=0.3)


def run(*words: str) -> dict[str, float]:
    """Run one command of the product; its wall time, time of all cores, and peak of resident memory."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "tianfu.cli", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"tianfu {' '.join(words)} ended with {process.returncode}")
    return {
        "seconds": round(time.monotonic() - began, 1),
        "core_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1_024),
    }


def measure(folder: Path, size: Size) -> dict[str, Any]:
    """Write the snapshot where there is none, and run each command once."""
    data = folder / "snapshot"
    if not (data / "manifest.json").is_file():
        write(data, size)
    load_before = os.getloadavg()[0]
    steps = {
        "train tagger": ("train", "tagger", "--data", str(data), "--out", str(folder / "tagger")),
        "train ranker": ("train", "ranker", "--data", str(data), "--out", str(folder / "ranker")),
        "eval compare": ("eval", "compare", "hand-set", str(folder / "ranker"), "--data", str(data)),
    }
    found = {name: run(*words) for name, words in steps.items()}
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    cards = {
        name: json.loads((folder / name / "card.json").read_text(encoding="utf-8"))
        for name in ("tagger", "ranker")
    }
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": {"before": round(load_before, 2), "after": round(os.getloadavg()[0], 2)},
        "size": asdict(size),
        "rows": manifest["rows"],
        "mib_on_disk": round(sum(file.stat().st_size for file in data.iterdir()) / 2**20),
        "steps": found,
        "training_minutes": round(sum(found[n]["seconds"] for n in ("train tagger", "train ranker")) / 60, 2),
        "metrics": {name: card["metrics"] for name, card in cards.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="Of the whole size.")
    parser.add_argument("--data", type=Path, help="Folder to keep everything in.")
    options = parser.parse_args()
    size = Size(
        stories=int(WHOLE.stories * options.share), events=int(WHOLE.events * options.share),
        readers=int(WHOLE.readers * options.share), decided=WHOLE.decided,
    )  # fmt: skip
    with nullcontext(options.data) if options.data else tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), size)
    table = Table("step", "seconds", "of all cores", "peak MiB", title="Retraining")
    for name, step in result["steps"].items():
        table.add_row(name, *(str(step[part]) for part in ("seconds", "core_seconds", "peak_mib")))
    Console().print(table)
    if options.share == 1.0:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    else:
        Console().print_json(json.dumps(result))


if __name__ == "__main__":
    main()
