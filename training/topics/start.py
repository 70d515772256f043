"""Start from a tagger that serves, and learn from decisions only what is to be corrected in it.

Some hundred decisions cannot teach 24 classes their words, and need not: each class's SVM reads what the
tagger already says of a text as one more feature beside the n-grams, so it learns how far to trust that and
which words to weigh anew (stacking, Wolpert 1992).  All of it is linear, so it folds into one linear model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.tagging.topics import TopicWeights, load_topic_weights
from tianfu.model.errors import UnreadableFile
from tianfu.training.topics.features import Space
from tianfu.training.topics.learning import Known
from tianfu.training.topics.linear import Linear


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A tagger to start from.

    Attributes:
        space: Its n-grams; what is learnt keeps to them.
        model: Its calibrated logits, as scores.
        card: Its card.
    """

    space: Space
    model: Linear
    card: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Name and version."""
        return f"{self.card['name']}@{self.card['version']}"

    def must_be_older(self, cut: datetime | None) -> None:
        """Refuse a tagger that learnt from what is to be measured on.

        Raises:
            UnreadableFile: It did.
        """
        until = self.card["data"].get("until")
        if until is not None and cut is not None and datetime.fromisoformat(until) > cut:
            raise UnreadableFile(
                f"{self.version} learnt from stories up to {until}; those from {cut.isoformat()} on are to be"
                " measured on.",
                advice="Start from a tagger that ships, or wait until enough newer stories were decided.",
            )


def open_start(folder: Path, classes: tuple[str, ...]) -> Start:
    """Open a tagger to start from.

    Raises:
        ArtefactInvalid: It is no tagger, or not whole.
        UnreadableFile: Its classes are others.
    """
    artefact = load_artefact(folder, kind="topics")
    if tuple(artefact.card["classes"]) != classes:
        raise UnreadableFile(
            f"{artefact.version} has other classes.", advice="Start from a tagger that ships."
        )
    weights = load_topic_weights(artefact)
    return Start(Space(weights.vocabulary, weights.idf.astype(np.float64)), _logits(weights), artefact.card)


def correct(start: Start, known: Known, *, strength: float, seed: int) -> tuple[Space, Linear]:
    """Learn to correct a tagger.

    A class of which nothing is known keeps what the tagger says, on the scale of the others.

    Args:
        start: The tagger.
        known: What editors decided.
        strength: ``C`` of the SVMs; larger moves further from the tagger.
        seed: Of the solver.
    """
    features = start.space.matrix(known.texts.bags)
    said = start.model.scores(features)
    moved, bias = np.zeros_like(start.model.weights), np.zeros_like(start.model.bias)
    trust = np.full(len(bias), np.nan)
    for place, (column, told) in enumerate(zip(known.truth.T, known.judged.T, strict=True)):
        wanted = column[told]
        if wanted.any() and not wanted.all():
            svm: Any = LinearSVC(C=strength, random_state=seed, max_iter=20_000)
            rows = sparse.hstack([features[told], said[told][:, [place]]], format="csr")
            svm.fit(rows, wanted, sample_weight=known.sample[told])
            moved[:, place], trust[place] = svm.coef_[0, :-1], svm.coef_[0, -1]
            bias[place] = svm.intercept_[0]
    usual = 1.0 if np.isnan(trust).all() else float(np.nanmedian(trust))
    trust = np.where(np.isnan(trust), usual, trust)
    return start.space, Linear(moved + trust * start.model.weights, bias + trust * start.model.bias)


def _logits(weights: TopicWeights) -> Linear:
    slope, offset = weights.slope.astype(np.float64), weights.offset.astype(np.float64)
    return Linear(weights.weights * slope, weights.bias * slope + offset)
