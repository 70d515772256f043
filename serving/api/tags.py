"""Tags: suggestions for a text, and editors' word on a story's tags."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidStory, InvalidTag
from tianfu.model.rules import check_text
from tianfu.model.story import MAX_BODY_CHARS, MAX_TITLE_CHARS
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep
from tianfu.serving.api.forms import EvidenceOut, In, Out, TagOut, tag_out
from tianfu.serving.services.tagging import TagDecision, TagVerb

router = APIRouter(tags=["tags"])


class TagTextIn(In):
    """A text to be tagged; nothing of it is kept."""

    title: Annotated[str, Field(description=f"1 to {MAX_TITLE_CHARS} characters.")]
    body: Annotated[str, Field(description=f"Up to {MAX_BODY_CHARS} characters, plain or HTML.")] = ""

    def check(self) -> None:
        """Check both texts.

        Raises:
            InvalidStory: One breaks its rule.
        """
        error = InvalidStory
        check_text(self.title, field="title", error=error, low=1, high=MAX_TITLE_CHARS)
        check_text(self.body, field="body", error=error, high=MAX_BODY_CHARS, lines=True)


class SuggestionOut(Out):
    """A suggested tag with the words that justify it."""

    code: str
    label: str
    confidence: float
    primary: bool
    evidence: list[EvidenceOut]


class SuggestionsOut(Out):
    """Suggested tags by kind, most confident first."""

    topics: list[SuggestionOut]
    fine_topics: list[SuggestionOut]
    places: list[SuggestionOut]
    keywords: list[SuggestionOut]
    people: list[SuggestionOut]
    organisations: list[SuggestionOut]
    models: list[str]


_GROUPS = {
    "topics": TagKind.TOPIC,
    "fine_topics": TagKind.FINE_TOPIC,
    "places": TagKind.PLACE,
    "keywords": TagKind.KEYWORD,
    "people": TagKind.PERSON,
    "organisations": TagKind.ORGANISATION,
}


@router.post("/tags/suggest")
def suggest_tags(text: TagTextIn, room: NewsroomDep, known: NewsCaller) -> SuggestionsOut:
    """Suggest topics, fine topics, places, keywords, people and organisations for a text.

    Evidence offsets count characters of the text exactly as given.
    """
    text.check()
    outlet = room.library.outlets.get(known.key.outlet_id or "")
    found = room.reader.suggest(text.title, text.body, outlet.adcode if outlet else None)
    groups = {
        name: [SuggestionOut.model_validate(s) for s, _ in found if s.kind is kind]
        for name, kind in _GROUPS.items()
    }
    return SuggestionsOut(**groups, models=sorted({version for _, version in found}))


class TagDecisionIn(In):
    """What an editor says about one tag."""

    verb: TagVerb
    kind: TagKind
    code: Annotated[str, Field(min_length=1, max_length=64)]
    label: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=64,
            description="Of an added keyword, person or organisation, or of a fine topic of your own "
            "(code `local:…`): 2 to 20 Chinese characters; needed the first time it is used.",
        ),
    ] = None
    primary: bool = False


class TagDecisionsIn(In):
    """An editor's decisions on one story, applied together."""

    decisions: Annotated[list[TagDecisionIn], Field(min_length=1, max_length=50)]


class StoryTagsOut(Out):
    """The story's tags after the decisions."""

    story_id: str
    tags: list[TagOut]


@router.put("/stories/{story_id}/tags")
def decide_tags(story_id: str, given: TagDecisionsIn, room: NewsroomDep, known: EditorCaller) -> StoryTagsOut:
    """Accept, reject or add tags.  Decisions are kept as training labels; no model overwrites them.

    Fine topics learn at once: from the third story that a topic stands on, it is suggested for stories
    like them, and each rejection pushes it away from stories like the rejected.  A topic of your own has
    the code `local:` and a slug, such as `local:pixian-doubanjiang`.
    """
    decisions = []
    for one in given.decisions:
        check_text(one.code, field="code", error=InvalidTag, low=1, high=64)
        if one.label is not None:
            check_text(one.label, field="label", error=InvalidTag, low=1, high=64)
        decisions.append(TagDecision(**one.model_dump()))
    tags = room.tags.decide(story_id, decisions, caller=known)
    return StoryTagsOut(story_id=story_id, tags=[tag_out(tag) for tag in tags])
