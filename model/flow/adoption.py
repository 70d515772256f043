"""Adoptions (采用): an outlet takes over a story that another outlet published first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tianfu.model.cluster import DuplicateEdge, relations_to_lead
from tianfu.model.dating import Dating, first_told


class AdoptedBy(StrEnum):
    """How an adoption is known."""

    COPY = "copy"
    """The adopter published a reprint, found by comparing texts."""
    SUBMISSION = "submission"
    """The adopter accepted what was submitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One story of a cluster.

    Attributes:
        dating: The times that count.
        topic: Primary class, or empty.
        shown: False for a taken-down one, which still links others but is neither first nor adopted.
    """

    number: int
    story_id: str
    title: str
    outlet_id: str
    published_at: datetime
    dating: Dating
    cluster_id: str
    topic: str
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """One line of the ledger.

    Attributes:
        number: Of the story that was taken over, as ``story_id`` and ``title``.
        outlet_id: Who published it first.
        adopter_id: Who took it over.
        at: When.
        topic: Class the adopter filed it under: of its own version, or of the desk; may be empty.
    """

    number: int
    story_id: str
    title: str
    cluster_id: str
    outlet_id: str
    adopter_id: str
    at: datetime
    topic: str
    by: AdoptedBy


def adoptions_among(versions: Iterable[Version], edges: Iterable[DuplicateEdge]) -> list[Adoption]:
    """Copies of each cluster's first story by other outlets, one for each copy.

    Args:
        versions: Whole clusters, any number of them.
        edges: All judged pairs among them.
    """
    clusters: dict[str, list[Version]] = {}
    cluster_of: dict[int, str] = {}
    for version in versions:
        clusters.setdefault(version.cluster_id, []).append(version)
        cluster_of[version.number] = version.cluster_id
    judged: dict[str, list[DuplicateEdge]] = {}
    for edge in edges:
        if edge.a in cluster_of:
            judged.setdefault(cluster_of[edge.a], []).append(edge)
    return [one for key, group in clusters.items() for one in _adoptions(group, judged.get(key, []))]


def merged(adoptions: Iterable[Adoption]) -> list[Adoption]:
    """One line for each story and adopter, the earliest of both ways of knowing; newest first."""
    found: dict[tuple[int, str], Adoption] = {}
    for one in sorted(adoptions, key=lambda a: (a.at, a.by is AdoptedBy.COPY)):
        found.setdefault((one.number, one.adopter_id), one)
    return sorted(found.values(), key=lambda a: (a.at, a.number, a.adopter_id), reverse=True)


def _adoptions(group: Sequence[Version], edges: Sequence[DuplicateEdge]) -> list[Adoption]:
    shown = first_told((v for v in group if v.shown), dating=lambda v: v.dating, number=lambda v: v.number)
    if not shown:
        return []
    lead = shown[0]
    relations = relations_to_lead(lead.number, [v.number for v in group], edges)
    copies = [v for v in shown if v.outlet_id != lead.outlet_id and relations[v.number].is_copy]
    return [
        Adoption(
            number=lead.number,
            story_id=lead.story_id,
            title=lead.title,
            cluster_id=lead.cluster_id,
            outlet_id=lead.outlet_id,
            adopter_id=version.outlet_id,
            at=version.published_at,
            topic=version.topic or lead.topic,
            by=AdoptedBy.COPY,
        )
        for version in copies
    ]
