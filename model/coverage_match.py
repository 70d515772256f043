"""Whether a story belongs to a joint coverage, under which angles, and why.

Pure functions of the coverage, the editors' picks and the story alone: the order in which stories,
edits and picks came in changes nothing, and asking twice gives the same answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tianfu.model.coverage import Angle, Coverage, Pick, PickVerb, StandingQuery
from tianfu.model.placement import lies_within
from tianfu.model.tag import EvidenceSpan, TextField

TITLE_WORD = 0.9
BODY_WORD = 0.6
DESCRIBED = (0.1, 0.6)
PICKED = (0.6, 1.0)
"""Cosines at which likeness to an angle's description, and to the centre of what editors put under it,
begin to count and count in full, linear in between.

A description is short and far from any story: the box's encoder gave five stories of one event 0.17 to
0.53 to their own angle's, at most 0.07 to another's.  Stories of one event are near each other whatever
their angle: of 83 labelled pairs 84 in a hundred have 0.6 or more.
"""
LEAST_CONFIDENCE = 0.3
"""A story is put under an angle from this confidence on."""
_MAX_SPANS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleLikeness:
    """Cosines of a story to an angle, -1..1; ``None`` where there is nothing to compare with."""

    described: float | None = None
    picked: float | None = None

    @property
    def share(self) -> float:
        """How much it says that the story belongs there, 0..1."""
        return max(_between(self.described, DESCRIBED), _between(self.picked, PICKED))


class Ground(StrEnum):
    """What speaks for a story."""

    WORDS = "words"
    TOPIC = "topic"
    PLACE = "place"
    LIKENESS = "likeness"
    PICK = "pick"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageStory:
    """What matching needs to know of a story.

    Attributes:
        title: Folded the same way as the coverage's words.
        body: The clean text, folded likewise.
        topics: Confidence by code of every topic and fine topic that no editor rejected.
        places: Adcodes it is about, likewise.
    """

    number: int
    outlet_id: str
    published_at: datetime
    title: str
    body: str
    topics: Mapping[str, float]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReason:
    """One thing that speaks for a story.

    Attributes:
        value: The word, topic code, adcode; empty for likeness and picks.
        score: How much it says, 0..1; for likeness to examples the cosine.
        evidence: Where the word stands, in the strings that were matched.
    """

    ground: Ground
    value: str
    score: float
    evidence: tuple[EvidenceSpan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why the standing query takes a story.  ``score`` is that of the strongest reason, 0..1."""

    score: float
    reasons: tuple[MatchReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleShare:
    """A story's place under one angle."""

    angle_id: str
    confidence: float
    reasons: tuple[MatchReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A story within a coverage.

    Attributes:
        picked: Whether an editor put it there; else the query did.
        angles: Most confident first; empty when it fits none.
    """

    number: int
    picked: bool
    score: float
    reasons: tuple[MatchReason, ...]
    angles: tuple[AngleShare, ...]


def matches(coverage: Coverage, story: CoverageStory, cosine: float | None) -> Match | None:
    """Ask the standing query about a story.

    Args:
        coverage: With folded words.
        story: Live and indexed.
        cosine: Likeness to the centre of the examples, -1..1; ``None`` without examples or vector.
    """
    query = coverage.query
    if query.is_empty or not coverage.takes(story.outlet_id):
        return None
    if not query.since <= story.published_at < query.until:
        return None
    if any(True for word in query.words_none for _ in _spans(word, story)):
        return None
    subject = _subject(query, story, cosine)
    scope = _scope(query, story)
    if subject is None or scope is None:
        return None
    reasons = (*subject, *scope)
    return Match(score=max(reason.score for reason in reasons), reasons=reasons)


def angles_of(
    coverage: Coverage, story: CoverageStory, likeness: Mapping[str, AngleLikeness]
) -> tuple[AngleShare, ...]:
    """Put a story under the angles it fits.

    Words and likeness are two witnesses: ``1 - (1 - words) (1 - likeness)``.

    Args:
        coverage: With folded words.
        story: The story.
        likeness: By angle id.
    """
    shares = [_share(angle, story, likeness.get(angle.id, _UNKNOWN)) for angle in coverage.angles]
    found = [share for share in shares if share.confidence >= LEAST_CONFIDENCE]
    return tuple(sorted(found, key=lambda share: (-share.confidence, share.angle_id)))


def membership(
    coverage: Coverage,
    story: CoverageStory,
    pick: Pick | None,
    cosine: float | None,
    likeness: Mapping[str, AngleLikeness],
) -> Membership | None:
    """Decide on a story: an editor's pick always outranks the query.

    Args:
        coverage: With folded words.
        story: Live and indexed.
        pick: The editors' last word on it, if any.
        cosine: See :func:`matches`.
        likeness: See :func:`angles_of`.
    """
    if pick is not None and pick.verb is PickVerb.REMOVE:
        return None
    match = matches(coverage, story, cosine)
    if pick is None:
        if match is None:
            return None
        angles = angles_of(coverage, story, likeness)
        return Membership(
            number=story.number, picked=False, score=match.score, reasons=match.reasons, angles=angles
        )
    picked = MatchReason(ground=Ground.PICK, value="", score=1.0)
    if pick.angle_id is not None and coverage.angle(pick.angle_id) is not None:
        angles = (AngleShare(angle_id=pick.angle_id, confidence=1.0, reasons=(picked,)),)
    else:
        angles = angles_of(coverage, story, likeness)
    reasons = (picked, *(match.reasons if match else ()))
    return Membership(number=story.number, picked=True, score=1.0, reasons=reasons, angles=angles)


def _subject(
    query: StandingQuery, story: CoverageStory, cosine: float | None
) -> tuple[MatchReason, ...] | None:
    """Whether it speaks of the event, in words or by likeness; ``None`` when it does not."""
    if not query.has_words and not query.examples:
        return ()
    words = _words(query, story) if query.has_words else ()
    alike: tuple[MatchReason, ...] = ()
    if query.examples and cosine is not None and cosine >= query.least_likeness:
        alike = (MatchReason(ground=Ground.LIKENESS, value="", score=_ratio(cosine)),)
    return (*words, *alike) or None


def _words(query: StandingQuery, story: CoverageStory) -> tuple[MatchReason, ...]:
    every = [_word_reason(word, story) for word in query.words_all]
    some = [reason for word in query.words_any if (reason := _word_reason(word, story)) is not None]
    found = [reason for reason in every if reason is not None]
    if len(found) < len(every) or (query.words_any and not some):
        return ()
    return (*found, *some)


def _scope(query: StandingQuery, story: CoverageStory) -> tuple[MatchReason, ...] | None:
    topics = tuple(
        MatchReason(ground=Ground.TOPIC, value=code, score=_ratio(story.topics[code]))
        for code in query.topics
        if code in story.topics
    )
    places = tuple(
        MatchReason(ground=Ground.PLACE, value=area, score=BODY_WORD)
        for area in query.places
        if any(lies_within(place, area) for place in story.places)
    )
    if (query.topics and not topics) or (query.places and not places):
        return None
    return (*topics, *places)


def _share(angle: Angle, story: CoverageStory, likeness: AngleLikeness) -> AngleShare:
    words = tuple(r for word in angle.words if (r := _word_reason(word, story)) is not None)
    told = max((reason.score for reason in words), default=0.0)
    alike = likeness.share
    reasons = words
    if alike > 0.0:
        reasons = (*words, MatchReason(ground=Ground.LIKENESS, value="", score=_ratio(alike)))
    confidence = _ratio(1.0 - (1.0 - told) * (1.0 - alike))
    return AngleShare(angle_id=angle.id, confidence=confidence, reasons=reasons)


def _word_reason(word: str, story: CoverageStory) -> MatchReason | None:
    spans = tuple(_spans(word, story))
    if not spans:
        return None
    score = TITLE_WORD if spans[0].field is TextField.TITLE else BODY_WORD
    return MatchReason(ground=Ground.WORDS, value=word, score=score, evidence=spans[:_MAX_SPANS])


def _spans(word: str, story: CoverageStory) -> Iterator[EvidenceSpan]:
    """Where a word stands, title first."""
    for field, text in ((TextField.TITLE, story.title), (TextField.BODY, story.body)):
        at = text.find(word)
        while at >= 0:
            yield EvidenceSpan(field=field, start=at, end=at + len(word), text=word)
            at = text.find(word, at + len(word))


_UNKNOWN = AngleLikeness()


def _between(cosine: float | None, bounds: tuple[float, float]) -> float:
    if cosine is None:
        return 0.0
    low, high = bounds
    return min(1.0, max(0.0, (cosine - low) / (high - low)))


def _ratio(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
