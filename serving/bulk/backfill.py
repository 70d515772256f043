"""Filling in the vectors of one encoder for a whole archive.

What is still to do is a question to the database, asked from the oldest story on: an interrupted run goes on
where it was, and one beside a worker that reads the newest first meets it in the middle.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from tianfu.model.ports import Clock
from tianfu.model.story import Story
from tianfu.serving.bulk.bench import BatchRead, Bench
from tianfu.serving.services.vector_writing import write_vectors
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

BATCH = 64
_LOOKED_AHEAD = 1_024


class BatchEngine(Protocol):
    """Reads batches of stories, here or on other machines."""

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        """What became of each batch, in any order; a batch may come back more than once.

        Args:
            batches: Taken one by one, as there is room for them.

        Raises:
            EngineUnavailable: Nobody is left who could read; what came back counts.
        """
        ...


class HereEngine:
    """Reads in this process, one batch after another."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        """What became of each batch, in order."""
        for stories in batches:
            yield self._bench.read(stories)


@dataclass(slots=True)
class BackfillReport:
    """What a run did.

    Attributes:
        missing: Stories without a vector when it began.
        read: Stories that came back, each counted once for each time.
        written: Vectors that were stored.
        unreadable: Numbers of stories that cannot be read by this encoder.
        seconds: How long it took.
    """

    missing: int
    read: int = 0
    written: int = 0
    unreadable: tuple[int, ...] = ()
    seconds: float = 0.0


class Backfill:
    """The one writer of a run."""

    def __init__(self, *, database: Database, encoder: str, clock: Clock, batch: int | None = None) -> None:
        """Take what is to be filled.

        Args:
            database: Open.
            encoder: Fingerprint of the encoder by which the engine reads.
            clock: For the change sequence.
            batch: Stories in one batch; :data:`BATCH` when left out.
        """
        self._database = database
        self._encoder = encoder
        self._clock = clock
        self._batch = batch or BATCH
        with database.read() as uow:
            self.report = BackfillReport(missing=uow.vectors.missing_count(encoder=encoder))

    def run(
        self, engine: BatchEngine, progress: Callable[[int, int], None] = lambda _done, _of: None
    ) -> None:
        """Have everything read that is missing and store it, batch by batch; ``report`` grows meanwhile.

        Args:
            engine: Reads.
            progress: Is told how many stories came back, and of how many.

        Raises:
            EngineUnavailable: Nobody is left who could read.
            StoreUnavailable: The database does not answer.
        """
        began = time.monotonic()
        try:
            for read in engine.run(self._batches()):
                self._store(read)
                progress(min(self.report.read, self.report.missing), self.report.missing)
        finally:
            self.report.seconds = time.monotonic() - began

    def _store(self, read: BatchRead) -> None:
        report = self.report
        report.written += write_vectors(
            read.vectors, encoder=self._encoder, database=self._database, now=self._clock.now()
        )
        report.read += read.stories
        if read.unreadable:
            log.warning("stories.unreadable", stories=list(read.unreadable))
            report.unreadable = tuple(sorted({*report.unreadable, *read.unreadable}))

    def _batches(self) -> Iterator[Sequence[Story]]:
        last = 0
        while True:
            with self._database.read() as uow:
                numbers = uow.vectors.missing_from(encoder=self._encoder, above=last, limit=_LOOKED_AHEAD)
            for start in range(0, len(numbers), self._batch):
                with self._database.read() as uow:
                    found = uow.stories.by_numbers(numbers[start : start + self._batch])
                if found:
                    yield [found[number] for number in sorted(found)]
            if not numbers:
                return
            last = numbers[-1]
