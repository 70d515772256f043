"""Joint coverages, editors' picks, and how far the matching has come."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from tianfu.model.coverage import Angle, Coverage, CoverageState, Pick, PickVerb, StandingQuery
from tianfu.serving.store.joint_schema import coverage_picks, coverages
from tianfu.serving.store.schema import settings, stories
from tianfu.serving.store.upsert import in_chunks, upsert

_CURSOR = "coverages_sequence"
_OPEN = [state.value for state in CoverageState if state.is_open]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How far the back-fill of a coverage has read, newest story first.

    Attributes:
        at: Time and number of the last story read; ``None`` before the first.
        seen: Stories read so far.
        total: Stories of the window when it began.
    """

    at: tuple[datetime, int] | None
    done: bool
    seen: int
    total: int


class Coverages:
    """What was opened, and what editors picked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, coverage: Coverage) -> None:
        """Record a new coverage; its back-fill has not begun."""
        fill = {"filled_at": None, "filled_number": 0, "fill_done": False, "fill_seen": 0, "fill_total": 0}
        self._connection.execute(insert(coverages), [{**_values(coverage), **fill, "id": coverage.id}])

    def replace(self, coverage: Coverage) -> None:
        """Change a coverage."""
        statement = update(coverages).where(coverages.c.id == coverage.id).values(_values(coverage))
        self._connection.execute(statement)

    def by_id(self, coverage_id: str) -> Coverage | None:
        """Find a coverage."""
        row = self._connection.execute(select(coverages).where(coverages.c.id == coverage_id)).one_or_none()
        return _coverage(row) if row else None

    def all(self, *, state: CoverageState | None = None) -> list[Coverage]:
        """Every coverage, newest first."""
        query = select(coverages).order_by(coverages.c.created_at.desc(), coverages.c.id.desc())
        if state is not None:
            query = query.where(coverages.c.state == state.value)
        return [_coverage(row) for row in self._connection.execute(query)]

    def open(self) -> list[Coverage]:
        """Those that gather stories, oldest first."""
        query = select(coverages).where(coverages.c.state.in_(_OPEN)).order_by(coverages.c.id)
        return [_coverage(row) for row in self._connection.execute(query)]

    def fill_of(self, coverage_id: str) -> Fill:
        """How far its back-fill is."""
        row = self._connection.execute(select(coverages).where(coverages.c.id == coverage_id)).one()
        at = (row.filled_at, row.filled_number) if row.filled_at is not None else None
        return Fill(at=at, done=row.fill_done, seen=row.fill_seen, total=row.fill_total)

    def put_fill(self, coverage_id: str, fill: Fill) -> None:
        """Note how far its back-fill is."""
        values = {
            "filled_at": fill.at[0] if fill.at else None,
            "filled_number": fill.at[1] if fill.at else 0,
            "fill_done": fill.done,
            "fill_seen": fill.seen,
            "fill_total": fill.total,
        }
        self._connection.execute(update(coverages).where(coverages.c.id == coverage_id).values(values))

    def unfilled(self) -> list[str]:
        """Open coverages whose back-fill is not done, oldest first."""
        query = (
            select(coverages.c.id)
            .where(coverages.c.state.in_(_OPEN), coverages.c.fill_done.is_(False))
            .order_by(coverages.c.id)
        )
        return list(self._connection.execute(query).scalars())

    def count_window(self, query: StandingQuery) -> int:
        """How many stories were published in a query's window."""
        counted = select(func.count()).select_from(stories).where(_in_window(query))
        return int(self._connection.execute(counted).scalar_one())

    def window(
        self, query: StandingQuery, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[tuple[datetime, int]]:
        """Time and number of the stories of a window, newest first, from a point on."""
        c = stories.c
        wanted = select(c.published_at, c.number).where(_in_window(query))
        if after is not None:
            at, number = after
            wanted = wanted.where(or_(c.published_at < at, and_(c.published_at == at, c.number < number)))
        wanted = wanted.order_by(c.published_at.desc(), c.number.desc()).limit(limit)
        return [(row[0], row[1]) for row in self._connection.execute(wanted)]

    def take_cursor(self) -> int | None:
        """The last change that the matching has taken in; holds other matchers off until the commit.

        ``None`` while there never was a coverage.
        """
        query = select(settings.c.value).where(settings.c.name == _CURSOR).with_for_update()
        value = self._connection.execute(query).scalar_one_or_none()
        return int(value) if value is not None else None

    def put_cursor(self, sequence: int) -> None:
        """Note the last change taken in."""
        upsert(self._connection, settings, [{"name": _CURSOR, "value": str(sequence)}])

    def put_pick(self, coverage_id: str, pick: Pick) -> None:
        """Record an editor's word; the latest on a story counts."""
        row = {
            "coverage_id": coverage_id,
            "story_number": pick.story_number,
            "verb": pick.verb.value,
            "angle_id": pick.angle_id,
            "picked_by": pick.picked_by,
            "outlet_id": pick.outlet_id,
            "picked_at": pick.picked_at,
        }
        upsert(self._connection, coverage_picks, [row])

    def drop_pick(self, coverage_id: str, story_number: int) -> bool:
        """Take an editor's word back; False when there was none."""
        c = coverage_picks.c
        statement = delete(coverage_picks).where(c.coverage_id == coverage_id, c.story_number == story_number)
        return self._connection.execute(statement).rowcount > 0

    def picks(self, coverage_id: str, numbers: Sequence[int] | None = None) -> dict[int, Pick]:
        """Editors' words on these stories, or on all, by story number."""
        query = select(coverage_picks).where(coverage_picks.c.coverage_id == coverage_id)
        if numbers is None:
            return {row.story_number: _pick(row) for row in self._connection.execute(query)}
        found: dict[int, Pick] = {}
        for chunk in in_chunks(numbers):
            rows = self._connection.execute(query.where(coverage_picks.c.story_number.in_(chunk)))
            found.update({row.story_number: _pick(row) for row in rows})
        return found


def _in_window(query: StandingQuery) -> Any:
    return and_(stories.c.published_at >= query.since, stories.c.published_at < query.until)


def _values(coverage: Coverage) -> dict[str, Any]:
    query = asdict(coverage.query)
    query.update(since=coverage.query.since.isoformat(), until=coverage.query.until.isoformat())
    return {
        "title": coverage.title,
        "lead": coverage.lead,
        "query": query,
        "angles": [asdict(angle) for angle in coverage.angles],
        "outlet_ids": sorted(coverage.outlet_ids),
        "state": coverage.state.value,
        "opened_by": coverage.opened_by,
        "opened_outlet_id": coverage.opened_outlet_id,
        "created_at": coverage.created_at,
        "revision": coverage.revision,
    }


def _coverage(row: Row[Any]) -> Coverage:
    return Coverage(
        id=row.id,
        title=row.title,
        lead=row.lead,
        query=_query(row.query),
        angles=tuple(Angle(**{**angle, "words": tuple(angle["words"])}) for angle in row.angles),
        outlet_ids=frozenset(row.outlet_ids),
        state=CoverageState(row.state),
        opened_by=row.opened_by,
        opened_outlet_id=row.opened_outlet_id,
        created_at=row.created_at,
        revision=row.revision,
    )


def _query(kept: dict[str, Any]) -> StandingQuery:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
    for name in ("since", "until"):
        fields[name] = datetime.fromisoformat(fields[name])
    return StandingQuery(**fields)


def _pick(row: Row[Any]) -> Pick:
    return Pick(
        story_number=row.story_number,
        verb=PickVerb(row.verb),
        angle_id=row.angle_id,
        picked_by=row.picked_by,
        outlet_id=row.outlet_id,
        picked_at=row.picked_at,
    )
