"""The label of a newsroom's own topic, said in a story, is a word that names the topic."""

from collections.abc import Iterable

from tianfu.embeddings.tagging.fine.cues import CueFinder
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.own_topic import is_own_topic
from tianfu.model.ports import TaughtTopic
from tianfu.model.vocab.fine_topics import CuedTopic

LEAST_CHARS = 3
"""Shorter labels are too often words of other matters; likeness to stories has to speak for them."""
LIFT = 2.0
"""How close a story's vector is taken to be to a label, which is too short to have one."""


def finder_of_labels(topics: Iterable[TaughtTopic]) -> CueFinder:
    """Find the labels of own topics that stand on at least one story."""
    return CueFinder(
        CuedTopic(code=topic.code, name=topic.label, sure=(normalise(topic.label),), hints=())
        for topic in topics
        if is_own_topic(topic.code) and topic.accepted and len(topic.label) >= LEAST_CHARS
    )
