"""The adoption ledger: read from clusters and accepted submissions, stored nowhere twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, distinct, exists, func, or_, select

from tianfu.model.cluster import Relation
from tianfu.model.flow.adoption import AdoptedBy, Adoption, Version, adoptions_among, merged
from tianfu.model.flow.submission import SubmissionState
from tianfu.model.story import StoryState
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.clusters import Clusters
from tianfu.serving.store.joint_schema import submissions
from tianfu.serving.store.schema import edges, stories, tags
from tianfu.serving.store.stories import dating_of
from tianfu.serving.store.upsert import in_chunks

_COPIES = [relation.value for relation in Relation if relation.is_copy]
MAX_CLUSTERS = 50_000
"""Clusters looked through at most, the newest copies first: far more than outlets take in a quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionQuery:
    """Which adoptions to read.  Empty ``adopters`` and ``source`` of ``None`` mean no condition.

    Attributes:
        adopters: Taken over by one of these outlets.
        source: First published by this outlet.
        since: Taken over from then on.
        until: And before then.
    """

    since: datetime
    until: datetime
    adopters: tuple[str, ...] = ()
    source: str | None = None


class Adoptions:
    """Who took over whose story."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, query: AdoptionQuery) -> list[Adoption]:
        """Adoptions, newest first, one for each story and adopter."""
        accepted = [one for one in self._accepted(query) if _meets(one, query)]
        return merged([*self.copies(query), *accepted])

    def copies(self, query: AdoptionQuery) -> list[Adoption]:
        """Every copy alone, several of one story by one adopter included."""
        versions = self._versions(self._clusters(query))
        judged = Clusters(self._connection).of([v.number for v in versions])
        return [one for one in adoptions_among(versions, judged) if _meets(one, query)]

    def offered(self, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
        """How many clusters each outlet has a story in, by (outlet, primary class)."""
        s, t = stories.c, tags.c
        query = (
            select(s.outlet_id, t.code, func.count(distinct(s.cluster_id)))
            .select_from(stories.join(tags, _is_primary()))
            .where(s.published_at >= since, s.published_at < until, s.state == StoryState.LIVE.value)
            .group_by(s.outlet_id, t.code)
        )
        return {(row[0], row[1]): row[2] for row in self._connection.execute(query)}

    def _clusters(self, query: AdoptionQuery) -> list[str]:
        """Clusters with a copy by an adopter in the window."""
        s = stories.c
        is_copy = or_(
            exists().where(edges.c.a == s.number, edges.c.relation.in_(_COPIES)),
            exists().where(edges.c.b == s.number, edges.c.relation.in_(_COPIES)),
        )
        conditions: list[ColumnElement[bool]] = [
            s.published_at >= query.since,
            s.published_at < query.until,
            s.state == StoryState.LIVE.value,
            is_copy,
        ]
        if query.adopters:
            conditions.append(s.outlet_id.in_(query.adopters))
        if query.source is not None:
            own = select(s.cluster_id).where(s.outlet_id == query.source)
            conditions += [s.outlet_id != query.source, s.cluster_id.in_(own.correlate(None))]
        wanted = select(s.cluster_id).where(*conditions).order_by(s.published_at.desc()).limit(MAX_CLUSTERS)
        return list(dict.fromkeys(self._connection.execute(wanted).scalars()))

    def _versions(self, cluster_ids: Sequence[str]) -> list[Version]:
        found: list[Version] = []
        for chunk in in_chunks(cluster_ids):
            rows = self._connection.execute(_with_topic().where(stories.c.cluster_id.in_(chunk)))
            found.extend(_version(row) for row in rows)
        return list({version.number: version for version in found}.values())

    def _accepted(self, query: AdoptionQuery) -> list[Adoption]:
        c, s = submissions.c, stories.c
        statement = (
            select(c.to_outlet_id, c.topic, c.decided_at, s.number, s.id, s.title, s.outlet_id, s.cluster_id)
            .join(stories, s.number == c.story_number)
            .where(
                c.state == SubmissionState.ACCEPTED.value,
                c.decided_at >= query.since,
                c.decided_at < query.until,
                s.state == StoryState.LIVE.value,
            )
        )
        rows = self._connection.execute(statement).all()
        filed = {v.number: v.topic for v in self._by_numbers([row.number for row in rows])}
        return [
            Adoption(
                number=row.number,
                story_id=row.id,
                title=row.title,
                cluster_id=row.cluster_id,
                outlet_id=row.outlet_id,
                adopter_id=row.to_outlet_id,
                at=row.decided_at,
                topic=row.topic or filed[row.number],
                by=AdoptedBy.SUBMISSION,
            )
            for row in rows
        ]

    def _by_numbers(self, numbers: Sequence[int]) -> list[Version]:
        return [
            _version(row)
            for chunk in in_chunks(sorted(set(numbers)))
            for row in self._connection.execute(_with_topic().where(stories.c.number.in_(chunk)))
        ]


def _meets(one: Adoption, query: AdoptionQuery) -> bool:
    return (
        query.since <= one.at < query.until
        and (not query.adopters or one.adopter_id in query.adopters)
        and query.source in (None, one.outlet_id)
    )


def _is_primary() -> ColumnElement[bool]:
    t = tags.c
    return and_(
        t.story_number == stories.c.number,
        t.kind == TagKind.TOPIC.value,
        t.is_primary,
        t.state != TagState.REJECTED.value,
    )


def _with_topic() -> Select[Any]:
    s, t = stories.c, tags.c
    columns: list[ColumnElement[Any]] = [
        s.number, s.id, s.title, s.outlet_id, s.published_at, s.received_at, s.first_received_at, s.fresh_at,
        s.first_at, s.cluster_id, s.state, t.code,
    ]  # fmt: skip
    return select(*columns).select_from(stories.outerjoin(tags, _is_primary()))


def _version(row: Row[Any]) -> Version:
    return Version(
        number=row.number,
        story_id=row.id,
        title=row.title,
        outlet_id=row.outlet_id,
        published_at=row.published_at,
        dating=dating_of(row),
        cluster_id=row.cluster_id,
        topic=row.code or "",
        shown=row.state == StoryState.LIVE.value,
    )
