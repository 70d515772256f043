"""Artefacts small enough to write in a test."""

import json
from pathlib import Path
from typing import Any

from support.fakes import DIMENSION, FAKE_FILE, POISON, TOPIC_WORDS
from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, save_curves
from tianfu.model.feed.scoring import FEATURES, Curve
from tianfu.model.release import ModelKind

FLAT = Curve((0.0, 1.0), (0.0, 0.0))


def an_artefact(folder: Path, kind: ModelKind, given: Any, /, **card: Any) -> Path:
    """An artefact for the fake loader, with a card that passes unless ``card`` says otherwise."""
    folder.mkdir(parents=True)
    (folder / FAKE_FILE).write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    whole = {
        "kind": kind.card_kind,
        "name": folder.name,
        "version": "1",
        "metrics": {"micro_f1": 0.8, "reprint_f1": 0.9, "page_auc": 0.7},
        **card,
    }
    write_card(folder, whole, files=[FAKE_FILE])
    return folder


def a_tagger(folder: Path, words: dict[str, str] | None = None, **card: Any) -> Path:
    words = words or TOPIC_WORDS
    return an_artefact(folder, ModelKind.TAGGER, {"words": words}, **{"classes": list(words), **card})


def a_judge(folder: Path, least: float = 0.8, **card: Any) -> Path:
    return an_artefact(folder, ModelKind.PAIRS, {"least": least}, **card)


def an_encoder(
    folder: Path, seed: int = 1, dimension: int = DIMENSION, poison: str = POISON, **card: Any
) -> Path:
    given = {"seed": seed, "dimension": dimension, "poison": poison}
    return an_artefact(folder, ModelKind.ENCODER, given, **{"dimension": dimension, **card})


def a_ranker(folder: Path, **worth: float) -> Path:
    """A ranker that looks only at the features that are named, each worth so much at its strongest."""
    folder.mkdir(parents=True)
    curves = {name: Curve((0.0, 1.0), (0.0, worth[name])) if name in worth else FLAT for name in FEATURES}
    save_curves(folder, curves)
    card = {
        "kind": ModelKind.RANKER.card_kind,
        "name": folder.name,
        "version": "1",
        "features": list(FEATURES),
        "metrics": {"page_auc": 0.7},
        "data": {"data_hash": "d" * 64},
    }
    write_card(folder, card, files=[CURVES])
    return folder
