"""Who may do what: roles and keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Area(StrEnum):
    """A part of the API that a key may be narrowed to."""

    STORIES = "stories"
    """Stories, their tags, clusters and takedowns."""
    TEXTS = "texts"
    """Tags and duplicates of a text that is not kept."""
    FEEDS = "feeds"
    """Feeds, the decisions behind them, what scenes aim at."""
    EVENTS = "events"
    READERS = "readers"
    PLACEMENTS = "placements"
    COVERAGES = "coverages"
    EXCHANGE = "exchange"
    """What flows between newsrooms: pickups, desks, submissions, agreements, sources."""
    INSIGHTS = "insights"
    MODELS = "models"
    """Versions of models and trials of them."""
    AUDIT = "audit"
    """The audit trail, and events held back."""
    KEYS = "keys"


READ_ONLY = ":read"
SCOPES: tuple[str, ...] = tuple(f"{area.value}{kind}" for area in Area for kind in ("", READ_ONLY))
"""Everything a key may be narrowed to: an area, or reading in an area."""


class Role(StrEnum):
    """What a key is for."""

    APP = "app"
    """A county app's backend: feeds, events, reader rights of its own outlet."""
    EDITOR = "editor"
    """A newsroom: stories, tags, duplicates, takedown and placements of its own outlet."""
    OPERATOR = "operator"
    """The provincial platform: the same for every outlet, must-carry, audit."""
    SCIENTIST = "scientist"
    """Reads stories, tags and decisions; changes nothing but which versions of models serve."""
    ADMIN = "admin"
    """Everything, keys included."""


PLATFORM_ROLES = frozenset({Role.OPERATOR, Role.ADMIN})
"""Roles that speak for every outlet, and so never belong to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the service knows it; the secret itself is never kept, only its SHA-256.

    Attributes:
        outlet_id: The one outlet it speaks for; ``None`` for the provincial platform's own keys.
        scopes: Some of :data:`SCOPES`, which narrow the role; none for all that the role may do.
        replaced_by: The key that takes its place, once it was rotated.
        signs_events: Whether batches of events sent with it must be signed.
    """

    id: str
    role: Role
    outlet_id: str | None
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    replaced_by: str | None = None
    signs_events: bool = False

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def opens(self, area: Area, *, writes: bool) -> bool:
        """Whether its scopes let it into an area; what its role may do there is another question."""
        if not self.scopes or area.value in self.scopes:
            return True
        return not writes and f"{area.value}{READ_ONLY}" in self.scopes
