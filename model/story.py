"""Stories: what outlets send, as they sent it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tianfu.model.dating import Dating
from tianfu.model.errors import InvalidStory
from tianfu.model.rights import Reuse
from tianfu.model.rules import check_adcode, check_id, check_text, check_time, check_url

MAX_TITLE_CHARS = 200
MAX_BODY_CHARS = 100_000


class StoryState(StrEnum):
    """Whether a story may be shown."""

    LIVE = "live"
    TAKEN_DOWN = "taken_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryText:
    """The content of one revision, exactly as the outlet wrote it.

    Attributes:
        title: One line, 1 to 200 characters.
        body: Plain text or HTML, up to 100,000 characters; may be empty for a flash.
        author: Byline, up to 100 characters, or empty.
        source: Where the outlet took it from, up to 100 characters, or empty for its own work.
        url: Page of the story at its outlet, or ``None``.
        image_url: Picture shown in feeds, or ``None``.
        channel: The outlet's own section, up to 40 characters, or empty.
        adcode: The place the outlet filed it under, or ``None``.
        published_at: The outlet's own time, in UTC.
        expires_at: After this it is never shown in feeds (weather, notices); ``None`` means never.
        ai_generated: Whether the outlet marks it as made by a machine (shown to readers by law).
        reuse: What others may do with this story; ``None`` leaves it to the outlet's agreement.

    Raises:
        InvalidStory: A field breaks its rule; ``field`` names which.
    """

    title: str
    body: str
    published_at: datetime
    author: str = ""
    source: str = ""
    url: str | None = None
    image_url: str | None = None
    channel: str = ""
    adcode: str | None = None
    expires_at: datetime | None = None
    ai_generated: bool = False
    reuse: Reuse | None = None

    def __post_init__(self) -> None:
        error = InvalidStory
        check_text(self.title, field="title", error=error, low=1, high=MAX_TITLE_CHARS)
        check_text(self.body, field="body", error=error, high=MAX_BODY_CHARS, lines=True)
        check_text(self.author, field="author", error=error, high=100)
        check_text(self.source, field="source", error=error, high=100)
        check_text(self.channel, field="channel", error=error, high=40)
        for name in ("url", "image_url"):
            link: str | None = getattr(self, name)
            if link is not None:
                check_url(link, field=name, error=error)
        if self.adcode is not None:
            check_adcode(self.adcode, field="adcode", error=error)
        published = check_time(self.published_at, field="published_at", error=error)
        object.__setattr__(self, "published_at", published)
        if self.expires_at is not None:
            expires = check_time(self.expires_at, field="expires_at", error=error)
            if expires <= published:
                raise error(field="expires_at", why="must lie after published_at")
            object.__setattr__(self, "expires_at", expires)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every field, hexadecimal: equal exactly when nothing differs."""
        parts = (
            self.title, self.body, self.author, self.source, self.url or "", self.image_url or "",
            self.channel, self.adcode or "", self.published_at.isoformat(),
            self.expires_at.isoformat() if self.expires_at else "", str(self.ai_generated),
            *((self.reuse.value,) if self.reuse else ()),
        )  # fmt: skip
        digest = hashlib.sha256()
        for part in parts:
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One revision of one story.  An edit makes a new revision, never a mutation.

    Attributes:
        id: Public id, opaque.
        number: The store's own row number, the id used inside indexes; 1 and up.
        outlet_id: Who sent it.
        external_id: The outlet's own id, unique within the outlet.
        revision: 1 for the first text, one more for each edit.
        received_at: When this revision came in, UTC.
        dating: The times that count, for being first and for being fresh.
        indexed_revision: The revision that vectors, tags and duplicates describe; 0 before the first.
        cluster_id: The cluster it belongs to; a story alone forms a cluster of one.
    """

    id: str
    number: int
    outlet_id: str
    external_id: str
    revision: int
    text: StoryText
    received_at: datetime
    dating: Dating
    state: StoryState = StoryState.LIVE
    indexed_revision: int = 0
    cluster_id: str

    @property
    def is_indexed(self) -> bool:
        """Whether tags and duplicates describe the current revision."""
        return self.indexed_revision == self.revision


def check_external_id(value: str) -> str:
    """Check an outlet's own story id."""
    return check_id(value, field="external_id", error=InvalidStory)
