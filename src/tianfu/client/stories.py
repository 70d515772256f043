"""Stories: send, list, read, take down, restore."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from tianfu.client.call import Call, Plan
from tianfu.client.errors import ClientError
from tianfu.client.events import RowError, batches
from tianfu.client.feeds import Labelled, Named
from tianfu.client.texts import Tag

MAX_ROWS = 500
MAX_STORY_BYTES = 8_000_000
"""Of one batch, so that one of long stories is answered in time."""


class StoryRow(TypedDict, total=False):
    """One story.  ``external_id`` is yours: the same id with another text is a new revision."""

    title: Required[str]
    published_at: Required[datetime | str]
    body: str
    outlet_id: str
    external_id: str
    author: str
    source: str
    url: str | None
    image_url: str | None
    channel: str
    adcode: str | None
    expires_at: datetime | str | None
    ai_generated: bool
    reuse: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A story of the same cluster."""

    story_id: str
    outlet_id: str
    title: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReceipt:
    """What became of one story: ``created``, ``revised``, ``unchanged``, or an error.

    Attributes:
        tags: ``None`` unless the answer waited for them; so is ``duplicates``.
    """

    index: int
    story_id: str | None
    external_id: str | None
    revision: int | None
    outcome: str | None
    indexed: bool
    tags: tuple[Tag, ...] | None
    duplicates: tuple[Twin, ...] | None
    error: RowError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReceipts:
    """What became of all rows, in the order sent."""

    accepted: int
    rejected: int
    results: tuple[StoryReceipt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedStory:
    """A story in a list."""

    story_id: str
    external_id: str
    outlet_id: str
    title: str
    url: str | None
    published_at: datetime
    revision: int
    state: str
    indexed: bool
    cluster_id: str
    cluster_size: int
    found_by: str | None
    topics: tuple[Labelled, ...]
    places: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """A page of a list."""

    items: tuple[ListedStory, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story; ``body`` is ``None`` where ``rights`` do not let the key's outlet show it."""

    story_id: str
    external_id: str
    outlet_id: str
    revision: int
    state: str
    indexed: bool
    cluster_id: str
    cluster_size: int
    title: str
    body: str | None
    author: str
    source: str
    url: str | None
    image_url: str | None
    channel: str
    adcode: str | None
    published_at: datetime
    expires_at: datetime | None
    ai_generated: bool
    reuse: str | None
    rights: Named
    received_at: datetime
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """An order and every story that it reached."""

    takedown_id: str
    scope: str
    taken_at: datetime
    story_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Which stories are back."""

    story_ids: tuple[str, ...]


def send_stories(rows: Iterable[StoryRow], *, wait_s: int = 0) -> Plan[StoryReceipts]:
    """Send stories, 500 a batch; a faulty row never spoils the others, and sending again changes nothing.

    With ``wait_s`` (30 at most, for each batch) receipts carry tags and duplicates where they are ready.
    An error's ``unsent`` holds what nobody has acknowledged.
    """
    waiting = list(rows)
    done = StoryReceipts(accepted=0, rejected=0, results=())
    for batch in batches(waiting, max_rows=MAX_ROWS, max_bytes=MAX_STORY_BYTES):
        try:
            found: StoryReceipts = yield _post(batch, wait_s)
        except ClientError as bad:
            bad.unsent = waiting[len(done.results) :]
            raise
        first = len(done.results)
        done = StoryReceipts(
            accepted=done.accepted + found.accepted,
            rejected=done.rejected + found.rejected,
            results=(*done.results, *(replace(row, index=first + row.index) for row in found.results)),
        )
    return done


def _post(batch: list[StoryRow], wait_s: int) -> Call[StoryReceipts]:
    return Call(
        method="POST",
        template="/v1/stories",
        answer=StoryReceipts,
        body={"stories": batch},
        headers=(("Prefer", f"wait={wait_s}"),) if wait_s else (),
        repeatable=True,
        extra_s=float(wait_s),
    )


class StoryQuery(TypedDict, total=False):
    """Which stories; ``q`` searches by words and meaning, best first, and gives one page."""

    outlet_id: str
    topic: str
    place: str
    state: str
    since: datetime
    until: datetime
    words: str
    q: str
    limit: int


@dataclass(frozen=True, slots=True)
class StoryWalk:
    """One page of a list after the other."""

    query: StoryQuery

    def first(self) -> Call[StoryPage]:
        """The first page."""
        return _listed(self.query)

    def following(self, page: StoryPage) -> Call[StoryPage] | None:
        """The next; none after the last."""
        return None if page.cursor is None else _listed({**self.query, "cursor": page.cursor})

    def items(self, page: StoryPage) -> tuple[ListedStory, ...]:
        """The stories of a page."""
        return page.items


def _listed(query: Any) -> Call[StoryPage]:
    return Call(method="GET", template="/v1/stories", answer=StoryPage, query={"limit": 100, **query})


def stories(**query: Unpack[StoryQuery]) -> StoryWalk:
    """Stories one by one, newest first; a page (``limit``, 100 at most) is fetched when it is needed."""
    return StoryWalk(query)


def story(story_id: str) -> Call[Story]:
    """One story with its tags."""
    return Call(
        method="GET", template="/v1/stories/{story_id}", answer=Story, names=(("story_id", story_id),)
    )


def takedown(story_id: str, *, reason: str, scope: str = "story") -> Call[Takedown]:
    """Take a story, or with ``scope="cluster"`` its whole cluster, out of every answer at once."""
    return Call(
        method="POST",
        template="/v1/stories/{story_id}/takedown",
        answer=Takedown,
        names=(("story_id", story_id),),
        body={"reason": reason, "scope": scope},
    )


def restore(story_id: str, *, scope: str = "cluster", reason: str = "") -> Call[Restored]:
    """Put back all that the orders against a story took down, or with ``scope="story"`` it alone."""
    return Call(
        method="POST",
        template="/v1/stories/{story_id}/restore",
        answer=Restored,
        names=(("story_id", story_id),),
        body={"scope": scope, "reason": reason},
    )
