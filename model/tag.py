"""Tags: what a story is about, how sure we are, and which words say so."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tianfu.model.errors import InvalidTag


class TagKind(StrEnum):
    """What a tag names."""

    TOPIC = "topic"
    """A top class of GB/T 20093, code of two digits."""
    FINE_TOPIC = "fine_topic"
    """An IPTC Media Topic, code ``medtop:01000000``, or a newsroom's own topic, code ``local:…``."""
    PLACE = "place"
    """An administrative division, adcode of six digits (townships nine)."""
    KEYWORD = "keyword"
    """A word of the text; the code is the word."""
    PERSON = "person"
    ORGANISATION = "organisation"


class TagState(StrEnum):
    """Where the newsroom stands on a tag."""

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AssignedBy(StrEnum):
    """Who put the tag there."""

    MODEL = "model"
    EDITOR = "editor"


class TextField(StrEnum):
    """Which of the story's strings an evidence span counts in."""

    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSpan:
    """Words that speak for a tag.

    Attributes:
        field: The string that the offsets count in.
        start: First character, zero-based, in Unicode code points of the outlet's own text.
        end: One past the last character.
        text: The words themselves, equal to ``field[start:end]``.
        weight: This span's share of the score, in the tagger's own units; larger speaks louder.
    """

    field: TextField
    start: int
    end: int
    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or self.end - self.start != len(self.text):
            raise InvalidTag(field="evidence", why="offsets do not fit the words they point at")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSuggestion:
    """A tag that a model proposes.

    Attributes:
        kind: What the tag names.
        code: Stable code within its kind.
        label: Chinese name shown to editors.
        confidence: Calibrated probability, 0..1.
        primary: True for the one topic the story is mainly about, or the one place.
        evidence: Spans, most telling first; may be empty only for tags without words in the text.
    """

    kind: TagKind
    code: str
    label: str
    confidence: float
    primary: bool = False
    evidence: tuple[EvidenceSpan, ...] = ()

    def __post_init__(self) -> None:
        if not self.code or len(self.code) > MAX_CODE_CHARS:
            raise InvalidTag(field="code", why=f"must have 1 to {MAX_CODE_CHARS} characters")
        if not 0.0 <= self.confidence <= 1.0:
            raise InvalidTag(field="confidence", why="must lie between 0 and 1")


MAX_CODE_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAssignment:
    """A tag on a story, with who put it there and what the newsroom made of it.

    An editor's word is final: a later model run never overwrites an assignment that an editor
    accepted, rejected or added (see :func:`merge_suggestions`).

    Attributes:
        source: Model name and version, or the key id of the editor.
        decided_at: When an editor decided; ``None`` while only a model has spoken.
    """

    kind: TagKind
    code: str
    label: str
    confidence: float
    assigned_by: AssignedBy
    state: TagState
    source: str
    primary: bool = False
    evidence: tuple[EvidenceSpan, ...] = field(default=())
    decided_at: datetime | None = None

    @property
    def is_editors(self) -> bool:
        """Whether an editor has decided on it."""
        return self.decided_at is not None

    @property
    def counts(self) -> bool:
        """Whether feeds and filters may use it: everything but what an editor rejected."""
        return self.state is not TagState.REJECTED


def merge_suggestions(
    standing: tuple[TagAssignment, ...], suggested: list[TagSuggestion], *, source: str
) -> tuple[TagAssignment, ...]:
    """Replace the model's old tags by its new ones and keep every decision of an editor.

    Args:
        standing: What the story has now.
        suggested: What the model says of the current revision.
        source: Name and version of that model.
    """
    kept = tuple(tag for tag in standing if tag.is_editors)
    decided = {(tag.kind, tag.code) for tag in kept}
    editor_primary = {tag.kind for tag in kept if tag.primary and tag.counts}
    fresh = tuple(
        TagAssignment(
            kind=s.kind,
            code=s.code,
            label=s.label,
            confidence=s.confidence,
            assigned_by=AssignedBy.MODEL,
            state=TagState.SUGGESTED,
            source=source,
            primary=s.primary and s.kind not in editor_primary,
            evidence=s.evidence,
        )
        for s in suggested
        if (s.kind, s.code) not in decided
    )
    return kept + fresh
