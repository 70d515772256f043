"""Texts of a newsroom: tags for them, and who has them already.  Nothing of a text is kept."""

from dataclasses import dataclass
from datetime import datetime

from tianfu.client.call import Call, given


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words that speak for a tag; offsets in characters of the given ``title`` or ``body``."""

    field: str
    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag on a story."""

    kind: str
    code: str
    label: str
    confidence: float
    primary: bool
    assigned_by: str
    state: str
    source: str
    decided_at: datetime | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A suggested tag with the words that justify it."""

    code: str
    label: str
    confidence: float
    primary: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """Suggested tags by kind, most confident first."""

    topics: tuple[Suggestion, ...]
    fine_topics: tuple[Suggestion, ...]
    places: tuple[Suggestion, ...]
    keywords: tuple[Suggestion, ...]
    people: tuple[Suggestion, ...]
    organisations: tuple[Suggestion, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch that both bodies share."""

    start: int
    end: int
    other_start: int
    other_end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A story that tells the same, with its ``relation``: ``identical``, ``reprint`` or ``same_event``."""

    story_id: str
    outlet_id: str
    title: str
    url: str | None
    published_at: datetime
    relation: str
    score: float
    containment: float
    cluster_id: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Matches, closest first."""

    matches: tuple[Match, ...]
    model: str


def suggest_tags(title: str, body: str = "") -> Call[Suggestions]:
    """Suggest topics, fine topics, places, keywords, people and organisations."""
    return Call(
        method="POST",
        template="/v1/tags/suggest",
        answer=Suggestions,
        body={"title": title, "body": body},
        repeatable=True,
    )


def check_duplicates(
    title: str, body: str = "", *, published_at: datetime | None = None, count: int = 10
) -> Call[Matches]:
    """Who has this already?  ``published_at`` is when it will appear; now, when left out."""
    return Call(
        method="POST",
        template="/v1/duplicates/check",
        answer=Matches,
        body=given(title=title, body=body, published_at=published_at, count=count),
        repeatable=True,
    )


def duplicates(story_id: str) -> Call[Matches]:
    """Stories that tell the same as this one."""
    return Call(
        method="GET",
        template="/v1/stories/{story_id}/duplicates",
        answer=Matches,
        names=(("story_id", story_id),),
    )
