"""From a learned table to a folder that serves: weights, graph, sentence-transformers files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.lexical import LexicalEncoder
from tianfu.training.encoder.graph import write_graph
from tianfu.training.encoder.quantise import quantise_rows

GRAPH, TENSORS, SETTINGS = "model.onnx", "model.safetensors", "ngram_bag_config.json"
MODULE = "tianfu.training.encoder.sentence_module.NgramBagModule"
FILES = (GRAPH, TENSORS, SETTINGS, "modules.json", "config_sentence_transformers.json")
RARITY = "rarity"
MAX_CHARS = 2_000
"""How much of a text is read."""


def export_encoder(
    folder: Path,
    table: npt.NDArray[np.float32],
    features: NgramFeatures,
    words: LexicalEncoder | None = None,
) -> None:
    """Write everything but the card.

    Rows are rounded to 4 bits; the ONNX graph, the torch module and serving all read the same rounded
    rows, so they agree to the last bits of a float.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder, table, features, max_chars=MAX_CHARS, words=words)
    write_graph(folder / GRAPH, folder / TENSORS)
    module = {"idx": 0, "name": "0", "path": "", "type": MODULE}
    _write_json(folder / "modules.json", [module])
    _write_json(
        folder / "config_sentence_transformers.json",
        {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine"},
    )


def write_weights(
    folder: Path,
    table: npt.NDArray[np.float32],
    features: NgramFeatures,
    *,
    max_chars: int,
    words: LexicalEncoder | None = None,
) -> None:
    """Write the rounded rows, the vocabulary, rarities if there are any, and the settings."""
    rounded, scale = quantise_rows(table)
    tensors: dict[str, npt.NDArray[Any]] = {
        "table": rounded,
        "scale": scale,
        "vocabulary": features.vocabulary.astype(np.int64),
    }
    if words is not None:
        tensors[RARITY] = words.rarity
    save_file(tensors, folder / TENSORS)
    (folder / TENSORS).chmod(0o644)  # the library makes it private
    settings = {
        "buckets": features.buckets,
        "unknown_weight": features.unknown_weight,
        "max_chars": max_chars,
    }
    _write_json(folder / SETTINGS, settings)


def serving_settings(
    features: NgramFeatures, prefixes: tuple[int, ...], lexical: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The card's ``encoder`` object; see :mod:`tianfu.embeddings.encoder.loading`."""
    return {
        **({"lexical": lexical} if lexical else {}),
        "inputs": "ngrams",
        "graph": GRAPH,
        "tensors": TENSORS,
        "buckets": features.buckets,
        "unknown_weight": features.unknown_weight,
        "max_chars": MAX_CHARS,
        "prefixes": list(prefixes),
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
