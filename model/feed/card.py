"""What feeds know of a story."""

from dataclasses import dataclass

from tianfu.model.placement import lies_within
from tianfu.model.rights import Reuse, RightsFacts

MINOR_TOPICS = frozenset({"14", "16", "18", "22", "31", "33", "35", "36", "39"})
"""Classes fit for minors: a story needs one of them first, and none beside it that is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCard:
    """A story as feeds see it: enough to choose, order and show it, without its body.

    Attributes:
        published_at_s: As the outlet says, seconds since the epoch, UTC.
        told_at_s: When it counts as told, where it is asked who was first; ``None`` is when it is fresh from.
        fresh_from_s: When feeds take it for published; ``None`` is when the outlet says.
        expires_at_s: Never shown from then on; ``None`` means never expires.
        topics: GB/T 20093 codes, primary first, without what an editor rejected.
        places: Adcodes the story is about, primary first.
        body_chars: Length of the clean text, a rough measure of substance.
        author: As the outlet wrote it, as is ``source``.
        reuse: The story's own mark of what others may do with it.
        republished: Whether a provincial unit carries the same text, published later.
    """

    number: int
    story_id: str
    title: str
    url: str | None
    image_url: str | None
    outlet_id: str
    channel: str
    published_at_s: int
    expires_at_s: int | None
    topics: tuple[str, ...]
    places: tuple[str, ...]
    cluster_id: str
    ai_generated: bool
    body_chars: int
    author: str = ""
    source: str = ""
    reuse: Reuse | None = None
    republished: bool = False
    fresh_from_s: int | None = None
    told_at_s: int | None = None

    @property
    def counted_s(self) -> int:
        """What freshness and order in feeds go by, seconds since the epoch, UTC."""
        return self.published_at_s if self.fresh_from_s is None else self.fresh_from_s

    @property
    def rights_facts(self) -> RightsFacts:
        """What decides which outlets may show it."""
        return RightsFacts(self.outlet_id, self.reuse, self.source, self.republished, self.url is not None)

    @property
    def fits_minors(self) -> bool:
        """Whether minors may be shown it."""
        return bool(self.topics) and MINOR_TOPICS.issuperset(self.topics)

    def is_about(self, area: str) -> bool:
        """Whether it is about a place within an area."""
        return any(lies_within(place, area) for place in self.places)


def areas_of(adcode: str) -> tuple[str, ...]:
    """An adcode with its county, city and province, inner first, each once."""
    nested = (adcode, adcode[:6], f"{adcode[:4]}00", f"{adcode[:2]}0000")
    return tuple(dict.fromkeys(nested))
