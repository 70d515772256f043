"""``tianfu train pairs``: labelled pairs and real stories in, the pair judge's artefact out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, precision_score, recall_score

from tianfu.embeddings.artefact import sha256_of, write_card
from tianfu.embeddings.pairs.features import features
from tianfu.embeddings.pairs.heads import HEADS_FILE, write_heads
from tianfu.embeddings.pairs.profile import profile_of
from tianfu.embeddings.pairs.rarity import BUCKETS, RARITY_FILE, RARITY_STEP, Rarity, buckets_of, rarity_of
from tianfu.embeddings.reprints.verify import verify
from tianfu.embeddings.text.html import html_to_text
from tianfu.embeddings.text.wording import wording
from tianfu.model.cluster import components
from tianfu.training.pages import write_page
from tianfu.training.pairs.data import LabelledPair, made_pairs, read_pairs, read_references, read_rows
from tianfu.training.pairs.fit import COPY_FEATURES, EVENT_FEATURES, FittedHead, fit_head

NAME = "pairs-lexical"
EVENT_PRECISION = 0.96
MADE_EACH = 120
TOLD: Mapping[str, Any] = {
    "what": "Two logistic regressions over features of two texts: is one a copy of the other, do both tell"
    " the same event.",
    "measured_on": "out-of-fold answers on the pairs labelled by two readers",
    "good_at": [
        "Copies that were cut, re-headlined, re-ordered, turned into traditional script or read by OCR.",
        "Telling a bulletin of another day, place or person from a copy.",
    ],
    "bad_at": [
        "The same event told in altogether other words: what it is not sure of is shown, not joined.",
        "Reprints on the border of four fifths of shared wording, where readers differ too: plain containment"
        " of runs of five letters is as good there.",
    ],
    "sources": [
        "Pairs labelled by reading (CCTV, Sina 2018); edited copies and siblings made from CCTV stories;"
        " frequencies of hashed pairs of letters.  The texts are their publishers' property and none is"
        " contained."
    ],
    "licence": "Weights: Apache-2.0; whoever trains again needs the right to the texts used.",
}
COPY_MADE_SHARE, EVENT_MADE_SHARE = 0.2, 0.25


def train_pairs(
    *,
    pairs_file: Path,
    corpus_files: Sequence[Path],
    target: Path,
    version: str,
    references: Path | None = None,
    seed: int = 7,
) -> Mapping[str, Any]:
    """Train the judge and write its artefact; returns the card.

    Args:
        pairs_file: Labelled pairs, JSON Lines.
        corpus_files: Stories (title, body), for rarities; the first also for edited copies.
        references: More labels, by ids of stories in the corpora; see ``training/labels``.
        target: Folder to write, made if missing.
        version: Written into the card.
        seed: Of the edits.
    """
    labelled = read_pairs(pairs_file)
    steps = _rarity_steps(corpus_files)
    rarity = rarity_of(steps)
    stories = [(row["title"], html_to_text(row["body"])) for row in read_rows(corpus_files[0])]
    more = _referenced(references, corpus_files) if references is not None else []
    pairs = labelled + more + made_pairs(stories, each=MADE_EACH, seed=seed)
    rows = np.stack([_features(pair, rarity) for pair in pairs])
    made = np.array([pair.made for pair in pairs])
    groups = _groups(pairs)
    weights = np.array([pair.weight for pair in pairs])
    relations = np.array([pair.relation for pair in pairs])
    is_copy, is_event = relations == "reprint", np.isin(relations, ("reprint", "same_event"))

    def fitted(
        targets: npt.NDArray[np.bool_], names: Sequence[str], share: float, goal: float | None
    ) -> FittedHead:
        return fit_head(
            rows,
            targets,
            made=made,
            groups=groups,
            names=names,
            made_share=share,
            weights=weights,
            precision=goal,
        )

    copy = fitted(is_copy, COPY_FEATURES, COPY_MADE_SHARE, None)
    event = fitted(is_event, EVENT_FEATURES, EVENT_MADE_SHARE, EVENT_PRECISION)
    target.mkdir(parents=True, exist_ok=True)
    np.save(target / RARITY_FILE, steps, allow_pickle=False)
    write_heads(target / HEADS_FILE, copy=copy.written, event=event.written)
    said_copy = copy.out_of_fold >= copy.written["threshold"]
    said_event = said_copy | (event.out_of_fold >= event.written["threshold"])
    card = {
        "kind": "pairs",
        "name": NAME,
        "version": version,
        "metrics": _metrics(said_copy, said_event, relations[: len(labelled)]),
        "joined_without_asking": _joined(said_copy, event, relations[: len(labelled)]),
        "thresholds": {
            "reprint": copy.written["threshold"],
            "same_event": event.written["threshold"],
            "same_event_sure": event.written["sure"],
        },
        "trained_on": {
            "labelled_pairs": len(labelled),
            "labelled_by_one_reader": len(more),
            "made_pairs": int(made.sum()),
            "data_sha256": {file.name: sha256_of(file) for file in (pairs_file, *corpus_files)},
            "seed": seed,
        },
        **TOLD,
    }
    write_card(target, card, files=(HEADS_FILE, RARITY_FILE))
    write_page(target, card)
    return card


def _metrics(
    said_copy: npt.NDArray[np.bool_], said_event: npt.NDArray[np.bool_], relations: npt.NDArray[np.str_]
) -> dict[str, float]:
    is_copy, is_event = relations == "reprint", np.isin(relations, ("reprint", "same_event"))
    return {
        "reprint_f1": round(float(f1_score(is_copy, said_copy)), 4),
        "reprint_precision": round(float(precision_score(is_copy, said_copy)), 4),
        "same_event_f1": round(float(f1_score(is_event, said_event)), 4),
        "same_event_precision": round(float(precision_score(is_event, said_event)), 4),
    }


def _joined(
    said_copy: npt.NDArray[np.bool_], event: FittedHead, relations: npt.NDArray[np.str_]
) -> dict[str, float]:
    """Precision and recall of what joins clusters."""
    joined = said_copy | (event.out_of_fold >= event.written["sure"])
    is_event = np.isin(relations, ("reprint", "same_event"))
    return {
        "precision": round(float(precision_score(is_event, joined)), 4),
        "recall": round(float(recall_score(is_event, joined)), 4),
    }


def _referenced(references: Path, corpora: Sequence[Path]) -> list[LabelledPair]:
    named = {str(row[side]) for row in read_rows(references) for side in ("a", "b")}
    stories = {
        str(row["id"]): (str(row["title"]), html_to_text(row["body"]))
        for file in corpora
        for row in read_rows(file)
        if str(row["id"]) in named
    }
    return read_references(references, stories)


def _features(pair: LabelledPair, rarity: Rarity) -> npt.NDArray[np.float64]:
    a, b = profile_of(*pair.a), profile_of(*pair.b)
    return features(a, b, verify(a.text, b.text), rarity)


def _rarity_steps(files: Iterable[Path]) -> npt.NDArray[np.uint8]:
    """Logarithm of stories to one with the pair of letters, in whole steps; shape (BUCKETS,)."""
    seen, stories = np.zeros(BUCKETS, dtype=np.int64), 0
    for file in files:
        for row in read_rows(file):
            seen[buckets_of(wording(f"{row['title']}\n{html_to_text(row['body'])}").letters)] += 1
            stories += 1
    return np.rint(np.log((stories + 1) / (seen + 1)) / RARITY_STEP).clip(0, 255).astype(np.uint8)


def _groups(pairs: Sequence[LabelledPair]) -> npt.NDArray[np.int64]:
    numbers: dict[str, int] = {}
    edges = [tuple(numbers.setdefault(key, len(numbers)) for key in pair.keys if key) for pair in pairs]
    joined = components(range(len(numbers)), ((edge[0], edge[-1]) for edge in edges))
    return np.array([min(joined[edge[0]]) for edge in edges], dtype=np.int64)
