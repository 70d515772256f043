"""``tianfu train pairs``: labelled pairs and real stories in, the pair judge's artefact out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.pairs.bounds import copy_probability, moved_elsewhere
from tianfu.embeddings.pairs.features import NAMES, features
from tianfu.embeddings.pairs.headlines import sister_headlines
from tianfu.embeddings.pairs.heads import HEADS_FILE, Head, Heads, read_heads, write_heads
from tianfu.embeddings.pairs.profile import profile_of
from tianfu.embeddings.pairs.rarity import BUCKETS, RARITY_FILE, RARITY_STEP, Rarity, buckets_of, rarity_of
from tianfu.embeddings.reprints.verify import ReprintVerdict, verify
from tianfu.embeddings.text.wording import wording
from tianfu.model.cluster import components
from tianfu.training.pages import write_page
from tianfu.training.pairs.data import LabelledPair, made_pairs
from tianfu.training.pairs.fit import COPY_FEATURES, EVENT_FEATURES, THRESHOLD, at_precision, fit_head
from tianfu.training.pairs.measure import (
    containment_f1,
    joined_metrics,
    judge_intervals,
    judge_metrics,
    made_metrics,
)
from tianfu.training.pairs.sources import PairSources, Text
from tianfu.training.progress import Progress

NAME = "pairs-lexical"
EVENT_PRECISION = 0.96
MADE_EACH = 120
TOLD: Mapping[str, Any] = {
    "what": "Is one of two texts a copy of the other: a logistic regression over three measures of shared"
    " wording, between two bounds (siblings are held back, misread copies let through).  Do both tell the"
    " same event: another over eight.  Headlines of one frame with another name or number make siblings,"
    " never joined.",
    "measured_on": "the pairs labelled by two readers, by heads that saw neither story (ten rounds of five"
    " folds); intervals over groups of pairs that share stories",
    "good_at": [
        "Copies that were cut, re-headlined, re-ordered, turned into traditional script or read by OCR.",
        "Telling most bulletins of another day, place or person from a copy.",
    ],
    "bad_at": [
        "The same event told in altogether other words: what it is not sure of is shown, not joined.",
        "Reprints on the border of four fifths of shared wording, where readers differ too.",
        "Copies whose first sentence is told anew: three quarters of their wording is shared, which readers"
        " call the same event.",
        "Bulletins of one template: some twelfth of made ones is called copies (`made_pairs`).  Under one"
        " headline another day, number, place or name leaves the two to an editor.",
    ],
    "sources": [
        "Pairs labelled by reading (CCTV, Sina 2018); frequencies of hashed pairs of letters; copies and"
        " siblings made from CCTV stories to measure on.  The texts are their publishers' property and none"
        " is contained."
    ],
    "licence": "Weights: Apache-2.0; whoever trains again needs the right to the texts used.",
}
_TOLD_OF_DECISIONS: Mapping[str, Any] = {
    "measured_on": "pairs that editors decided, and labelled ones where there are any, by heads that saw"
    " neither story (ten rounds of five folds); intervals over groups of pairs that share stories",
    "sources": ["Pairs of the newsrooms' stories, with what their editors decided; labelled pairs where there"
                " are any.  The texts are their publishers' property and none is contained."],
}  # fmt: skip
TOLD_EVERY = 100
"""Of stories and pairs, between one sign of progress and the next."""
_Flags = npt.NDArray[np.bool_]
_Item = TypeVar("_Item")


def train_pairs(
    sources: PairSources,
    *,
    target: Path,
    version: str,
    name: str = NAME,
    seed: int = 7,
    progress: Progress = lambda _name, _done, _total: None,
) -> Mapping[str, Any]:
    """Train the judge and write its artefact; returns the card.

    The figures are out of fold; with editors' decisions, ``on_newer_pairs`` are those of the newest ones,
    that nothing was learnt from.  The same data and seed give the same artefact.

    Args:
        sources: What to learn from.
        target: Folder to write, made if missing.
        version: Written into the card.
        name: The same.
        seed: Of the edits and of the intervals.
        progress: Told how far it is.
    """
    labelled, more = list(sources.labelled), list(sources.more)
    steps = _rarity_steps(_told(sources.stories(), "stories", 0, progress))
    rarity = rarity_of(steps)
    seen = _seen(_told(labelled + more, "pairs", len(labelled) + len(more), progress), rarity)
    progress("heads", 0, 1)
    groups = _groups(labelled + more)
    weights = np.array([pair.weight for pair in labelled + more])
    relations = np.array([pair.relation for pair in labelled + more])
    copy, event = (
        fit_head(
            seen.rows,
            np.isin(relations, wanted),
            groups=groups,
            names=names,
            weights=weights,
            settled=seen.siblings,
        )
        for wanted, names in (
            (("reprint",), COPY_FEATURES),
            (("reprint", "same_event"), EVENT_FEATURES),
        )
    )
    progress("heads", 1, 1)
    own = slice(len(labelled))
    is_event = np.isin(relations[own], ("reprint", "same_event"))
    said_copy = _bounded(copy.out_of_fold >= THRESHOLD, seen)
    sure = max(THRESHOLD, at_precision(event.out_of_fold.mean(axis=0), is_event, EVENT_PRECISION))
    target.mkdir(parents=True, exist_ok=True)
    np.save(target / RARITY_FILE, steps, allow_pickle=False)
    write_heads(
        target / HEADS_FILE,
        copy={**copy.written, "sure": THRESHOLD},
        event={**event.written, "sure": round(sure, 4)},
    )
    said_event = said_copy | (event.out_of_fold >= THRESHOLD)
    made = made_pairs(sources.sample(), each=MADE_EACH, seed=seed)
    heads = read_heads(target / HEADS_FILE)
    card = {
        "kind": "pairs",
        "name": name,
        "version": version,
        "metrics": judge_metrics(said_copy, said_event, relations[own]),
        "intervals": judge_intervals(said_copy, said_event, relations[own], groups[own], seed=seed),
        "beside": {"containment_best_cut_off_reprint_f1": containment_f1(seen.rows[own], relations[own])},
        "joined_without_asking": joined_metrics(said_copy, event.out_of_fold >= sure, relations[own]),
        "made_pairs": _on_made(made, rarity, heads),
        "on_newer_pairs": _on_newer(sources.held, rarity, heads),
        "thresholds": {"reprint": THRESHOLD, "same_event": THRESHOLD, "same_event_sure": round(sure, 4)},
        "trained_on": {
            "labelled_pairs": len(labelled),
            "labelled_by_one_reader": len(more),
            **sources.data,
            "seed": seed,
        },
        **TOLD,
        **(_TOLD_OF_DECISIONS if sources.snapshot is not None else {}),
    }
    write_card(target, card, files=(HEADS_FILE, RARITY_FILE))
    write_page(target, card)
    return card


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Pairs as the judge sees them.

    Attributes:
        rows: Features, shape (n, len(NAMES)).
        siblings: Which never join, by their headlines or places; shape (n,).
    """

    rows: npt.NDArray[np.float64]
    verdicts: tuple[ReprintVerdict, ...]
    siblings: npt.NDArray[np.bool_]


