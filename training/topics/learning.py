"""From labelled stories to one linear model: margins, a teacher that also reads vectors, a student."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tianfu.model.ports import FloatMatrix
from tianfu.training.topics.calibration import fit_platt, probability
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.features import Bag, Floats, Space, space_of
from tianfu.training.topics.linear import (
    Linear,
    Truth,
    fit_logits,
    fit_margins,
    fit_student,
)

SPREAD = 20.0
"""Vectors of unit length are stretched so far for the logistic regressions."""
SURE, UNSURE = 0.962, 0.002
"""What the student takes a label for: editors err too."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Stories ready to learn from.

    Attributes:
        bags: Their n-grams.
        vectors: The teacher's vectors, shape (n, width), or ``None`` without a teacher.
    """

    bags: Sequence[Bag]
    vectors: FloatMatrix | None

    def at(self, rows: Rows) -> "Texts":
        """Some of them."""
        vectors = None if self.vectors is None else self.vectors[rows]
        return Texts([self.bags[int(row)] for row in rows], vectors)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Texts with their classes.

    Attributes:
        truth: Shape (n, classes).
        judged: Cells of ``truth`` that somebody decided, the same shape; the others say nothing.
        sample: Weight of each text.
    """

    texts: Texts
    truth: Truth
    judged: Truth
    sample: Floats

    @property
    def whole(self) -> Rows:
        """Texts of full weight whose classes are all known."""
        return np.flatnonzero((self.sample >= 1.0) & self.judged.all(axis=1))

    def at(self, rows: Rows) -> "Known":
        """Some of them."""
        return Known(self.texts.at(rows), self.truth[rows], self.judged[rows], self.sample[rows])

    def with_(self, other: "Known") -> "Known":
        """These and others."""
        vectors = [v for v in (self.texts.vectors, other.texts.vectors) if v is not None]
        return Known(
            Texts(
                [*self.texts.bags, *other.texts.bags],
                np.concatenate(vectors) if len(vectors) == 2 else None,
            ),
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.judged, other.judged]),
            np.concatenate([self.sample, other.sample]),
        )


def learn(known: Known, unlabelled: Texts, config: TopicConfig) -> tuple[Space, Linear]:
    """Learn one linear model over n-grams.

    Without vectors it is an SVM a class.  With them, a teacher adds logistic regressions on vectors to
    the SVM and gives its opinion on texts without labels; a student learns these from n-grams alone, and
    its logits are added to the margins.
    """
    space = space_of([*known.texts.bags, *unlabelled.bags], least_texts=config.least_texts)
    features = space.matrix(known.texts.bags)
    margins = fit_margins(
        features, known.truth, known.judged, known.sample, strength=config.regularisation, seed=config.seed
    )
    if known.texts.vectors is None or unlabelled.vectors is None or not unlabelled.bags:
        return space, margins
    others = space.matrix(unlabelled.bags)
    middle = known.texts.vectors.mean(axis=0)
    seen, asked = ((v - middle) * SPREAD for v in (known.texts.vectors, unlabelled.vectors))
    dense = fit_logits(seen, known.truth, known.judged, known.sample, strength=config.teacher_strength)
    slope, offset = _held_out_platt(features, seen, known, config)
    opinions = probability(margins.scores(others) + config.teacher_share * dense.scores(asked), slope, offset)
    order = np.tile(known.whole, config.repeats)
    student = fit_student(
        _stacked(features[order], others),
        np.concatenate([np.where(known.truth[order], SURE, UNSURE), opinions]),
        epochs=config.student_epochs,
        rate=config.student_rate,
        seed=config.seed,
    )
    return space, margins.plus(student, config.student_share)


def _stacked(*parts: Any) -> Any:
    return sparse.vstack(parts, format="csr")


def _held_out_platt(features: Any, seen: Floats, known: Known, config: TopicConfig) -> tuple[float, float]:
    """Calibrate the teacher on a fifth of the labelled texts that a second teacher has not seen."""
    rng = np.random.default_rng(config.seed)
    labelled = rng.permutation(known.whole)
    test = labelled[: len(labelled) // 5]
    train = np.setdiff1d(np.arange(len(known.sample)), test)
    margins = fit_margins(
        features[train],
        known.truth[train],
        known.judged[train],
        known.sample[train],
        strength=config.regularisation,
        seed=config.seed,
    )
    dense = fit_logits(
        seen[train],
        known.truth[train],
        known.judged[train],
        known.sample[train],
        strength=config.teacher_strength,
    )
    scores = margins.scores(features[test])
    return fit_platt(scores + config.teacher_share * dense.scores(seen[test]), known.truth[test])
