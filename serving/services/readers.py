"""The rights of readers: see, correct, delete, switch off, take along, erase."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tianfu.model.aims import Aims
from tianfu.model.errors import InvalidRequest, NotFound
from tianfu.model.event import ReaderRef
from tianfu.model.ports import Clock
from tianfu.model.reader import (
    Reader,
    TagKey,
    is_sensitive,
    merged,
    with_personalisation,
    with_sliders,
    with_tag,
    with_wish,
    without_reads,
    without_tag,
    without_wish,
)
from tianfu.model.recommendation import Decision
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, Wish, WishKind
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.forgetting import reader_digest
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.library import Library
from tianfu.serving.services.signals import Signals
from tianfu.serving.services.turns import Turns
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.exports import OwnEvent
from tianfu.serving.store.locks import readers_of

EXPORTED = 5_000
"""Most events, and most feeds, of one export; the newest."""
_AT_ONCE = 4
"""Changes to one outlet's readers that may wait for each other, and for its events, in one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderExport:
    """Everything kept of one reader.

    Attributes:
        story_ids: By number, of the stories in the decisions.
    """

    reader: Reader
    events: Sequence[OwnEvent]
    decisions: Sequence[Decision]
    story_ids: Mapping[int, str]


class ReaderDesk:
    """Answers readers, through their outlet's app, about what is remembered of them.

    Every method that changes something raises ``RateLimited``, having done nothing, while four changes to
    readers of the same outlet are under way in this process.
    """

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        signals: Signals,
        gate: EventGate,
        interests: InterestFinder,
        names: Mapping[tuple[TagKind, str], str],
        clock: Clock,
    ) -> None:
        self._database = database
        self._library = library
        self._names = names
        self._signals = signals
        self._gate = gate
        self._interests = interests
        self._clock = clock
        self._turns = Turns(_AT_ONCE, what="changes to this outlet's readers")

    def look(self, ref: ReaderRef) -> Reader:
        """Everything remembered of a reader; someone never met has an empty memory."""
        with self._database.read() as uow:
            return uow.readers.of([ref]).get(ref.key) or Reader(ref=ref)

    def switch(self, ref: ReaderRef, *, on: bool) -> Reader:
        """Switch personalisation; effective with the very next request."""
        return self._change(ref, lambda reader: with_personalisation(reader, on=on))

    def set_tag(self, ref: ReaderRef, key: TagKey, weight: float) -> Reader:
        """Set an interest by hand.

        Raises:
            InvalidRequest: It is of a sensitive class, which never becomes an interest.
        """
        if is_sensitive(key):
            raise InvalidRequest(
                field="code",
                why="is of a class that never becomes an interest",
                advice="What is read of it is not remembered either.",
            )
        at_s = int(self._clock.now().timestamp())
        return self._change(ref, lambda reader: with_tag(reader, key, weight, at_s))

    def delete_tag(self, ref: ReaderRef, key: TagKey) -> Reader:
        """Delete an interest; behaviour, old or new, never brings it back.

        Raises:
            NotFound: The reader has no such interest.
        """
        if key not in self.look(ref).tags:
            raise NotFound("tag", key[1])
        with self._writing(ref.outlet_id) as uow:
            reader = without_tag(uow.readers.of([ref]).get(ref.key) or Reader(ref=ref), key)
            reader = without_reads(reader, _reads_of(reader, {key}, uow))
            uow.readers.put([reader], self._clock.now())
            uow.commit()
        return reader

    def wish(self, ref: ReaderRef, kind: WishKind, code: str, amount: Amount) -> Reader:
        """Take down that a reader wants less of something, or nothing; the next feed follows.

        Raises:
            InvalidRequest: The code breaks its rule.
            NotFound: There is no such story, outlet or class.
        """
        wish = Wish(kind=kind, code=code, amount=amount, at_s=int(self._clock.now().timestamp()))
        self._must_be_known(wish)
        return self._change(ref, lambda reader: with_wish(reader, wish))

    def withdraw_wish(self, ref: ReaderRef, key: tuple[WishKind, str]) -> Reader:
        """Withdraw a wish.

        Raises:
            NotFound: The reader has no such wish.
        """
        if key not in self.look(ref).wishes:
            raise NotFound("wish", key[1])
        return self._change(ref, lambda reader: without_wish(reader, key))

    def set_sliders(self, ref: ReaderRef, sliders: Aims | None) -> Reader:
        """Set how feeds are mixed for a reader."""
        return self._change(ref, lambda reader: with_sliders(reader, sliders))

    def take_over(self, ref: ReaderRef, device: ReaderRef) -> Reader:
        """Join a device's memory to the reader who signed in on it, and forget the device."""
        with self._writing(ref.outlet_id) as uow:
            known = uow.readers.of([ref, device])
            reader = known.get(ref.key) or Reader(ref=ref)
            if device.key in known:
                reader = merged(reader, known[device.key])
                reader = without_reads(reader, _reads_of(reader, reader.removed, uow))
                uow.readers.put([reader], self._clock.now())
            if any(uow.readers.hand_over(device, ref).values()):
                self._tell_others(device, uow)
            uow.commit()
        self._forget(device)
        return reader

    def export(self, ref: ReaderRef) -> ReaderExport:
        """Everything kept of a reader, for the reader."""
        with self._database.read() as uow:
            reader = uow.readers.of([ref]).get(ref.key) or Reader(ref=ref)
            decisions = uow.exports.decisions(ref, EXPORTED)
            numbers = sorted({item.number for one in decisions for item in one.items})
            stories = uow.stories.by_numbers(numbers)
            return ReaderExport(
                reader=reader,
                events=uow.exports.events(ref, EXPORTED),
                decisions=decisions,
                story_ids={number: story.id for number, story in stories.items()},
            )

    def _must_be_known(self, wish: Wish) -> None:
        known = True
        if wish.kind is WishKind.OUTLET:
            known = wish.code in self._library.outlets
        elif wish.kind is WishKind.TOPIC:
            known = (TagKind.TOPIC, wish.code) in self._names
        elif wish.kind is WishKind.STORY and self._library.view.number_of(wish.code) is None:
            with self._database.read() as uow:
                known = uow.stories.by_id(wish.code) is not None
        if not known:
            raise NotFound(wish.kind.value, wish.code)

    def erase(self, ref: ReaderRef) -> dict[str, int]:
        """Delete everything that names the reader; returns the number of rows by table."""
        with self._writing(ref.outlet_id) as uow:
            counts = uow.readers.erase(ref)
            self._tell_others(ref, uow)
            uow.commit()
        self._forget(ref)
        self._database.drain()
        return counts

    def _forget(self, ref: ReaderRef) -> None:
        """Drop what this process remembers; what takes a look through everything, now or seconds later."""
        self._signals.forget(ref.key)
        self._gate.forget(ref.key)
        self._gate.step()
        self._interests.forget(ref.key)

    def _tell_others(self, ref: ReaderRef, uow: UnitOfWork) -> None:
        """Let every process forget a reader; what is written of it names nobody."""
        now = self._clock.now()
        uow.changes.add(ChangeKind.READER_FORGOTTEN, [None], now, key=reader_digest(ref.key))

    @contextmanager
    def _writing(self, outlet_id: str) -> Iterator[UnitOfWork]:
        with self._turns.of(outlet_id), self._database.write([readers_of(outlet_id)]) as uow:
            yield uow

    def _change(self, ref: ReaderRef, change: Callable[[Reader], Reader]) -> Reader:
        with self._writing(ref.outlet_id) as uow:
            reader = change(uow.readers.of([ref]).get(ref.key) or Reader(ref=ref))
            uow.readers.put([reader], self._clock.now())
            uow.commit()
        return reader


def _reads_of(reader: Reader, keys: Collection[TagKey], uow: UnitOfWork) -> set[int]:
    """Stories about one of these that the reader turned to."""
    if not keys:
        return set()
    told = uow.tags.of([one.number for one in reader.engagements])
    return {number for number, tags in told.items() if any((tag.kind, tag.code) in keys for tag in tags)}
