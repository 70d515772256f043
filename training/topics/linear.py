"""Linear models of topics: margins learned from labels, and logits learned from a teacher's opinions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from torch.nn import functional

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
NEVER = -2.0
"""Bias of a class without examples."""
SHARPNESS = 8.0
"""Rows of unit length are stretched so far for the student, so that one rate fits all its weights."""
STUDENT_BATCH = 256
STUDENT_BIAS = -3.0


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Scores are ``features @ weights + bias``.

    Attributes:
        weights: Shape (features, classes).
        bias: Shape (classes,).
    """

    weights: Floats
    bias: Floats

    def scores(self, features: Any) -> Floats:
        """Shape (texts, classes)."""
        return np.asarray(features @ self.weights + self.bias)

    def plus(self, other: "Linear", share: float) -> "Linear":
        """The same with ``share`` of another's scores added."""
        return Linear(self.weights + share * other.weights, self.bias + share * other.bias)


def fit_margins(
    features: Any, truth: Truth, judged: Truth, sample: Floats, *, strength: float, seed: int
) -> Linear:
    """One linear SVM a class, from the texts of which somebody said whether they belong to it.

    Args:
        features: Scipy's CSR matrix, shape (texts, n).
        truth: Shape (texts, classes).
        judged: Cells of ``truth`` that count, the same shape.
        sample: Weight of each text.
        strength: ``C``; larger fits closer.
        seed: Of the solver.
    """
    weights = np.zeros((features.shape[1], truth.shape[1]))
    bias = np.full(truth.shape[1], NEVER)
    for place, (column, told) in enumerate(zip(truth.T, judged.T, strict=True)):
        wanted = column[told]
        if wanted.any() and not wanted.all():
            svm: Any = LinearSVC(C=strength, random_state=seed)
            rows = features if told.all() else features[told]
            svm.fit(rows, wanted, sample_weight=sample[told])
            weights[:, place], bias[place] = svm.coef_[0], svm.intercept_[0]
    return Linear(weights, bias)


def fit_logits(features: Floats, truth: Truth, judged: Truth, sample: Floats, *, strength: float) -> Linear:
    """One logistic regression a class on dense features, such as vectors of an encoder."""
    weights = np.zeros((features.shape[1], truth.shape[1]))
    bias = np.full(truth.shape[1], NEVER)
    for place, (column, told) in enumerate(zip(truth.T, judged.T, strict=True)):
        wanted = column[told]
        if wanted.any() and not wanted.all():
            model: Any = LogisticRegression(C=strength, max_iter=300)
            model.fit(features[told], wanted, sample_weight=sample[told])
            weights[:, place], bias[place] = model.coef_[0], model.intercept_[0]
    return Linear(weights, bias)


def fit_student(features: Any, opinions: Floats, *, epochs: int, rate: float, seed: int) -> Linear:
    """Logistic regressions on probabilities instead of answers (distillation, Hinton 2015).

    Args:
        features: Scipy's CSR matrix, shape (texts, n), rows of unit length.
        opinions: Probability of each class, shape (texts, classes).
        epochs: Passes over the texts.
        rate: Peak learning rate of Adam, falling linearly.
        seed: Of the order of texts.
    """
    table = torch.nn.Embedding(features.shape[1], opinions.shape[1], sparse=True)
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.full((opinions.shape[1],), STUDENT_BIAS))
    optimisers = [torch.optim.SparseAdam(table.parameters(), lr=rate), torch.optim.Adam([bias], lr=rate)]
    rng = np.random.default_rng(seed)
    per_epoch = -(-features.shape[0] // STUDENT_BATCH)
    order = rng.permutation(features.shape[0])
    for step in range(epochs * per_epoch):
        if step and step % per_epoch == 0:
            order = rng.permutation(features.shape[0])
        at = order[(step % per_epoch) * STUDENT_BATCH :][:STUDENT_BATCH]
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * (1 - step / (epochs * per_epoch)) + rate / 200
            optimiser.zero_grad()
        scores = _bagged(features[at], table.weight) + bias
        wanted = torch.from_numpy(opinions[at].astype(np.float32))
        functional.binary_cross_entropy_with_logits(scores, wanted).backward()  # type: ignore[no-untyped-call]
        for optimiser in optimisers:
            optimiser.step()
    learned = table.weight.detach().numpy().astype(np.float64) * SHARPNESS
    return Linear(learned, bias.detach().numpy().astype(np.float64))


def _bagged(rows: Any, table: torch.Tensor) -> torch.Tensor:
    return functional.embedding_bag(
        torch.from_numpy(rows.indices.astype(np.int64)),
        table,
        torch.from_numpy(rows.indptr[:-1].astype(np.int64)),
        mode="sum",
        per_sample_weights=torch.from_numpy((rows.data * SHARPNESS).astype(np.float32)),
        sparse=True,
    )
