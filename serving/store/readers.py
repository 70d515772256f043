"""Readers' memories, one row each, and their erasure from every table."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from tianfu.model.aims import Aims
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.reader import Engagement, InterestTag, Reader
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, Wish, WishKind
from tianfu.serving.store.schema import decisions, events, readers
from tianfu.serving.store.upsert import in_chunks, upsert

_ONE = select(readers.c.state).where(readers.c.key == bindparam("key"))
_TAG_KINDS = {kind.value: kind for kind in TagKind}


class Readers:
    """What is remembered of readers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, refs: Sequence[ReaderRef]) -> dict[str, Reader]:
        """Readers by key; one never met is missing from the answer."""
        found: dict[str, Reader] = {}
        for chunk in in_chunks([ref.key for ref in refs]):
            query = select(readers.c.state).where(readers.c.key.in_(chunk))
            for state in self._connection.execute(query).scalars():
                reader = _reader(state)
                found[reader.ref.key] = reader
        return found

    def one(self, ref: ReaderRef) -> Reader | None:
        """One reader, ``None`` for someone never met; the quick way for every feed."""
        state = self._connection.execute(_ONE, {"key": ref.key}).scalar_one_or_none()
        return None if state is None else _reader(state, ref)

    def by_key(self, key: str) -> Reader | None:
        """The same by :attr:`ReaderRef.key <tianfu.model.event.ReaderRef.key>`."""
        state = self._connection.execute(_ONE, {"key": key}).scalar_one_or_none()
        return None if state is None else _reader(state)

    def put(self, changed: Sequence[Reader], now: datetime) -> None:
        """Save readers."""
        rows = [
            {
                "key": reader.ref.key,
                "outlet_id": reader.ref.outlet_id,
                "state": _state(reader),
                "revision": reader.revision,
                "updated_at": now,
            }
            for reader in changed
        ]
        upsert(self._connection, readers, rows)

    def hand_over(self, device: ReaderRef, reader: ReaderRef) -> dict[str, int]:
        """Give a device's events and decisions to a reader of the same outlet and drop its memory."""
        counts = {}
        for name, table in (("events", events), ("decisions", decisions)):
            moved = update(table).where(table.c.reader_key == device.key).values(reader_key=reader.key)
            counts[name] = self._connection.execute(moved).rowcount
        counts["readers"] = self._connection.execute(
            delete(readers).where(readers.c.key == device.key)
        ).rowcount
        return counts

    def erase(self, ref: ReaderRef) -> dict[str, int]:
        """Delete every row that names the reader; returns how many by table."""
        counts = {}
        for name, statement in (
            ("readers", delete(readers).where(readers.c.key == ref.key)),
            ("events", delete(events).where(events.c.reader_key == ref.key)),
            ("decisions", delete(decisions).where(decisions.c.reader_key == ref.key)),
        ):
            counts[name] = self._connection.execute(statement).rowcount
        return counts


def _state(reader: Reader) -> dict[str, Any]:
    return {
        "ref": [reader.ref.outlet_id, reader.ref.kind.value, reader.ref.id],
        "personalise": reader.personalise,
        "engagements": [[e.number, round(e.weight, 4), e.at_s] for e in reader.engagements],
        "seen": list(reader.seen),
        "tags": [asdict(tag) for tag in reader.tags.values()],
        "removed": sorted([kind.value, code] for kind, code in reader.removed),
        "wishes": [asdict(wish) for wish in reader.wishes.values()],
        "sliders": asdict(reader.sliders) if reader.sliders else None,
        "revision": reader.revision,
    }


def _wish(kept: dict[str, Any]) -> Wish:
    return Wish(**{**kept, "kind": WishKind(kept["kind"]), "amount": Amount(kept["amount"])})


def _reader(state: dict[str, Any], ref: ReaderRef | None = None) -> Reader:
    """A reader as kept; a ``ref`` that is known already is not checked again."""
    tags = [InterestTag(**{**tag, "kind": _TAG_KINDS[tag["kind"]]}) for tag in state["tags"]]
    return Reader(
        ref=ref or _ref(*state["ref"]),
        personalise=state["personalise"],
        engagements=tuple(starmap(Engagement, state["engagements"])),
        seen=tuple(state["seen"]),
        tags={(tag.kind, tag.code): tag for tag in tags},
        removed=frozenset((TagKind(kind), code) for kind, code in state["removed"]),
        wishes={wish.key: wish for wish in map(_wish, state.get("wishes", ()))},
        sliders=Aims(**state["sliders"]) if state.get("sliders") else None,
        revision=state["revision"],
    )


def _ref(outlet_id: str, kind: str, reader_id: str) -> ReaderRef:
    return ReaderRef(outlet_id=outlet_id, kind=ReaderKind(kind), id=reader_id)
