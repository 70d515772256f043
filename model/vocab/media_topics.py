"""IPTC Media Topics, the fine topics, with Chinese and English names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tianfu.model.vocab.facts import Provenance, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTopic:
    """One concept.

    Attributes:
        code: ``medtop:`` and eight digits.
        parent: Code one level up; ``None`` at the top.
        level: 1 (top) to 6.
        name: Chinese.
        retired_on: ISO date on which IPTC retired it, or ``None``; retired ones are never suggested.
        mended: Whether the Chinese name differs from IPTC's, which is missing or misleading there.
    """

    code: str
    parent: str | None
    level: int
    name: str
    name_en: str
    retired_on: str | None
    mended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTopicTree:
    """All concepts, retired ones too, so that old tags keep their names."""

    all: tuple[MediaTopic, ...]
    provenance: Provenance
    by_code: dict[str, MediaTopic] = field(repr=False)

    @property
    def active(self) -> tuple[MediaTopic, ...]:
        """Those in use."""
        return tuple(topic for topic in self.all if topic.retired_on is None)

    def ancestors(self, code: str) -> Iterator[MediaTopic]:
        """Walk up from a concept, nearest first, without the concept itself."""
        parent = self.by_code[code].parent
        while parent is not None:
            topic = self.by_code[parent]
            yield topic
            parent = topic.parent


@cache
def load_media_topics() -> MediaTopicTree:
    """Load the tree; the same object every time."""
    facts = read_facts("media_topics")
    topics = tuple(
        MediaTopic(
            code=f"medtop:{code}",
            parent=f"medtop:{parent}" if parent else None,
            level=level,
            name=name,
            name_en=name_en,
            retired_on=retired or None,
            mended=bool(mended),
        )
        for code, parent, level, name, name_en, retired, mended in facts.content["rows"]
    )
    return MediaTopicTree(all=topics, provenance=facts.provenance, by_code={t.code: t for t in topics})
