"""Small models that are right enough to test everything around them, and quick."""

import zlib
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.factory import FaissIndexes
from tianfu.model.cluster import Relation, SharedPassage
from tianfu.model.ports import CopyCandidate, FloatMatrix, PairText, PairVerdict, TaggingText
from tianfu.model.tag import EvidenceSpan, TagKind, TagSuggestion, TextField
from tianfu.serving.parts import ModelParts

DIMENSION = 32
POISON = "毒丸"
TOPIC_WORDS = {"14": "农", "31": "校", "39": "赛", "06": "灾", "21": "旅"}
PLACE_WORDS = {"510802": "利州", "510824": "苍溪", "511102": "乐山"}
NAMES = {
    **{(TagKind.TOPIC, code): f"类{code}" for code in TOPIC_WORDS},
    (TagKind.TOPIC, "38"): "医药、卫生",
    **{(TagKind.PLACE, code): name for code, name in PLACE_WORDS.items()},
}


class FakeEncoder:
    """Adds up one fixed random vector per character pair; a headline speaks louder than a body."""

    fingerprint = "fake"
    dimension = DIMENSION

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        rows = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            if POISON in text:
                raise RuntimeError("poisoned")
            headline = len(text.partition("\n")[0])
            for place in range(len(text) - 1):
                weight = 60.0 / headline if place < headline else 1.0
                rows[row] += weight * direction(text[place : place + 2])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(norms == 0, 1, norms)


@cache
def direction(pair: str) -> npt.NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(pair.encode())).standard_normal(DIMENSION)


class WordTagger:
    """Finds listed words."""

    version = "words@1"

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        return [self._suggest(text) for text in texts]

    def _suggest(self, text: TaggingText) -> list[TagSuggestion]:
        found = []
        for kind, words in ((TagKind.TOPIC, TOPIC_WORDS), (TagKind.PLACE, PLACE_WORDS)):
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

    version = "overlap@1"

    def fingerprint(self, text: PairText) -> bytes:
        return text.body.encode()

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        shared = containment(pieces(a.body), pieces(b.body))
        if shared >= 0.8:
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


def fake_parts() -> ModelParts:
    return ModelParts(
        encoder=FakeEncoder(),
        encoder_version="fake@1",
        taggers=[WordTagger()],
        judge=OverlapJudge(),
        indexes=FaissIndexes(),
        new_copy_index=ExactCopies,
        clean=lambda body: body,
        names=NAMES,
    )
