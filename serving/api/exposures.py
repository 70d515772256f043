"""What readers made of one story, in counts."""

from fastapi import APIRouter

from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out

router = APIRouter(prefix="/stories", tags=["stories"])


class ExposureOut(Out):
    """One outlet's app; all three counts are null where fewer than 20 known readers are behind them."""

    outlet_id: str
    exposures: int | None
    clicks: int | None
    readers: int | None


class ExposuresOut(Out):
    """Outlets whose readers met the story, by id: the caller's own alone, or all for the platform."""

    story_id: str
    items: list[ExposureOut]


@router.get("/{story_id}/exposure")
def get_exposure(story_id: str, room: NewsroomDep, known: NewsCaller) -> ExposuresOut:
    """Tell how often a story was shown and clicked.  An outlet sees its own readers only."""
    found = room.insights.exposure(story_id, caller=known)
    return ExposuresOut(
        story_id=story_id,
        items=[
            ExposureOut(
                outlet_id=outlet_id,
                exposures=told.exposures if told else None,
                clicks=told.clicks if told else None,
                readers=told.readers if told else None,
            )
            for outlet_id, told in found.items()
        ],
    )
