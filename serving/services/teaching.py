"""Editors' decisions on fine topics, carried from the database to the tagger that learns from them.

The tag assignments are the truth.  What the tagger remembers is a cache of the newest of them, rebuilt at
start and kept up to date by the change sequence, so that every process learns within seconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from tianfu.model.ports import LearningTagger, TaggingText, TaughtTopic
from tianfu.model.tag import TagKind
from tianfu.serving.services.library import numbers_of
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import UnitOfWork
from tianfu.serving.store.tags import Verdict

log = structlog.get_logger(__name__)

_BATCH = 20
"""Topics taught at once, so that few texts are in memory at a time."""
NEWEST = 32
"""How many accepted and how many rejected stories of a topic are remembered: the newest."""


class Teacher:
    """Follows decisions.  What the tagger knows depends on the database's state alone."""

    def __init__(
        self, learner: LearningTagger, *, clean: Callable[[str], str], encoder_fingerprint: str
    ) -> None:
        self._learner = learner
        self._clean = clean
        self._encoder_fingerprint = encoder_fingerprint
        self._topics: dict[str, TaughtTopic] = {}

    def load(self, uow: UnitOfWork) -> None:
        """Teach everything that editors decided."""
        found = _topics(uow.tags.verdicts(TagKind.FINE_TOPIC, newest=NEWEST))
        gone = [TaughtTopic(code=code, label="") for code in self._topics if code not in found]
        told = [*found.values(), *gone]
        for start in range(0, len(told), _BATCH):
            self._teach(told[start : start + _BATCH], (), uow)
        log.info("topics.taught", topics=len(self._topics))

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Teach the present state of every topic that a changed story has a say in."""
        decided = numbers_of(changes, ChangeKind.STORY_TAGS)
        reread = [n for n in numbers_of(changes, ChangeKind.STORY_INDEXED) if self._learner.knows(n)]
        codes = uow.tags.codes_decided(TagKind.FINE_TOPIC, decided)
        if not codes and not reread:
            return
        found = _topics(uow.tags.verdicts(TagKind.FINE_TOPIC, newest=NEWEST, codes=codes))
        changed = [topic for code, topic in found.items() if self._topics.get(code) != topic]
        self._teach(changed, reread, uow)

    def _teach(self, topics: Sequence[TaughtTopic], reread: Iterable[int], uow: UnitOfWork) -> None:
        told = {number for topic in topics for number in topic.accepted | topic.rejected}
        wanted = {number for number in told if not self._learner.knows(number)} | set(reread)
        self._learner.learn(self._texts(sorted(wanted), uow), topics)
        for topic in topics:
            if topic.accepted or topic.rejected:
                self._topics[topic.code] = topic
            else:
                self._topics.pop(topic.code, None)

    def _texts(self, numbers: Sequence[int], uow: UnitOfWork) -> dict[int, TaggingText]:
        stories = uow.stories.by_numbers(numbers)
        vectors = uow.vectors.of(numbers, encoder=self._encoder_fingerprint)
        return {
            number: TaggingText(
                title=story.text.title,
                body=self._clean(story.text.body),
                vector=vectors[number].vector if number in vectors else None,
            )
            for number, story in stories.items()
        }


def _topics(verdicts: Iterable[Verdict]) -> Mapping[str, TaughtTopic]:
    by_code: dict[str, list[Verdict]] = {}
    for one in verdicts:
        by_code.setdefault(one.code, []).append(one)
    return {
        code: TaughtTopic(
            code=code,
            label=said[0].label,
            accepted=frozenset(one.number for one in said if one.accepted),
            rejected=frozenset(one.number for one in said if not one.accepted),
        )
        for code, said in by_code.items()
    }