def _told(items: Iterable[_Item], name: str, total: int, progress: Progress) -> Iterator[_Item]:
    for done, item in enumerate(items, start=1):
        yield item
        if done % TOLD_EVERY == 0 or done == total:
            progress(name, done, total)


def _seen(pairs: Iterable[LabelledPair], rarity: Rarity) -> _Seen:
    rows, verdicts, siblings = [], [], []
    for pair in pairs:
        a, b = profile_of(*pair.a), profile_of(*pair.b)
        found = verify(a.text, b.text)
        verdicts.append(found)
        rows.append(features(a, b, found, rarity))
        siblings.append(not found.same_wording and (sister_headlines(a, b) or moved_elsewhere(found)))
    return _Seen(rows=np.stack(rows), verdicts=tuple(verdicts), siblings=np.array(siblings))


_NO_FEATURES = np.zeros(len(NAMES))


def _certain(odds: float) -> Head:
    """A head that gives one answer whatever it sees."""
    return Head(
        places=np.zeros(0, dtype=np.int64),
        weights=np.zeros(0),
        bias=odds,
        threshold=THRESHOLD,
        sure=THRESHOLD,
    )


def _bounded(said: npt.NDArray[np.bool_], seen: _Seen) -> npt.NDArray[np.bool_]:
    """What becomes of the answers of a copy head, shape (rounds, pairs), between the judge's bounds."""
    own = seen.verdicts[: said.shape[1]]
    low, high = (
        np.array([copy_probability(_certain(odds), _NO_FEATURES, found) >= THRESHOLD for found in own])
        for odds in (-50.0, 50.0)
    )
    bounded: npt.NDArray[np.bool_] = ((said & high) | low) & ~seen.siblings[: len(own)]
    return bounded


def _on_made(pairs: Sequence[LabelledPair], rarity: Rarity, heads: Heads) -> dict[str, float]:
    if not any(pair.relation == "reprint" for pair in pairs):
        return {}  # no story is long enough to be edited
    copies, joined = _answers(pairs, rarity, heads)
    return made_metrics(pairs, copies, joined)


def _on_newer(pairs: Sequence[LabelledPair], rarity: Rarity, heads: Heads) -> dict[str, float]:
    if not pairs:
        return {}
    copies, joined = _answers(pairs, rarity, heads)
    relations = np.array([pair.relation for pair in pairs])
    return judge_metrics(copies[None], joined[None], relations) | {"pairs": len(pairs)}


def _answers(pairs: Sequence[LabelledPair], rarity: Rarity, heads: Heads) -> tuple[_Flags, _Flags]:
    """Which are called copies, and which are joined without asking; shape (pairs,) each."""
    seen = _seen(pairs, rarity)
    copies = np.array(
        [
            copy_probability(heads.copy, row, found) >= heads.copy.threshold
            for row, found in zip(seen.rows, seen.verdicts, strict=True)
        ]
    )
    sure = np.array([heads.event.probability(row) >= heads.event.sure for row in seen.rows])
    return copies & ~seen.siblings, (copies | sure) & ~seen.siblings


def _rarity_steps(texts: Iterable[Text]) -> npt.NDArray[np.uint8]:
    """Logarithm of stories to one with the pair of letters, in whole steps; shape (BUCKETS,)."""
    seen, stories = np.zeros(BUCKETS, dtype=np.int64), 0
    for title, body in texts:
        seen[buckets_of(wording(f"{title}\n{body}").letters)] += 1
        stories += 1
    return np.rint(np.log((stories + 1) / (seen + 1)) / RARITY_STEP).clip(0, 255).astype(np.uint8)


def _groups(pairs: Sequence[LabelledPair]) -> npt.NDArray[np.int64]:
    numbers: dict[str, int] = {}
    edges = [tuple(numbers.setdefault(key, len(numbers)) for key in pair.keys if key) for pair in pairs]
    joined = components(range(len(numbers)), ((edge[0], edge[-1]) for edge in edges))
    return np.array([min(joined[edge[0]]) for edge in edges], dtype=np.int64)
