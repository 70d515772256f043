"""What the in-memory caches read of many stories at once, without their bodies."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from tianfu.model.cluster import Relation
from tianfu.model.feed.card import StoryCard, areas_of
from tianfu.model.outlet import OutletLevel
from tianfu.model.ports import IndexFacts
from tianfu.model.rights import Reuse
from tianfu.model.story import StoryState
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.schema import TAKEN_DOWN, edges, outlets, stories, tags
from tianfu.serving.store.upsert import among

FRESH_AT = func.coalesce(stories.c.fresh_at, stories.c.published_at).label("fresh")
"""When feeds take a story for published, whatever its outlet says since."""


class Cards:
    """Stories as the index and the feeds see them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, numbers: Sequence[int]) -> dict[int, StoryCard]:
        """Cards of those stories that may be shown: live and indexed at least once."""
        c = stories.c
        columns: list[ColumnElement[Any]] = [
            c.number, c.id, c.title, c.url, c.image_url, c.outlet_id, c.channel, c.published_at,
            c.expires_at, FRESH_AT, c.cluster_id, c.ai_generated, c.adcode, c.author, c.source, c.reuse,
            c.dated_until, c.first_at, func.length(c.body).label("chars"),
        ]  # fmt: skip
        codes = self._codes(numbers)
        republished = self.republished(numbers)
        found: dict[int, StoryCard] = {}
        for wanted in among(self._connection, c.number, numbers):
            query = select(*columns).where(wanted, c.state == StoryState.LIVE.value, c.indexed_revision > 0)
            for row in self._connection.execute(query):
                topics, places = codes.get(row.number, ((), ()))
                found[row.number] = _card(row, topics, places, republished=row.number in republished)
        return found

    def facts(self, numbers: Sequence[int]) -> dict[int, IndexFacts]:
        """What the vector index filters on."""
        codes = self._codes(numbers)
        found: dict[int, IndexFacts] = {}
        for wanted in among(self._connection, stories.c.number, numbers):
            query = select(stories.c.number, FRESH_AT, stories.c.outlet_id, stories.c.adcode).where(wanted)
            for row in self._connection.execute(query):
                places = codes.get(row.number, ((), ()))[1] or ((row.adcode,) if row.adcode else ())
                found[row.number] = IndexFacts(
                    published_at_s=int(row.fresh.timestamp()),
                    outlet_id=row.outlet_id,
                    places=frozenset(area for place in places for area in areas_of(place)),
                )
        return found

    def showable_numbers(self, *, since: datetime, least: int) -> list[int]:
        """Stories of the hot window, and the newest few thousand however old they are."""
        c = stories.c
        newest = select(c.number).order_by(FRESH_AT.desc(), c.number.desc()).limit(least)
        query = select(c.number).where(
            c.state == StoryState.LIVE.value,
            c.indexed_revision > 0,
            or_(since <= FRESH_AT, c.number.in_(newest)),
        )
        return list(self._connection.execute(query).scalars())

    def taken_down(self) -> list[int]:
        """Every story that a takedown stands against."""
        query = select(stories.c.number).where(TAKEN_DOWN)
        return list(self._connection.execute(query).scalars())

    def taken_down_of(self, numbers: Sequence[int]) -> set[int]:
        """Which of these stories a takedown stands against."""
        found: set[int] = set()
        for wanted in among(self._connection, stories.c.number, numbers):
            query = select(stories.c.number).where(wanted, TAKEN_DOWN)
            found.update(self._connection.execute(query).scalars())
        return found

    def republished(self, numbers: Sequence[int]) -> set[int]:
        """Which of these a provincial unit carries as the same text, told no earlier."""
        first, later = stories.alias("first"), stories.alias("later")
        found: set[int] = set()
        for one, other in ((edges.c.a, edges.c.b), (edges.c.b, edges.c.a)):
            for wanted in among(self._connection, one, numbers):
                query = (
                    select(one)
                    .join(first, first.c.number == one)
                    .join(later, later.c.number == other)
                    .join(outlets, outlets.c.id == later.c.outlet_id)
                    .where(
                        wanted,
                        edges.c.relation.in_([Relation.IDENTICAL.value, Relation.REPRINT.value]),
                        outlets.c.level == OutletLevel.PROVINCE.value,
                        later.c.state == StoryState.LIVE.value,
                        func.coalesce(later.c.first_at, later.c.published_at)
                        >= func.coalesce(first.c.first_at, first.c.published_at),
                    )
                )
                found.update(self._connection.execute(query).scalars())
        return found

    def _codes(self, numbers: Sequence[int]) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
        t = tags.c
        topics: dict[int, list[str]] = {}
        places: dict[int, list[str]] = {}
        for wanted in among(self._connection, t.story_number, numbers):
            query = (
                select(t.story_number, t.kind, t.code)
                .where(
                    wanted,
                    t.kind.in_([TagKind.TOPIC.value, TagKind.PLACE.value]),
                    t.state != TagState.REJECTED.value,
                )
                .order_by(t.story_number, t.is_primary.desc(), t.confidence.desc(), t.code)
            )
            for number, kind, code in self._connection.execute(query):
                (topics if kind == TagKind.TOPIC.value else places).setdefault(number, []).append(code)
        return {
            number: (_codes_once(tuple(topics.get(number, ()))), _codes_once(tuple(places.get(number, ()))))
            for number in topics.keys() | places.keys()
        }


@lru_cache(maxsize=16_384)
def _codes_once(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The same tuple for the same codes, as few of all stories' have their own."""
    return tuple(intern(code) for code in codes)


def _card(row: Row[Any], topics: tuple[str, ...], places: tuple[str, ...], *, republished: bool) -> StoryCard:
    ends = row.expires_at or row.dated_until
    return StoryCard(
        number=row.number,
        story_id=row.id,
        title=row.title,
        url=row.url,
        image_url=row.image_url,
        outlet_id=intern(row.outlet_id),
        channel=intern(row.channel),
        published_at_s=int(row.published_at.timestamp()),
        fresh_from_s=int(row.fresh.timestamp()),
        told_at_s=int(row.first_at.timestamp()) if row.first_at else None,
        expires_at_s=int(ends.timestamp()) if ends else None,
        topics=topics,
        places=places or ((row.adcode,) if row.adcode else ()),
        cluster_id=row.cluster_id,
        ai_generated=row.ai_generated,
        body_chars=row.chars,
        author=intern(row.author),
        source=intern(row.source),
        reuse=None if row.reuse is None else Reuse(row.reuse),
        republished=republished,
    )
