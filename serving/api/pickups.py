"""What an outlet could carry from others."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from tianfu.model.errors import InvalidCursor, InvalidRequest
from tianfu.model.flow.grounds import Ground
from tianfu.model.flow.pickups import PickupWish
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_text, check_time
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import CursorParam, Out, PageLimit
from tianfu.serving.services.pickups import FoundPickup

router = APIRouter(tags=["flow"])

DEFAULT_WINDOW = timedelta(days=3)


class GroundOut(Out):
    """A reason in words, the number it names, and what it adds to the score."""

    code: str
    text: str
    number: float
    weight: float


class PickupOut(Out):
    """A story worth carrying; `features` 0..1 each."""

    story_id: str
    cluster_id: str
    outlet_id: str
    outlet: str
    title: str
    url: str | None
    published_at: datetime
    topics: list[str]
    places: list[str]
    body_chars: int
    outlets_carrying: int
    score: float
    features: dict[str, float]
    reasons: list[GroundOut]


class PickupsOut(Out):
    """A page, best first."""

    outlet_id: str
    items: list[PickupOut]
    cursor: str | None


@router.get("/outlets/{outlet_id}/pickups")
def get_pickups(
    outlet_id: str,
    room: NewsroomDep,
    known: NewsCaller,
    topic: Annotated[str | None, Query(max_length=10, description="Code of a class, such as `14`.")] = None,
    level: Annotated[OutletLevel | None, Query(description="Of the outlets the stories come from.")] = None,
    since: Annotated[datetime | None, Query(description="Earliest; three days by default.")] = None,
    limit: PageLimit = 20,
    cursor: CursorParam | None = None,
) -> PickupsOut:
    """List what other outlets told and this one has not, best to carry first, each with its reasons."""
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    check_topic(topic)
    as_of, after = room.clock.now(), None
    if cursor is not None:
        owner, at, score, number = room.cursors.read("pickups", cursor)
        if owner != outlet_id:
            raise InvalidCursor("belongs to another outlet")
        as_of, after = datetime.fromtimestamp(at, UTC), (score / 1e6, number)
    start = check_time(since, field="since", error=InvalidRequest) if since else as_of - DEFAULT_WINDOW
    wish = PickupWish(since_s=int(start.timestamp()), topic=topic, level=level)
    found = room.pickups.look(outlet_id, wish, as_of=as_of, after=after, limit=limit + 1, caller=known)
    following = None
    if len(found) > limit:
        last = found[limit - 1].pickup
        following = room.cursors.make(
            "pickups", outlet_id, int(as_of.timestamp()), round(last.score * 1e6), last.number
        )
    names = {one.id: one.name for one in room.library.outlets.values()}
    items = [_pickup_out(one, names.get(one.card.outlet_id, "")) for one in found[:limit]]
    return PickupsOut(outlet_id=outlet_id, items=items, cursor=following)


def check_topic(code: str | None) -> None:
    """Refuse a code that is no class."""
    if code is not None and code not in load_topics().by_code:
        raise InvalidRequest(field="topic", why="is not the code of a class", advice="Such as 14 or 31.")


def ground_out(ground: Ground) -> GroundOut:
    """Translate a reason."""
    return GroundOut.model_validate(ground)


def _pickup_out(found: FoundPickup, outlet: str) -> PickupOut:
    card = found.card
    return PickupOut(
        story_id=card.story_id,
        cluster_id=card.cluster_id,
        outlet_id=card.outlet_id,
        outlet=outlet,
        title=card.title,
        url=card.url,
        published_at=datetime.fromtimestamp(card.published_at_s, UTC),
        topics=list(card.topics),
        places=list(card.places),
        body_chars=card.body_chars,
        outlets_carrying=found.pickup.outlets,
        score=found.pickup.score,
        features={name: round(value, 4) for name, value in found.pickup.features.items()},
        reasons=[ground_out(one) for one in found.grounds],
    )
