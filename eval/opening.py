"""Opening the model that a suite measures."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import Artefact, load_artefact, sha256_of
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.ranker import load_ranker
from tianfu.embeddings.scorer import KIND as FEED_RANKER
from tianfu.embeddings.scorer import load_scorer
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.eval.core import Subject, Told, silent
from tianfu.model.artifacts import shipped

SEEN = "learnt_from_these_files"
"""In the facts of a model, where its card says so."""


def open_subject(
    folder: Path,
    *,
    kind: str,
    files: Sequence[Path] = (),
    baselines: bool = True,
    limit: int | None = None,
    examples: int = 0,
    since_s: float = 0.0,
    beside: Path | None = None,
    told: Told = silent,
) -> Subject:
    """Open an artefact as what a suite measures.

    Args:
        folder: Of the artefact.
        kind: ``encoder``, ``topics``, ``pairs``, ``ranker`` or ``feed_ranker``.
        files: What will be measured on; the facts tell if the model learnt from one of them.
        baselines: See :class:`~tianfu.eval.core.Subject`.
        limit: See there.
        examples: See there.
        since_s: See there; a log that a ranker learnt from only before that is new to it.
        beside: Folder of another artefact of the same kind, for the suite ``recommendation``.
        told: See there.

    Raises:
        ArtefactInvalid: It is incomplete, altered or of another kind.
    """
    artefact = load_artefact(folder, kind=kind)
    facts = _facts(artefact, files, since_s)
    encoder = load_encoder(folder) if kind == "encoder" else None
    return Subject(
        encoder=load_encoder(shipped("encoder")) if kind == "ranker" else encoder,
        ranker=load_ranker(folder) if kind == "ranker" else None,
        beside=load_ranker(beside) if kind == "ranker" and beside is not None else None,
        tagger=load_topic_tagger(folder) if kind == "topics" else None,
        judge=load_pair_judge(folder) if kind == "pairs" else None,
        scorer=load_scorer(folder) if kind == FEED_RANKER else None,
        facts=facts if encoder is None else {**facts, "fingerprint": encoder.fingerprint},
        baselines=baselines,
        limit=limit,
        examples=examples,
        since_s=since_s,
        told=told,
    )


def learnt_from(card: Mapping[str, Any], files: Sequence[Path]) -> list[Path]:
    """Those of the files whose SHA-256 the card names among what the model was trained on."""
    written = json.dumps({key: value for key, value in card.items() if key != "files"})
    return [file for file in files if file.is_file() and sha256_of(file) in written]


def _facts(artefact: Artefact, files: Sequence[Path], since_s: float) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": artefact.card["name"],
        "version": str(artefact.card["version"]),
        "fingerprint": artefact.fingerprint,
    }
    until = artefact.card.get("data", {}).get("until")
    before = until is not None and datetime.fromisoformat(until).timestamp() <= since_s
    seen = [] if before else learnt_from(artefact.card, files)
    return facts | {SEEN: [file.name for file in seen]} if seen else facts
