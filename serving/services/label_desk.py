"""Questions to editors, and the report on drift, made once a day and on request."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from tianfu.model.drift import DriftReport, alarms_of, calibration_of, topic_shift, vocabulary_shift
from tianfu.model.labels import Question, ask_pairs, ask_topics, letter_pairs
from tianfu.model.ports import Clock
from tianfu.model.story import Story
from tianfu.model.tag import TagAssignment, TagKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.labels import Span

log = structlog.get_logger(__name__)

ASKED_DAYS = 14
_KNOWN_DAYS = 60
_CASES = 2_000
_NEW_WORDS = 20
_EVERY = timedelta(days=1)
_LOOK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedStory:
    """A question with the stories it is about and their topics as they stand."""

    question: Question
    stories: tuple[Story, ...]
    topics: tuple[tuple[TagAssignment, ...], ...]


class LabelDesk:
    """Finds what an editor's word would teach most about."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._look_at = 0.0

    def topics(self, outlet_id: str | None, *, limit: int) -> list[AskedStory]:
        """Stories of the last two weeks whose topics are most useful to judge.

        Args:
            outlet_id: Only this outlet's; ``None`` for all.
            limit: At most so many.
        """
        with self._database.read() as uow:
            span, known = self._span(outlet_id), self._known(uow)
            cases = uow.labels.topic_cases(span, _CASES)
            asked = ask_topics(cases, labelled=uow.labels.labelled(), known=known, limit=limit)
            return _spelled_out(asked, uow)

    def pairs(self, outlet_id: str | None, *, limit: int) -> list[AskedStory]:
        """Pairs that models joined in the last two weeks and that are most useful to judge."""
        with self._database.read() as uow:
            cases = uow.labels.pair_cases(self._span(outlet_id), _CASES)
            return _spelled_out(ask_pairs(cases, known=self._known(uow), limit=limit), uow)

    def drift(self, *, days: int = 7, before_days: int = 28) -> DriftReport:
        """Compare the last days with those before; nothing is kept."""
        now = self._clock.now()
        recent = Span(since=now - timedelta(days=days), until=now)
        before = Span(since=recent.since - timedelta(days=before_days), until=recent.since)
        with self._database.read() as uow:
            return _drift(recent, before, days, before_days, uow)

    def report(self) -> Mapping[str, Any]:
        """Make a report on drift and keep it."""
        found = self.drift()
        report = asdict(found)
        with self._database.write(()) as uow:
            uow.labels.keep_report(report, self._clock.now())
            uow.commit()
        log.info("drift.reported", alarms=list(found.alarms), stories=found.stories)
        return report

    def last_report(self) -> tuple[datetime, Mapping[str, Any]] | None:
        """The newest report that was kept."""
        with self._database.read() as uow:
            return uow.labels.last_report()

    def step(self) -> int:
        """Make a report when the last is a day old; looks once a minute."""
        if time.monotonic() < self._look_at:
            return 0
        self._look_at = time.monotonic() + _LOOK_S
        last = self.last_report()
        if last is not None and self._clock.now() - last[0] < _EVERY:
            return 0
        self.report()
        return 1

    def _span(self, outlet_id: str | None) -> Span:
        now = self._clock.now()
        return Span(since=now - timedelta(days=ASKED_DAYS), until=now, outlet_id=outlet_id)

    def _known(self, uow: UnitOfWork) -> set[str]:
        until = self._clock.now() - timedelta(days=ASKED_DAYS)
        titles = uow.labels.titles(Span(since=until - timedelta(days=_KNOWN_DAYS), until=until))
        return set().union(*map(letter_pairs, titles))


def _spelled_out(asked: list[Question], uow: UnitOfWork) -> list[AskedStory]:
    numbers = sorted({number for question in asked for number in question.numbers})
    stories, tags = uow.stories.by_numbers(numbers), uow.tags.of(numbers)
    return [
        AskedStory(
            question=question,
            stories=tuple(stories[n] for n in question.numbers),
            topics=tuple(
                tuple(t for t in tags.get(n, ()) if t.kind is TagKind.TOPIC) for n in question.numbers
            ),
        )
        for question in asked
    ]


def _drift(recent: Span, before: Span, days: int, before_days: int, uow: UnitOfWork) -> DriftReport:
    read = uow.labels
    titles, titles_before = read.titles(recent), read.titles(before)
    words = read.tag_counts(recent, TagKind.KEYWORD)
    known = read.tag_counts(before, TagKind.KEYWORD)
    fresh = sorted(((w, n) for w, n in words.items() if w not in known), key=lambda one: (-one[1], one[0]))
    vocabulary = vocabulary_shift(titles, titles_before, fresh[:_NEW_WORDS])
    topics = topic_shift(read.tag_counts(recent, TagKind.TOPIC), read.tag_counts(before, TagKind.TOPIC))
    said, said_before = (
        calibration_of(
            [(confidence, accepted) for confidence, accepted, added in rows if not added],
            added=sum(added and accepted for _, accepted, added in rows),
        )
        for rows in (read.decided_topics(recent), read.decided_topics(before))
    )
    return DriftReport(
        days=days,
        before_days=before_days,
        stories=len(titles),
        stories_before=len(titles_before),
        vocabulary=vocabulary,
        topics=topics,
        calibration=said,
        calibration_before=said_before,
        pairs_told_apart=read.told_apart(recent),
        alarms=alarms_of(vocabulary, topics, said),
    )
