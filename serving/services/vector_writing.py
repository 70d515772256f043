"""Writing what an encoder made of stories that are indexed already."""

from collections.abc import Sequence
from datetime import datetime

from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database
from tianfu.serving.store.locks import INDEX
from tianfu.serving.store.vectors import StoredVector


def write_vectors(vectors: Sequence[StoredVector], *, encoder: str, database: Database, now: datetime) -> int:
    """Save vectors and tell everyone who follows; a story that has one of its revision or a later one stays.

    So a batch told twice is written once, and nothing undoes what a worker indexed meanwhile.

    Args:
        vectors: All by the same encoder.
        encoder: Its fingerprint.
        database: Open.
        now: For the change sequence.

    Returns:
        How many were written.

    Raises:
        StoreUnavailable: Nothing was stored; doing it again is safe.
    """
    with database.write([INDEX]) as uow:
        there = uow.vectors.of([v.number for v in vectors], encoder=encoder)
        fresh = [v for v in vectors if v.number not in there or there[v.number].revision < v.revision]
        uow.vectors.put(fresh, encoder=encoder)
        uow.changes.add(ChangeKind.STORY_VECTORS, [v.number for v in fresh], now, key=encoder)
        uow.commit()
    return len(fresh)
