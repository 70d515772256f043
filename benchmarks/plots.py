"""Pictures of what was measured, from the JSON alone.

    python -m benchmarks.plots

Writes ``docs/plots/processes.svg`` (throughput and cost by number of processes) and
``docs/plots/stories.svg`` (memory and time by number of stories).  Needs matplotlib, which comes
with ``tianfu[train]``.
"""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.capacity import read
from benchmarks.generated import DOCS
from benchmarks.usl import fitted

_SIZE = (8.4, 3.2)


def processes(scaling: dict[str, Any]) -> Figure:
    """Throughput, and processor time of a call, from one process to four."""
    steps = scaling["processes"]
    count = [step["processes"] for step in steps]
    rate = [step["calls_per_second"] for step in steps]
    figure = Figure(figsize=_SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(count, rate, "o-", label=f"measured on {scaling['machine']['cores']} cores")
    own = [step["processes"] / step["serve_cpu_ms"] * 1_000 for step in steps]
    left.plot(count, own, "s--", label="a core to each, by CPU a call")
    if len(count) >= 3:
        curve = fitted(count, own)
        left.plot(count, [curve.throughput(n) for n in count], ":", label="fitted curve")
    _named(left, "processes", "calls a second")
    left.set_xticks(count)
    left.set_ylim(bottom=0)
    left.legend(fontsize="small")
    bottom = [0.0] * len(steps)
    for name in ("serve", "postgresql", "generator"):
        values = [step[f"{name}_cpu_ms"] for step in steps]
        right.bar(count, values, bottom=bottom, label=name)
        bottom = [low + value for low, value in zip(bottom, values, strict=True)]
    _named(right, "processes", "CPU ms a call")
    right.set_xticks(count)
    right.legend(fontsize="small")
    return figure


def stories(found: dict[str, Any]) -> Figure:
    """Memory and time, archived stories beside those in feeds."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    named = {
        "vector_index": "archive: vectors",
        "copy_index": "archive: copies",
        "feed_view": "in feeds: cards",
    }
    for name, label in named.items():
        size = [row["stories"] for row in found[name]]
        left.loglog(size, [row["memory_mb"] for row in found[name]], "o-", label=label)
    _named(left, "stories", "memory, MB")
    timed = {"search p99": ("vector_index", "p99_ms", 1.0), "copies p99": ("copy_index", "p99_ms", 1.0),
             "new view": ("feed_view", "view_s", 1_000.0), "feed p99": ("feeds", "p99_ms", 1.0)}  # fmt: skip
    for label, (name, key, times) in timed.items():
        rows = found[name]
        right.loglog([row["stories"] for row in rows], [times * row[key] for row in rows], "o-", label=label)
    _named(right, "stories", "ms")
    left.legend(fontsize="small")
    right.legend(fontsize="small")
    return figure


def _named(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, alpha=0.3)


def main() -> None:
    """Run from the command line."""
    folder = DOCS / "plots"
    folder.mkdir(exist_ok=True)
    _save(processes(read("scaling")), folder / "processes.svg")
    _save(stories(read("story_cost")), folder / "stories.svg")


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None})
    print(file)


if __name__ == "__main__":
    main()
