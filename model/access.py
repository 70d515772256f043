"""Who may do what: roles and keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the service knows it; the secret itself is never kept, only its SHA-256.

    Attributes:
        outlet_id: The one outlet it speaks for; ``None`` for the provincial platform's own keys.
    """

    id: str
    role: Role
    outlet_id: str | None
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
