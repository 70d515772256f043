"""The 24 top classes of GB/T 20093-2013."""

from dataclasses import dataclass, field
from functools import cache

from tianfu.model.vocab.facts import Provenance, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A top class.

    Attributes:
        code: Two digits.
        name: The standard's Chinese name.
        gloss: In English.
        description: What belongs here, in our own words.
        media_topics: Nearest IPTC Media Topics, closest first, codes ``medtop:…``.  They are of the
            upper two levels unless those are too coarse, as for single industries.
    """

    code: str
    name: str
    gloss: str
    description: str
    media_topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTable:
    """All classes, in the standard's order."""

    all: tuple[Topic, ...]
    provenance: Provenance
    by_code: dict[str, Topic] = field(repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes in the standard's order; the order of every topic vector."""
        return tuple(topic.code for topic in self.all)


@cache
def load_topics() -> TopicTable:
    """Load the table; the same object every time."""
    facts = read_facts("topics")
    topics = tuple(
        Topic(
            code=code,
            name=name,
            gloss=gloss,
            description=description,
            media_topics=tuple(f"medtop:{number}" for number in numbers),
        )
        for code, name, gloss, description, numbers in facts.content["rows"]
    )
    return TopicTable(
        all=topics, provenance=facts.provenance, by_code={topic.code: topic for topic in topics}
    )
