"""What feeds know of a story, and the immutable view of all stories that may be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tianfu.model.placement import lies_within


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCard:
    """A story as feeds see it: enough to choose, order and show it, without its body.

    Attributes:
        published_at_s: Seconds since the epoch, UTC.
        expires_at_s: Never shown from then on; ``None`` means never expires.
        topics: GB/T 20093 codes, primary first, without what an editor rejected.
        places: Adcodes the story is about, primary first.
        body_chars: Length of the clean text, a rough measure of substance.
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

    def is_about(self, area: str) -> bool:
        """Whether it is about a place within an area."""
        return any(lies_within(place, area) for place in self.places)


class FeedView:
    """Every story that may be shown at one moment, newest first.  Never changes once made.

    Readers take the reference once and work on it without locks; the follower swaps in a new view.
    """

    def __init__(self, cards: Iterable[StoryCard]) -> None:
        self.cards: tuple[StoryCard, ...] = tuple(
            sorted(cards, key=lambda card: (-card.published_at_s, -card.number))
        )
        self.by_number: Mapping[int, StoryCard] = {card.number: card for card in self.cards}
        self.by_id: Mapping[str, StoryCard] = {card.story_id: card for card in self.cards}
        self._by_outlet: dict[str, list[StoryCard]] = {}
        self._by_place: dict[str, list[StoryCard]] = {}
        self._by_topic: dict[str, list[StoryCard]] = {}
        self._by_cluster: dict[str, list[StoryCard]] = {}
        for card in self.cards:
            self._by_outlet.setdefault(card.outlet_id, []).append(card)
            self._by_cluster.setdefault(card.cluster_id, []).append(card)
            for topic in card.topics:
                self._by_topic.setdefault(topic, []).append(card)
            for area in {area for place in card.places for area in areas_of(place)}:
                self._by_place.setdefault(area, []).append(card)

    def of_outlet(self, outlet_id: str) -> list[StoryCard]:
        """An outlet's stories, newest first."""
        return self._by_outlet.get(outlet_id, [])

    def about(self, area: str) -> list[StoryCard]:
        """Stories about places within an area (township, county, city, province), newest first."""
        return self._by_place.get(area, [])

    def of_topic(self, topic: str) -> list[StoryCard]:
        """Stories of a class, newest first."""
        return self._by_topic.get(topic, [])

    def cluster(self, cluster_id: str) -> list[StoryCard]:
        """The showable versions of one cluster, newest first."""
        return self._by_cluster.get(cluster_id, [])


def areas_of(adcode: str) -> tuple[str, ...]:
    """An adcode with its county, city and province, inner first, each once."""
    nested = (adcode, adcode[:6], f"{adcode[:4]}00", f"{adcode[:2]}0000")
    return tuple(dict.fromkeys(nested))
