"""Taking stories in: store once, queue once, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

import structlog

from tianfu.model.cluster import cluster_id_of
from tianfu.model.dating import dated, redated
from tianfu.model.errors import Conflict, NotFound
from tianfu.model.ports import Clock
from tianfu.model.story import Story, StoryState, StoryText
from tianfu.serving.services.clock import new_id
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.locks import stories_of

log = structlog.get_logger(__name__)


class IngestOutcome(StrEnum):
    """What became of a story that was sent."""

    CREATED = "created"
    REVISED = "revised"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryDraft:
    """A story as sent.

    Attributes:
        external_id: The outlet's own id; ``None`` lets the text stand for itself, so that the
            same text sent again is the same story and an edited one is a new story.
    """

    outlet_id: str
    external_id: str | None
    text: StoryText

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same story when sent again."""
        return self.outlet_id, self.external_id or f"sha256-{self.text.fingerprint[:40]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReceipt:
    """Proof that a story is stored."""

    story_id: str
    number: int
    external_id: str
    revision: int
    outcome: IngestOutcome


def ingest(drafts: Sequence[StoryDraft], *, database: Database, clock: Clock) -> list[StoryReceipt]:
    """Store stories once and queue them for indexing, in a single transaction.

    Sending the same text from the same outlet again changes nothing, so outlets may retry freely.
    A changed text under a known external id makes a new revision.  Receipts come in the order sent.

    Raises:
        StoreUnavailable: Nothing was stored; retrying is safe.
    """
    receipts: dict[int, StoryReceipt] = {}
    with database.write([stories_of(draft.outlet_id) for draft in drafts]) as uow:
        for wave in _waves(drafts):
            receipts.update(_ingest_wave(wave, uow=uow, now=clock.now()))
        uow.commit()
    counts = {outcome.value: 0 for outcome in IngestOutcome}
    for receipt in receipts.values():
        counts[receipt.outcome.value] += 1
    log.info("stories.ingested", **counts)
    return [receipts[place] for place in range(len(drafts))]


def revise(
    story_id: str,
    text: StoryText,
    *,
    expected_revision: int | None,
    actor: str,
    database: Database,
    clock: Clock,
) -> StoryReceipt:
    """Replace a story's text by a new revision, on the audit trail with the names of the fields it changes.

    Args:
        story_id: Public id.
        text: The whole text; one that changes nothing makes no revision and leaves no row.
        expected_revision: What the editor saw; ``None`` edits whatever stands.
        actor: Key id of the person.
        database: Where the story is.
        clock: Tells now.

    Raises:
        NotFound: There is no such story.
        Conflict: Somebody else edited it since ``expected_revision``.
        StoreUnavailable: Nothing was stored; retrying is safe.
    """
    with database.read() as uow:
        found = uow.stories.by_id(story_id)
    if found is None:
        raise NotFound("story", story_id)
    with database.write([stories_of(found.outlet_id)]) as uow:
        uow.stories.lock([found.number])
        known = uow.stories.by_numbers([found.number])[found.number]
        if expected_revision is not None and known.revision != expected_revision:
            raise Conflict(
                f"The story is at revision {known.revision}, not {expected_revision}.",
                advice="Read the story again and repeat the edit.",
            )
        now = clock.now()
        receipt = _revise_known(known, text, uow=uow, now=now)
        if receipt.outcome is IngestOutcome.REVISED:
            details = {"revision": receipt.revision, "fields": _changed(known.text, text)}
            uow.audit.add(actor=actor, action="story.revised", target=story_id, now=now, details=details)
        uow.commit()
    log.info("story.revised", story_id=story_id, outcome=receipt.outcome.value)
    return receipt


def queue_all(database: Database, now: datetime) -> int:
    """Queue every story for workers to index anew, some thousands a transaction; returns how many.

    Raises:
        StoreUnavailable: Some are queued; doing it again is safe.
    """
    count, last = 0, 0
    while True:
        with database.write(()) as uow:
            queued = uow.queue.add_all(now, after=last)
            uow.commit()
        if not queued:
            return count
        count, last = count + len(queued), queued[-1]


def _waves(drafts: Sequence[StoryDraft]) -> Iterator[list[tuple[int, StoryDraft]]]:
    """Cut a batch so that no wave holds the same story twice; order within a story is kept."""
    pending = list(enumerate(drafts))
    while pending:
        seen: set[tuple[str, str]] = set()
        wave: list[tuple[int, StoryDraft]] = []
        later: list[tuple[int, StoryDraft]] = []
        for place, draft in pending:
            (later if draft.key in seen else wave).append((place, draft))
            seen.add(draft.key)
        yield wave
        pending = later


def _ingest_wave(
    wave: Sequence[tuple[int, StoryDraft]], *, uow: UnitOfWork, now: datetime
) -> dict[int, StoryReceipt]:
    known: dict[tuple[str, str], Story] = {}
    by_outlet: dict[str, list[str]] = {}
    for _, draft in wave:
        by_outlet.setdefault(draft.outlet_id, []).append(draft.key[1])
    for outlet_id, external_ids in by_outlet.items():
        found = uow.stories.by_external_ids(outlet_id, external_ids)
        known.update({(outlet_id, external_id): story for external_id, story in found.items()})
    uow.stories.lock(story.number for story in known.values())
    # Read again: whoever held them until now may have changed them.
    locked = uow.stories.by_numbers([story.number for story in known.values()])
    known = {key: locked[story.number] for key, story in known.items()}
    receipts = {
        place: _revise_known(known[draft.key], draft.text, uow=uow, now=now)
        for place, draft in wave
        if draft.key in known
    }
    fresh = [(place, draft) for place, draft in wave if draft.key not in known]
    added = uow.stories.add([_first_revision(draft, now) for _, draft in fresh])
    uow.queue.add({story.number: story.revision for story in added}, now)
    for (place, _), story in zip(fresh, added, strict=True):
        receipts[place] = _receipt(story, IngestOutcome.CREATED)
    return receipts


def _first_revision(draft: StoryDraft, now: datetime) -> Story:
    story_id = new_id("s")
    return Story(
        id=story_id,
        number=0,
        outlet_id=draft.outlet_id,
        external_id=draft.key[1],
        revision=1,
        text=draft.text,
        received_at=now,
        dating=dated(draft.text.published_at, now),
        state=StoryState.LIVE,
        cluster_id=cluster_id_of(story_id),
    )


def _revise_known(known: Story, text: StoryText, *, uow: UnitOfWork, now: datetime) -> StoryReceipt:
    if known.text.fingerprint == text.fingerprint:
        return _receipt(known, IngestOutcome.UNCHANGED)
    times = redated(known.dating, text.published_at, now)
    revised = replace(known, text=text, revision=known.revision + 1, received_at=now, dating=times)
    uow.stories.revise(known, revised)
    uow.queue.add({revised.number: revised.revision}, now)
    return _receipt(revised, IngestOutcome.REVISED)


def _changed(before: StoryText, after: StoryText) -> list[str]:
    """Names of the fields that differ; what stood in them is told by the revisions."""
    return [one.name for one in fields(before) if getattr(before, one.name) != getattr(after, one.name)]


def _receipt(story: Story, outcome: IngestOutcome) -> StoryReceipt:
    return StoryReceipt(
        story_id=story.id,
        number=story.number,
        external_id=story.external_id,
        revision=story.revision,
        outcome=outcome,
    )
