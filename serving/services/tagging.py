"""Editors' word on tags: accept, reject, add; kept as training labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tianfu.model.errors import Conflict, InvalidTag, NotFound
from tianfu.model.own_topic import (
    MAX_OWN_TOPICS,
    PREFIX,
    check_own_code,
    check_own_label,
    is_own_topic,
)
from tianfu.model.ports import Clock
from tianfu.model.tag import AssignedBy, TagAssignment, TagKind, TagState
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork


class TagVerb(StrEnum):
    """What an editor does with a tag."""

    ACCEPT = "accept"
    REJECT = "reject"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDecision:
    """One decision about one tag.

    Attributes:
        label: For added keywords, people, organisations and own topics; vocabularies bring their own.
        primary: For accept and add: whether the story is mainly about it.
    """

    verb: TagVerb
    kind: TagKind
    code: str
    label: str | None = None
    primary: bool = False


class TagDesk:
    """Writes editors' decisions and tells the caches."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        names: Mapping[tuple[TagKind, str], str],
        clock: Clock,
    ) -> None:
        self._database = database
        self._library = library
        self._names = names
        self._clock = clock

    def decide(
        self, story_id: str, decisions: Sequence[TagDecision], *, caller: Caller
    ) -> tuple[TagAssignment, ...]:
        """Apply an editor's decisions, all or none; returns the story's tags afterwards.

        Raises:
            NotFound: There is no such story, or a tag to accept or reject is not on it.
            Forbidden: The story is another outlet's.
            InvalidTag: An added code is not in its vocabulary, or an own topic's code or label breaks
                its rule.
            Conflict: An own topic has another label already, or there are too many.
        """
        now = self._clock.now()
        with self._database.write() as uow:
            story = uow.stories.by_id(story_id)
            if story is None:
                raise NotFound("story", story_id)
            caller.must_act_for(story.outlet_id)
            uow.stories.lock([story.number])
            tags = {(t.kind, t.code): t for t in uow.tags.of([story.number]).get(story.number, ())}
            for decision in decisions:
                tag = self._decided(decision, tags, uow, source=caller.key.id, now=now)
                if tag.primary:
                    tags = {
                        key: replace(t, primary=False) if t.kind is tag.kind else t for key, t in tags.items()
                    }
                tags[tag.kind, tag.code] = tag
            uow.tags.put({story.number: list(tags.values())})
            uow.changes.add(ChangeKind.STORY_TAGS, [story.number], now)
            uow.audit.add(
                actor=caller.key.id,
                action="story.tags_decided",
                target=story_id,
                now=now,
                details={"decisions": [[d.verb.value, d.kind.value, d.code] for d in decisions]},
            )
            after = uow.tags.of([story.number])[story.number] if tags else ()
            uow.commit()
        self._library.catch_up()
        return after

    def _decided(
        self,
        decision: TagDecision,
        tags: Mapping[tuple[TagKind, str], TagAssignment],
        uow: UnitOfWork,
        *,
        source: str,
        now: datetime,
    ) -> TagAssignment:
        known = tags.get((decision.kind, decision.code))
        if decision.verb is TagVerb.ADD:
            label = self._label(decision, uow)
            base = known or TagAssignment(
                kind=decision.kind,
                code=decision.code,
                label=label,
                confidence=1.0,
                assigned_by=AssignedBy.EDITOR,
                state=TagState.ACCEPTED,
                source=source,
            )
            return replace(base, state=TagState.ACCEPTED, primary=decision.primary, decided_at=now)
        if known is None:
            raise NotFound("tag", decision.code)
        state = TagState.ACCEPTED if decision.verb is TagVerb.ACCEPT else TagState.REJECTED
        primary = (known.primary or decision.primary) and state is TagState.ACCEPTED
        return replace(known, state=state, primary=primary, decided_at=now)

    def _label(self, decision: TagDecision, uow: UnitOfWork) -> str:
        if decision.kind is TagKind.FINE_TOPIC and is_own_topic(decision.code):
            return _own_label(decision, uow)
        name = self._names.get((decision.kind, decision.code))
        if name is not None:
            return name
        if decision.kind in (TagKind.TOPIC, TagKind.FINE_TOPIC, TagKind.PLACE):
            raise InvalidTag(field="code", why=f"is not a {decision.kind} of our vocabulary")
        return decision.label or decision.code


def _own_label(decision: TagDecision, uow: UnitOfWork) -> str:
    """The label of an own topic: what it is called already, or what its first user calls it."""
    check_own_code(decision.code)
    known = uow.tags.label_of(TagKind.FINE_TOPIC, decision.code)
    if decision.label is None:
        if known is None:
            raise InvalidTag(field="label", why="is needed the first time a topic of your own is used")
        return known
    check_own_label(decision.label)
    if known is not None and known != decision.label:
        raise Conflict(
            f"The topic {decision.code} is called {known}.",
            advice="Use that label, leave it out, or take another code.",
        )
    if known is None and uow.tags.count_codes(TagKind.FINE_TOPIC, PREFIX) >= MAX_OWN_TOPICS:
        raise Conflict(
            f"There are {MAX_OWN_TOPICS} topics of your own already.", advice="Use one of those there are."
        )
    return decision.label
