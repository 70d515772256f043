"""Clusters: stories that tell the same, and how they relate.

Two stories are joined by an edge when a pure, symmetric judgement of the two texts says so, and a
cluster is a connected component of edges.  Both are functions of the set of stories alone, so the
order of arrival changes nothing.  A cluster is named after its lead story, a function of the set as
well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Relation(StrEnum):
    """How two stories relate, closest first."""

    IDENTICAL = "identical"
    REPRINT = "reprint"
    SAME_EVENT = "same_event"
    SAME_TOPIC = "same_topic"
    UNRELATED = "unrelated"

    @property
    def joins(self) -> bool:
        """Whether the two belong into one cluster; ``same_topic`` is a neighbour, not a member."""
        return self in _JOINING

    @property
    def is_copy(self) -> bool:
        """Whether one text is a copy of the other."""
        return self in _COPIES


_JOINING = frozenset({Relation.IDENTICAL, Relation.REPRINT, Relation.SAME_EVENT})
_COPIES = frozenset({Relation.IDENTICAL, Relation.REPRINT})


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A stretch that two texts share; half-open offsets in the callers' own bodies."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateEdge:
    """A judged pair.  ``a < b``, so that a pair has one edge.

    Attributes:
        a: Number of the one story.
        b: Number of the other.
        score: How sure the judgement is, 0..1.
        decided_by: Model name and version, or an editor's key id; an editor's word is final.
    """

    a: int
    b: int
    relation: Relation
    score: float
    decided_by: str

    def __post_init__(self) -> None:
        if self.a >= self.b:
            raise ValueError("an edge runs from the smaller number to the larger")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """A story as its cluster sees it."""

    number: int
    story_id: str
    outlet_id: str
    published_at: datetime
    relation: Relation
    """To the lead story; the lead itself is ``identical``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Stories that tell the same, first publisher first."""

    id: str
    members: tuple[ClusterMember, ...]

    @property
    def lead(self) -> ClusterMember:
        """The first publisher's story (首发): earliest time, ties by number."""
        return self.members[0]


def cluster_id_of(lead_story_id: str) -> str:
    """Name a cluster after its lead story: ``s…`` gives ``c…``, so the two are never mixed up."""
    return f"c{lead_story_id[1:]}"


def lead_story_id_of(cluster_id: str) -> str:
    """Tell the story a cluster is, or once was, named after; a story's own id stands for itself."""
    return f"s{cluster_id[1:]}" if cluster_id.startswith("c") else cluster_id


def components(numbers: Iterable[int], edges: Iterable[tuple[int, int]]) -> Mapping[int, frozenset[int]]:
    """Map each number to its connected component (disjoint sets with path halving, Tarjan 1975).

    Args:
        numbers: Every story concerned, also those without an edge.
        edges: Pairs in any order; endpoints outside ``numbers`` are taken in.
    """
    parent: dict[int, int] = {number: number for number in numbers}

    def root(number: int) -> int:
        parent.setdefault(number, number)
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in edges:
        root_a, root_b = root(a), root(b)
        if root_a != root_b:
            parent[max(root_a, root_b)] = min(root_a, root_b)
    groups: dict[int, set[int]] = {}
    for number in list(parent):
        groups.setdefault(root(number), set()).add(number)
    frozen = {top: frozenset(members) for top, members in groups.items()}
    return {number: frozen[root(number)] for number in parent}


def relations_to_lead(
    lead: int, members: Iterable[int], edges: Iterable[DuplicateEdge]
) -> Mapping[int, Relation]:
    """Say how each member relates to the lead story.

    A member reached over copies only is a ``reprint`` (``identical`` when its own edge to the lead
    says so); every other member tells the same event in other words.
    """
    known = set(members) | {lead}
    inside = [e for e in edges if e.a in known and e.b in known]
    copies = components(known, ((e.a, e.b) for e in inside if e.relation.is_copy))[lead]
    direct = {e.a + e.b - lead: e.relation for e in inside if lead in (e.a, e.b)}
    answer: dict[int, Relation] = {}
    for number in known:
        if number == lead or direct.get(number) is Relation.IDENTICAL:
            answer[number] = Relation.IDENTICAL
        else:
            answer[number] = Relation.REPRINT if number in copies else Relation.SAME_EVENT
    return answer


def nearest_earlier(order: Sequence[int], edges: Iterable[DuplicateEdge]) -> Mapping[int, int]:
    """Say which earlier telling each story is nearest to, so that a spread can be drawn as a tree.

    Copies come before other words, then the surer judgement, then the earlier telling.  That is likeness,
    no proof of who took it from whom.  Stories that no edge ties to an earlier one are left out.

    Args:
        order: Stories by time, the first publisher's first.
        edges: Judged pairs; those with other stories are not looked at.
    """
    place = {number: at for at, number in enumerate(order)}
    best: dict[int, tuple[tuple[bool, float, int], int]] = {}
    for edge in edges:
        if edge.a not in place or edge.b not in place:
            continue
        earlier, later = sorted((edge.a, edge.b), key=place.__getitem__)
        rank = (not edge.relation.is_copy, -edge.score, place[earlier])
        if later not in best or rank < best[later][0]:
            best[later] = (rank, earlier)
    return {later: earlier for later, (_, earlier) in best.items()}
