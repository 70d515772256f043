"""Stories as outlets send them and read them back."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError

from tianfu.model.errors import InvalidInput, InvalidStory, TianfuError
from tianfu.model.expiry import DatedKind, dated_until
from tianfu.model.rights import Reuse
from tianfu.model.story import (
    MAX_BODY_CHARS,
    MAX_TITLE_CHARS,
    Story,
    StoryState,
    StoryText,
    check_external_id,
)
from tianfu.serving.api.forms import In, Out, RightsOut, TagOut
from tianfu.serving.api.problems import FieldError, field_error, validation_errors
from tianfu.serving.services.ingest import IngestOutcome, StoryDraft


class StoryIn(In):
    """One story as an outlet sends it."""

    title: Annotated[str, Field(description=f"One line, 1 to {MAX_TITLE_CHARS} characters.")]
    published_at: Annotated[datetime, Field(description="RFC 3339 with an offset.")]
    body: Annotated[
        str, Field(description=f"Plain text or HTML, up to {MAX_BODY_CHARS} characters, kept as sent.")
    ] = ""
    outlet_id: Annotated[
        str | None, Field(max_length=40, description="Needed with a platform key; else the key's own outlet.")
    ] = None
    external_id: Annotated[
        str | None,
        Field(
            max_length=128,
            description="Your own id, of A-Z a-z 0-9 . _ : @ ~ -; the same id with another text makes a new "
            "revision. It is no part of any address: a story is addressed by the `story_id` it is given.",
        ),
    ] = None
    author: str = ""
    source: str = ""
    url: str | None = None
    image_url: str | None = None
    channel: str = ""
    adcode: Annotated[str | None, Field(description="Where the outlet filed it: six digits.")] = None
    expires_at: datetime | None = None
    ai_generated: bool = False
    reuse: Annotated[
        Reuse | None, Field(description="What others may do with it; the outlet's agreement when left out.")
    ] = None

    def to_text(self) -> StoryText:
        """Make the domain's text.

        Raises:
            InvalidStory: A field breaks its rule.
        """
        return StoryText(
            title=self.title,
            body=self.body,
            published_at=self.published_at,
            author=self.author,
            source=self.source,
            url=self.url,
            image_url=self.image_url,
            channel=self.channel,
            adcode=self.adcode,
            expires_at=self.expires_at,
            ai_generated=self.ai_generated,
            reuse=self.reuse,
        )

    def to_draft(self, outlet_id: str) -> StoryDraft:
        """Make the domain's draft for an outlet."""
        external_id = None if self.external_id is None else check_external_id(self.external_id)
        return StoryDraft(outlet_id=outlet_id, external_id=external_id, text=self.to_text())


class StoryPatchIn(In):
    """Fields to change; what is left out stays."""

    title: str | None = None
    body: str | None = None
    author: str | None = None
    source: str | None = None
    url: str | None = None
    image_url: str | None = None
    channel: str | None = None
    adcode: str | None = None
    published_at: datetime | None = None
    expires_at: datetime | None = None
    ai_generated: bool | None = None
    reuse: Reuse | None = None
    expected_revision: Annotated[
        int | None, Field(ge=1, description="Refuse with 409 if somebody else edited since.")
    ] = None


class DuplicateBrief(Out):
    """A story of the same cluster."""

    story_id: str
    outlet_id: str
    title: str
    relation: str


class StoryReceiptOut(Out):
    """What became of one story."""

    index: int
    story_id: str | None
    external_id: str | None
    revision: int | None
    outcome: IngestOutcome | None
    indexed: bool
    tags: list[TagOut] | None
    duplicates: list[DuplicateBrief] | None
    error: dict[str, Any] | None


class BatchReceiptOut(Out):
    """What became of each row, in the order sent."""

    accepted: int
    rejected: int
    results: list[StoryReceiptOut]


class RevisionOut(Out):
    """An earlier revision."""

    revision: int
    received_at: datetime
    text: dict[str, Any]


class DatedOut(Out):
    """As what a dated story was recognised, and when it ends by itself unless `expires_at` says otherwise."""

    kind: DatedKind
    until: datetime


class StoryOut(Out):
    """One story; no `body` and `revisions` where `rights` do not let the caller's outlet show it."""

    story_id: str
    external_id: str
    outlet_id: str
    revision: int
    state: StoryState
    indexed: bool
    cluster_id: str
    cluster_size: int
    title: str
    body: str | None
    author: str
    source: str
    url: str | None
    image_url: str | None
    channel: str
    adcode: str | None
    published_at: datetime
    fresh_from: Annotated[datetime, Field(description="When feeds take it for published.")]
    told_at: Annotated[datetime, Field(description="What counts when it is asked who was first.")]
    expires_at: datetime | None
    dated: DatedOut | None
    ai_generated: bool
    reuse: Reuse | None
    rights: RightsOut
    received_at: datetime
    tags: list[TagOut]
    revisions: list[RevisionOut]


def parse_row(raw: Any) -> StoryIn:
    """Read one row of a batch.

    Raises:
        InvalidRow: It is not a story; ``rows`` say which fields and why.
    """
    try:
        return StoryIn.model_validate(raw)
    except ValidationError as bad:
        raise InvalidRow(validation_errors(bad.errors())) from bad


class InvalidRow(InvalidStory):
    """A row of a batch with several faulty fields."""

    def __init__(self, rows: list[FieldError]) -> None:
        super().__init__(field=rows[0]["field"], why=rows[0]["why"], advice=rows[0].get("advice", ""))
        self.rows = rows


def dated_out(story: Story, clean_body: str) -> DatedOut | None:
    """When a story ends by itself."""
    found = dated_until(story.text.title, clean_body, story.dating.fresh_at)
    return None if found is None else DatedOut(kind=found.kind, until=found.at)


def row_problem(error: TianfuError) -> dict[str, Any]:
    """A row's error as the contract writes it."""
    found: dict[str, Any] = {"code": error.code, "detail": error.message}
    if error.advice:
        found["advice"] = error.advice
    if isinstance(error, InvalidRow):
        found["errors"] = error.rows
    elif isinstance(error, InvalidInput):
        found["errors"] = [field_error(error)]
    return found


def story_fields(story: Story, *, whole: bool) -> dict[str, Any]:
    """The fields of a story that the answer copies, with the body or without."""
    text = story.text
    return {
        "title": text.title,
        "body": text.body if whole else None,
        "author": text.author,
        "source": text.source,
        "url": text.url,
        "image_url": text.image_url,
        "channel": text.channel,
        "adcode": text.adcode,
        "published_at": text.published_at,
        "fresh_from": story.dating.fresh_at,
        "told_at": story.dating.first_at,
        "expires_at": text.expires_at,
        "ai_generated": text.ai_generated,
        "reuse": text.reuse,
    }
