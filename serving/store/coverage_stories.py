"""Which stories belong to which joint coverage, as matched; and what boards and feeds read of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, distinct, func, or_, select

from tianfu.model.coverage import NO_ANGLE, CoverageState, StandingQuery
from tianfu.model.coverage_board import BoardStory, Reach
from tianfu.model.coverage_match import AngleShare, Ground, MatchReason, Membership
from tianfu.model.event import EventType
from tianfu.model.story import StoryState
from tianfu.model.tag import EvidenceSpan, TagKind, TagState, TextField
from tianfu.serving.store.joint_schema import coverage_stories, coverages
from tianfu.serving.store.schema import events, outlets, stories, tags
from tianfu.serving.store.stories import dating_of
from tianfu.serving.store.upsert import in_chunks, upsert

_LIVE = and_(stories.c.state == StoryState.LIVE.value, stories.c.indexed_revision > 0)

_FRESH_AT = func.coalesce(stories.c.fresh_at, stories.c.published_at)
_NEWEST_FIRST = (_FRESH_AT.desc(), stories.c.number.desc())
"""By the date that counts, not the one that an outlet may set anew."""
_BAR = "|"
"""Stands on both sides of every id in ``angle_ids``; no id holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberQuery:
    """Which stories of a coverage to list, newest first by the date that counts.  ``None``: no condition.

    Attributes:
        angle_id: Under this angle, however confident; :data:`NO_ANGLE` for those under none.
        before: Resume after this (fresh_at, number).
    """

    coverage_id: str
    angle_id: str | None = None
    outlet_id: str | None = None
    level: str | None = None
    picked: bool | None = None
    before: tuple[datetime, int] | None = None
    limit: int = 20


