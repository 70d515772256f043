"""Building the tagger of fine topics from what ships with the product."""

from pathlib import Path

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.pairs.rarity import read_rarity
from tianfu.embeddings.tagging.fine.cues import CueFinder
from tianfu.embeddings.tagging.fine.likeness import Likeness
from tianfu.embeddings.tagging.fine.tagger import FineTopicTagger
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.model.ports import Encoder
from tianfu.model.vocab.fine_topics import CuedTopic, load_cued_topics
from tianfu.model.vocab.media_topics import load_media_topics
from tianfu.model.vocab.topics import load_topics


def load_fine_topic_tagger(encoder: Encoder, pairs: Path) -> FineTopicTagger:
    """Load words and names; nothing is encoded until a story needs it.

    Args:
        encoder: The one whose vectors stories are indexed with.
        pairs: Artefact of the pair judge, for how rare pairs of letters are.

    Raises:
        ArtefactInvalid: The artefact is missing, altered or of another kind.
    """
    cued = load_cued_topics()
    return FineTopicTagger(
        finder=CueFinder(cued.all, cued.lookalikes, load_segmenter()),
        likeness=Likeness(
            encoder,
            descriptions={topic.code: _description(topic) for topic in cued.all},
            anchors=[f"{topic.name}，{topic.description}" for topic in load_topics().all],
        ),
        rarity=read_rarity(load_artefact(pairs, kind="pairs")),
        tree=load_media_topics(),
        segmenter=load_segmenter(),
    )


def _description(topic: CuedTopic) -> str:
    """Name, the name above it, and its words."""
    above = [parent.name for parent in load_media_topics().ancestors(topic.code)][:1]
    return "，".join([topic.name, *above, *topic.sure, *topic.hints])
