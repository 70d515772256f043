"""Vectors and text fingerprints: what the in-memory indexes are rebuilt from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select

from tianfu.serving.store.schema import stories, story_vectors
from tianfu.serving.store.upsert import among, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVector:
    """One story's vector (float32 in memory, half precision at rest) and text fingerprint."""

    number: int
    revision: int
    vector: npt.NDArray[np.float32]
    text_fingerprint: bytes


class Vectors:
    """Vectors of the current revisions, by encoder."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, vectors: Sequence[StoredVector], *, encoder: str) -> None:
        """Save vectors; a story's older vector of the same encoder is replaced."""
        rows = [
            {
                "story_number": v.number,
                "revision": v.revision,
                "encoder": encoder,
                "vector": v.vector.astype("<f2").tobytes(),
                "text_fingerprint": v.text_fingerprint,
            }
            for v in vectors
        ]
        upsert(self._connection, story_vectors, rows)

    def of(self, numbers: Sequence[int], *, encoder: str) -> dict[int, StoredVector]:
        """Vectors of those stories that have one of this encoder."""
        found: dict[int, StoredVector] = {}
        for wanted in among(self._connection, story_vectors.c.story_number, numbers):
            query = select(story_vectors).where(wanted, story_vectors.c.encoder == encoder)
            for row in self._connection.execute(query):
                found[row.story_number] = _stored(
                    row.story_number, row.revision, row.vector, row.text_fingerprint
                )
        return found

    def all(self, *, encoder: str, batch: int = 2_000) -> Iterator[list[StoredVector]]:
        """Every vector of this encoder in order of number, in batches."""
        last = 0
        while True:
            query = (
                select(story_vectors)
                .where(story_vectors.c.story_number > last, story_vectors.c.encoder == encoder)
                .order_by(story_vectors.c.story_number)
                .limit(batch)
            )
            rows = self._connection.execute(query).all()
            if not rows:
                return
            last = rows[-1].story_number
            yield [_stored(r.story_number, r.revision, r.vector, r.text_fingerprint) for r in rows]

    def fingerprints(self, *, encoder: str, batch: int = 10_000) -> Iterator[dict[int, bytes]]:
        """Text fingerprints of every story with a vector of this encoder, by number, in batches."""
        v = story_vectors.c
        last = 0
        while True:
            query = (
                select(v.story_number, v.text_fingerprint)
                .where(v.story_number > last, v.encoder == encoder)
                .order_by(v.story_number)
                .limit(batch)
            )
            found = {row.story_number: row.text_fingerprint for row in self._connection.execute(query)}
            if not found:
                return
            last = next(reversed(found))
            yield found

    def missing(self, *, encoder: str, below: int | None, limit: int) -> list[int]:
        """Stories, newest first, whose indexed text has no vector of this encoder.

        Args:
            encoder: Fingerprint.
            below: Only stories of smaller number.
            limit: At most so many.
        """
        s = stories.c
        query = select(s.number).where(_lacks(encoder)).order_by(s.number.desc()).limit(limit)
        if below is not None:
            query = query.where(s.number < below)
        return [int(number) for number in self._connection.execute(query).scalars()]

    def missing_from(self, *, encoder: str, above: int, limit: int) -> list[int]:
        """The same stories, oldest first, of greater number than ``above``."""
        s = stories.c
        query = select(s.number).where(_lacks(encoder), s.number > above).order_by(s.number).limit(limit)
        return [int(number) for number in self._connection.execute(query).scalars()]

    def missing_count(self, *, encoder: str) -> int:
        """How many such stories there are."""
        query = select(func.count()).select_from(stories).where(_lacks(encoder))
        return int(self._connection.execute(query).scalar_one())

    def count(self, *, encoder: str) -> int:
        """How many stories have a vector of this encoder."""
        query = select(func.count()).where(story_vectors.c.encoder == encoder)
        return int(self._connection.execute(query).scalar_one())

    def readable(self) -> int:
        """How many stories an encoder should have a vector of: those that were indexed."""
        query = select(func.count()).where(stories.c.indexed_revision > 0)
        return int(self._connection.execute(query).scalar_one())

    def drop_others(self, keep: Sequence[str], *, limit: int = 5_000) -> int:
        """Delete up to so many vectors of other encoders than these; returns how many went."""
        v = story_vectors.c
        query = select(v.story_number).where(v.encoder.not_in(keep)).order_by(v.story_number).limit(limit)
        numbers = list(self._connection.execute(query).scalars())
        if not numbers:
            return 0
        statement = delete(story_vectors).where(
            v.encoder.not_in(keep), v.story_number >= numbers[0], v.story_number <= numbers[-1]
        )
        return self._connection.execute(statement).rowcount


def _lacks(encoder: str) -> ColumnElement[bool]:
    """That the indexed text of a story has no vector of an encoder."""
    v, s = story_vectors.c, stories.c
    there = exists().where(v.story_number == s.number, v.encoder == encoder, v.revision >= s.indexed_revision)
    return and_(s.indexed_revision > 0, ~there)


def _stored(number: int, revision: int, vector: bytes, text_fingerprint: bytes) -> StoredVector:
    return StoredVector(
        number=number,
        revision=revision,
        vector=np.frombuffer(vector, dtype="<f2").astype(np.float32),
        text_fingerprint=text_fingerprint,
    )
