"""The decision log: every feed, kept so that it can be paged through and explained."""

import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np
import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from tianfu.model.feed.line import COLUMNS, ItemColumns, empty
from tianfu.model.feed.passed import PassedColumns
from tianfu.model.recommendation import Decision, Draw, FeedRequest, OrderVerdict, Outcome
from tianfu.serving.store.schema import decisions
from tianfu.serving.store.upsert import in_chunks

_REQUEST = TypeAdapter(FeedRequest)
_FAST = 1
_PLAIN = (
    "trace_id", "made_at", "personalised", "degraded", "candidates", "filtered", "weights",
    "measured", "models",
)  # fmt: skip


class Decisions:
    """Feeds as decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, made: list[Decision]) -> None:
        """Append decisions."""
        rows = [
            {
                "trace_id": d.trace_id,
                "outlet_id": d.request.outlet_id,
                "reader_key": d.reader_key,
                "made_at": d.made_at,
                "record": packed(d),
            }
            for d in made
        ]
        if rows:
            self._connection.execute(insert(decisions), rows)

    def by_trace_id(self, trace_id: str) -> Decision | None:
        """Find the decision behind a feed."""
        query = select(decisions.c.record, decisions.c.reader_key).where(decisions.c.trace_id == trace_id)
        row = self._connection.execute(query).one_or_none()
        return unpacked(row.record, row.reader_key) if row is not None else None

    def erase(self, reader_keys: Iterable[str]) -> None:
        """Delete decisions made with features of these readers."""
        for chunk in in_chunks(sorted(reader_keys)):
            self._connection.execute(delete(decisions).where(decisions.c.reader_key.in_(chunk)))


def packed(decision: Decision) -> bytes:
    """A decision as compressed JSON, its items in columns; it names no reader."""
    plain = {name: getattr(decision, name) for name in _PLAIN}
    items = decision.items
    if not isinstance(items, ItemColumns):
        raise TypeError("only items in columns are kept")
    columns = {name: np.ascontiguousarray(getattr(items, name)) for name in COLUMNS}
    for name, digits in (("parts", 4), ("score", 4), ("features", 3)):
        columns[name] = columns[name].round(digits)
    passed = decision.passed_over
    if passed and not isinstance(passed, PassedColumns):
        raise TypeError("only passed over stories in columns are kept")
    whole = {
        **plain,
        "request": _REQUEST.dump_python(replace(decision.request, reader=None), mode="json"),
        "items": columns,
        "orders": [[o.placement_id, o.outcome.value, o.position, o.because] for o in decision.orders],
        "placements": {str(at): placement_id for at, placement_id in items.placements.items()},
        "draws": [[draw.shown, draw.among, draw.features.round(3)] for draw in decision.draws],
    }
    if isinstance(passed, PassedColumns):
        whole["passed"] = [passed.number, passed.score.round(3), passed.sources, passed.whys]
    return zlib.compress(orjson.dumps(whole, option=orjson.OPT_SERIALIZE_NUMPY), _FAST)


def unpacked(record: bytes, reader_key: str | None) -> Decision:
    """Read a decision back."""
    whole = orjson.loads(zlib.decompress(record))
    shapes = empty()
    items = whole["items"]
    if "features" not in items:  # as kept before rankers could be learnt
        items["features"] = np.zeros((len(items["number"]), *shapes.features.shape[1:]))
    columns = {
        name: np.array(items[name], dtype=getattr(shapes, name).dtype).reshape(
            -1, *getattr(shapes, name).shape[1:]
        )
        for name in COLUMNS
    }
    placements = {int(at): placement_id for at, placement_id in whole["placements"].items()}
    plain = {name: whole[name] for name in _PLAIN}
    plain |= {"made_at": datetime.fromisoformat(whole["made_at"]), "degraded": tuple(whole["degraded"])}
    return Decision(
        **plain,
        reader_key=reader_key,
        request=_REQUEST.validate_python(whole["request"]),
        items=ItemColumns(**columns, placements=placements),
        orders=tuple(
            OrderVerdict(placement_id, Outcome(outcome), position, because)
            for placement_id, outcome, position, because in whole.get("orders", ())
        ),
        draws=tuple(
            Draw(shown=shown, among=np.array(among), features=np.array(rows, dtype=np.float32))
            for shown, among, rows in whole.get("draws", ())
        ),
        passed_over=_passed(*whole["passed"]) if "passed" in whole else (),
    )


def _passed(number: list[int], score: list[float], sources: list[int], whys: list[str]) -> PassedColumns:
    return PassedColumns(
        number=np.array(number, dtype=np.int64),
        score=np.array(score, dtype=np.float32),
        sources=np.array(sources, dtype=np.int64),
        whys=tuple(whys),
    )
