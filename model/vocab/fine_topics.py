"""What Chinese county news says when it speaks of a Media Topic: words written for this project."""

from dataclasses import dataclass
from functools import cache

from tianfu.model.vocab.facts import Provenance, read_facts
from tianfu.model.vocab.media_topics import load_media_topics


@dataclass(frozen=True, slots=True, kw_only=True)
class CuedTopic:
    """A Media Topic with the words that speak for it, in simplified Chinese and lower case.

    Attributes:
        code: ``medtop:`` and eight digits; in use.
        name: Chinese.
        sure: Words that name the topic or its very matter.
        hints: Words that go with it but say little alone.
    """

    code: str
    name: str
    sure: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CuedTopics:
    """All topics that have words, and phrases that only look like such words.

    Attributes:
        lookalikes: Phrases that hold a word of a topic without speaking of it: 马拉松式, 公园城市.
    """

    all: tuple[CuedTopic, ...]
    lookalikes: tuple[str, ...]
    provenance: Provenance


@cache
def load_cued_topics() -> CuedTopics:
    """Load the words; the same object every time."""
    facts = read_facts("fine_topics")
    names = {topic.code: topic.name for topic in load_media_topics().all}
    topics = tuple(
        CuedTopic(
            code=f"medtop:{number}",
            name=names[f"medtop:{number}"],
            sure=tuple(sure.split()),
            hints=tuple(hints.split()),
        )
        for number, sure, hints in facts.content["rows"]
    )
    return CuedTopics(
        all=topics, lookalikes=tuple(facts.content["lookalikes"].split()), provenance=facts.provenance
    )
