"""Joint coverage (专题): one event told by many outlets, gathered by a standing query and editors' picks."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tianfu.model.errors import InvalidCoverage
from tianfu.model.own_topic import check_own_code, is_own_topic
from tianfu.model.rules import check_adcode, check_id, check_text, check_time

MAX_TITLE_CHARS = 60
MAX_LEAD_CHARS = 500
MAX_WORDS = 50
MAX_WORD_CHARS = 40
MAX_CODES = 50
MAX_ANGLES = 30
MAX_WINDOW = timedelta(days=400)
"""Longest window of a standing query: it bounds what a back-fill has to read."""
LEAST_LIKENESS = 0.6
"""Of 83 labelled pairs of one event the box's encoder gives 84 in a hundred this cosine or more, of 215 pairs
that only share a topic 55 in a hundred: words or places beside examples keep those out."""
NO_ANGLE = "none"
"""Asks for the stories that fit no angle; never the id of one."""
_TOPIC = re.compile(r"\d{2}|medtop:\d{8}")


class CoverageState(StrEnum):
    """How far a joint coverage is."""

    PLANNED = "planned"
    """Gathers stories and takes claims; apps do not see it yet."""
    LIVE = "live"
    """The same, and apps show it."""
    CLOSED = "closed"
    """Its stories stay as they are; nothing is added, apps no longer show it."""

    @property
    def is_open(self) -> bool:
        """Whether it still gathers stories and takes picks and claims."""
        return self is not CoverageState.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingQuery:
    """What the stories of a coverage have in common.  What is left out is no condition.

    A story must speak of the event, either in words (every one of ``words_all``, and one of
    ``words_any`` if any are given) or by being like the examples; it must carry one of the topics and
    one of the places where those are given; it must hold none of ``words_none`` and lie in the window.
    A query of neither words, topics, places nor examples finds nothing: such a coverage lives on picks.

    Attributes:
        words_all: Words or phrases, 1 to 40 characters each.
        topics: GB/T 20093 classes (``39``), Media Topics (``medtop:…``), own topics (``local:…``).
        places: Adcodes; a place counts with everything inside it.
        examples: Story ids; the centre of their vectors is what a story is compared with.
        least_likeness: Smallest cosine to that centre, 0..1.
        since: Earliest publication, inclusive, UTC.
        until: Latest publication, exclusive; at most 400 days later.

    Raises:
        InvalidCoverage: A field breaks its rule; ``field`` names which.
    """

    since: datetime
    until: datetime
    words_all: tuple[str, ...] = ()
    words_any: tuple[str, ...] = ()
    words_none: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    least_likeness: float = LEAST_LIKENESS

    def __post_init__(self) -> None:
        error = InvalidCoverage
        for name in ("since", "until"):
            value = check_time(getattr(self, name), field=f"query.{name}", error=error)
            object.__setattr__(self, name, value)
        if not timedelta(0) < self.until - self.since <= MAX_WINDOW:
            raise error(field="query.until", why=f"must lie after since, by {MAX_WINDOW.days} days at most")
        for name in ("words_all", "words_any", "words_none"):
            check_words(getattr(self, name), field=f"query.{name}")
        for name in ("topics", "places", "examples"):
            if len(getattr(self, name)) > MAX_CODES:
                raise error(field=f"query.{name}", why=f"has more than {MAX_CODES} entries")
        for code in self.topics:
            _check_topic(code)
        for adcode in self.places:
            check_adcode(adcode, field="query.places", error=error)
        for story_id in self.examples:
            check_id(story_id, field="query.examples", error=error)
        if not 0.0 <= self.least_likeness <= 1.0:
            raise error(field="query.least_likeness", why="must lie between 0 and 1")

    @property
    def has_words(self) -> bool:
        """Whether words can bring a story in."""
        return bool(self.words_all or self.words_any)

    @property
    def is_empty(self) -> bool:
        """Whether it finds nothing at all."""
        return not (self.has_words or self.topics or self.places or self.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """One side of the event that a desk can take on (角度).

    Attributes:
        name: 1 to 40 characters, as editors call it.
        description: What belongs here, up to 300 characters; stories are compared with it.
        words: Words that put a story here.

    Raises:
        InvalidCoverage: A field breaks its rule.
    """

    id: str
    name: str
    description: str = ""
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        error = InvalidCoverage
        check_id(self.id, field="angles.id", error=error)
        if self.id == NO_ANGLE:
            raise error(field="angles.id", why=f"must not be {NO_ANGLE}, which asks for stories of no angle")
        check_text(self.name, field="angles.name", error=error, low=1, high=40)
        check_text(self.description, field="angles.description", error=error, high=300)
        check_words(self.words, field="angles.words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One joint coverage.

    Attributes:
        outlet_ids: Members, whose stories are gathered and who may pick and claim; empty means all.
        opened_by: Key id of who opened it.
        opened_outlet_id: The outlet that opened it; ``None`` for the provincial platform.
        revision: 1, one more for each change.

    Raises:
        InvalidCoverage: A field breaks its rule; ``field`` names which.
    """

    id: str
    title: str
    lead: str
    query: StandingQuery
    opened_by: str
    opened_outlet_id: str | None
    created_at: datetime
    angles: tuple[Angle, ...] = ()
    outlet_ids: frozenset[str] = frozenset()
    state: CoverageState = CoverageState.LIVE
    revision: int = 1

    def __post_init__(self) -> None:
        error = InvalidCoverage
        check_text(self.title, field="title", error=error, low=1, high=MAX_TITLE_CHARS)
        check_text(self.lead, field="lead", error=error, high=MAX_LEAD_CHARS, lines=True)
        if len(self.angles) > MAX_ANGLES:
            raise error(field="angles", why=f"has {len(self.angles)} angles, at most {MAX_ANGLES} are taken")
        for name in ("id", "name"):
            values = [getattr(angle, name) for angle in self.angles]
            if len(set(values)) < len(values):
                raise error(field=f"angles.{name}", why="occurs twice")

    def takes(self, outlet_id: str) -> bool:
        """Whether an outlet is a member."""
        return not self.outlet_ids or outlet_id in self.outlet_ids

    def is_known_to(self, outlet_id: str) -> bool:
        """Whether an outlet may know of it: as its opener or a member."""
        return outlet_id == self.opened_outlet_id or self.takes(outlet_id)

    def angle(self, angle_id: str) -> Angle | None:
        """Find one of its angles."""
        return next((angle for angle in self.angles if angle.id == angle_id), None)

    def folded(self, fold: Callable[[str], str]) -> "Coverage":
        """The same with every word folded, to be matched with texts folded the same way."""
        query = replace(
            self.query,
            words_all=tuple(map(fold, self.query.words_all)),
            words_any=tuple(map(fold, self.query.words_any)),
            words_none=tuple(map(fold, self.query.words_none)),
        )
        angles = tuple(replace(angle, words=tuple(map(fold, angle.words))) for angle in self.angles)
        return replace(self, query=query, angles=angles)


class PickVerb(StrEnum):
    """What an editor decided about a story and a coverage."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An editor's word on one story, above the query: at most one per coverage and story, the latest.

    Attributes:
        angle_id: The angle it was put in; ``None`` leaves that to the matching.
        picked_by: Key id.
        outlet_id: The outlet of that key, ``None`` for the platform.
    """

    story_number: int
    verb: PickVerb
    picked_by: str
    picked_at: datetime
    outlet_id: str | None = None
    angle_id: str | None = None


def check_words(words: tuple[str, ...], *, field: str) -> None:
    """Check a list of words or phrases.

    Raises:
        InvalidCoverage: Too many, empty, too long, or with control characters.
    """
    if len(words) > MAX_WORDS:
        raise InvalidCoverage(field=field, why=f"has {len(words)} words, at most {MAX_WORDS} are taken")
    for word in words:
        check_text(word, field=field, error=InvalidCoverage, low=1, high=MAX_WORD_CHARS)


def _check_topic(code: str) -> None:
    if is_own_topic(code):
        check_own_code(code)
    elif not _TOPIC.fullmatch(code):
        raise InvalidCoverage(
            field="query.topics",
            why="must be two digits, medtop: and eight digits, or a topic of your own",
        )
