"""The rights of readers: see, correct, delete, switch off, take along, erase."""

from collections.abc import Callable

from tianfu.model.errors import NotFound
from tianfu.model.event import ReaderRef
from tianfu.model.ports import Clock
from tianfu.model.reader import Reader, TagKey, with_personalisation, with_tag, without_tag
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.signals import Signals
from tianfu.serving.store.database import Database


class ReaderDesk:
    """Answers readers, through their outlet's app, about what is remembered of them."""

    def __init__(
        self, *, database: Database, signals: Signals, interests: InterestFinder, clock: Clock
    ) -> None:
        self._database = database
        self._signals = signals
        self._interests = interests
        self._clock = clock

    def look(self, ref: ReaderRef) -> Reader:
        """Everything remembered of a reader; someone never met has an empty memory."""
        with self._database.read() as uow:
            return uow.readers.of([ref]).get(ref.key) or Reader(ref=ref)

    def switch(self, ref: ReaderRef, *, on: bool) -> Reader:
        """Switch personalisation; effective with the very next request."""
        return self._change(ref, lambda reader: with_personalisation(reader, on=on))

    def set_tag(self, ref: ReaderRef, key: TagKey, weight: float) -> Reader:
        """Set an interest by hand."""
        at_s = int(self._clock.now().timestamp())
        return self._change(ref, lambda reader: with_tag(reader, key, weight, at_s))

    def delete_tag(self, ref: ReaderRef, key: TagKey) -> Reader:
        """Delete an interest; behaviour, old or new, never brings it back.

        Raises:
            NotFound: The reader has no such interest.
        """
        if key not in self.look(ref).tags:
            raise NotFound("tag", key[1])
        return self._change(ref, lambda reader: without_tag(reader, key))

    def erase(self, ref: ReaderRef) -> dict[str, int]:
        """Delete everything that names the reader; returns the number of rows by table."""
        with self._database.write() as uow:
            counts = uow.readers.erase(ref)
            uow.commit()
        self._signals.forget(ref.key)
        self._interests.forget(ref.key)
        return counts

    def _change(self, ref: ReaderRef, change: Callable[[Reader], Reader]) -> Reader:
        with self._database.write() as uow:
            reader = change(uow.readers.of([ref]).get(ref.key) or Reader(ref=ref))
            uow.readers.put([reader], self._clock.now())
            uow.commit()
        return reader
