"""What outlets made, in counts."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from tianfu.model.flow.submission import SubmissionState
from tianfu.model.story import StoryState
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.joint_schema import submissions
from tianfu.serving.store.schema import stories, tags


class Reports:
    """Counts for one outlet and window: ``since`` inclusive, ``until`` exclusive."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def output(self, outlet_id: str, since: datetime, until: datetime) -> int:
        """Stories published and not taken down."""
        query = select(func.count()).select_from(stories).where(_published(outlet_id, since, until))
        return int(self._connection.execute(query).scalar_one())

    def output_by(self, kind: TagKind, outlet_id: str, since: datetime, until: datetime) -> dict[str, int]:
        """The same by primary topic or place, most first."""
        t = tags.c
        count = func.count().label("told")
        query = (
            select(t.code, count)
            .select_from(stories.join(tags, t.story_number == stories.c.number))
            .where(
                _published(outlet_id, since, until),
                t.kind == kind.value,
                t.is_primary,
                t.state != TagState.REJECTED.value,
            )
            .group_by(t.code)
            .order_by(count.desc(), t.code)
        )
        return {row.code: row.told for row in self._connection.execute(query)}

    def submissions(self, outlet_id: str, since: datetime, until: datetime) -> dict[SubmissionState, int]:
        """What became of stories that the outlet offered in the window."""
        c = submissions.c
        query = (
            select(c.state, func.count())
            .where(c.outlet_id == outlet_id, c.submitted_at >= since, c.submitted_at < until)
            .group_by(c.state)
        )
        counts = {SubmissionState(row[0]): int(row[1]) for row in self._connection.execute(query)}
        return {state: counts.get(state, 0) for state in SubmissionState}


def _published(outlet_id: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    c = stories.c
    return and_(
        c.outlet_id == outlet_id,
        c.published_at >= since,
        c.published_at < until,
        c.state == StoryState.LIVE.value,
    )