class CoverageStories:
    """Memberships.  A taken-down story keeps its row and is left out of every answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, coverage_id: str, numbers: Sequence[int]) -> dict[int, Membership]:
        """Memberships of these stories as stored, by number."""
        c = coverage_stories.c
        found: dict[int, Membership] = {}
        for chunk in in_chunks(numbers):
            query = select(coverage_stories).where(c.coverage_id == coverage_id, c.story_number.in_(chunk))
            found.update({row.story_number: _membership(row) for row in self._connection.execute(query)})
        return found

    def put(self, coverage_id: str, members: Iterable[Membership]) -> None:
        """Add memberships or replace them."""
        rows = [
            {
                "coverage_id": coverage_id,
                "story_number": m.number,
                "picked": m.picked,
                "score": m.score,
                "reasons": _reasons_out(m.reasons),
                "angles": [[a.angle_id, a.confidence, _reasons_out(a.reasons)] for a in m.angles],
                "angle_ids": "".join(f"{_BAR}{a.angle_id}" for a in m.angles) + _BAR,
            }
            for m in members
        ]
        upsert(self._connection, coverage_stories, rows)

    def drop(self, coverage_id: str, numbers: Sequence[int]) -> None:
        """End memberships."""
        c = coverage_stories.c
        for chunk in in_chunks(numbers):
            self._connection.execute(
                delete(coverage_stories).where(c.coverage_id == coverage_id, c.story_number.in_(chunk))
            )

    def outside(self, coverage_id: str, query: StandingQuery) -> list[int]:
        """Members by the query that lie outside its window."""
        c = coverage_stories.c
        wanted = (
            select(c.story_number)
            .join(stories, stories.c.number == c.story_number)
            .where(
                c.coverage_id == coverage_id,
                or_(stories.c.published_at < query.since, stories.c.published_at >= query.until),
            )
        )
        return list(self._connection.execute(wanted).scalars())

    def page(self, query: MemberQuery) -> list[tuple[BoardStory, Membership]]:
        """A page of a coverage's stories with the reasons of each, newest first."""
        rows = self._connection.execute(_page(query)).all()
        places = self._places([row.number for row in rows])
        members = self.of(query.coverage_id, [row.number for row in rows])
        return [(_board_story(row, places), members[row.number]) for row in rows]

    def board(self, coverage_id: str) -> list[BoardStory]:
        """All stories of a coverage, newest first."""
        query = _select_board().where(coverage_stories.c.coverage_id == coverage_id, _LIVE)
        rows = self._connection.execute(query.order_by(*_NEWEST_FIRST)).all()
        places = self._places([row.number for row in rows])
        return [_board_story(row, places) for row in rows]

    def count(self, coverage_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """How many stories of how many outlets each of these coverages has."""
        c = coverage_stories.c
        query = (
            select(c.coverage_id, func.count(), func.count(distinct(stories.c.outlet_id)))
            .join(stories, stories.c.number == c.story_number)
            .where(_LIVE, c.coverage_id.in_(list(coverage_ids)))
            .group_by(c.coverage_id)
        )
        return {row[0]: (row[1], row[2]) for row in self._connection.execute(query)}

    def shown(self) -> dict[str, list[int]]:
        """Numbers of the stories of every live coverage, newest first, as its scene shows them."""
        c = coverage_stories.c
        query = (
            select(c.coverage_id, stories.c.number)
            .join(stories, stories.c.number == c.story_number)
            .join(coverages, coverages.c.id == c.coverage_id)
            .where(coverages.c.state == CoverageState.LIVE.value, _LIVE)
            .order_by(*_NEWEST_FIRST)
        )
        found: dict[str, list[int]] = {}
        for coverage_id, number in self._connection.execute(query):
            found.setdefault(coverage_id, []).append(number)
        return found

    def reach(self, coverage_id: str) -> list[Reach]:
        """What the readers of each outlet's app saw of a coverage, by outlet id."""
        e = events.c
        members = select(coverage_stories.c.story_number).where(coverage_stories.c.coverage_id == coverage_id)
        query = (
            select(
                e.outlet_id,
                func.count().filter(e.type == EventType.EXPOSE.value),
                func.count().filter(e.type == EventType.CLICK.value),
                func.count(distinct(e.reader_key)),
            )
            .where(e.story_number.in_(members))
            .group_by(e.outlet_id)
            .order_by(e.outlet_id)
        )
        return [
            Reach(outlet_id=row[0], exposures=row[1], clicks=row[2], readers=row[3])
            for row in self._connection.execute(query)
        ]

    def _places(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        t = tags.c
        found: dict[int, list[str]] = {}
        for chunk in in_chunks(numbers):
            query = (
                select(t.story_number, t.code)
                .where(
                    t.story_number.in_(chunk),
                    t.kind == TagKind.PLACE.value,
                    t.state != TagState.REJECTED.value,
                )
                .order_by(t.story_number, t.is_primary.desc(), t.confidence.desc(), t.code)
            )
            for number, code in self._connection.execute(query):
                found.setdefault(number, []).append(code)
        return {number: tuple(codes) for number, codes in found.items()}


def _select_board() -> Select[Any]:
    s, c = stories.c, coverage_stories.c
    columns: list[ColumnElement[Any]] = [
        s.number, s.id, s.outlet_id, s.title, s.url, s.published_at, s.received_at, s.first_received_at,
        s.fresh_at, s.first_at, s.cluster_id, s.adcode, c.picked, c.score, c.angles,
    ]  # fmt: skip
    return select(*columns).join(stories, s.number == c.story_number)


def _page(query: MemberQuery) -> Select[Any]:
    s, c = stories.c, coverage_stories.c
    statement = _select_board().where(c.coverage_id == query.coverage_id, _LIVE).limit(query.limit)
    if query.angle_id == NO_ANGLE:
        statement = statement.where(c.angle_ids == _BAR)
    elif query.angle_id is not None:
        wanted = f"{_BAR}{query.angle_id}{_BAR}"
        statement = statement.where(c.angle_ids.contains(wanted, autoescape=True))
    if query.outlet_id is not None:
        statement = statement.where(s.outlet_id == query.outlet_id)
    if query.level is not None:
        at_level = select(outlets.c.id).where(outlets.c.level == query.level)
        statement = statement.where(s.outlet_id.in_(at_level))
    if query.picked is not None:
        statement = statement.where(c.picked.is_(query.picked))
    if query.before is not None:
        fresh_at, (at, number) = _FRESH_AT, query.before
        statement = statement.where(or_(fresh_at < at, and_(fresh_at == at, s.number < number)))
    return statement.order_by(*_NEWEST_FIRST)


def _board_story(row: Row[Any], places: dict[int, tuple[str, ...]]) -> BoardStory:
    return BoardStory(
        number=row.number,
        story_id=row.id,
        outlet_id=row.outlet_id,
        title=row.title,
        url=row.url,
        published_at=row.published_at,
        dating=dating_of(row),
        cluster_id=row.cluster_id,
        picked=row.picked,
        score=row.score,
        angles=tuple((angle[0], angle[1]) for angle in row.angles),
        places=places.get(row.number, ()) or ((row.adcode,) if row.adcode else ()),
    )


def _membership(row: Row[Any]) -> Membership:
    return Membership(
        number=row.story_number,
        picked=row.picked,
        score=row.score,
        reasons=_reasons_in(row.reasons),
        angles=tuple(
            AngleShare(angle_id=angle_id, confidence=confidence, reasons=_reasons_in(reasons))
            for angle_id, confidence, reasons in row.angles
        ),
    )


def _reasons_out(reasons: Iterable[MatchReason]) -> list[list[Any]]:
    return [
        [r.ground.value, r.value, r.score, [[s.field.value, s.start, s.end, s.text] for s in r.evidence]]
        for r in reasons
    ]


def _reasons_in(kept: Iterable[list[Any]]) -> tuple[MatchReason, ...]:
    return tuple(
        MatchReason(
            ground=Ground(ground),
            value=value,
            score=score,
            evidence=tuple(
                EvidenceSpan(field=TextField(field), start=start, end=end, text=text)
                for field, start, end, text in spans
            ),
        )
        for ground, value, score, spans in kept
    )
