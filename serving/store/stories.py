"""Stories and their revisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from tianfu.model.dating import Dating, first_told
from tianfu.model.placement import area_code_range
from tianfu.model.rights import Reuse
from tianfu.model.story import Story, StoryState, StoryText
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.bigrams import may_hold, note_bigrams
from tianfu.serving.store.estimates import count_about
from tianfu.serving.store.schema import revisions, stories, tags
from tianfu.serving.store.upsert import in_chunks

_EXACT_TO = 50_000
_TEXT_FIELDS = (
    "title", "body", "published_at", "author", "source", "url", "image_url", "channel", "adcode",
    "expires_at", "ai_generated", "reuse",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryQuery:
    """Which stories to list, newest first by the date that counts.  ``None`` means no condition.

    Attributes:
        since: Published then or later, as their outlets say.
        until: Published earlier, likewise.
        before: Resume after this (fresh_at, number), as the last item of the page before.
        words: Each found in title or body, literally but for the case of Latin letters.
        numbers: Only these stories, some hundreds at most.
    """

    outlet_id: str | None = None
    topic: str | None = None
    place: str | None = None
    state: StoryState | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    before: tuple[datetime, int] | None = None
    limit: int = 20


class Stories:
    """What outlets sent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_external_ids(self, outlet_id: str, external_ids: Sequence[str]) -> dict[str, Story]:
        """Find an outlet's stories by its own ids."""
        found: dict[str, Story] = {}
        for chunk in in_chunks(external_ids):
            query = select(stories).where(stories.c.outlet_id == outlet_id, stories.c.external_id.in_(chunk))
            found.update({row.external_id: _story(row) for row in self._connection.execute(query)})
        return found

    def add(self, drafts: Sequence[Story]) -> list[Story]:
        """Insert first revisions; their numbers are given here and returned in order."""
        if not drafts:
            return []
        rows = [{**_row(story), "fingerprint": story.text.fingerprint} for story in drafts]
        statement = insert(stories).returning(stories.c.number, sort_by_parameter_order=True)
        numbers = self._connection.execute(statement, rows).scalars().all()
        note_bigrams(self._connection, dict(zip(numbers, (story.text for story in drafts), strict=True)))
        return [replace(story, number=number) for story, number in zip(drafts, numbers, strict=True)]

    def revise(self, old: Story, new: Story) -> None:
        """Put a new revision in place and keep the old one.

        State, cluster and what is indexed are others' to write, perhaps at this moment, and stay as they are.
        """
        kept = {
            "story_number": old.number,
            "revision": old.revision,
            "text": _jsonable(old.text),
            "received_at": old.received_at,
        }
        self._connection.execute(insert(revisions), [kept])
        values = {name: value for name, value in _row(new).items() if name not in _STAY}
        values["fingerprint"] = new.text.fingerprint
        self._connection.execute(update(stories).where(stories.c.number == old.number).values(values))
        note_bigrams(self._connection, {old.number: new.text})

    def set_state(self, numbers: Iterable[int], state: StoryState) -> None:
        """Take stories down or put them back."""
        for chunk in in_chunks(sorted(numbers)):
            self._connection.execute(
                update(stories).where(stories.c.number.in_(chunk)).values(state=state.value)
            )

    def set_indexed(self, done: Mapping[int, int]) -> None:
        """Note which revision of each story vectors and tags now describe."""
        if done:
            statement = (
                update(stories)
                .where(stories.c.number == bindparam("story"))
                .values(indexed_revision=bindparam("done"))
            )
            self._connection.execute(statement, [{"story": n, "done": r} for n, r in done.items()])

    def set_dated(self, until: Mapping[int, datetime | None]) -> None:
        """Note when dated stories end by themselves; ``None`` for those that do not."""
        if until:
            statement = (
                update(stories)
                .where(stories.c.number == bindparam("story"))
                .values(dated_until=bindparam("until"))
            )
            self._connection.execute(statement, [{"story": n, "until": at} for n, at in until.items()])

    def set_clusters(self, clusters: Mapping[int, str]) -> None:
        """Move stories into clusters."""
        if clusters:
            statement = (
                update(stories)
                .where(stories.c.number == bindparam("story"))
                .values(cluster_id=bindparam("cluster"))
            )
            self._connection.execute(statement, [{"story": n, "cluster": c} for n, c in clusters.items()])

    def lock(self, numbers: Iterable[int]) -> dict[int, int]:
        """Let nobody else change these stories until the transaction ends; returns their revisions."""
        found: dict[int, int] = {}
        for chunk in in_chunks(sorted(numbers)):
            query = (
                select(stories.c.number, stories.c.revision)
                .where(stories.c.number.in_(chunk))
                .order_by(stories.c.number)
                .with_for_update()
            )
            found.update((row[0], row[1]) for row in self._connection.execute(query))
        return found

    def by_id(self, story_id: str) -> Story | None:
        """Find a story by its public id."""
        row = self._connection.execute(select(stories).where(stories.c.id == story_id)).one_or_none()
        return _story(row) if row else None

    def by_ids(self, story_ids: Sequence[str]) -> dict[str, Story]:
        """Find stories by public id; unknown ids are missing from the answer."""
        found: dict[str, Story] = {}
        for chunk in in_chunks(story_ids):
            query = select(stories).where(stories.c.id.in_(chunk))
            found.update({row.id: _story(row) for row in self._connection.execute(query)})
        return found

    def by_numbers(self, numbers: Sequence[int]) -> dict[int, Story]:
        """Find stories by number; unknown numbers are missing from the answer."""
        found: dict[int, Story] = {}
        for chunk in in_chunks(numbers):
            query = select(stories).where(stories.c.number.in_(chunk))
            found.update({row.number: _story(row) for row in self._connection.execute(query)})
        return found

    def in_clusters(self, cluster_ids: Sequence[str]) -> list[Story]:
        """Every story of these clusters, taken down or not, first publisher first."""
        found: list[Story] = []
        for chunk in in_chunks(cluster_ids):
            query = select(stories).where(stories.c.cluster_id.in_(chunk))
            found.extend(_story(row) for row in self._connection.execute(query))
        return first_told(found, dating=lambda story: story.dating, number=lambda story: story.number)

    def cluster_sizes(self, cluster_ids: Sequence[str]) -> dict[str, int]:
        """How many stories that may be shown each of these clusters has."""
        found: dict[str, int] = {}
        for chunk in in_chunks(sorted(set(cluster_ids))):
            query = (
                select(stories.c.cluster_id, func.count())
                .where(stories.c.cluster_id.in_(chunk), stories.c.state == StoryState.LIVE.value)
                .group_by(stories.c.cluster_id)
            )
            found.update({row[0]: row[1] for row in self._connection.execute(query)})
        return found

    def page(self, query: StoryQuery, *, patience_s: float | None = None) -> list[Story]:
        """List stories, newest first by the date that counts, at most ``query.limit``.

        Args:
            query: Which.
            patience_s: PostgreSQL gives up after so long, and the unit of work is over then.

        Raises:
            StoreUnavailable: It took longer.
        """
        indexed = self._connection.dialect.name == "postgresql"
        if patience_s is not None and indexed:
            set_locally = func.set_config("statement_timeout", f"{round(1_000 * patience_s)}", True)
            self._connection.execute(select(set_locally))
        hints = may_hold(query.words) if indexed else []
        rows = self._connection.execute(_page_statement(query, hints))
        return [_story(row) for row in rows]

    def revisions_of(self, number: int) -> list[tuple[int, datetime, dict[str, Any]]]:
        """Earlier revisions, oldest first: revision, time of receipt, fields."""
        query = select(revisions).where(revisions.c.story_number == number).order_by(revisions.c.revision)
        return [(row.revision, row.received_at, row.text) for row in self._connection.execute(query)]

    def count_about(self) -> int:
        """How many stories there are, at a cost that does not grow with them; many are an estimate."""
        return count_about(self._connection, stories, exact_to=_EXACT_TO)

    def count(self, state: StoryState | None = None) -> int:
        """How many stories there are, each counted."""
        query = select(func.count()).select_from(stories)
        if state is not None:
            query = query.where(stories.c.state == state.value)
        return int(self._connection.execute(query).scalar_one())


