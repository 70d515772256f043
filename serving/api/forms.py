"""Shapes shared by several routes.  What comes in refuses unknown fields; what goes out has no defaults."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tianfu.model.rights import Permission
from tianfu.model.story import Story, StoryState
from tianfu.model.tag import AssignedBy, TagAssignment, TagKind, TagState, TextField


class In(BaseModel):
    """A request body: unknown fields are refused by name, types are not guessed."""

    model_config = ConfigDict(extra="forbid", strict=False, str_strip_whitespace=False)


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


PageLimit = Annotated[int, Field(ge=1, le=100, description="Rows on a page.")]
CursorParam = Annotated[str, Field(max_length=400, description="The `cursor` of the page before.")]
IdParam = Annotated[str, Field(min_length=1, max_length=128)]


class EvidenceOut(Out):
    """Words that speak for a tag; offsets in characters of the given text."""

    field: TextField
    start: int
    end: int
    text: str
    weight: float


class TagOut(Out):
    """A tag on a story."""

    kind: TagKind
    code: str
    label: str
    confidence: float
    primary: bool
    assigned_by: AssignedBy
    state: TagState
    source: str
    decided_at: datetime | None
    evidence: list[EvidenceOut]


class RightsOut(Out):
    """What the asking outlet may do with a story, and by which right, in plain Chinese."""

    code: Permission
    text: str


class StoryBrief(Out):
    """A story without its body."""

    story_id: str
    external_id: str
    outlet_id: str
    title: str
    url: str | None
    published_at: datetime
    revision: int
    state: StoryState
    indexed: bool
    cluster_id: str


def tag_out(tag: TagAssignment, *, whole: bool = True) -> TagOut:
    """Translate a tag; without the words that speak for it where the text may not be read as a whole."""
    found = TagOut.model_validate(tag)
    return found if whole else found.model_copy(update={"evidence": []})


def story_brief(story: Story) -> StoryBrief:
    """Translate a story."""
    return StoryBrief(
        story_id=story.id,
        external_id=story.external_id,
        outlet_id=story.outlet_id,
        title=story.text.title,
        url=story.text.url,
        published_at=story.text.published_at,
        revision=story.revision,
        state=story.state,
        indexed=story.is_indexed,
        cluster_id=story.cluster_id,
    )
