"""How well clusters agree with the demo's truth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tianfu.model.cluster import DuplicateEdge, components


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """Precision and recall over pairs of stories, 0..1.

    Attributes:
        truth: How many pairs are true.
        found: How many pairs were found.
    """

    precision: float
    recall: float
    truth: int
    found: int


def copy_agreement(
    rows: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], edges: Iterable[DuplicateEdge]
) -> PairAgreement:
    """Compare copies found with copies made.

    Two stories are copies of each other when both go back to one text: a found pair is one that copy
    edges connect, a true pair one that ``copied_from`` connects.

    Args:
        rows: The truth's stories.
        numbers: Story number by external id.
        edges: Judged pairs of the store.
    """
    made = [(numbers[row["external_id"]], numbers[row["copied_from"]]) for row in rows if row["copied_from"]]
    true_pairs = _pairs(components(numbers.values(), made))
    copies = [(edge.a, edge.b) for edge in edges if edge.relation.is_copy]
    found_pairs = _pairs(components(numbers.values(), copies))
    return _agreement(true_pairs, found_pairs)


def event_agreement(
    rows: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], clusters: Mapping[int, str]
) -> PairAgreement:
    """Compare clusters with events: every two stories of one event are a true pair."""
    events: dict[str, list[int]] = {}
    for row in rows:
        events.setdefault(row["event"], []).append(numbers[row["external_id"]])
    groups: dict[str, list[int]] = {}
    for number, cluster_id in clusters.items():
        groups.setdefault(cluster_id, []).append(number)
    return _agreement(_within(events.values()), _within(groups.values()))


def _pairs(groups: Mapping[int, frozenset[int]]) -> set[tuple[int, int]]:
    return _within(set(groups.values()))


def _within(groups: Iterable[Iterable[int]]) -> set[tuple[int, int]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def _agreement(truth: set[tuple[int, int]], found: set[tuple[int, int]]) -> PairAgreement:
    both = len(truth & found)
    return PairAgreement(
        precision=both / len(found) if found else 1.0,
        recall=both / len(truth) if truth else 1.0,
        truth=len(truth),
        found=len(found),
    )