def _page_statement(query: StoryQuery, hints: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The date that counts is never later than what the outlet says, and earlier only after an edit.

    So the index on ``published_at`` gives nearly all stories in order, and the others are found by their
    earlier revisions.  Hints are what every story asked for meets anyway.
    """
    c = stories.c
    edited = c.number.in_(select(revisions.c.story_number))
    as_said = _first(c.published_at, query, or_(c.fresh_at.is_(None), c.fresh_at >= c.published_at), *hints)
    redated = _first(c.fresh_at, query, and_(c.fresh_at < c.published_at, edited), *hints)
    found = union_all(select(as_said.subquery()), select(redated.subquery())).subquery()
    return (
        select(stories)
        .join(found, found.c.number == c.number)
        .order_by(found.c.at.desc(), found.c.number.desc())
        .limit(query.limit)
    )


def _first(at: ColumnElement[datetime], query: StoryQuery, *kind: ColumnElement[bool]) -> Select[Any]:
    """Numbers of the first stories of one kind, with the date that they are ordered by."""
    c = stories.c
    columns: list[ColumnElement[Any]] = [c.number, at.label("at")]
    statement = select(*columns).where(*kind, *_conditions(query))
    if query.before is not None:
        before, number = query.before
        statement = statement.where(or_(at < before, and_(at == before, c.number < number)))
    return statement.order_by(at.desc(), c.number.desc()).limit(query.limit)


def _conditions(query: StoryQuery) -> list[ColumnElement[bool]]:
    c = stories.c
    found: list[ColumnElement[bool]] = [
        or_(_holds(c.title, word), _holds(c.body, word)) for word in query.words
    ]
    if query.outlet_id is not None:
        found.append(c.outlet_id == query.outlet_id)
    if query.state is not None:
        found.append(c.state == query.state.value)
    if query.since is not None:
        found.append(c.published_at >= query.since)
    if query.until is not None:
        found.append(c.published_at < query.until)
    if query.numbers is not None:
        found.append(c.number.in_(query.numbers))
    if query.topic is not None:
        found.append(_tagged(TagKind.TOPIC, query.topic, query.topic))
    if query.place is not None:
        low, high = area_code_range(query.place)
        found.append(_tagged(TagKind.PLACE, low, high))
    return found


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a text holds a word, literally but for the case of Latin letters.

    Where no letter has a case, as in Chinese, none is folded: PostgreSQL looks through a text in a quarter of
    the time when it need not.
    """
    if word.lower() == word.upper():
        return column.contains(word, autoescape=True)
    return column.icontains(word, autoescape=True)


def _tagged(kind: TagKind, low: str, high: str) -> Any:
    return exists().where(
        tags.c.story_number == stories.c.number,
        tags.c.kind == kind.value,
        tags.c.code.between(low, high),
        tags.c.state != TagState.REJECTED.value,
    )


def _story(row: Row[Any]) -> Story:
    fields = row._mapping
    return Story(
        id=row.id,
        number=row.number,
        outlet_id=row.outlet_id,
        external_id=row.external_id,
        revision=row.revision,
        text=StoryText(**{**{name: fields[name] for name in _TEXT_FIELDS}, "reuse": _reuse(row.reuse)}),
        received_at=row.received_at,
        dating=dating_of(row),
        state=StoryState(row.state),
        indexed_revision=row.indexed_revision,
        cluster_id=row.cluster_id,
    )


def dating_of(row: Row[Any]) -> Dating:
    """The times that count; those of a story from before there were such are its own."""
    return Dating(
        received_at=row.first_received_at or row.received_at,
        fresh_at=row.fresh_at or row.published_at,
        first_at=row.first_at or row.published_at,
    )


def _reuse(value: str | None) -> Reuse | None:
    return None if value is None else Reuse(value)


_STAY = frozenset({"id", "outlet_id", "external_id", "state", "indexed_revision", "cluster_id"})


def _row(story: Story) -> dict[str, Any]:
    return {
        **{name: getattr(story.text, name) for name in _TEXT_FIELDS},
        "id": story.id,
        "outlet_id": story.outlet_id,
        "external_id": story.external_id,
        "revision": story.revision,
        "received_at": story.received_at,
        "first_received_at": story.dating.received_at,
        "fresh_at": story.dating.fresh_at,
        "first_at": story.dating.first_at,
        "state": story.state.value,
        "indexed_revision": story.indexed_revision,
        "cluster_id": story.cluster_id,
    }


def _jsonable(text: StoryText) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(text).items()}
