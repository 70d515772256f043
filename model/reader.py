"""Readers: what the service remembers of one reader, and how behaviour changes it.

Everything here is what the reader may see, correct, switch off and erase.  Nothing else is kept.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tianfu.model.event import Event, EventType, ReaderRef
from tianfu.model.tag import TagKind

INTEREST_HALF_LIFE_S = 14 * 86_400.0
"""Behaviour counts half after two weeks."""
MAX_ENGAGEMENTS = 60
MAX_SEEN = 600
MAX_TAGS = 40
SENSITIVE_TOPICS = frozenset({"38"})
"""Classes that never become an interest tag: health is sensitive personal information (PIPL §28)."""

EVENT_WEIGHTS: Mapping[EventType, float] = {
    EventType.EXPOSE: 0.0,
    EventType.CLICK: 1.0,
    EventType.LIKE: 2.0,
    EventType.COLLECT: 2.5,
    EventType.SHARE: 3.0,
    EventType.COMMENT: 2.0,
    EventType.DISLIKE: -3.0,
}
"""How strongly each event speaks for a story; a stay is weighed by :func:`event_weight`."""


def event_weight(event: Event) -> float:
    """Weigh an event: a stay counts 0 below three seconds and grows with the log of its length to 2."""
    if event.type is not EventType.STAY:
        return EVENT_WEIGHTS[event.type]
    dwell_s = event.dwell_s or 0.0
    return 0.0 if dwell_s < 3.0 else min(2.0, math.log2(dwell_s / 3.0) / 2.0)


@dataclass(frozen=True, slots=True)
class Engagement:
    """One story the reader turned to or away from.

    Attributes:
        number: The story's number.
        weight: Sum of its events' weights; negative for dislike.
        at_s: Time of the last event, seconds since the epoch.
    """

    number: int
    weight: float
    at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestTag:
    """One interest as the reader sees it.

    Attributes:
        weight: At ``at_s``; decays with :data:`INTEREST_HALF_LIFE_S`.  Set by hand it does not decay.
        by_reader: Whether the reader set it by hand.
    """

    kind: TagKind
    code: str
    weight: float
    at_s: int
    by_reader: bool = False

    def weight_at(self, now_s: int) -> float:
        """Return the decayed weight."""
        if self.by_reader:
            return self.weight
        return self.weight * math.exp2(-max(0, now_s - self.at_s) / INTEREST_HALF_LIFE_S)


TagKey = tuple[TagKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The whole memory of one reader.

    Attributes:
        personalise: Off means no feature of this reader is used, from the very next call.
        engagements: Oldest first, at most 60.
        seen: Story numbers shown or read, oldest first, at most 600.
        tags: Interests by kind and code.
        removed: Interests the reader deleted, which old or new behaviour never brings back.
        revision: Grows with every change.
    """

    ref: ReaderRef
    personalise: bool = True
    engagements: tuple[Engagement, ...] = ()
    seen: tuple[int, ...] = ()
    tags: Mapping[TagKey, InterestTag] = field(default_factory=dict)
    removed: frozenset[TagKey] = frozenset()
    revision: int = 0

    @property
    def is_new(self) -> bool:
        """Whether nothing is known yet."""
        return not self.engagements and not self.tags


def after_event(reader: Reader, event: Event, number: int, interests: Iterable[TagKey]) -> Reader:
    """Return the reader as the event leaves them.

    A reader who switched personalisation off leaves no trace: nothing is remembered.

    Args:
        reader: The reader before.
        event: What they did.
        number: The story's number.
        interests: Topics and places of the story that may become interests.
    """
    if not reader.personalise:
        return reader
    at_s = int(event.at.timestamp())
    seen = (*(n for n in reader.seen if n != number), number)[-MAX_SEEN:]
    weight = event_weight(event)
    if weight == 0.0:
        return replace(reader, seen=seen, revision=reader.revision + 1)
    return replace(
        reader,
        seen=seen,
        engagements=_engaged(reader.engagements, number, weight, at_s),
        tags=_learned(reader, interests, weight, at_s),
        revision=reader.revision + 1,
    )


def _engaged(
    engagements: tuple[Engagement, ...], number: int, weight: float, at_s: int
) -> tuple[Engagement, ...]:
    before = next((e for e in engagements if e.number == number), None)
    total = weight + (before.weight if before else 0.0)
    latest = max(at_s, before.at_s if before else at_s)
    others = [e for e in engagements if e.number != number]
    merged = [*others, Engagement(number, max(-6.0, min(6.0, total)), latest)]
    merged.sort(key=lambda e: (e.at_s, e.number))
    return tuple(merged[-MAX_ENGAGEMENTS:])


def _learned(
    reader: Reader, interests: Iterable[TagKey], weight: float, at_s: int
) -> Mapping[TagKey, InterestTag]:
    tags = dict(reader.tags)
    for key in interests:
        kind, code = key
        if key in reader.removed or (kind is TagKind.TOPIC and code in SENSITIVE_TOPICS):
            continue
        known = tags.get(key)
        if known is not None and known.by_reader:
            continue
        now_s = max(at_s, known.at_s if known else at_s)
        total = weight + (known.weight_at(now_s) if known else 0.0)
        if total <= 0.0:
            tags.pop(key, None)
        else:
            tags[key] = InterestTag(kind=kind, code=code, weight=total, at_s=now_s)
    if len(tags) > MAX_TAGS:
        ranked = sorted(tags.values(), key=lambda t: (not t.by_reader, -t.weight_at(at_s), t.code))
        tags = {(t.kind, t.code): t for t in ranked[:MAX_TAGS]}
    return tags


def without_tag(reader: Reader, key: TagKey) -> Reader:
    """Delete an interest for good."""
    tags = {k: t for k, t in reader.tags.items() if k != key}
    return replace(reader, tags=tags, removed=reader.removed | {key}, revision=reader.revision + 1)


def with_tag(reader: Reader, key: TagKey, weight: float, at_s: int) -> Reader:
    """Set an interest by hand; this also lifts an earlier deletion."""
    kind, code = key
    tag = InterestTag(kind=kind, code=code, weight=weight, at_s=at_s, by_reader=True)
    return replace(
        reader,
        tags={**reader.tags, key: tag},
        removed=reader.removed - {key},
        revision=reader.revision + 1,
    )


def with_personalisation(reader: Reader, *, on: bool) -> Reader:
    """Switch personalisation; switching off keeps what is known until it is erased, but uses none of it."""
    return replace(reader, personalise=on, revision=reader.revision + 1)
