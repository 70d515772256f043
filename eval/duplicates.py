"""How well a judge tells reprint, same event, same topic and unrelated apart."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.text.html import html_to_text
from tianfu.embeddings.text.wording import gram_hashes, wording
from tianfu.eval.core import Subject, SuiteResult, interval
from tianfu.eval.rows import read_rows
from tianfu.model.artifacts import shipped
from tianfu.model.cluster import Relation
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import PairJudge, PairText

NAME = "duplicates"
RESAMPLES = 400
RELATIONS = ("reprint", "same_event", "same_topic", "unrelated")


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Measure the shipped judge on one file of labelled pairs; the encoder is not asked.

    Raises:
        UnreadableFile: The file is missing or not in the suite's form.
    """
    began = time.perf_counter()
    try:
        rows = read_rows(files[0], needs=("a", "b", "relation"), limit=subject.limit)
        pairs = [pair_of(row) for row in rows]
    except (KeyError, ValueError) as bad:
        raise UnreadableFile(f"{files[0].name} does not hold labelled pairs: {bad}.") from bad
    judge = load_pair_judge(shipped("pairs"))
    truth, said = [pair.relation for pair in pairs], judged(pairs, judge)
    true, guess = np.array(truth), np.array(said)
    metrics = duplicate_metrics(truth, said)
    simple = baseline_answers(pairs) if subject.baselines else {}
    return SuiteResult(
        suite=NAME,
        model={"name": judge.version},
        n=len(pairs),
        metrics=metrics,
        intervals={
            name: interval(
                len(pairs),
                lambda at, name=name: duplicate_metrics(true[at], guess[at])[name],  # type: ignore[misc]
                resamples=RESAMPLES,
            )
            for name in metrics
        },
        baselines={name: duplicate_metrics(truth, answers) for name, answers in simple.items()},
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two stories as outlets sent them, and how they truly relate."""

    a: PairText
    b: PairText
    relation: str


def pair_of(row: Mapping[str, object]) -> JudgedPair:
    """Read one row ``{"a": {"title", "body"}, "b": {…}, "relation"}``; bodies are cleaned.

    Raises:
        KeyError: A field is missing.
        ValueError: The relation is none of :data:`RELATIONS`.
    """
    relation = str(row["relation"])
    if relation not in RELATIONS:
        raise ValueError(f"unknown relation {relation}")
    return JudgedPair(a=_side(row["a"]), b=_side(row["b"]), relation=relation)


def judged(
    pairs: Sequence[JudgedPair],
    judge: PairJudge,
    *,
    cosine: Callable[[PairText, PairText], float] | None = None,
) -> list[str]:
    """What the judge says of each pair; ``identical`` counts as ``reprint``."""
    answers = []
    for pair in pairs:
        said = judge.judge(pair.a, pair.b, cosine(pair.a, pair.b) if cosine else 0.0).relation
        answers.append("reprint" if said is Relation.IDENTICAL else said.value)
    return answers


def duplicate_metrics(
    truth: Sequence[str] | npt.NDArray[np.str_], said: Sequence[str] | npt.NDArray[np.str_]
) -> dict[str, float]:
    """The figures of the suite.

    ``reprint_f1`` is reprint against the rest, ``same_event_f1`` reprint or same event against the
    rest, ``relation_macro_f1`` the mean of the F1 of those relations that occur.
    """
    true, guess = np.array(truth), np.array(said)
    joined = ("reprint", "same_event")
    present = [relation for relation in RELATIONS if relation in set(true.tolist()) | set(guess.tolist())]
    of_each = [f1(true == relation, guess == relation) for relation in present]
    is_event, says_event = np.isin(true, joined), np.isin(guess, joined)
    return {
        "reprint_f1": f1(true == "reprint", guess == "reprint"),
        "same_event_f1": f1(is_event, says_event),
        "relation_macro_f1": float(np.mean(of_each)) if of_each else 0.0,
        "reprint_precision": precision(true == "reprint", guess == "reprint"),
        "same_event_precision": precision(is_event, says_event),
    }


def f1(truth: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 0 where nothing is right."""
    right = int((truth & said).sum())
    return 2.0 * right / (int(truth.sum()) + int(said.sum())) if right else 0.0


def precision(truth: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> float:
    """Share of the said that is true; 0 where nothing was said."""
    return float((truth & said).sum()) / max(int(said.sum()), 1)


def baseline_answers(pairs: Sequence[JudgedPair]) -> dict[str, list[str]]:
    """Answers of simple rules; thresholds were chosen on development pairs.

    ``jaccard_5`` and ``containment_5`` compare sets of runs of five letters, ``cosine_2`` counts of
    runs of two, ``majority`` always says the most frequent relation of the development pairs.
    """
    rules = {
        "jaccard_5": (_jaccard, 0.5, 0.12),
        "containment_5": (_containment, 0.75, 0.35),
        "cosine_2": (_cosine, 0.8, 0.5),
    }
    answers = {"majority": ["same_topic"] * len(pairs)}
    for name, (likeness, reprint, event) in rules.items():
        scores = [likeness(wording(p.a.body).letters, wording(p.b.body).letters) for p in pairs]
        answers[name] = [
            "reprint" if s >= reprint else "same_event" if s >= event else "same_topic" for s in scores
        ]
    return answers


Letters = npt.NDArray[np.uint32]


def _jaccard(a: Letters, b: Letters) -> float:
    one, other = np.unique(gram_hashes(a, 5)), np.unique(gram_hashes(b, 5))
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(len(one) + len(other) - both, 1)


def _containment(a: Letters, b: Letters) -> float:
    one, other = np.unique(gram_hashes(a, 5)), np.unique(gram_hashes(b, 5))
    return len(np.intersect1d(one, other, assume_unique=True)) / max(min(len(one), len(other)), 1)


def _cosine(a: Letters, b: Letters) -> float:
    one, count_one = np.unique(gram_hashes(a, 2), return_counts=True)
    other, count_other = np.unique(gram_hashes(b, 2), return_counts=True)
    _, at_one, at_other = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    top = float(count_one[at_one] @ count_other[at_other])
    return top / max(float(np.sqrt((count_one @ count_one) * float(count_other @ count_other))), 1e-9)


def _side(side: object) -> PairText:
    if not isinstance(side, Mapping):
        raise ValueError("a side of a pair must be an object with title and body")
    return PairText(title=str(side.get("title", "")), body=html_to_text(str(side["body"])))
