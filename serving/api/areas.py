"""Which part of the API a route belongs to, for keys that are narrowed to some."""

from collections.abc import Mapping
from typing import Any

from tianfu.model.access import Area

_FREE = ("/v1/outlets", "/v1/whoami", "/v1/session", "/v1/vocabulary/{kind}")
"""Routes for every key: they tell nothing but what the key and the consortium are."""

_AREAS: tuple[tuple[str, Area], ...] = (
    ("/v1/stories/{story_id}/desks", Area.EXCHANGE),
    ("/v1/stories/{story_id}/submissions", Area.EXCHANGE),
    ("/v1/stories", Area.STORIES),
    ("/v1/clusters", Area.STORIES),
    ("/v1/tags/suggest", Area.TEXTS),
    ("/v1/duplicates/check", Area.TEXTS),
    ("/v1/desks/suggest", Area.EXCHANGE),
    ("/v1/recommend", Area.FEEDS),
    ("/v1/personas", Area.FEEDS),
    ("/v1/decisions", Area.FEEDS),
    ("/v1/pipelines", Area.FEEDS),
    ("/v1/outlets/{outlet_id}/aims", Area.FEEDS),
    ("/v1/events", Area.EVENTS),
    ("/v1/readers", Area.READERS),
    ("/v1/placements", Area.PLACEMENTS),
    ("/v1/coverages", Area.COVERAGES),
    ("/v1/submissions", Area.EXCHANGE),
    ("/v1/sources", Area.EXCHANGE),
    ("/v1/outlets/{outlet_id}/pickups", Area.EXCHANGE),
    ("/v1/outlets/{outlet_id}/agreement", Area.EXCHANGE),
    ("/v1/insights", Area.INSIGHTS),
    ("/v1/outlets/{outlet_id}/report", Area.INSIGHTS),
    ("/v1/vitals", Area.INSIGHTS),
    ("/v1/labels/queue", Area.STORIES),
    ("/v1/labels/drift", Area.MODELS),
    ("/v1/models", Area.MODELS),
    ("/v1/trials", Area.MODELS),
    ("/v1/audit", Area.AUDIT),
    ("/v1/quarantine", Area.AUDIT),
    ("/v1/keys", Area.KEYS),
)


def template_of(scope: Mapping[str, Any]) -> str:
    """The route's template with its prefix, such as ``/v1/stories/{story_id}``, never the ids in it.

    ``unmatched`` before routing, or where no route was found.
    """
    path = getattr(scope.get("route"), "path_format", None)
    if not isinstance(path, str):
        return "unmatched"
    # A route of an included router knows its own part of the path alone.
    prefix = "/v1" if scope["path"].startswith("/v1/") and not path.startswith("/v1/") else ""
    return f"{prefix}{path}"


def is_free(template: str) -> bool:
    """Whether every key may call a route, whatever its scopes."""
    return template in _FREE


def area_of(template: str) -> Area | None:
    """The area of a route; ``None`` for one that nobody put into an area, which scoped keys cannot call."""
    found = (area for start, area in _AREAS if template == start or template.startswith(f"{start}/"))
    return next(found, None)
