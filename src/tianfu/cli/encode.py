"""``tianfu encode``: stories or texts to vectors, as the service reads them; no database, no service."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

import numpy as np
import orjson
import typer

from tianfu.cli.artefacts import ModelOption, artefact_folder
from tianfu.cli.show import Advance, DataDir, JsonFlag, has_folder, out, progress_bars
from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, load_encoder
from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.rows import Row, name_of, parsed_rows, text_of
from tianfu.model.ports import Encoder, FloatMatrix

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class _Text:
    """One row: a story, or a text, which is read as a headline without a body."""

    id: str | None
    title: str
    body: str


@app.command()
def encode(
    files: Annotated[
        list[Path], typer.Argument(help='JSON Lines, gzip allowed: {"title", "body"?} or {"text"}, "id"?.')
    ],
    target: Annotated[
        Path, typer.Option("--out", help="File to write: .npy, or .jsonl with ids.", dir_okay=False)
    ],
    model: ModelOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Stories read at a time.")] = 256,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Turn stories or texts into vectors of unit length, in order; a text without a word gives zeros."""
    write = _WRITERS.get(target.suffix)
    if write is None:
        raise typer.BadParameter(f"--out takes a file that ends in {' or '.join(_WRITERS)}.")
    has_folder(target, "--out")
    folder = artefact_folder(model, kind=KIND, data_dir=data_dir)
    began = time.perf_counter()
    encoder, label = load_encoder(folder), load_artefact(folder, kind=KIND).version
    texts = parsed_rows(files, _text_of)
    with progress_bars() as advance:
        vectors = _encoded(encoder, texts, batch, advance)
    _put(target, lambda stream: write(stream, texts, vectors))
    if as_json:
        told = {"rows": len(texts), "dimension": encoder.dimension, "encoder": label, "out": str(target)}
        more = {"fingerprint": encoder.fingerprint, "seconds": round(time.perf_counter() - began, 3)}
        out.print_json(json.dumps({**told, **more}))
        return
    out.print(
        f"{len(texts)} vectors of {encoder.dimension} numbers by {label} are in {target}.",
        highlight=False,
        soft_wrap=True,
    )


def _text_of(row: Row) -> _Text:
    found = name_of(row, "id") if row.get("id") is not None else None
    if "title" not in row and "text" in row:
        return _Text(found, text_of(row, "text", empty=True), "")
    body = text_of(row, "body", empty=True) if row.get("body") is not None else ""
    return _Text(found, text_of(row, "title", empty=True), html_to_text(body))


def _encoded(encoder: Encoder, texts: Sequence[_Text], batch: int, advance: Advance) -> FloatMatrix:
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    advance("stories", 0, len(texts))
    for start in range(0, len(texts), batch):
        part = texts[start : start + batch]
        vectors[start : start + len(part)] = encode_stories(encoder, [(t.title, t.body) for t in part])
        advance("stories", start + len(part), len(texts))
    return vectors


def _put(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file that is there whole or not at all."""
    making = target.with_name(f".{target.name}.new")
    try:
        with making.open("wb") as stream:
            write(stream)
        making.replace(target)
    finally:
        making.unlink(missing_ok=True)


def _write_npy(stream: BinaryIO, _texts: Sequence[_Text], vectors: FloatMatrix) -> None:
    np.save(stream, vectors, allow_pickle=False)


def _write_jsonl(stream: BinaryIO, texts: Sequence[_Text], vectors: FloatMatrix) -> None:
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    for number, (text, vector) in enumerate(zip(texts, vectors, strict=True), start=1):
        stream.write(orjson.dumps({"row": number, "id": text.id, "vector": vector}, option=options))


_WRITERS: dict[str, Callable[[BinaryIO, Sequence[_Text], FloatMatrix], None]] = {
    ".npy": _write_npy,
    ".jsonl": _write_jsonl,
}
