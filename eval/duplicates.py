"""Suite ``duplicates``: a judge should tell reprint, same event, same topic and unrelated apart."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.baselines.pairs import CLOSEST_FIRST, baseline_relations, likenesses
from tianfu.eval.bootstrap import Measure, compare
from tianfu.eval.confusion import confusion, precision_recall
from tianfu.eval.core import Subject, SuiteResult, needed, record
from tianfu.eval.pictures import Curves, Example, Picture
from tianfu.eval.rows import Row, name_of, parsed_rows, text_of
from tianfu.model.cluster import Relation, components
from tianfu.model.errors import InvalidInput
from tianfu.model.ports import PairJudge, PairText, PairVerdict

NAME = "duplicates"
RESAMPLES = 400
RELATIONS = CLOSEST_FIRST
Names = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Measure a judge on labelled pairs; rows are ``{"a": {"title", "body"}, "b": {…}, "relation"}``.

    Metrics: see :func:`duplicate_metrics`.  Baselines learn their cut-offs from these very pairs,
    cross-validated: pairs that share a story (the same ``ref``, or the same text) stay together.

    Raises:
        UnreadableFile: A file is missing or a row breaks its form.
    """
    began = time.perf_counter()
    pairs = parsed_rows(files, pair_of, limit=subject.limit)
    truth = np.array([pair.relation for pair in pairs])
    verdicts = judged(pairs, needed(subject.judge, "pairs"))
    said = np.array([relation_of(verdict) for verdict in verdicts])
    likeness = likenesses([(pair.a, pair.b) for pair in pairs]) if subject.baselines else {}
    others = baseline_relations(likeness, truth, story_groups(pairs)) if subject.baselines else {}
    comparison = compare(
        len(pairs),
        _measure(truth, said),
        {name: _measure(truth, answers) for name, answers in others.items()},
        resamples=RESAMPLES,
    )
    return record(
        NAME,
        subject,
        len(pairs),
        comparison,
        began=began,
        pictures=_pictures(truth, said, verdicts, likeness),
        examples=_examples(pairs, verdicts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two stories as outlets sent them, and how they truly relate.

    Attributes:
        keys: What the two stories are known by.
    """

    a: PairText
    b: PairText
    relation: str
    keys: tuple[str, str]


def pair_of(row: Row) -> JudgedPair:
    """Read one row; bodies are cleaned.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    relation = name_of(row, "relation")
    if relation not in RELATIONS:
        raise InvalidInput(field="relation", why=f"must be one of {', '.join(RELATIONS)}, not {relation!r}")
    (a, key_a), (b, key_b) = _side(row, "a"), _side(row, "b")
    return JudgedPair(a=a, b=b, relation=relation, keys=(key_a, key_b))


def story_groups(pairs: Sequence[JudgedPair]) -> list[int]:
    """A number for each pair; pairs linked by a common story, directly or over others, have the same."""
    numbers: dict[str, int] = {}
    edges = [(numbers.setdefault(a, len(numbers)), numbers.setdefault(b, len(numbers)))
             for a, b in (pair.keys for pair in pairs)]  # fmt: skip
    joined = components(numbers.values(), edges)
    lowest = {number: min(group) for number, group in joined.items()}
    return [lowest[a] for a, _ in edges]


def judged(pairs: Sequence[JudgedPair], judge: PairJudge) -> list[PairVerdict]:
    """What the judge says of each pair, without the help of vectors."""
    return [judge.judge(pair.a, pair.b, 0.0) for pair in pairs]


def relation_of(verdict: PairVerdict) -> str:
    """The relation's name; ``identical`` counts as ``reprint``."""
    return "reprint" if verdict.relation is Relation.IDENTICAL else verdict.relation.value


def duplicate_metrics(truth: Sequence[str] | Names, said: Sequence[str] | Names) -> dict[str, float]:
    """The figures of the suite.

    ``reprint_f1`` is reprint against the rest, ``same_event_f1`` reprint or same event against the
    rest, ``relation_macro_f1`` the mean of the F1 of those relations that occur.
    """
    true, guess = np.asarray(truth), np.asarray(said)
    right, wrong = {r: true == r for r in RELATIONS}, {r: guess == r for r in RELATIONS}
    of_each = [f1(right[r], wrong[r]) for r in RELATIONS if right[r].any() or wrong[r].any()]
    is_event = right["reprint"] | right["same_event"]
    says_event = wrong["reprint"] | wrong["same_event"]
    return {
        "reprint_f1": f1(right["reprint"], wrong["reprint"]),
        "same_event_f1": f1(is_event, says_event),
        "relation_macro_f1": float(np.mean(of_each)) if of_each else 0.0,
        "reprint_precision": precision(right["reprint"], wrong["reprint"]),
        "same_event_precision": precision(is_event, says_event),
    }


def f1(truth: Flags, said: Flags) -> float:
    """Harmonic mean of precision and recall; 0 where nothing is right."""
    right = int((truth & said).sum())
    return 2.0 * right / (int(truth.sum()) + int(said.sum())) if right else 0.0


def precision(truth: Flags, said: Flags) -> float:
    """Share of the said that is true; 0 where nothing was said."""
    return float((truth & said).sum()) / max(int(said.sum()), 1)


def _measure(truth: Names, said: Names) -> Measure:
    return lambda at: duplicate_metrics(truth[at], said[at])


def _pictures(
    truth: Names, said: Names, verdicts: Sequence[PairVerdict], likeness: Mapping[str, Scores]
) -> tuple[Picture, ...]:
    event = np.array([v.score if v.relation.joins else 1.0 - v.score for v in verdicts])
    # the verdict tells how likely a copy is only where it says copy; below, containment ranks
    copy = np.array([1.0 + v.score if v.relation.is_copy else v.containment for v in verdicts])
    matrix = confusion("Which relations are mixed up?", truth.tolist(), said.tolist(), RELATIONS)
    return (
        matrix,
        _curves("Finding reprints", copy, truth == "reprint", said == "reprint", likeness),
        _curves(
            "Finding the same event, reprints among them",
            event,
            np.isin(truth, ("reprint", "same_event")),
            np.isin(said, ("reprint", "same_event")),
            likeness,
        ),
    )


def _curves(title: str, scores: Scores, truth: Flags, said: Flags, likeness: Mapping[str, Scores]) -> Curves:
    ranked = {"model": scores, **likeness}
    recall = float((truth & said).sum()) / max(int(truth.sum()), 1)
    return Curves(
        title=title,
        x="recall",
        y="precision",
        lines={name: precision_recall(values, truth) for name, values in ranked.items()},
        marks={"as it decides": (recall, precision(truth, said))},
    )


def _examples(pairs: Sequence[JudgedPair], verdicts: Sequence[PairVerdict]) -> list[Example]:
    """Pairs judged wrongly, the surest mistakes first."""
    wrong = [
        (-verdict.score, row)
        for row, (pair, verdict) in enumerate(zip(pairs, verdicts, strict=True))
        if relation_of(verdict) != pair.relation
    ]
    return [
        Example(
            titles=(pairs[row].a.title, pairs[row].b.title),
            truth=pairs[row].relation,
            said=f"{relation_of(verdicts[row])} ({-minus:.2f})",
        )
        for minus, row in sorted(wrong)
    ]


def _side(row: Row, name: str) -> tuple[PairText, str]:
    side = row.get(name)
    if not isinstance(side, Mapping):
        raise InvalidInput(field=name, why="must be an object with title and body")
    try:
        body = text_of(side, "body", empty=True)
        title = text_of({"title": "", **side}, "title", empty=True)
    except InvalidInput as bad:
        raise InvalidInput(field=f"{name}.{bad.field}", why=bad.why) from bad
    return PairText(title=title, body=html_to_text(body)), str(side.get("ref") or f"{title}\n{body}")
