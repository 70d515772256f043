"""``tianfu eval``: measure a model on files, beside simpler methods.  Needs the extra ``train``."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tianfu.cli.artefacts import ModelOption, artefact_folder
from tianfu.cli.show import DataDir, err, has_folder, out, print_table, progress_bars

if TYPE_CHECKING:
    from tianfu.eval.core import SuiteResult


SIMULATE = "simulate"
COMPARE = "compare"
LIVES = "What do readers with known tastes meet in two weeks, and does personalisation serve them?"


def evaluate(
    suite: Annotated[
        str,
        typer.Argument(
            help="retrieval, headlines, sts, tagging, duplicates, reprints, recommendation, simulate, or"
            " compare OLD NEW."
        ),
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(help="JSON Lines, gzip allowed; see the README.")
    ] = None,
    model: ModelOption = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Of compare: file of the suite, or folder of `tianfu export`.", exists=True),
    ] = None,
    corpus: Annotated[
        list[Path] | None, typer.Option(help="More files of the corpus, for the suite reprints.")
    ] = None,
    clicks: Annotated[Path | None, typer.Option(help="Log of clicks, for the suite recommendation.")] = None,
    news: Annotated[Path | None, typer.Option(help="Titles, for the suite recommendation.")] = None,
    since_s: Annotated[
        float, typer.Option("--from", help="Rank clicks from then on, seconds since the epoch.")
    ] = 0.0,
    beside: Annotated[
        Path | None, typer.Option(help="Another ranker to compare with, for the suite recommendation.")
    ] = None,
    no_baselines: Annotated[bool, typer.Option("--no-baselines", help="Skip the simpler methods.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many items.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result to this file.", dir_okay=False)
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page with pictures into this folder.", file_okay=False),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, help="Quote so many wrong items by their headlines in the page.")
    ] = 0,
    days: Annotated[int, typer.Option(min=1, max=14, help="Of the suite simulate.")] = 14,
    readers: Annotated[int, typer.Option(min=2, max=2_000, help="Of the suite simulate.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the suite simulate.")] = 7,
    ranker: Annotated[
        Path | None, typer.Option(help="A learnt ranker as one more arm of simulate.", file_okay=False)
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="New folder that keeps what simulate lived.", file_okay=False)
    ] = None,
    others: Annotated[
        bool, typer.Option("--others", help="Other people in simulate, from the end of the list.")
    ] = False,
    arms: Annotated[
        str, typer.Option(help="Of simulate, the measured one first: off, off_unseen, newest, orders.")
    ] = "personalised,off,off_unseen,newest",
    silent: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of simulate's readers who never click.")
    ] = 0.1,
    url: Annotated[
        str, typer.Option(help="A running service for simulate, with an operator's key in TIANFU_KEY.")
    ] = "",
    key: Annotated[str, typer.Option(envvar="TIANFU_KEY", help="Key for --url, better in TIANFU_KEY.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Measure a model on files beside simpler methods, with 95 % intervals."""
    from tianfu.eval.opening import SEEN, open_subject
    from tianfu.eval.suites import SUITES, run_suite

    has_folder(json_file, "--json")
    if suite == COMPARE:
        from tianfu.cli.compare import QUESTION, compare_models, measured_files

        names = [str(file) for file in files or []]
        result = compare_models(names, data, limit=limit, examples=examples, data_dir=data_dir)
        _tell(result, json_file, report, question=QUESTION, files=measured_files(data))
        return
    if suite == SIMULATE:
        from tianfu.cli.simulate import simulate, simulate_against
        from tianfu.serving.logs import configure_logs
        from tianfu.serving.process import one_thread_each

        of = _arms(arms, alone=not url)
        configure_logs("WARNING")
        one_thread_each()
        if keep is not None and keep.exists() and any(keep.iterdir()):
            raise typer.BadParameter(f"--keep {keep} is not empty; name a new folder.")
        if url and (ranker is not None or keep is not None or others):
            raise typer.BadParameter("--ranker, --keep and --others are not for --url.")
        with progress_bars() as advance:
            run: Callable[..., SuiteResult] = simulate_against if url else simulate
            asked = partial(
                run,
                days=days, readers=readers, seed=seed, silent=silent, of=of, told=advance,
            )  # fmt: skip
            lived = asked(url=url, key=key) if url else asked(ranker=ranker, keep=keep, others=others)
        for limit in lived.model.get("not_controlled", ()):
            err.print(f"Not controlled: {limit}.", highlight=False)
        _tell(lived, json_file, report, question=LIVES, files=[])
        return
    if suite not in SUITES:
        raise typer.BadParameter(
            f"There is no suite '{suite}'; there are: {', '.join(SUITES)}, {SIMULATE}, {COMPARE}."
        )
    kind = SUITES[suite].kind
    folder = artefact_folder(model, kind=kind, data_dir=data_dir)
    inputs = [*(corpus or []), *(files or []), *(f for f in (clicks, news) if f is not None)]
    if not inputs:
        raise typer.BadParameter("Name the files to measure on; for recommendation --clicks and --news.")
    with progress_bars() as advance:
        subject = open_subject(
            folder,
            kind=kind,
            files=inputs,
            baselines=not no_baselines,
            limit=limit,
            examples=examples,
            since_s=since_s,
            beside=beside,
            told=advance,
        )
        name = f"{subject.facts['name']}@{subject.facts['version']}"
        err.print(f"Measuring {name} on {suite} …", highlight=False)
        result = run_suite(suite, inputs, subject)
    for file in result.model.get(SEEN, []):
        err.print(f"{name} learnt from {file}: its figures here are too good.", highlight=False)
    _tell(result, json_file, report, question=SUITES[suite].question, files=inputs)


