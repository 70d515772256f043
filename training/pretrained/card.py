"""The card of the pretrained encoder: what serving needs, and where everything comes from."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import sha256_of
from tianfu.embeddings.encoder.loading import KIND
from tianfu.training.pretrained.compare import Agreement
from tianfu.training.pretrained.export import FLOAT32_FILE, INT8_FILE, OnnxReport
from tianfu.training.pretrained.layout import PACKAGE, PACKAGE_VERSION
from tianfu.training.pretrained.packed import PackedModel
from tianfu.training.pretrained.sentence_model import PROMPTS, STORY_PROMPT
from tianfu.training.pretrained.vocabulary import KeptPieces, PieceCounts

NAME, VERSION = "encoder-e5-small-zh", "0.1.0"


def card_values(
    packed: PackedModel,
    file: Path,
    *,
    counts: PieceCounts,
    kept: KeptPieces,
    onnx: OnnxReport,
    near: Mapping[str, Agreement],
) -> dict[str, Any]:
    """All of the card but its files and fingerprint; ``metrics`` is empty until it is measured."""
    return {
        "kind": KIND,
        "name": NAME,
        "version": VERSION,
        "architecture": "BERT",
        "layers": packed.shape.layers,
        "dimension": packed.shape.hidden,
        "max_tokens": packed.shape.positions,
        "encoder": {
            "inputs": "pieces",
            "graph": INT8_FILE,
            "tokenizer": "tokenizer.json",
            "max_pieces": packed.shape.positions,
            "prefix": PROMPTS[STORY_PROMPT],
        },
        "pooling": "mean",
        "normalised": True,
        "prefix": PROMPTS[STORY_PROMPT],
        "prompts": PROMPTS,
        "onnx": {
            "float32": FLOAT32_FILE,
            "int8": INT8_FILE,
            "float32_difference_from_torch": onnx.float32_difference,
            "int8_lowest_cosine_to_torch": onnx.int8_cosine,
        },
        "licence": "MIT",
        "sources": [
            {
                "name": f"{PACKAGE} {PACKAGE_VERSION} (PyPI)",
                "licence": "MIT",
                "file": file.name,
                "sha256": sha256_of(file),
                "used_for": "4-bit tensors, turned to float32, and the unigram vocabulary",
            },
            {
                "name": "intfloat/multilingual-e5-small",
                "licence": "MIT",
                "credit": "Wang et al., Multilingual E5 Text Embeddings, arXiv:2402.05672",
                "used_for": "the encoder that the package carries",
            },
        ],
        "vocabulary": {
            "pieces": len(kept.ids),
            "of": len(packed.vocabulary.pieces),
            "token_coverage": kept.coverage,
            "texts": counts.texts,
            "data_sha256": dict(counts.sources),
            "data_notes": "Texts were only counted, to choose pieces; no weight was trained on them.",
        },
        "agreement_with_package": {name: asdict(value) for name, value in near.items()},
        "metrics": {},
    }
