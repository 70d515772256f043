"""``tianfu models import``: directory in, checked artefact out."""

from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import numpy as np
import torch
from tokenizers import Tokenizer

from tianfu.embeddings.artefact import load_artefact, write_card
from tianfu.embeddings.encoder.loading import KIND, encoder_fingerprint, load_encoder
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.ports import FloatMatrix
from tianfu.training.imports.folder import SentenceFolder, read_folder
from tianfu.training.imports.net import ImportedNet, open_net
from tianfu.training.pretrained.export import FLOAT32_FILE, INT8_FILE, quantise_graph, write_graph
from tianfu.training.progress import Progress

LEAST_COSINE = 0.999
"""With torch, of the float32 graph on every probe."""
TOKENIZER = "tokenizer.json"
PROBES = (
    "四川盆地今夜有小到中雨，山区有雷阵雨",
    "成都双流国际机场",
    "国家统计局今天发布数据，上半年国内生产总值同比增长。专家认为，经济运行总体平稳、稳中有进。" * 3,
    "County hospital opens a night clinic, 2024.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was written.

    Attributes:
        path: Folder of the artefact.
        dimension: Length of a vector.
        lowest_cosine: With torch, of the float32 graph; -1..1.
        int8_cosine: The same of the graph in eight bits, or ``None``.
    """

    path: Path
    dimension: int
    lowest_cosine: float
    int8_cosine: float | None


def import_encoder(
    source: Path,
    out: Path,
    *,
    name: str,
    version: str,
    int8: bool,
    prompt: str | None = None,
    progress: Progress = lambda _name, _done, _total: None,
) -> Imported:
    """Export a sentence-transformers directory to ONNX with its pooling, and check it against torch.

    Args:
        source: The directory; nothing in it is changed and no code of it is run.
        out: Folder of the artefact, made if missing.
        name: Written into the card.
        version: Written into the card.
        int8: Whether the graph that serves has weights of eight bits.
        prompt: Put before every story, instead of the directory's own.
        progress: Told of each step.

    Raises:
        UnreadableFile: The directory is not of a kind that can be imported.
        ArtefactInvalid: The graph does not agree with torch; nothing that serves was left behind.
    """
    folder = read_folder(source)
    progress("loading", 0, 1)
    net = open_net(folder)
    out.mkdir(parents=True, exist_ok=True)
    copyfile(folder.transformer / TOKENIZER, out / TOKENIZER)
    rows = _rows(folder, folder.prompt if prompt is None else prompt)
    wanted = _torch_vectors(net, rows)
    progress("exporting", 0, 1)
    ids = torch.tensor([rows[0], rows[0]])
    write_graph(net, ids, torch.ones_like(ids), out / FLOAT32_FILE)
    if int8:
        quantise_graph(out / FLOAT32_FILE, out / INT8_FILE)
    progress("checking", 0, 1)
    lowest = _agreement(out, FLOAT32_FILE, folder, name, version, wanted, prompt)
    if not lowest >= LEAST_COSINE:
        for file in out.glob("*.onnx"):
            file.unlink()
        raise ArtefactInvalid(
            f"The exported graph of {source.name} has a cosine of {lowest:.4f} with torch.",
            advice="Report the architecture; until then this encoder cannot serve.",
        )
    int8_cosine = _agreement(out, INT8_FILE, folder, name, version, wanted, prompt) if int8 else None
    if int8:
        (out / FLOAT32_FILE).unlink()
    return Imported(path=out, dimension=wanted.shape[1], lowest_cosine=lowest, int8_cosine=int8_cosine)


def _rows(folder: SentenceFolder, prompt: str) -> list[list[int]]:
    """Piece ids of the probes, as serving reads them."""
    tokenizer = Tokenizer.from_file(str(folder.transformer / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(folder.max_pieces)
    return [tokenizer.encode(prompt + normalise(text)).ids for text in PROBES]


def _torch_vectors(net: ImportedNet, rows: list[list[int]]) -> FloatMatrix:
    with torch.inference_mode():
        found = [net(torch.tensor([row]), torch.ones(1, len(row), dtype=torch.int64)) for row in rows]
    return np.concatenate([one.numpy() for one in found])


def _agreement(
    out: Path,
    graph: str,
    folder: SentenceFolder,
    name: str,
    version: str,
    wanted: FloatMatrix,
    prompt: str | None,
) -> float:
    """Write the card for one graph and give its lowest cosine with torch, as it serves."""
    card = {
        "schema": 1,
        "kind": KIND,
        "name": name,
        "version": version,
        "dimension": int(wanted.shape[1]),
        "architecture": f"imported from {folder.path.name}, {folder.pooling} pooling",
        "encoder": {
            "inputs": "pieces",
            "graph": graph,
            "tokenizer": TOKENIZER,
            "max_pieces": folder.max_pieces,
            "prefix": folder.prompt if prompt is None else prompt,
            "prefixes": [],
        },
        "metrics": {},
    }
    write_card(out, card, files=[graph, TOKENIZER])
    fingerprint = encoder_fingerprint(load_artefact(out, kind=KIND), int(wanted.shape[1]))
    write_card(out, card | {"fingerprint": fingerprint}, files=[graph, TOKENIZER])
    served = load_encoder(out).encode(list(PROBES))
    return float((served * wanted).sum(axis=1).min())
