"""What editors are asked, and how far the news has moved from what models learnt."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query

from tianfu.model.errors import InvalidRequest, NotFound
from tianfu.model.labels import Ground
from tianfu.model.rules import check_id
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out, TagOut, tag_out
from tianfu.serving.services.label_desk import AskedStory

router = APIRouter(prefix="/labels", tags=["labels"])


class Asked(StrEnum):
    """What is asked of an editor."""

    TOPICS = "topics"
    PAIRS = "pairs"


SAYS = {
    Ground.DOUBT: "模型拿不准",
    Ground.DISAGREEMENT: "同一件事的稿件，分类不一致",
    Ground.RARITY: "这一类判断过的稿件还少",
    Ground.NOVELTY: "标题里有近来才出现的说法",
}


class GroundOut(Out):
    """Why an editor is asked, and how strongly it speaks, 0..1."""

    code: Ground
    text: str
    strength: float


class AskedStoryOut(Out):
    """A story with its topics as they stand."""

    story_id: str
    outlet_id: str
    title: str
    cluster_id: str
    topics: list[TagOut]


class QuestionOut(Out):
    """One story whose topics, or two whose relation, would be most useful to judge."""

    usefulness: float
    grounds: list[GroundOut]
    stories: list[AskedStoryOut]


class QueueOut(Out):
    """Questions, the most useful first."""

    items: list[QuestionOut]


class DriftOut(Out):
    """The last report on drift: recent days beside the weeks before."""

    made_at: datetime
    report: dict[str, Any]


@router.get("/queue")
def label_queue(
    room: NewsroomDep,
    known: EditorCaller,
    kind: Asked = Asked.TOPICS,
    outlet_id: Annotated[
        str | None, Query(max_length=40, description="Whose stories; the key's own by default.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> QueueOut:
    """What is most useful to judge next, of the last two weeks.

    Answer topics with `PUT /v1/stories/{id}/tags`, pairs with `PUT /v1/stories/{id}/duplicates/{other_id}`;
    what is answered leaves the queue.  A platform key without `outlet_id` is asked about every outlet's
    stories.
    """
    if outlet_id is not None:
        check_id(outlet_id, field="outlet_id", error=InvalidRequest)
        known.must_act_for(outlet_id)
    whose = outlet_id or known.key.outlet_id
    find = room.labels.topics if kind is Asked.TOPICS else room.labels.pairs
    return QueueOut(items=[_question_out(one) for one in find(whose, limit=limit)])


@router.get("/drift")
def drift_report(room: NewsroomDep, _known: NewsCaller) -> DriftOut:
    """The last report on drift; a worker makes one every day."""
    found = room.labels.last_report()
    if found is None:
        raise NotFound("report", "drift")
    return DriftOut(made_at=found[0], report=dict(found[1]))


def _question_out(asked: AskedStory) -> QuestionOut:
    grounds = sorted(asked.question.grounds.items(), key=lambda one: (-one[1], one[0]))
    return QuestionOut(
        usefulness=asked.question.usefulness,
        grounds=[GroundOut(code=code, text=SAYS[code], strength=value) for code, value in grounds],
        stories=[
            AskedStoryOut(
                story_id=story.id,
                outlet_id=story.outlet_id,
                title=story.text.title,
                cluster_id=story.cluster_id,
                topics=[tag_out(tag) for tag in topics],
            )
            for story, topics in zip(asked.stories, asked.topics, strict=True)
        ],
    )
