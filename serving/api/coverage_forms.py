"""What the routes of joint coverages take."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tianfu.model.claim import ClaimState
from tianfu.model.coverage import (
    LEAST_LIKENESS,
    MAX_ANGLES,
    MAX_CODES,
    MAX_LEAD_CHARS,
    MAX_TITLE_CHARS,
    MAX_WORD_CHARS,
    MAX_WORDS,
    Angle,
    CoverageState,
    PickVerb,
    StandingQuery,
)
from tianfu.serving.api.forms import In
from tianfu.serving.services.clock import new_id

_Word = Annotated[str, Field(min_length=1, max_length=MAX_WORD_CHARS)]
_Words = Annotated[list[_Word], Field(max_length=MAX_WORDS, default_factory=list)]
_Codes = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=128)]],
    Field(max_length=MAX_CODES, default_factory=list),
]
_OutletIds = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=210)]
_Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARS)]
_Lead = Annotated[str, Field(max_length=MAX_LEAD_CHARS)]


class StandingQueryIn(In):
    """What the stories have in common; what is left out is no condition."""

    since: datetime
    until: datetime
    words_all: _Words
    words_any: _Words
    words_none: _Words
    topics: _Codes
    places: _Codes
    examples: Annotated[_Codes, Field(description="Ids of stories that others are compared with.")]
    least_likeness: Annotated[float, Field(ge=0, le=1)] = LEAST_LIKENESS

    def to_query(self) -> StandingQuery:
        """Translate."""
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in self.model_dump().items()
        }
        return StandingQuery(**fields)


class AngleIn(In):
    """A side of the event; an angle keeps its id when its name changes."""

    id: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    name: Annotated[str, Field(min_length=1, max_length=40)]
    description: Annotated[str, Field(max_length=300)] = ""
    words: _Words

    def to_angle(self) -> Angle:
        """Translate; an angle without an id gets one."""
        return Angle(
            id=self.id or new_id("a"), name=self.name, description=self.description, words=tuple(self.words)
        )


class CoverageIn(In):
    """A new joint coverage."""

    title: _Title
    lead: _Lead = ""
    query: StandingQueryIn
    angles: Annotated[list[AngleIn], Field(max_length=MAX_ANGLES, default_factory=list)]
    outlet_ids: Annotated[
        _OutletIds,
        Field(description="Members; empty means as far as the key reaches.", default_factory=list),
    ]
    state: CoverageState = CoverageState.LIVE


class CoveragePatchIn(In):
    """Fields to change; what is left out stays.  Angles and query are replaced whole."""

    title: _Title | None = None
    lead: _Lead | None = None
    query: StandingQueryIn | None = None
    angles: Annotated[list[AngleIn] | None, Field(max_length=MAX_ANGLES)] = None
    outlet_ids: _OutletIds | None = None
    state: CoverageState | None = None
    expected_revision: Annotated[int | None, Field(ge=1)] = None

    def to_fields(self) -> dict[str, Any]:
        """The coverage's fields that change."""
        found: dict[str, Any] = {
            name: value for name in ("title", "lead", "state") if (value := getattr(self, name)) is not None
        }
        if self.query is not None:
            found["query"] = self.query.to_query()
        if self.angles is not None:
            found["angles"] = tuple(angle.to_angle() for angle in self.angles)
        if self.outlet_ids is not None:
            found["outlet_ids"] = frozenset(self.outlet_ids)
        return found


class PickIn(In):
    """An editor's word on a story, above the query."""

    story_id: Annotated[str, Field(min_length=1, max_length=128)]
    verb: PickVerb = PickVerb.ADD
    angle_id: Annotated[str | None, Field(min_length=1, max_length=128)] = None


class ClaimIn(In):
    """A desk takes an angle."""

    angle_id: Annotated[str, Field(min_length=1, max_length=128)]
    until: datetime
    outlet_id: Annotated[str | None, Field(max_length=40, description="For platform keys.")] = None
    desk: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, Field(max_length=300)] = ""
    shared: Annotated[bool, Field(description="Beside another desk that has it.")] = False


class ClaimPatchIn(In):
    """Release a claim, file a story for it, or move its end."""

    state: ClaimState | None = None
    story_id: Annotated[str | None, Field(min_length=1, max_length=128, description="With filed.")] = None
    until: datetime | None = None
    note: Annotated[str | None, Field(max_length=300)] = None
