"""Topic classes by a calibrated linear model over character n-grams.

The score of a class is a sum of one term per n-gram of the text, so the words that justify a tag are
exact: each character's share is the sum of the terms of the n-grams that cover it, split evenly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from tianfu.embeddings.artefact import Artefact, load_artefact
from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys, rows_of
from tianfu.embeddings.tagging.evidence import Source, loud_spans
from tianfu.embeddings.tagging.segment import Segmenter, load_segmenter
from tianfu.embeddings.text.normalise import align
from tianfu.model.ports import TaggingText
from tianfu.model.tag import EvidenceSpan, TagKind, TagSuggestion, TextField
from tianfu.model.vocab.topics import load_topics

MAX_TOPICS = 3
MAX_SPANS = 5
LEAD_CHARS = 400
"""How much of the body is read: what a story is about stands at its top."""
ENOUGH_LETTERS = 12
"""Known letters of headline and lead from which a confidence is told in full.  Classes were learnt and
calibrated on stories and on headlines of some twenty letters; 早安，利州 is like what its words are like."""
_MIN_CONFIDENCE = 0.05

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TopicWeights:
    """The model.

    Attributes:
        vocabulary: Sorted n-gram keys, shape (n,).
        idf: Inverse document frequency, shape (n,).
        weights: Shape (n, classes).
        bias: Shape (classes,).
        slope: Calibration: probability = sigmoid(slope * score + offset) (Platt 1999), shape (classes,).
        offset: See ``slope``; shape (classes,).
        threshold: Least probability of a tag that is suggested besides the first.
    """

    vocabulary: Keys
    idf: Floats
    weights: Floats
    bias: Floats
    slope: Floats
    offset: Floats
    threshold: float

    def features(self, text: str) -> tuple[Keys, Floats, Keys, npt.NDArray[np.int8], Keys]:
        """TF-IDF of a normalised text, unit length.

        Returns:
            Rows and values of the distinct n-grams, and for each occurrence its start, size and the
            position of its n-gram among the distinct ones.
        """
        keys, starts, sizes = ngram_keys(text)
        rows = rows_of(keys, self.vocabulary, 0)
        known = rows >= 0
        rows, starts, sizes = rows[known], starts[known], sizes[known]
        distinct, where, counts = np.unique(rows, return_inverse=True, return_counts=True)
        values = ((1.0 + np.log(counts)) * self.idf[distinct]).astype(np.float32)
        norm = float(np.linalg.norm(values))
        return distinct, values / norm if norm else values, starts, sizes, where

    def scores(self, distinct: Keys, values: Floats) -> Floats:
        """Score of each class, shape (classes,)."""
        scores: Floats = values @ self.weights[distinct] + self.bias
        return scores

    def probabilities(self, scores: Floats) -> Floats:
        """Calibrated probability of each class."""
        found: Floats = (1.0 / (1.0 + np.exp(-(self.slope * scores + self.offset)))).astype(np.float32)
        return found


class TopicTagger:
    """Suggests one to three classes of GB/T 20093, the primary one first."""

    def __init__(
        self,
        weights: TopicWeights,
        classes: Sequence[str],
        names: Mapping[str, str],
        version: str,
        segmenter: Segmenter,
    ) -> None:
        self._weights = weights
        self._classes = tuple(classes)
        self._names = names
        self._version = version
        self._segmenter = segmenter

    @property
    def version(self) -> str:
        """Name and version, as in the card."""
        return self._version

    @property
    def classes(self) -> Sequence[str]:
        """Codes of the classes, in the order of the columns of :meth:`probabilities`."""
        return self._classes

    def probabilities(self, texts: Sequence[TaggingText]) -> Floats:
        """Calibrated probability of each class, shape (texts, classes).

        Zeros for a text without known words.
        """
        found = np.zeros((len(texts), len(self._classes)), np.float32)
        for row, text in enumerate(texts):
            joined = joined_text(align(text.title).text, align(text.body[:LEAD_CHARS]).text)
            distinct, values, _, sizes, _ = self._weights.features(joined)
            if len(distinct):
                found[row] = self._told(distinct, values, sizes)
        return found

    def _told(self, distinct: Keys, values: Floats, sizes: npt.NDArray[np.int8]) -> Floats:
        """Probabilities as they are told: of a few words no class is sure, however well these fit one."""
        letters = np.count_nonzero(sizes == 1)
        told: Floats = self._weights.probabilities(self._weights.scores(distinct, values))
        return told * np.float32(min(1.0, letters / ENOUGH_LETTERS))

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text its classes, most confident first; none for a text without known words."""
        return [self._suggest(text) for text in texts]

    def _suggest(self, text: TaggingText) -> list[TagSuggestion]:
        title = Source.of(TextField.TITLE, text.title)
        body = Source.of(TextField.BODY, text.body[:LEAD_CHARS])
        joined = joined_text(title.text, body.text)
        distinct, values, starts, sizes, where = self._weights.features(joined)
        if not len(distinct):
            return []
        probabilities = self._told(distinct, values, sizes)
        order = np.argsort(-probabilities, kind="stable")[:MAX_TOPICS]
        wanted = [
            int(c)
            for place, c in enumerate(order)
            if probabilities[c] >= (_MIN_CONFIDENCE if place == 0 else self._weights.threshold)
        ]
        found = []
        for place, c in enumerate(wanted):
            terms: Floats = (
                values * self._weights.weights[distinct, c] / np.bincount(where).astype(np.float32)
            )
            shares = char_shares(len(joined), starts, sizes, terms[where])
            code = self._classes[c]
            found.append(
                TagSuggestion(
                    kind=TagKind.TOPIC,
                    code=code,
                    label=self._names[code],
                    confidence=round(float(probabilities[c]), 4),
                    primary=place == 0,
                    evidence=_evidence(shares, title, body, self._segmenter),
                )
            )
        return found


