"""Where the time of a replica's start goes, over PostgreSQL, without and with a snapshot of its index.

    python -m benchmarks.start_cost [--stories 100000] [--beside TREE] [--quick]

With ``--beside`` another tree of this repository (a git worktree) starts over the same database too, in turns
with this one, so that two versions can be compared.  Writes ``benchmarks/results/start.json``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.generated import DOCS, renew, table
from benchmarks.province_newsroom import Province, machine, province, results, say, size_options, told
from benchmarks.table_sizes import rows

_HERE = Path(__file__).parents[1]
_CHILD = Path(__file__).with_name("start_child.py")
_WAYS = ("without a snapshot", "with a snapshot")


def measure(place: Province, trees: dict[str, Path], rounds: int) -> dict[str, Any]:
    """Start each tree's service so many times both ways; the quickest of each counts."""
    starts: dict[str, dict[str, Any]] = {name: {} for name in trees}
    for _ in range(rounds):
        for name, tree in trees.items():
            with tempfile.TemporaryDirectory() as folder:
                for way in _WAYS:
                    found = _start(place.url, Path(folder), tree)
                    say(f"{name}, {way}: {found['whole']:.1f} s")
                    if way not in starts[name] or found["whole"] < starts[name][way]["whole"]:
                        starts[name][way] = found
    return {
        "machine": machine(),
        "stories": place.newsroom.stories,
        "events": rows(place.url, ("events",))["events"],
        "starts": starts,
    }


def _start(url: str, folder: Path, tree: Path) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'src'}:{tree}", "TIANFU_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, str(_CHILD), url, str(folder)], env=environment, cwd=tree, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def lines(report: dict[str, Any]) -> list[str]:
    """The section of ``docs/benchmarks.md``."""
    columns = [(name, way, found) for name, ways in report["starts"].items() for way, found in ways.items()]
    several = len(report["starts"]) > 1
    head = [f"{name}: {way}" if several else way for name, way, _ in columns]
    steps = {step: None for _, _, found in columns for step in found["steps"]}
    return [
        f"{report['stories']:,} stories, {report['events']:,} events; {told(report['machine'])}",
        "",
        *table(
            ["seconds", *head],
            [
                ["**from nothing to started**", *(found["whole"] for *_, found in columns)],
                *([step, *(found["steps"].get(step, 0.0) for *_, found in columns)] for step in steps),
                ["processor time of all", *(found["cpu"] for *_, found in columns)],
            ],
        ),
    ]


def main(given: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size_options(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path, help="Another tree of this repository.")
    parser.add_argument("--quick", action="store_true", help="A tenth of the newsroom, one round.")
    parser.add_argument("--json", type=Path, default=results("start"))
    asked = parser.parse_args(given)
    sizes = (10_000, 1_000) if asked.quick else (asked.stories, asked.readers)
    trees = {"before": asked.beside.resolve(), "now": _HERE} if asked.beside else {"now": _HERE}
    with province(*sizes) as place:
        report = measure(place, trees, 1 if asked.quick else asked.rounds)
    asked.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print("\n".join(lines(report)))
    if not asked.quick:
        renew(DOCS / "benchmarks.md", "start", lines(report))


if __name__ == "__main__":
    main()
