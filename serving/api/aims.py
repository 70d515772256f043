"""What an outlet wants of each scene, what was measured, and the running pipeline."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.aims import Aims
from tianfu.model.errors import InvalidRequest
from tianfu.model.event import Scene
from tianfu.model.feed.orders import SAYS
from tianfu.model.feed.passed import RULE_NAMES
from tianfu.model.feed.sameness import PUSH_RULES
from tianfu.model.feed.sources import PIPELINES
from tianfu.model.rules import check_text
from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out

router = APIRouter(tags=["recommend"])

_Share = Annotated[float, Field(ge=0.0, le=1.0, description="0 not at all, 0.5 as usual, 1 twice as much.")]


class AimsIn(In):
    """How much each aim counts."""

    popular: _Share = 0.5
    fresh: _Share = 0.5
    local: _Share = 0.5
    varied: _Share = 0.5
    related: _Share = 0.5
    explore: _Share = 0.5


class AimsOut(Out):
    """How much each aim counts, 0..1."""

    popular: float
    fresh: float
    local: float
    varied: float
    related: float
    explore: float


class SceneAimsOut(Out):
    """One scene: what is wanted, and what the first pages of the last 24 hours showed, 0..1 each."""

    scene: Scene
    aims: AimsOut
    feeds_measured: int
    measured: dict[str, float]


class OutletAimsOut(Out):
    """All scenes of an outlet."""

    outlet_id: str
    scenes: list[SceneAimsOut]


class PartOut(Out):
    """One part of a pipeline."""

    source: str
    says: str


class PipelineOut(Out):
    """The running pipeline of one scene: parts, rules, weights, in the order they act."""

    scene: Scene
    parts: list[PartOut]
    rules: list[str]
    ranker: str
    weights: dict[str, float]
    orders: list[str]
    fills_gaps: PartOut


class PipelinesOut(Out):
    """Every scene's pipeline."""

    scenes: list[PipelineOut]


_FILLS_GAPS = PartOut(source="recent", says="以上不足时，以最新可展示的稿件补足，标记为 fallback")


@router.get("/outlets/{outlet_id}/aims")
def get_aims(outlet_id: str, room: NewsroomDep, known: EditorCaller) -> OutletAimsOut:
    """What an outlet wants of each scene, and one measured number beside each wish."""
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(outlet_id)
    return OutletAimsOut(
        outlet_id=outlet_id,
        scenes=[
            SceneAimsOut(
                scene=one.scene,
                aims=AimsOut(**asdict(one.aims)),
                feeds_measured=one.measured.feeds,
                measured={name: round(mean, 4) for name, mean in one.measured.means.items()},
            )
            for one in room.aims.look(outlet_id)
        ],
    )


@router.put("/outlets/{outlet_id}/aims/{scene}")
def set_aims(
    outlet_id: str, scene: Scene, wish: AimsIn, room: NewsroomDep, known: EditorCaller
) -> OutletAimsOut:
    """Set what an outlet wants of one scene; the next feed follows it."""
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(outlet_id)
    room.aims.set(outlet_id, scene, Aims(**wish.model_dump()), caller=known)
    return get_aims(outlet_id, room, known)


@router.get("/pipelines")
def get_pipelines(room: NewsroomDep, _known: EditorCaller) -> PipelinesOut:
    """The running pipeline of every scene."""
    return PipelinesOut(
        scenes=[
            PipelineOut(
                scene=scene,
                parts=[PartOut(source=part.source.value, says=part.says) for part in parts],
                rules=[name for name in RULE_NAMES if scene is Scene.PUSH or name not in PUSH_RULES],
                ranker=room.scorer.version,
                weights=room.scorer.weights,
                orders=list(SAYS),
                fills_gaps=_FILLS_GAPS,
            )
            for scene, parts in PIPELINES.items()
        ]
    )