def joined_text(title: str, body: str) -> str:
    """What the model reads of a story; one separating character that is no word."""
    return f"{title}\n{body}"


def char_shares(length: int, starts: Keys, sizes: npt.NDArray[np.int8], terms: Floats) -> Floats:
    """Share of each character in the score: every occurrence's term, split evenly over its characters.

    The shares of all characters add up to the score less the class's bias.
    """
    shares = np.zeros(length + 4, np.float32)
    for offset in range(3):
        inside = sizes > offset
        np.add.at(shares, starts[inside] + offset, (terms / sizes)[inside])
    return shares[:length]


def _evidence(shares: Floats, title: Source, body: Source, segmenter: Segmenter) -> tuple[EvidenceSpan, ...]:
    """The stretches that speak loudest: those well above the text's own average."""
    floor = max(float(shares.mean() + shares.std()), 1e-6)
    return tuple(loud_spans(shares, title, body, segmenter, floor=floor, most=MAX_SPANS))


def load_topic_tagger(path: Path) -> TopicTagger:
    """Load a tagger artefact.

    Raises:
        ArtefactInvalid: Missing, altered, or of another kind.
    """
    artefact: Artefact = load_artefact(path, kind="topics")
    table = load_topics()
    names = {topic.code: topic.name for topic in table.all}
    weights = load_topic_weights(artefact)
    return TopicTagger(weights, artefact.card["classes"], names, artefact.version, load_segmenter())


def load_topic_weights(artefact: Artefact) -> TopicWeights:
    """Read the model of a checked tagger artefact."""
    tensors = load_file(artefact.file("weights.safetensors"))
    return TopicWeights(
        vocabulary=tensors["vocabulary"],
        idf=tensors["idf"].astype(np.float32),
        weights=tensors["weights"].astype(np.float32),
        bias=tensors["bias"].astype(np.float32),
        slope=np.asarray(artefact.card["calibration"]["slope"], dtype=np.float32),
        offset=np.asarray(artefact.card["calibration"]["offset"], dtype=np.float32),
        threshold=float(artefact.card["threshold"]),
    )
