"""Writes the page of a run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import sha256_of
from tianfu.eval.core import SuiteResult
from tianfu.eval.glossary import meaning_of
from tianfu.eval.opening import SEEN
from tianfu.eval.report.drawing import COLOURS, draw

MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One cell of the table: a value with its 95 % interval, both as shown; empty where there is none."""

    value: str = ""
    interval: str = ""


def write_report(
    result: SuiteResult, folder: Path, *, question: str, files: Sequence[Path], at: datetime
) -> Path:
    """Write one page into a folder, made if missing; returns its path.

    The name holds suite, model and time, so that runs stand side by side.

    Args:
        result: Of the run.
        folder: Where to write.
        question: What the suite answers, as the heading.
        files: What was measured on; the page names them with their hashes.
        at: When the run ended, with its zone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = re.sub(r"[^\w.@-]+", "-", _title(result))
    path = folder / f"{result.suite}-{model}-{at:%Y%m%dT%H%M%S}.html"
    path.write_text(render_page(result, question=question, files=files, at=at), encoding="utf-8")
    return path


def render_page(result: SuiteResult, *, question: str, files: Sequence[Path], at: datetime) -> str:
    """The page as text; see :func:`write_report`.  It refers to nothing outside itself."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tianfu.eval.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        result=result,
        question=question,
        model=_title(result),
        fingerprint=str(result.model.get("fingerprint", "")),
        learnt_from=list(result.model.get(SEEN, [])),
        files=[(file.name, sha256_of(file)[:16]) for file in files],
        at=f"{at:%Y-%m-%d %H:%M:%S %Z}",
        methods=[MODEL, *result.baselines],
        rows=table_rows(result),
        drawings=[draw(picture) for picture in result.pictures],
        colours=COLOURS,
    )


def table_rows(result: SuiteResult) -> list[dict[str, Any]]:
    """A row a metric: its name, its meaning, and a :class:`Figure` of the model and of each baseline."""
    methods = [
        (result.metrics, result.intervals),
        *((values, result.baseline_intervals.get(name, {})) for name, values in result.baselines.items()),
    ]
    return [
        {
            "metric": metric,
            "meaning": meaning_of(metric),
            "figures": [_figure(values.get(metric), intervals.get(metric)) for values, intervals in methods],
        }
        for metric in result.metrics
    ]


def _figure(value: float | None, interval: tuple[float, float] | None) -> Figure:
    if value is None:
        return Figure()
    if abs(value) > 1:
        return Figure(value=f"{value:,.0f}")
    shown = "" if interval is None else f"{interval[0]:.3f} – {interval[1]:.3f}"
    return Figure(value=f"{value:.3f}", interval=shown)


def _title(result: SuiteResult) -> str:
    return "@".join(str(result.model[key]) for key in ("name", "version") if key in result.model)
