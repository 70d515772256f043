"""Readers: what the service remembers of one reader, and how behaviour changes it.

Everything here is what the reader may see, correct, switch off and erase.  Nothing else is kept.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tianfu.model.aims import Aims
from tianfu.model.event import Event, EventType, ReaderRef
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Wish, WishKind

INTEREST_HALF_LIFE_S = 14 * 86_400.0
"""Behaviour counts half after two weeks."""
MAX_ENGAGEMENTS = 60
MAX_SEEN = 600
MAX_TAGS = 40
MAX_WISHES = 100
SENSITIVE_TOPICS = frozenset({"38"})
"""Classes nothing is remembered from but that a story was seen: what someone reads of health would tell of
sensitive personal matters (PIPL §28)."""

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
        wishes: Less of something, by what it is about; at most 100, the oldest give way.
        sliders: How feeds are mixed for this reader, on top of what the outlet wants; ``None`` as usual.
        revision: Grows with every change.
    """

    ref: ReaderRef
    personalise: bool = True
    engagements: tuple[Engagement, ...] = ()
    seen: tuple[int, ...] = ()
    tags: Mapping[TagKey, InterestTag] = field(default_factory=dict)
    removed: frozenset[TagKey] = frozenset()
    wishes: Mapping[tuple[WishKind, str], Wish] = field(default_factory=dict)
    sliders: Aims | None = None
    revision: int = 0

    @property
    def is_new(self) -> bool:
        """Whether nothing is known yet."""
        return not (self.engagements or self.tags or self.wishes or self.sliders)


def after_event(reader: Reader, event: Event, number: int, interests: Collection[TagKey] | None) -> Reader:
    """Return the reader as the event leaves them.

    A reader who switched personalisation off leaves no trace: nothing is remembered.  Of a story of a
    sensitive class only that it was seen is kept; one about an interest that the reader deleted leads to
    nothing near it either.

    Args:
        reader: The reader before.
        event: What they did.
        number: The story's number.
        interests: Topics and places of the story that may become interests; ``None`` where nobody can say,
            so that it may be of a sensitive class.
    """
    if not reader.personalise:
        return reader
    at_s = int(event.at.timestamp())
    seen = (*(n for n in reader.seen if n != number), number)[-MAX_SEEN:]
    weight = event_weight(event)
    if weight == 0.0 or interests is None or any(is_sensitive(key) for key in interests):
        return replace(reader, seen=seen, revision=reader.revision + 1)
    unwanted = weight > 0.0 and not reader.removed.isdisjoint(interests)
    return replace(
        reader,
        seen=seen,
        engagements=reader.engagements if unwanted else _engaged(reader.engagements, number, weight, at_s),
        tags=_learned(reader, interests, weight, at_s),
        revision=reader.revision + 1,
    )


def is_sensitive(key: TagKey) -> bool:
    """Whether this may never become an interest."""
    kind, code = key
    return kind is TagKind.TOPIC and code in SENSITIVE_TOPICS


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
        if key in reader.removed:
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
    return _strongest(tags) if len(tags) > MAX_TAGS else tags


def without_tag(reader: Reader, key: TagKey) -> Reader:
    """Delete an interest for good."""
    tags = {k: t for k, t in reader.tags.items() if k != key}
    return replace(reader, tags=tags, removed=reader.removed | {key}, revision=reader.revision + 1)


def without_reads(reader: Reader, numbers: Collection[int]) -> Reader:
    """Forget that the reader turned to these stories: nothing near them is brought.  They stay seen."""
    left = tuple(e for e in reader.engagements if e.weight <= 0 or e.number not in numbers)
    return replace(reader, engagements=left, revision=reader.revision + 1)


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


def with_wish(reader: Reader, wish: Wish) -> Reader:
    """Take down a wish; one about the same thing gives way."""
    wishes = {key: one for key, one in reader.wishes.items() if key != wish.key}
    newest = sorted([*wishes.values(), wish], key=lambda one: (one.at_s, one.key))[-MAX_WISHES:]
    return replace(reader, wishes={one.key: one for one in newest}, revision=reader.revision + 1)


def without_wish(reader: Reader, key: tuple[WishKind, str]) -> Reader:
    """Withdraw a wish."""
    wishes = {known: one for known, one in reader.wishes.items() if known != key}
    return replace(reader, wishes=wishes, revision=reader.revision + 1)


def with_sliders(reader: Reader, sliders: Aims | None) -> Reader:
    """Set how feeds are mixed for this reader; ``None`` as usual."""
    return replace(reader, sliders=sliders, revision=reader.revision + 1)


def merged(reader: Reader, device: Reader) -> Reader:
    """A reader who signed in on a device: one memory of both, the reader's own word first.

    What either deleted stays deleted, and personalisation stays off if either switched it off.
    """
    engagements = reader.engagements
    for one in device.engagements:
        engagements = _engaged(engagements, one.number, one.weight, one.at_s)
    removed = (reader.removed | device.removed) - {k for k, t in reader.tags.items() if t.by_reader}
    tags = {key: tag for key, tag in {**device.tags, **reader.tags}.items() if key not in removed}
    for key, tag in device.tags.items():
        known = reader.tags.get(key)
        if key in tags and known is not None and not known.by_reader:
            at_s = max(tag.at_s, known.at_s)
            tags[key] = replace(known, weight=known.weight_at(at_s) + tag.weight_at(at_s), at_s=at_s)
    seen = (*(n for n in device.seen if n not in set(reader.seen)), *reader.seen)[-MAX_SEEN:]
    newest = sorted({**device.wishes, **reader.wishes}.values(), key=lambda one: (one.at_s, one.key))
    return replace(
        reader,
        personalise=reader.personalise and device.personalise,
        engagements=engagements,
        seen=seen,
        tags=_strongest(tags),
        removed=removed,
        wishes={one.key: one for one in newest[-MAX_WISHES:]},
        sliders=reader.sliders or device.sliders,
        revision=reader.revision + 1,
    )


def _strongest(tags: Mapping[TagKey, InterestTag]) -> Mapping[TagKey, InterestTag]:
    now_s = max((tag.at_s for tag in tags.values()), default=0)
    ranked = sorted(tags.values(), key=lambda t: (not t.by_reader, -t.weight_at(now_s), t.code))
    return {(t.kind, t.code): t for t in ranked[:MAX_TAGS]}


def with_personalisation(reader: Reader, *, on: bool) -> Reader:
    """Switch personalisation; switching off keeps what is known until it is erased, but uses none of it."""
    return replace(reader, personalise=on, revision=reader.revision + 1)
