"""Chinese words, by jieba's dictionary of word frequencies."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

_LONGEST = 4


@dataclass(frozen=True, slots=True)
class Segmenter:
    """Cuts text into words along the likeliest path; safe to call from many threads once loaded."""

    _tokenizer: Any
    _counts: dict[str, int]

    def cut(self, text: str, *, unknown_words: bool = False) -> Iterable[str]:
        """Words and marks in order; together they make up the text.

        Args:
            text: Normalised text.
            unknown_words: Whether to guess words that the dictionary lacks; slower.
        """
        words: Iterable[str] = self._tokenizer.cut(text, HMM=unknown_words)
        return words

    def is_word(self, text: str) -> bool:
        """Whether the dictionary knows it."""
        return self._counts.get(text, 0) > 0

    def stands_alone(self, text: str, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` is no piece cut out of its neighbours' words.

        So that ``理县`` is not found in 治理县域, nor ``南充`` in 海南充电; a longer word that begins with
        it, as 四川大学 does, is no objection.  The path is only computed where a dictionary word
        straddles an edge.
        """
        if not (self._straddled(text, start) or self._straddled(text, end)):
            return True
        low, high = max(0, start - 2 * _LONGEST), min(len(text), end + 2 * _LONGEST)
        at = low
        inside = False
        for word in self.cut(text[low:high]):
            inside = inside or at == start
            at += len(word)
            if at >= end:
                return inside and (at == end or at - len(word) == start)
            if at > start and not inside:
                return False
        return False

    def _straddled(self, text: str, edge: int) -> bool:
        counts = self._counts
        for low in range(max(0, edge - _LONGEST + 1), edge):
            for high in range(edge + 1, min(len(text), low + _LONGEST) + 1):
                if counts.get(text[low:high], 0):
                    return True
        return False


@cache
def load_segmenter() -> Segmenter:
    """Read the dictionary, about half a second; the same object every time.

    jieba's own set-up would log, and keep a cache file in the folder for temporary files that all
    users share; neither happens here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba imports pkg_resources where it is there
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return Segmenter(tokenizer, tokenizer.FREQ)
