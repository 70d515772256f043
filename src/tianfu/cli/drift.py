"""``tianfu drift``: how far the news has moved from some weeks before."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, database_of, out, print_table
from tianfu.model.drift import Calibration, DriftReport
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.label_desk import LabelDesk

app = typer.Typer()


@app.command()
def drift(
    days: Annotated[int, typer.Option(min=1, max=90, help="Recent days.")] = 7,
    before: Annotated[int, typer.Option(min=1, max=365, help="Days before those, to compare with.")] = 28,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare words, topics and the models' confidence with the weeks before."""
    with database_of(data_dir) as database:
        found = LabelDesk(database=database, clock=SystemClock()).drift(days=days, before_days=before)
    if as_json:
        out.print_json(json.dumps(asdict(found), ensure_ascii=False))
        return
    print_table(["what", "now", "before"], _rows(found))
    if found.vocabulary is not None and found.vocabulary.words:
        words = "、".join(f"{word} ({stories})" for word, stories in found.vocabulary.words)
        out.print(f"New keywords: {words}", highlight=False)
    out.print(f"Moved: {', '.join(found.alarms) or 'nothing beyond what is usual'}.")


def _rows(found: DriftReport) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"what": "stories", "now": found.stories, "before": found.stories_before},
        {"what": "pairs told apart by editors", "now": found.pairs_told_apart},
    ]
    if found.vocabulary is not None:
        new, expected = f"{found.vocabulary.new:.3f}", f"{found.vocabulary.expected:.3f}"
        rows.append({"what": "share of new letter pairs in titles", "now": new, "before": expected})
    if found.topics is not None:
        rows.append({"what": "divergence of topics, bits", "now": f"{found.topics.divergence:.4f}"})
    said, before = found.calibration, found.calibration_before
    for what, name in (("topics accepted", "accepted"), ("confidence", "confidence"), ("gap", "gap")):
        rows.append({"what": what, "now": _part(said, name), "before": _part(before, name)})
    return rows


def _part(said: Calibration | None, name: str) -> str:
    return f"{getattr(said, name):.3f} of {said.decisions}" if said is not None else "too few decisions"
