"""Previews of feeds for editors, and the made-up readers they may be made for."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.event import Scene
from tianfu.model.persona import MAX_INTERESTS, PERSONAS
from tianfu.model.reader import TagKey
from tianfu.model.recommendation import MAX_COUNT, FeedRequest
from tianfu.model.rules import check_text
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.api.readers import STEERING
from tianfu.serving.api.recommend import DecisionOut, FeedOut, TopicOut, decision_out, page_answer
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.preview import persona_named

router = APIRouter(tags=["recommend"])


class PersonaInterestIn(In):
    """One interest of a made-up reader: a topic class or a place."""

    kind: TagKind
    code: Annotated[str, Field(min_length=1, max_length=64)]


class PreviewIn(In):
    """What to look at: the feed of a scene, for a made-up reader or a stranger, never for a real one."""

    outlet_id: Annotated[
        str | None, Field(max_length=40, description="The key's own outlet when left out.")
    ] = None
    persona: Annotated[
        str | None, Field(max_length=40, description="Of `GET /v1/personas`; a stranger when left out.")
    ] = None
    interests: Annotated[
        list[PersonaInterestIn],
        Field(
            max_length=MAX_INTERESTS,
            default_factory=list,
            description="A reader of one's own making instead.",
        ),
    ]
    scene: Scene = Scene.HOME
    channel: Annotated[str | None, Field(description="For scene `channel`.")] = None
    story_id: Annotated[str | None, Field(description="For scene `related`.")] = None
    adcode: Annotated[str | None, Field(description="Where the reader is: six digits.")] = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 10
    personalise: bool = True
    minor: bool = False


class PreviewOut(Out):
    """A page that nobody was shown, and the decision behind it; neither is kept."""

    feed: FeedOut
    decision: DecisionOut


@router.post("/recommend/preview")
def preview_feed(asked: PreviewIn, room: NewsroomDep, known: NewsCaller) -> PreviewOut:
    """Show a feed as it would look now, and why.

    Leaves no trace: nothing is remembered, counted, measured or receipted, and no cursor follows.
    """
    outlet_id = asked.outlet_id or known.key.outlet_id
    if outlet_id is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_read_for(outlet_id)
    request = FeedRequest(
        outlet_id=outlet_id,
        scene=asked.scene,
        channel=asked.channel,
        story_id=asked.story_id,
        adcode=asked.adcode,
        count=asked.count,
        personalise=asked.personalise,
        minor=asked.minor,
    )
    found = room.previews.preview(request, _interests(asked, room))
    return PreviewOut(
        feed=FeedOut.model_validate(page_answer(found.page, room)),
        decision=decision_out(found.replay),
    )


class PersonaOut(Out):
    """A made-up reader; `topics` are what this reader cares for, the dearest first."""

    id: str
    name: str
    says: str
    topics: list[TopicOut]


class PersonasOut(Out):
    """All made-up readers to choose from."""

    items: list[PersonaOut]


@router.get("/personas")
def list_personas(room: NewsroomDep, _known: NewsCaller) -> PersonasOut:
    """List the made-up readers that previews can be made for."""
    return PersonasOut(
        items=[
            PersonaOut(
                id=persona.id,
                name=persona.name,
                says=persona.says,
                topics=[
                    TopicOut(code=code, label=room.names.get((TagKind.TOPIC, code), code))
                    for code in persona.topics
                ],
            )
            for persona in PERSONAS
        ]
    )


def _interests(asked: PreviewIn, room: Newsroom) -> tuple[TagKey, ...]:
    if asked.persona is not None and asked.interests:
        raise InvalidRequest(field="interests", why="cannot be sent together with persona")
    if asked.persona is not None:
        check_text(asked.persona, field="persona", error=InvalidRequest, low=1, high=40)
        return persona_named(asked.persona).interests
    for one in asked.interests:
        if one.kind not in STEERING or (one.kind, one.code) not in room.names:
            raise InvalidRequest(
                field="interests", why=f"has something that is not a {one.kind} of our vocabulary"
            )
    return tuple(dict.fromkeys((one.kind, one.code) for one in asked.interests))
