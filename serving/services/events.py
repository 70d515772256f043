"""Reader events: each counted once, forgotten on request, useful within the second."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from tianfu.model.brushing import BrushRule
from tianfu.model.errors import InvalidInput, NotFound
from tianfu.model.event import Event, settle_time
from tianfu.model.feed.card import StoryCard
from tianfu.model.ports import Clock
from tianfu.model.reader import Reader, TagKey, after_event
from tianfu.model.tag import TagKind
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.library import Library
from tianfu.serving.services.signals import Signals
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.events import LoggedEvent

log = structlog.get_logger(__name__)

SIGNAL_DAYS = 3


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
    """Writes events to the log and to readers' memories in one transaction, then to the signals."""

    def __init__(
        self, *, database: Database, library: Library, signals: Signals, gate: EventGate, clock: Clock
    ) -> None:
        self._database = database
        self._library = library
        self._signals = signals
        self._gate = gate
        self._clock = clock

    def with_clock(self, clock: Clock) -> "EventRecorder":
        """Return a recorder of the same newsroom that takes another clock's word for the time."""
        return EventRecorder(
            database=self._database,
            library=self._library,
            signals=self._signals,
            gate=self._gate,
            clock=clock,
        )

    def record(self, sent: Sequence[Event]) -> list[EventReceipt]:
        """Record events of one outlet, in any order, each ``event_id`` once.

        Raises:
            StoreUnavailable: Nothing was recorded; sending the batch again is safe.
        """
        if not sent:
            return []
        now = self._clock.now()
        receipts: dict[int, EventReceipt] = {}
        good: list[tuple[Event, int]] = []
        with self._database.write() as uow:
            outlet_id = sent[0].reader.outlet_id
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
            held = self._held_back(good, known_readers)
            readers = self._remember(good, held, known_readers, uow)
            uow.events.add(
                [
                    _logged(event, number, readers[event.reader.key], received_at=now, rule=held.get(place))
                    for place, (event, number) in enumerate(good)
                ]
            )
            uow.commit()
        self._signal([row for place, row in enumerate(good) if place not in held], readers)
        log.info("events.recorded", outlet_id=outlet_id, accepted=len(good), sent=len(sent))
        return [receipts[place] for place in range(len(sent))]

    def replay(self) -> int:
        """Rebuild the signals from the last days of the log; returns how many events were read."""
        since = self._clock.now() - timedelta(days=SIGNAL_DAYS)
        count = 0
        with self._database.read() as uow:
            for batch in uow.events.since(since):
                for event in batch:
                    outlet = self._library.outlets.get(event.outlet_id)
                    if outlet is not None:
                        who = event.reader_key or f"anonymous-{event.event_id}"
                        self._signals.add(outlet, who, event.story_number, event.type, event.at.timestamp())
                count += len(batch)
        return count

    def _story_numbers(self, sent: Sequence[Event], uow: UnitOfWork) -> dict[str, int]:
        view = self._library.view
        hot = {e.story_id: view.number_of(e.story_id) for e in sent}
        numbers = {story_id: number for story_id, number in hot.items() if number is not None}
        missing = sorted({e.story_id for e in sent} - numbers.keys())
        numbers.update({story_id: s.number for story_id, s in uow.stories.by_ids(missing).items()})
        return numbers

    def _held_back(
        self, good: Sequence[tuple[Event, int]], known: Mapping[str, Reader]
    ) -> dict[int, BrushRule]:
        """Rules by place in the batch, of events that are kept but not counted."""
        met = {key for key, reader in known.items() if reader.engagements}
        held: dict[int, BrushRule] = {}
        for place, (event, number) in sorted(enumerate(good), key=lambda row: row[1][0].at):
            rule = self._gate.judge(event, number, newcomer=event.reader.key not in met)
            if rule is not None:
                held[place] = rule
        return held

    def _remember(
        self,
        good: Sequence[tuple[Event, int]],
        held: Mapping[int, BrushRule],
        known: Mapping[str, Reader],
        uow: UnitOfWork,
    ) -> dict[str, Reader]:
        """Readers as the events leave them; only what counts is remembered."""
        readers = dict(known)
        for place, (event, number) in sorted(enumerate(good), key=lambda row: row[1][0].at):
            key = event.reader.key
            reader = readers.setdefault(key, Reader(ref=event.reader))
            if not event.minor and held.get(place) is not BrushRule.TOO_FAST:
                card = self._library.view.card_of(number)
                readers[key] = after_event(reader, event, number, interests_of(card))
        changed = [
            reader for key, reader in readers.items() if known.get(key) is not reader and reader.revision > 0
        ]
        uow.readers.put(changed, self._clock.now())
        return readers

    def _signal(self, good: Sequence[tuple[Event, int]], readers: dict[str, Reader]) -> None:
        for event, number in good:
            outlet = self._library.outlets.get(event.reader.outlet_id)
            if outlet is not None:
                known = readers[event.reader.key].personalise and not event.minor
                who = event.reader.key if known else f"anonymous-{secrets.token_hex(8)}"
                self._signals.add(outlet, who, number, event.type, event.at.timestamp())


def interests_of(card: StoryCard | None) -> list[TagKey]:
    """What of a story may become an interest: its topics and its first county."""
    if card is None:
        return []
    places = [(TagKind.PLACE, code) for code in card.places if not code.endswith("00")][:1]
    return [*((TagKind.TOPIC, code) for code in card.topics), *places]


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
