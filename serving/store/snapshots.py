"""What an export reads: whole tables in batches, rows as plain values, readers by their keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select

from tianfu.model.cluster import Relation
from tianfu.model.recommendation import Decision
from tianfu.serving.store.decisions import unpacked
from tianfu.serving.store.schema import decisions, edges, events, stories, tags
from tianfu.serving.store.trial_schema import pair_decisions
from tianfu.serving.store.upsert import in_chunks

_BATCH = 5_000
_FEEDS = 500
Rows = list[dict[str, Any]]
_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the data.

    Attributes:
        since: Inclusive: stories received, events that happened.
        until: Exclusive.
        outlets: Only stories, readers and feeds of these; empty for all.
    """

    since: datetime
    until: datetime
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnsweredFeed:
    """A decision that events came back for, and the numbers of the stories they speak of."""

    decision: Decision
    told_of: frozenset[int]


class Snapshots:
    """Reads tables through, in a fixed order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, window: Window) -> dict[str, int]:
        """Rows to come of the large tables."""
        found = {}
        for name, query in (("stories", _stories(window)), ("events", _events(window))):
            counted = select(func.count()).select_from(query.order_by(None).subquery())
            found[name] = int(self._connection.execute(counted).scalar_one())
        return found

    def stories(self, window: Window) -> Iterator[Rows]:
        """Stories with their present text."""
        yield from self._batches(_stories(window))

    def tags(self, window: Window) -> Iterator[Rows]:
        """Every tag of those stories, whoever put it there and whatever became of it."""
        t, s = tags.c, stories.c
        query = (
            select(
                s.id.label("story_id"), t.kind, t.code, t.label, t.confidence, t.is_primary, t.assigned_by,
                t.state, t.source, t.decided_at,
            )
            .join(stories, s.number == t.story_number)
            .where(_received(window))
            .order_by(s.number, t.kind, t.code)
        )  # fmt: skip
        yield from self._batches(query)

    def pairs(self, window: Window) -> Iterator[Rows]:
        """Pairs of which at least one story was received in the window; last those editors told apart."""
        a, b, e = stories.alias("a"), stories.alias("b"), edges.c
        query = (
            select(a.c.id.label("a"), b.c.id.label("b"), e.relation, e.score, e.decided_by)
            .select_from(edges.join(a, a.c.number == e.a).join(b, b.c.number == e.b))
            .where(_received(window, a) | _received(window, b))
            .order_by(e.a, e.b)
        )
        yield from self._batches(query)
        p = pair_decisions.c
        told_apart = [one.value for one in Relation if not one.joins]
        query = (
            select(
                a.c.id.label("a"), b.c.id.label("b"), p.relation, literal(1.0).label("score"), p.decided_by
            )
            .select_from(pair_decisions.join(a, a.c.number == p.a).join(b, b.c.number == p.b))
            .where(p.relation.in_(told_apart), _received(window, a) | _received(window, b))
            .order_by(p.a, p.b)
        )
        yield from self._batches(query)

    def events(self, window: Window) -> Iterator[Rows]:
        """Events that count, in the order they came in."""
        yield from self._batches(_events(window))

    def feeds(self, window: Window) -> Iterator[list[AnsweredFeed]]:
        """Decisions that an event of the window and of their own outlet names, in order of trace id."""
        e = events.c
        query = (
            select(e.trace_id, e.story_number)
            .join(decisions, _its_feed())
            .where(_happened(window))
            .order_by(e.trace_id, e.number)
            .execution_options(yield_per=_BATCH)
        )
        told: dict[str, set[int]] = {}
        for trace_id, number in self._connection.execute(query):
            if trace_id not in told and len(told) == _FEEDS:
                yield self._answered(told)
                told = {}
            told.setdefault(trace_id, set()).add(number)
        if told:
            yield self._answered(told)

    def story_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Public ids by number."""
        found: dict[int, str] = {}
        for chunk in in_chunks(numbers):
            query = select(stories.c.number, stories.c.id).where(stories.c.number.in_(chunk))
            found.update((row.number, row.id) for row in self._connection.execute(query))
        return found

    def _answered(self, told: dict[str, set[int]]) -> list[AnsweredFeed]:
        d = decisions.c
        query = select(d.trace_id, d.record, d.reader_key).where(d.trace_id.in_(list(told)))
        return [
            AnsweredFeed(unpacked(row.record, row.reader_key), frozenset(told[row.trace_id]))
            for row in self._connection.execute(query.order_by(d.trace_id))
        ]

    def _batches(self, query: _Query) -> Iterator[Rows]:
        result = self._connection.execute(query.execution_options(yield_per=_BATCH))
        for part in result.mappings().partitions(_BATCH):
            yield [dict(row) for row in part]


def _received(window: Window, table: Any = stories) -> Any:
    inside = and_(table.c.received_at >= window.since, table.c.received_at < window.until)
    return and_(inside, table.c.outlet_id.in_(window.outlets)) if window.outlets else inside


def _happened(window: Window) -> Any:
    e = events.c
    inside = and_(e.at >= window.since, e.at < window.until, e.quarantine.is_(None))
    return and_(inside, e.outlet_id.in_(window.outlets)) if window.outlets else inside


def _its_feed() -> Any:
    """Joins an event to the feed it names, if that is its own outlet's: trace ids come from apps."""
    return and_(decisions.c.trace_id == events.c.trace_id, decisions.c.outlet_id == events.c.outlet_id)


def _stories(window: Window) -> _Query:
    c = stories.c
    return (
        select(
            c.id.label("story_id"), c.outlet_id, c.external_id, c.revision, c.title, c.body, c.author,
            c.source, c.url, c.channel, c.adcode, c.published_at, c.received_at, c.expires_at, c.state,
            c.ai_generated, c.cluster_id,
        )
        .where(_received(window))
        .order_by(c.number)
    )  # fmt: skip


def _events(window: Window) -> _Query:
    e = events.c
    return (
        select(
            e.reader_key.label("reader"), e.outlet_id, stories.c.id.label("story_id"), e.type, e.at, e.scene,
            e.dwell_s, decisions.c.trace_id.label("feed"), e.position,
        )
        .join(stories, stories.c.number == e.story_number)
        .outerjoin(decisions, _its_feed())
        .where(_happened(window))
        .order_by(e.number)
    )  # fmt: skip
