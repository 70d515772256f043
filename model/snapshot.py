"""The data snapshot: what an export holds, table by table, for whoever writes and whoever reads one."""

from collections.abc import Mapping
from enum import StrEnum

from tianfu.model.feed.scoring import FEATURES

SCHEMA_VERSION = 2
MANIFEST = "manifest.json"
FEATURE_PREFIX = "feature_"


class Kind(StrEnum):
    """Kinds of columns; every one but ``bool`` may hold nothing."""

    TEXT = "text"
    WHOLE = "whole"
    REAL = "real"
    BOOL = "bool"
    TIME = "time"
    """UTC, microseconds."""


_T, _W, _R, _B, _M = Kind.TEXT, Kind.WHOLE, Kind.REAL, Kind.BOOL, Kind.TIME

TABLES: Mapping[str, Mapping[str, Kind]] = {
    "stories": {
        "story_id": _T, "outlet_id": _T, "external_id": _T, "revision": _W, "title": _T, "body": _T,
        "author": _T, "source": _T, "url": _T, "channel": _T, "adcode": _T, "published_at": _M,
        "received_at": _M, "expires_at": _M, "state": _T, "ai_generated": _B, "cluster_id": _T,
    },
    "tags": {
        "story_id": _T, "kind": _T, "code": _T, "label": _T, "confidence": _R, "is_primary": _B,
        "assigned_by": _T, "state": _T, "source": _T, "decided_at": _M,
    },
    "pairs": {"a": _T, "b": _T, "relation": _T, "score": _R, "decided_by": _T},
    "events": {
        "reader": _T, "outlet_id": _T, "story_id": _T, "type": _T, "at": _M, "scene": _T, "dwell_s": _R,
        "feed": _T, "position": _W,
    },
    "feeds": {
        "feed": _T, "reader": _T, "outlet_id": _T, "made_at": _M, "scene": _T, "channel": _T,
        "personalised": _B, "ranker": _T, "encoder": _T,
    },
    "items": {
        "feed": _T, "position": _W, "story_id": _T, "placed_by": _T, "score": _R, "propensity": _R,
        **{f"{FEATURE_PREFIX}{name}": _R for name in FEATURES},
    },
    "draws": {
        "feed": _T, "position": _W, "story_id": _T, "shown": _B, "propensity": _R,
        **{f"{FEATURE_PREFIX}{name}": _R for name in FEATURES},
    },
}  # fmt: skip
"""Columns by table.  ``reader`` and ``feed`` are pseudonyms that hold within one export only; ``feeds`` are
those that some event came back for, ``items`` what stood in them down to the deepest such event, ``draws``
every story that a place of theirs was drawn from, whether anybody looked so far or not."""
