"""Duplicates: who has published this already, and how a story spread."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.embeddings.text.aligned import Aligned
from tianfu.model.cluster import (
    DuplicateEdge,
    Relation,
    SharedPassage,
    lead_story_id_of,
    nearest_earlier,
    relations_to_lead,
)
from tianfu.model.errors import InvalidRequest, NotFound
from tianfu.model.ports import PairVerdict
from tianfu.model.rules import check_id
from tianfu.model.story import Story, StoryText
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.api.tags import TagTextIn
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.pairing import DecidedPair

router = APIRouter(tags=["duplicates"])

_MAX_PASSAGES = 20


class DuplicateCheckIn(TagTextIn):
    """A text to be checked before it is published; nothing of it is kept."""

    published_at: Annotated[
        datetime | None, Field(description="When it will appear; now, when left out.")
    ] = None
    count: Annotated[int, Field(ge=1, le=50)] = 10


class PassageOut(Out):
    """A stretch that both bodies share: offsets in the given body and in the other's clean body.

    `text` is what can be read of the stretch: in the given body markup may stand between its words.
    """

    start: int
    end: int
    other_start: int
    other_end: int
    text: str


class MatchOut(Out):
    """A story that tells the same."""

    story_id: str
    outlet_id: str
    title: str
    url: str | None
    published_at: datetime
    relation: Relation
    score: float
    containment: float
    cluster_id: str
    passages: list[PassageOut]


class MatchesOut(Out):
    """Matches, closest first."""

    matches: list[MatchOut]
    model: str


@router.post("/duplicates/check")
def check_duplicates(text: DuplicateCheckIn, room: NewsroomDep, _known: NewsCaller) -> MatchesOut:
    """Who has this already?  Reprints of any age, and the same event of the same days."""
    text.check()
    at = text.published_at or room.clock.now()
    given = StoryText(title=text.title, body=text.body, published_at=at)
    return MatchesOut(matches=matches_of(given, None, text.count, room), model=room.finder.version)


@router.get("/stories/{story_id}/duplicates")
def story_duplicates(story_id: str, room: NewsroomDep, known: NewsCaller) -> MatchesOut:
    """Stories that tell the same as this one, judged on the texts themselves.

    Two that an editor joined are listed with the editor's relation, score 1; two told apart are not.
    Shared passages are left out where the caller's outlet has no right to show this story.
    """
    story = _visible(story_id, room)
    with room.database.read() as uow:
        republished = bool(uow.cards.republished([story.number]))
    whole = room.rights.permission_to_read(story, republished=republished, caller=known).shows_whole
    found = matches_of(story.text, story.number, 50, room)
    if not whole:
        found = [match.model_copy(update={"passages": []}) for match in found]
    return MatchesOut(matches=found, model=room.finder.version)


class Verdict(StrEnum):
    """What an editor may say of two stories."""

    REPRINT = "reprint"
    SAME_EVENT = "same_event"
    SAME_TOPIC = "same_topic"
    UNRELATED = "unrelated"


class PairIn(In):
    """How two stories relate: `same_topic` and `unrelated` tell them apart, the others join them."""

    relation: Verdict


class PairOut(Out):
    """The decision and the clusters that follow from it; `relation` is null once it is taken back."""

    story_id: str
    other_id: str
    relation: Relation | None
    cluster_id: str
    other_cluster_id: str


@router.put("/stories/{story_id}/duplicates/{other_id}")
def decide_pair(
    story_id: str, other_id: str, given: PairIn, room: NewsroomDep, known: EditorCaller
) -> PairOut:
    """Join two stories or tell them apart, one of them the own outlet's.

    Clusters follow at once, and no model and no edit undoes it.  Kept as a training label.
    """
    _check_ids(story_id, other_id)
    return _pair_out(room.pairs.decide(story_id, other_id, Relation(given.relation.value), caller=known))


@router.delete("/stories/{story_id}/duplicates/{other_id}")
def withdraw_pair(story_id: str, other_id: str, room: NewsroomDep, known: EditorCaller) -> PairOut:
    """Take a decision back; the two are judged again within seconds."""
    _check_ids(story_id, other_id)
    found = room.pairs.withdraw(story_id, other_id, caller=known)
    room.worker.wake()
    return _pair_out(found)


def _check_ids(story_id: str, other_id: str) -> None:
    check_id(story_id, field="story_id", error=InvalidRequest)
    check_id(other_id, field="other_id", error=InvalidRequest)


def _pair_out(found: DecidedPair) -> PairOut:
    return PairOut(
        story_id=found.story.id,
        other_id=found.other.id,
        relation=found.relation,
        cluster_id=found.story.cluster_id,
        other_cluster_id=found.other.cluster_id,
    )


class MemberOut(Out):
    """One step of a story's spread.

    `nearest_story_id` is the earlier telling that this one is most alike, null for the first and where no
    judged pair ties it to an earlier one: likeness, no proof of who took it from whom.
    """

    story_id: str
    outlet_id: str
    outlet: str
    level: str
    title: str
    published_at: datetime
    minutes_after_lead: float
    relation: Relation
    nearest_story_id: str | None


class ClusterOut(Out):
    """A cluster as a timeline, first publisher first."""

    cluster_id: str
    size: int
    lead_story_id: str
    first_published_at: datetime
    outlets: int
    members: list[MemberOut]


@router.get("/clusters/{cluster_id}")
def get_cluster(cluster_id: str, room: NewsroomDep, _known: NewsCaller) -> ClusterOut:
    """How a story spread.  The id of any of its stories finds the cluster, also after a merge."""
    with room.database.read() as uow:
        story = uow.stories.by_id(lead_story_id_of(cluster_id))
        group = uow.stories.in_clusters([story.cluster_id]) if story else []
        edges = uow.clusters.of([s.number for s in group])
    shown = [s for s in group if room.library.is_showable(s.number)]
    if not shown:
        raise NotFound("cluster", cluster_id)
    lead = shown[0]
    relations = relations_to_lead(lead.number, [s.number for s in group], edges)
    nearest = _nearest(shown, edges)
    return ClusterOut(
        cluster_id=lead.cluster_id,
        size=len(shown),
        lead_story_id=lead.id,
        first_published_at=lead.text.published_at,
        outlets=len({s.outlet_id for s in shown}),
        members=[_member(s, lead, relations[s.number], nearest.get(s.number), room) for s in shown],
    )


def _nearest(shown: Sequence[Story], edges: Sequence[DuplicateEdge]) -> dict[int, str]:
    ids = {s.number: s.id for s in shown}
    return {later: ids[earlier] for later, earlier in nearest_earlier(list(ids), edges).items()}


def _member(story: Story, lead: Story, relation: Relation, nearest: str | None, room: Newsroom) -> MemberOut:
    outlet = room.library.outlets.get(story.outlet_id)
    after = (story.text.published_at - lead.text.published_at).total_seconds() / 60
    return MemberOut(
        story_id=story.id,
        outlet_id=story.outlet_id,
        outlet=outlet.name if outlet else "",
        level=outlet.level.value if outlet else "unknown",
        title=story.text.title,
        published_at=story.text.published_at,
        minutes_after_lead=round(after, 1),
        relation=relation,
        nearest_story_id=nearest,
    )


def _visible(story_id: str, room: Newsroom) -> Story:
    with room.database.read() as uow:
        story = uow.stories.by_id(story_id)
    if story is None or not room.library.is_showable(story.number):
        raise NotFound("story", story_id)
    return story


def matches_of(text: StoryText, number: int | None, count: int, room: Newsroom) -> list[MatchOut]:
    """Stories that tell the same as a text, closest first; `number` is its own, when it is stored.

    What an editor said of two stories stands in place of the judge's word, and is sure.
    """
    reading = room.reader.compare(text)
    said: dict[int, Relation] = {} if number is None else _said_of(number, room)
    joined = [n for n, relation in said.items() if relation.joins]
    exclude = frozenset(said).difference(joined) | ({number} if number is not None else frozenset())
    candidates = room.finder.candidates(reading, exclude=exclude, also=joined)
    with room.database.read() as uow:
        stories = uow.stories.by_numbers([c.number for c in candidates])
    shown = {n: s for n, s in stories.items() if room.library.is_showable(n)}
    texts = {n: room.reader.pair_text(s.text) for n, s in shown.items()}
    judged = room.finder.judge(reading, candidates, texts)
    told = [(n, replace(v, relation=said[n], score=1.0) if n in said else v) for n, v in judged]
    verdicts = [(n, v) for n, v in told if v.relation.joins]
    order = list(Relation)
    verdicts.sort(key=lambda row: (order.index(row[1].relation), -row[1].score, row[0]))
    aligned = room.reader.aligned(text.body)
    return [_match(shown[n], verdict, aligned) for n, verdict in verdicts[:count]]


def _said_of(number: int, room: Newsroom) -> dict[int, Relation]:
    """Editors' word on a story and others, by the other's number."""
    with room.database.read() as uow:
        decided = uow.clusters.decided([number])
    return {a if b == number else b: relation for (a, b), relation in decided.items()}


def _match(story: Story, verdict: PairVerdict, given: Aligned) -> MatchOut:
    return MatchOut(
        story_id=story.id,
        outlet_id=story.outlet_id,
        title=story.text.title,
        url=story.text.url,
        published_at=story.text.published_at,
        relation=verdict.relation,
        score=round(verdict.score, 4),
        containment=round(verdict.containment, 4),
        cluster_id=story.cluster_id,
        passages=[_passage(shared, given) for shared in verdict.passages[:_MAX_PASSAGES]],
    )


def _passage(shared: SharedPassage, given: Aligned) -> PassageOut:
    start, end = given.span(shared.a_start, shared.a_end)
    return PassageOut(
        start=start,
        end=end,
        other_start=shared.b_start,
        other_end=shared.b_end,
        text=given.text[shared.a_start : shared.a_end],
    )
