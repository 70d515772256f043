"""Stories whose topics editors decided."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tianfu.embeddings.text.html import html_to_text
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.story import StoryState
from tianfu.model.tag import TagKind, TagState
from tianfu.model.vocab.topics import load_topics
from tianfu.training.snapshot import DataSnapshot

_COLUMNS = ["story_id", "outlet_id", "title", "body", "published_at", "state", "cluster_id"]
_OF_TAG = ["story_id", "kind", "code", "is_primary", "state", "decided_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedStory:
    """A story and what editors say of its classes.

    Attributes:
        body: Clean text.
        labels: Classes accepted or added, the primary one first; empty where all were rejected.
        judged: Classes that somebody decided; ``None`` when some class stands and no suggestion was left
            open, so that every other class is known not to be meant.
        copies: What its copies share with it: its cluster, its text.
    """

    story_id: str
    outlet_id: str
    title: str
    body: str
    labels: tuple[str, ...]
    judged: tuple[str, ...] | None
    published_at: datetime
    copies: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all its classes are known."""
        return self.judged is None


@dataclass(frozen=True, slots=True)
class DecidedStories:
    """What a snapshot holds.

    Attributes:
        stories: Oldest first, then by id; of one text the one decided last.
        undecided: Live stories that nobody decided.
        counts: How many rows were read and left out, by reason.
    """

    stories: Sequence[DecidedStory]
    undecided: Sequence[DecidedStory]
    counts: Mapping[str, int]


def read_decided(snapshot: DataSnapshot) -> DecidedStories:
    """Read decided stories; withdrawn ones and those without a text are left out and counted."""
    tags = _topic_tags(snapshot)
    counts: Counter[str] = Counter()
    newest: dict[str, tuple[datetime, DecidedStory]] = {}
    undecided = []
    for row in snapshot.rows("stories", _COLUMNS):
        counts["stories"] += 1
        own = tags.get(row["story_id"], [])
        decided = [tag for tag in own if tag["decided_at"] is not None]
        story = _story(row, own)
        reason = _unfit(row, story)
        if not decided:
            counts["undecided"] += 1
            if reason is None:
                undecided.append(story)
            continue
        if reason is not None:
            counts[reason] += 1
            continue
        at = max(tag["decided_at"] for tag in decided)
        known = newest.get(story.copies[0])
        counts["same_text"] += known is not None
        if known is None or (at, story.story_id) > (known[0], known[1].story_id):
            counts["contradicting"] += known is not None and set(known[1].labels) != set(story.labels)
            newest[story.copies[0]] = (at, story)
    found = sorted((story for _, story in newest.values()), key=lambda s: (s.published_at, s.story_id))
    counts["decided"] = len(found)
    return DecidedStories(found, undecided, counts)


def _topic_tags(snapshot: DataSnapshot) -> dict[str, list[dict[str, Any]]]:
    codes = frozenset(load_topics().codes)
    found: dict[str, list[dict[str, Any]]] = {}
    for tag in snapshot.rows("tags", _OF_TAG):
        if tag["kind"] == TagKind.TOPIC.value and tag["code"] in codes:
            found.setdefault(tag["story_id"], []).append(tag)
    return found


def _story(row: Mapping[str, Any], tags: Sequence[Mapping[str, Any]]) -> DecidedStory:
    decided = [tag for tag in tags if tag["decided_at"] is not None]
    kept = [tag for tag in decided if tag["state"] == TagState.ACCEPTED.value]
    labels = [tag["code"] for tag in sorted(kept, key=lambda tag: (not tag["is_primary"], tag["code"]))]
    whole = bool(labels) and len(decided) == len(tags)
    title, body = str(row["title"] or ""), html_to_text(row["body"] or "")
    text = normalise(f"{title}\n{body}").strip()
    copies = ["text/" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()]
    copies += [f"cluster/{row['cluster_id']}"] if row["cluster_id"] else []
    return DecidedStory(
        story_id=row["story_id"],
        outlet_id=row["outlet_id"],
        title=title,
        body=body,
        labels=tuple(labels),
        judged=None if whole else tuple(sorted(tag["code"] for tag in decided)),
        published_at=row["published_at"],
        copies=tuple(copies),
    )


def _unfit(row: Mapping[str, Any], story: DecidedStory) -> str | None:
    if row["state"] == StoryState.TAKEN_DOWN.value:
        return "withdrawn"
    if not (story.title + story.body).strip():
        return "without_text"
    return "without_time" if row["published_at"] is None else None
