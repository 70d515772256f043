"""What questions to editors and reports on drift are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from tianfu.model.cluster import Relation
from tianfu.model.labels import PairCase, TopicCase
from tianfu.model.story import StoryState
from tianfu.model.tag import AssignedBy, TagKind, TagState
from tianfu.serving.store.schema import edges, stories, tags
from tianfu.serving.store.trial_schema import drift_reports, pair_decisions
from tianfu.serving.store.upsert import in_chunks, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Stories published from ``since`` to before ``until``, of one outlet or of all."""

    since: datetime
    until: datetime
    outlet_id: str | None = None


class Labels:
    """Reads; the only thing it writes is reports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def topic_cases(self, span: Span, limit: int) -> list[TopicCase]:
        """The newest stories that no editor gave or took a topic."""
        s, t = stories.c, tags.c
        decided = exists().where(
            t.story_number == s.number, t.kind == TagKind.TOPIC.value, t.decided_at.is_not(None)
        )
        query = (
            select(s.number, s.title, s.cluster_id)
            .where(_inside(span), s.indexed_revision > 0, ~decided)
            .order_by(s.published_at.desc(), s.number.desc())
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        topics = self._topics([row.number for row in rows])
        return [
            TopicCase(
                number=row.number,
                title=row.title,
                cluster_id=row.cluster_id,
                topics=tuple(topics.get(row.number, ())),
            )
            for row in rows
        ]

    def pair_cases(self, span: Span, limit: int) -> list[PairCase]:
        """Pairs that models joined and no editor judged, the least sure first."""
        a, b, e, p = stories.alias("a"), stories.alias("b"), edges.c, pair_decisions.c
        decided = exists().where(p.a == e.a, p.b == e.b)
        either = or_(_inside(span, a), _inside(span, b))
        query = (
            select(e.a, e.b, e.score, a.c.title.label("title_a"), b.c.title.label("title_b"))
            .select_from(edges.join(a, a.c.number == e.a).join(b, b.c.number == e.b))
            .where(either, ~decided, e.relation != Relation.IDENTICAL.value)
            .where(a.c.state == StoryState.LIVE.value, b.c.state == StoryState.LIVE.value)
            .order_by(e.score, e.a, e.b)
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        topics = self._topics(sorted({n for row in rows for n in (row.a, row.b)}))
        firsts = {number: found[0][0] for number, found in topics.items()}
        return [
            PairCase(
                a=row.a,
                b=row.b,
                score=row.score,
                topics=(firsts.get(row.a), firsts.get(row.b)),
                titles=(row.title_a, row.title_b),
            )
            for row in rows
        ]

    def labelled(self) -> dict[str, int]:
        """How many stories editors gave each class."""
        t = tags.c
        query = (
            select(t.code, func.count())
            .where(t.kind == TagKind.TOPIC.value, t.decided_at.is_not(None))
            .where(t.state == TagState.ACCEPTED.value)
            .group_by(t.code)
        )
        return {code: int(count) for code, count in self._connection.execute(query)}

    def titles(self, span: Span, limit: int = 20_000) -> list[str]:
        """Titles, newest first."""
        query = select(stories.c.title).where(_inside(span)).order_by(stories.c.number.desc()).limit(limit)
        return list(self._connection.execute(query).scalars())

    def tag_counts(self, span: Span, kind: TagKind) -> dict[str, int]:
        """How many stories carry each tag of a kind; of topics only the story's first is counted."""
        t = tags.c
        query = (
            select(t.code, func.count())
            .join(stories, stories.c.number == t.story_number)
            .where(_inside(span), t.kind == kind.value, t.state != TagState.REJECTED.value)
            .group_by(t.code)
        )
        if kind is TagKind.TOPIC:
            query = query.where(t.is_primary.is_(True))
        return {code: int(count) for code, count in self._connection.execute(query)}

    def decided_topics(self, span: Span) -> list[tuple[float, bool, bool]]:
        """Editors' word on topics: the model's confidence, whether accepted, whether an editor added it."""
        t = tags.c
        query = (
            select(t.confidence, t.state, t.assigned_by)
            .where(t.kind == TagKind.TOPIC.value, t.decided_at >= span.since, t.decided_at < span.until)
            .order_by(t.story_number, t.code)
        )
        return [
            (row.confidence, row.state == TagState.ACCEPTED.value, row.assigned_by == AssignedBy.EDITOR.value)
            for row in self._connection.execute(query)
        ]

    def told_apart(self, span: Span) -> int:
        """How many pairs editors told apart."""
        p = pair_decisions.c
        apart = [one.value for one in Relation if not one.joins]
        query = select(func.count()).where(
            p.relation.in_(apart), p.decided_at >= span.since, p.decided_at < span.until
        )
        return int(self._connection.execute(query).scalar_one())

    def keep_report(self, report: Mapping[str, Any], now: datetime) -> None:
        """Keep a report on drift; one of the very same moment is replaced."""
        upsert(self._connection, drift_reports, [{"made_at": now, "report": dict(report)}])

    def last_report(self) -> tuple[datetime, dict[str, Any]] | None:
        """The newest report on drift and when it was made."""
        query = select(drift_reports).order_by(drift_reports.c.made_at.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return (row.made_at, row.report) if row else None

    def _topics(self, numbers: list[int]) -> dict[int, list[tuple[str, float]]]:
        t = tags.c
        found: dict[int, list[tuple[str, float]]] = {}
        for chunk in in_chunks(numbers):
            query = (
                select(t.story_number, t.code, t.confidence)
                .where(t.story_number.in_(chunk), t.kind == TagKind.TOPIC.value)
                .where(t.state != TagState.REJECTED.value)
                .order_by(t.story_number, t.confidence.desc(), t.code)
            )
            for number, code, confidence in self._connection.execute(query):
                found.setdefault(number, []).append((code, confidence))
        return found


def _inside(span: Span, table: Any = stories) -> Any:
    c = table.c
    inside = and_(c.published_at >= span.since, c.published_at < span.until, c.state == StoryState.LIVE.value)
    return and_(inside, c.outlet_id == span.outlet_id) if span.outlet_id is not None else inside
