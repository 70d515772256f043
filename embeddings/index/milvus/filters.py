"""Filters as expressions of Milvus."""

import json
from collections.abc import Iterable

from tianfu.model.ports import IndexFilter


def is_hopeless(where: IndexFilter) -> bool:
    """Whether no story can meet a filter."""
    empty_window = where.since_s is not None and where.until_s is not None and where.since_s >= where.until_s
    return empty_window or where.outlets == frozenset() or where.places == frozenset()


def expression(where: IndexFilter) -> str:
    """A filter in Milvus's words; empty when it rules nothing out."""
    conditions = []
    if where.since_s is not None:
        conditions.append(f"published_at_s >= {int(where.since_s)}")
    if where.until_s is not None:
        conditions.append(f"published_at_s < {int(where.until_s)}")
    if where.outlets is not None:
        conditions.append(f"outlet in {_strings(where.outlets)}")
    if where.places is not None:
        conditions.append(f"array_contains_any(places, {_strings(where.places)})")
    if where.exclude:
        conditions.append(f"number not in {sorted(int(number) for number in where.exclude)}")
    return " and ".join(conditions)


def _strings(names: Iterable[str]) -> str:
    return json.dumps(sorted(names), ensure_ascii=False)
