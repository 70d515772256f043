"""Models that remember what they said, for newsrooms that are sent the same stories side by side."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np

from tianfu.model.ports import Encoder, FloatMatrix, PairJudge, PairText, PairVerdict, Tagger, TaggingText
from tianfu.model.tag import TagSuggestion
from tianfu.serving.parts import ModelParts

_MOST = 8_192
_Key = TypeVar("_Key", bound=Hashable)
_Said = TypeVar("_Said")


def remembered(parts: ModelParts) -> ModelParts:
    """The same models, each asked once for what it is asked again soon."""
    return replace(
        parts,
        encoder=_Encoder(parts.encoder),
        taggers=[_Tagger(tagger) for tagger in parts.taggers],
        judge=_Judge(parts.judge),
        clean=lru_cache(maxsize=_MOST)(parts.clean),
    )


class _Memory(Generic[_Key, _Said]):
    """The latest answers."""

    def __init__(self) -> None:
        self._said: OrderedDict[_Key, _Said] = OrderedDict()

    def all(self, keys: Sequence[_Key], ask: Callable[[list[int]], Sequence[_Said]]) -> list[_Said]:
        """Answers in order; ``ask`` is given the places of those that are not known."""
        missing = [place for place, key in enumerate(keys) if key not in self._said]
        if missing:
            for place, said in zip(missing, ask(missing), strict=True):
                self._said[keys[place]] = said
        found = [self._said[key] for key in keys]
        while len(self._said) > _MOST:
            self._said.popitem(last=False)
        return found


class _Encoder:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._memory: _Memory[str, FloatMatrix] = _Memory()
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        rows = self._memory.all(
            texts, lambda missing: list(self._encoder.encode([texts[place] for place in missing]))
        )
        return np.stack(rows) if rows else self._encoder.encode(texts)


class _Tagger:
    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger
        self._memory: _Memory[TaggingText, list[TagSuggestion]] = _Memory()
        self.version = tagger.version

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        return self._memory.all(
            texts, lambda missing: self._tagger.suggest([texts[place] for place in missing])
        )


class _Judge:
    def __init__(self, judge: PairJudge) -> None:
        self._judge = judge
        self._prints: _Memory[PairText, bytes] = _Memory()
        self._verdicts: _Memory[tuple[PairText, PairText, float], PairVerdict] = _Memory()
        self.version = judge.version

    def fingerprint(self, text: PairText) -> bytes:
        return self._prints.all([text], lambda _: [self._judge.fingerprint(text)])[0]

    def judge(self, a: PairText, b: PairText, cosine: float) -> PairVerdict:
        return self._verdicts.all([(a, b, cosine)], lambda _: [self._judge.judge(a, b, cosine)])[0]