def _arms(named: str, *, alone: bool) -> list[str]:
    """Arms of the emulation by name.

    Raises:
        BadParameter: There is no such arm, or it cannot be run against a running service.
    """
    from tianfu.cli.simulate import ARMS

    names = [name.strip() for name in named.split(",") if name.strip()]
    known = [name for name, arm in ARMS.items() if not arm.learnt and (alone or not arm.orders)]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"--arms: there is no arm '{name}' here; there are: {', '.join(known)}.")
    if not names:
        raise typer.BadParameter("--arms: name one at least.")
    return names


def _tell(
    result: "SuiteResult", json_file: Path | None, report: Path | None, *, question: str, files: list[Path]
) -> None:
    """Print a result, and write it where it was asked for."""
    from tianfu.eval.report import write_report

    print_result(result, f"{result.model['name']}@{result.model['version']}")
    if result.summary:
        out.print(result.summary, highlight=False, soft_wrap=True)
    if json_file is not None:
        text = json.dumps(result.as_json(), ensure_ascii=False, indent=2)
        json_file.write_text(text + "\n", encoding="utf-8")
    if report is not None:
        page = write_report(result, report, question=question, files=files, at=datetime.now().astimezone())
        out.print(f"The page is {page}.", highlight=False, soft_wrap=True)


def print_result(result: "SuiteResult", name: str) -> None:
    """Print a table: for each metric a row a method, the model's first."""
    methods = {name: (result.metrics, result.intervals)}
    for method, values in result.baselines.items():
        methods[method] = (values, result.baseline_intervals.get(method, {}))
    rows = []
    for metric in result.metrics:
        shown = metric
        for method, (values, intervals) in methods.items():
            if metric in values:
                interval = "{:.4f} – {:.4f}".format(*intervals[metric]) if metric in intervals else ""
                value = f"{values[metric]:.4f}"
                rows.append({"metric": shown, "method": method, "value": value, "95 %": interval})
                shown = ""
    told = [column for column in ("metric", "method", "value", "95 %") if any(row[column] for row in rows)]
    print_table(told, rows)
