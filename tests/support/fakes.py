"""Small models that are right enough to test everything around them, and quick."""

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tianfu.embeddings.artefact import Artefact, load_artefact
from tianfu.embeddings.index.factory import FaissIndexes
from tianfu.embeddings.scorer import load_scorer
from tianfu.embeddings.text.aligned import Aligned
from tianfu.model.cluster import Relation, SharedPassage
from tianfu.model.feed.scoring import Scorer
from tianfu.model.ports import CopyCandidate, Encoder, FloatMatrix, PairText, PairVerdict, TaggingText
from tianfu.model.release import ModelKind
from tianfu.model.tag import EvidenceSpan, TagKind, TagSuggestion, TextField
from tianfu.serving.parts import ModelParts

DIMENSION = 32
POISON = "毒丸"
FAKE_FILE = "fake.json"
TOPIC_WORDS = {"14": "农", "31": "校", "39": "赛", "06": "灾", "21": "旅"}
PLACE_WORDS = {"510802": "利州", "510824": "苍溪", "511102": "乐山"}
NAMES = {
    **{(TagKind.TOPIC, code): f"类{code}" for code in TOPIC_WORDS},
    (TagKind.TOPIC, "38"): "医药、卫生",
    **{(TagKind.PLACE, code): name for code, name in PLACE_WORDS.items()},
}


class FakeEncoder:
    """Adds up one fixed random vector per character pair; a headline speaks louder than a body."""

    def __init__(
        self, seed: int = 0, dimension: int = DIMENSION, fingerprint: str = "fake", poison: str = POISON
    ) -> None:
        self.fingerprint = fingerprint
        self.dimension = dimension
        self._seed = seed
        self._poison = poison

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            if self._poison in text:
                raise RuntimeError("poisoned")
            headline = len(text.partition("\n")[0])
            for place in range(len(text) - 1):
                weight = 60.0 / headline if place < headline else 1.0
                rows[row] += weight * _drawn(text[place : place + 2], self._seed, self.dimension)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(norms == 0, 1, norms)


@lru_cache(maxsize=50_000)
def _drawn(pair: str, seed: int, dimension: int) -> FloatMatrix:
    return np.random.default_rng(zlib.crc32(pair.encode()) ^ seed).standard_normal(dimension)


class WordTagger:
    """Finds listed words."""

    def __init__(self, words: Mapping[str, str] = TOPIC_WORDS, version: str = "words@1") -> None:
        self.version = version
        self._words = words

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        return [self._suggest(text) for text in texts]

    def _suggest(self, text: TaggingText) -> list[TagSuggestion]:
        found = []
        for kind, words in ((TagKind.TOPIC, self._words), (TagKind.PLACE, PLACE_WORDS)):
            first = True
            for code, word in words.items():
                for field, value in ((TextField.TITLE, text.title), (TextField.BODY, text.body)):
                    at = value.find(word)
                    if at >= 0:
                        span = EvidenceSpan(field=field, start=at, end=at + len(word), text=word)
                        found.append(
                            TagSuggestion(
                                kind=kind,
                                code=code,
                                label=NAMES[kind, code],
                                confidence=0.9,
                                primary=first,
                                evidence=(span,),
                            )
                        )
                        first = False
                        break
        return found


class ExactCopies:
    """Compares sets of five-character pieces with everything."""

    def __init__(self) -> None:
        self._sets: dict[int, frozenset[str]] = {}

    def add(self, numbers: Sequence[int], fingerprints: Sequence[bytes]) -> None:
        for number, fingerprint in zip(numbers, fingerprints, strict=True):
            self._sets = {**self._sets, number: pieces(fingerprint.decode())}

    def remove(self, numbers: Sequence[int]) -> int:
        before = len(self._sets)
        self._sets = {n: s for n, s in self._sets.items() if n not in numbers}
        return before - len(self._sets)

    def candidates(self, fingerprint: bytes, count: int) -> list[CopyCandidate]:
        wanted = pieces(fingerprint.decode())
        rows = [CopyCandidate(n, containment(wanted, s)) for n, s in self._sets.items()]
        rows = [row for row in rows if row.containment > 0.3]
        return sorted(rows, key=lambda row: (-row.containment, row.number))[:count]


class OverlapJudge:
    """Four fifths of the shorter in the longer is a reprint; the same headline is the same event."""

    def __init__(self, least: float = 0.8, version: str = "overlap@1") -> None:
        self.version = version
        self._least = least

    def fingerprint(self, text: PairText) -> bytes:
        return text.body.encode()

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        shared = containment(pieces(a.body), pieces(b.body))
        if shared >= self._least:
            length = min(len(a.body), len(b.body))
            passages = (SharedPassage(0, length, 0, length),) if a.body == b.body else ()
            return PairVerdict(relation=Relation.REPRINT, score=shared, containment=shared, passages=passages)
        if a.title == b.title:
            return PairVerdict(relation=Relation.SAME_EVENT, score=0.9, containment=shared)
        return PairVerdict(relation=Relation.UNRELATED, score=1 - shared, containment=shared)


@lru_cache(maxsize=4_096)
def pieces(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 5] for place in range(max(1, len(text) - 4)))


def containment(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / max(1, min(len(a), len(b)))


class FakeLoader:
    """Opens artefacts that hold the settings of a fake model as JSON."""

    def encoder(self, folder: Path) -> FakeEncoder:
        artefact, given = _opened(folder, ModelKind.ENCODER)
        return FakeEncoder(fingerprint=artefact.fingerprint, **given)

    def learner(self, encoder: Encoder) -> None:
        return None

    def tagger(self, folder: Path) -> WordTagger:
        artefact, given = _opened(folder, ModelKind.TAGGER)
        return WordTagger(given["words"], artefact.version)

    def judge(self, folder: Path) -> OverlapJudge:
        artefact, given = _opened(folder, ModelKind.PAIRS)
        return OverlapJudge(given["least"], artefact.version)

    def scorer(self, folder: Path) -> Scorer:
        return load_scorer(folder)


def _opened(folder: Path, kind: ModelKind) -> tuple[Artefact, Any]:
    artefact = load_artefact(folder, kind=kind.card_kind)
    return artefact, json.loads(artefact.file(FAKE_FILE).read_text(encoding="utf-8"))


def fake_parts() -> ModelParts:
    tagger = WordTagger()
    return ModelParts(
        encoder=FakeEncoder(),
        encoder_version="fake@1",
        taggers=[tagger],
        topics=tagger,
        loader=FakeLoader(),
        judge=OverlapJudge(),
        indexes=FaissIndexes(),
        new_copy_index=ExactCopies,
        clean=lambda body: body,
        align=lambda body: Aligned(body, body),
        names=NAMES,
    )
