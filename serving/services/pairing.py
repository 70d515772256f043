"""Editors' word on whether two stories tell the same: at once, for good, and a label to train on."""

from dataclasses import dataclass

import structlog

from tianfu.model.cluster import Pair, Relation
from tianfu.model.errors import Forbidden, InvalidRequest, NotFound
from tianfu.model.ports import Clock
from tianfu.model.story import Story
from tianfu.serving.services.access import Caller
from tianfu.serving.services.indexing import recluster
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.locks import INDEX

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPair:
    """Two stories and the clusters they are in afterwards; ``relation`` is ``None`` once withdrawn."""

    story: Story
    other: Story
    relation: Relation | None


class PairDesk:
    """Writes decisions on pairs and brings clusters in line with them, in one transaction."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def decide(self, story_id: str, other_id: str, relation: Relation, *, caller: Caller) -> DecidedPair:
        """Join two stories or tell them apart.  No model and no edit undoes it; a later word does.

        Raises:
            NotFound: One of the stories does not exist.
            Forbidden: Neither is the caller's; or stories of another outlet would become one through it.
            InvalidRequest: They are one story, or the relation is nobody's to decide.
        """
        if relation is Relation.IDENTICAL:
            raise InvalidRequest(field="relation", why="identical is a fact of two texts, not a decision")
        now = self._clock.now()
        with self._database.write([INDEX]) as uow:
            story, other = _two(story_id, other_id, caller, uow)
            if relation.joins:
                _must_not_join_others(story, other, caller, uow)
            uow.clusters.decide(_pair(story, other), relation, by=caller.key.id, now=now)
            decided = self._settled(story, other, relation, uow, caller)
            uow.commit()
        self._library.catch_up(at_once=True)
        log.info("pair.decided", story_id=story_id, other_id=other_id, relation=relation.value)
        return decided

    def withdraw(self, story_id: str, other_id: str, *, caller: Caller) -> DecidedPair:
        """Take a decision back; a worker judges the two again.

        Raises:
            NotFound: One of the stories does not exist, or nobody decided on the two.
            Forbidden: Neither is the caller's.
        """
        with self._database.write([INDEX]) as uow:
            story, other = _two(story_id, other_id, caller, uow)
            if not uow.clusters.withdraw(_pair(story, other)):
                raise NotFound("decision", f"{story_id} {other_id}")
            uow.queue.add({one.number: one.revision for one in (story, other)}, self._clock.now())
            decided = self._settled(story, other, None, uow, caller)
            uow.commit()
        self._library.catch_up(at_once=True)
        return decided

    def _settled(
        self, story: Story, other: Story, relation: Relation | None, uow: UnitOfWork, caller: Caller
    ) -> DecidedPair:
        now = self._clock.now()
        numbers = {story.number, other.number}
        moved = recluster(numbers, {story.cluster_id, other.cluster_id}, uow)
        uow.changes.add(ChangeKind.STORY_CLUSTER, sorted(moved), now)
        uow.changes.add(ChangeKind.STORY_COPIES, sorted(numbers - moved), now)
        uow.audit.add(
            actor=caller.key.id,
            action="pair.decided" if relation else "pair.withdrawn",
            target=story.id,
            now=now,
            details={"other": other.id, "relation": relation.value if relation else None},
        )
        after = uow.stories.by_numbers(sorted(numbers))
        return DecidedPair(story=after[story.number], other=after[other.number], relation=relation)


def _two(story_id: str, other_id: str, caller: Caller, uow: UnitOfWork) -> tuple[Story, Story]:
    found = uow.stories.by_ids([story_id, other_id])
    for one in (story_id, other_id):
        if one not in found:
            raise NotFound("story", one)
    story, other = found[story_id], found[other_id]
    if story.number == other.number:
        raise InvalidRequest(field="other_id", why="names the same story")
    if not (caller.may_act_for(story.outlet_id) or caller.may_act_for(other.outlet_id)):
        raise Forbidden("Neither story is your outlet's.", advice="Use a key of one of the two outlets.")
    return story, other


def _must_not_join_others(story: Story, other: Story, caller: Caller, uow: UnitOfWork) -> None:
    """Refuse a word that makes stories of some other outlet one, for of one cluster a feed shows one story.

    Raises:
        Forbidden: Both clusters hold stories of an outlet that the caller does not speak for.
    """
    if story.cluster_id == other.cluster_id:
        return
    ours, theirs = (
        {one.outlet_id for one in uow.stories.in_clusters([cluster_id])}
        for cluster_id in (story.cluster_id, other.cluster_id)
    )
    if [outlet_id for outlet_id in sorted(ours & theirs) if not caller.may_act_for(outlet_id)]:
        raise Forbidden(
            "This would make one of stories of another outlet that are told apart.",
            advice="Ask that outlet, or the provincial platform, to join them.",
        )


def _pair(story: Story, other: Story) -> Pair:
    return min(story.number, other.number), max(story.number, other.number)
