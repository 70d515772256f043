"""Reader events: each counted once, forgotten on request, useful within the second."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from tianfu.model.brushing import BrushRule
from tianfu.model.errors import InvalidInput, NotFound, StoreUnavailable
from tianfu.model.event import Event, settle_time
from tianfu.model.ports import Clock
from tianfu.model.reader import Reader, TagKey, after_event
from tianfu.model.tag import TagKind
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.event_stream import EventStream
from tianfu.serving.services.library import Library
from tianfu.serving.services.turns import Turns
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.events import LoggedEvent
from tianfu.serving.store.locks import readers_of

log = structlog.get_logger(__name__)

AT_ONCE = 8
"""Batches of one outlet that may wait for each other in one process, of its 40 threads."""


class EventOutcome(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceipt:
    """Row by row: what became of it, and for a rejected one why."""

    event_id: str
    outcome: EventOutcome
    error: InvalidInput | NotFound | None = None


class EventRecorder:
    """Writes events to the log and to readers' memories in one transaction, then follows the log itself."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        stream: EventStream,
        gate: EventGate,
        clock: Clock,
        turns: Turns | None = None,
    ) -> None:
        self._database = database
        self._library = library
        self._stream = stream
        self._gate = gate
        self._clock = clock
        self._turns = turns or Turns(AT_ONCE, what="batches of this outlet's events")

    def with_clock(self, clock: Clock) -> "EventRecorder":
        """Return a recorder of the same newsroom that takes another clock's word for the time."""
        return EventRecorder(
            database=self._database,
            library=self._library,
            stream=self._stream,
            gate=self._gate,
            clock=clock,
            turns=self._turns,
        )

    def record(self, sent: Sequence[Event]) -> list[EventReceipt]:
        """Record events of one outlet, in any order, each ``event_id`` once.

        Raises:
            StoreUnavailable: Nothing was recorded; sending the batch again is safe.
            RateLimited: Eight batches of the outlet are under way in this process; nothing was recorded.
        """
        if not sent:
            return []
        with self._turns.of(sent[0].reader.outlet_id):
            return self._record(sent)

    def _record(self, sent: Sequence[Event]) -> list[EventReceipt]:
        now = self._clock.now()
        receipts: dict[int, EventReceipt] = {}
        good: list[tuple[Event, int]] = []
        outlet_id = sent[0].reader.outlet_id
        with self._database.write([readers_of(outlet_id)]) as uow:
            known = uow.events.known_ids(outlet_id, [e.event_id for e in sent])
            numbers = self._story_numbers(sent, uow)
            for place, event in enumerate(sent):
                if event.event_id in known:
                    receipts[place] = _receipt(event, EventOutcome.DUPLICATE)
                    continue
                try:
                    settled = replace(event, at=settle_time(event.at, now))
                    number = numbers.get(event.story_id)
                    if number is None:
                        raise NotFound("story", event.story_id)
                except (InvalidInput, NotFound) as bad:
                    receipts[place] = _receipt(event, EventOutcome.REJECTED, bad)
                    continue
                known.add(event.event_id)
                good.append((settled, number))
                receipts[place] = _receipt(event, EventOutcome.ACCEPTED)
            known_readers = uow.readers.of(list({e.reader.key: e.reader for e, _ in good}.values()))
            met = {key for key, reader in known_readers.items() if reader.engagements}
            off = {key for key, reader in known_readers.items() if not reader.personalise}
            held = self._held_back(good, met, off)
            readers = self._remember(good, held, known_readers, uow)
            logged = [
                _logged(event, number, readers[event.reader.key], received_at=now, rule=held.get(place))
                for place, (event, number) in enumerate(good)
            ]
            newcomers = [event.reader.key not in met for event, _ in good]
            self._stream.judged_here(
                uow.events.add(
                    [replace(one, newcomer=new) for one, new in zip(logged, newcomers, strict=True)]
                )
            )
            uow.commit()
        with suppress(StoreUnavailable):  # the background follows it as soon as it can
            self._stream.catch_up()
        log.info("events.recorded", outlet_id=outlet_id, accepted=len(good), sent=len(sent))
        return [receipts[place] for place in range(len(sent))]

    def _story_numbers(self, sent: Sequence[Event], uow: UnitOfWork) -> dict[str, int]:
        view = self._library.view
        hot = {e.story_id: view.number_of(e.story_id) for e in sent}
        numbers = {story_id: number for story_id, number in hot.items() if number is not None}
        missing = sorted({e.story_id for e in sent} - numbers.keys())
        numbers.update({story_id: s.number for story_id, s in uow.stories.by_ids(missing).items()})
        return numbers

    def _held_back(
        self, good: Sequence[tuple[Event, int]], met: Collection[str], off: Collection[str]
    ) -> dict[int, BrushRule]:
        """Rules by place in the batch, of events that are kept but not counted."""
        held: dict[int, BrushRule] = {}
        for place, (event, number) in sorted(enumerate(good), key=lambda row: row[1][0].at):
            key = event.reader.key
            rule = self._gate.judge(event, number, newcomer=key not in met, unnamed=event.minor or key in off)
            if rule is not None:
                held[place] = rule
        return held

    def _interests(self, numbers: Iterable[int], uow: UnitOfWork) -> dict[int, list[TagKey]]:
        """Of each story that has been read by now; what is not hot any more is asked of the database."""
        cards = {number: self._library.view.card_of(number) for number in numbers}
        found = {n: interests_told(card.topics, card.places) for n, card in cards.items() if card is not None}
        for number, tags in uow.tags.of(sorted(cards.keys() - found.keys())).items():
            codes = {kind: [tag.code for tag in tags if tag.kind is kind] for kind in TagKind}
            found[number] = interests_told(codes[TagKind.TOPIC], codes[TagKind.PLACE])
        return found

    def _remember(
        self,
        good: Sequence[tuple[Event, int]],
        held: Mapping[int, BrushRule],
        known: Mapping[str, Reader],
        uow: UnitOfWork,
    ) -> dict[str, Reader]:
        """Readers as the events leave them; only what counts is remembered."""
        readers = dict(known)
        interests = self._interests({number for _, number in good}, uow)
        for place, (event, number) in sorted(enumerate(good), key=lambda row: row[1][0].at):
            key = event.reader.key
            reader = readers.setdefault(key, Reader(ref=event.reader))
            if not event.minor and held.get(place) is not BrushRule.TOO_FAST:
                readers[key] = after_event(reader, event, number, interests.get(number))
        changed = [
            reader for key, reader in readers.items() if known.get(key) is not reader and reader.revision > 0
        ]
        uow.readers.put(changed, self._clock.now())
        return readers


def interests_told(topics: Iterable[str], places: Iterable[str]) -> list[TagKey]:
    """What of a story may become an interest: its topics and the first place smaller than a city."""
    near = [(TagKind.PLACE, code) for code in places if len(code) > 6 or not code.endswith("00")][:1]
    return [*((TagKind.TOPIC, code) for code in topics), *near]


def _receipt(
    event: Event, outcome: EventOutcome, error: InvalidInput | NotFound | None = None
) -> EventReceipt:
    return EventReceipt(event_id=event.event_id, outcome=outcome, error=error)


def _logged(
    event: Event, number: int, reader: Reader, *, received_at: datetime, rule: BrushRule | None
) -> LoggedEvent:
    return LoggedEvent(
        outlet_id=event.reader.outlet_id,
        event_id=event.event_id,
        reader_key=event.reader.key if reader.personalise and not event.minor else None,
        story_number=number,
        type=event.type,
        at=event.at,
        received_at=received_at,
        scene=event.scene,
        dwell_s=event.dwell_s,
        trace_id=event.trace_id,
        position=event.position,
        quarantine=rule,
    )
