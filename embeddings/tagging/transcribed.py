"""Names of people from other languages, written in Chinese characters by their sound."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tianfu.embeddings.tagging.name_text import HAN, JOINS, han_run, han_run_before
from tianfu.embeddings.tagging.name_words import NameWords
from tianfu.embeddings.tagging.segment import PEOPLE, Segmenter, part_of_speech

_ENDS_OF_CALLINGS = frozenset("长席理统使官者人员王相记手练事家授士裁表将帅星")
_AFTER_A_NAME = frozenset("在的和与对说是将今昨前等表也就于向为指称还强出会来主宣当到赴抵访致率并曾已同分夫")
_LONGEST = 9
_LEAST = 4
"""So many characters in a row are a name after any calling; after offices abroad two are enough."""


@dataclass(frozen=True, slots=True)
class TranscribedNames:
    """Tells where such names begin and end; safe to share between threads."""

    segmenter: Segmenter
    dotted: re.Pattern[str]
    part: re.Pattern[str]
    tibetan: re.Pattern[str]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names of parts joined by a dot stand, as 卡洛斯·冈萨雷斯 does."""
        if "·" in text:
            for found in self.dotted.finditer(text):
                if self._is_whole(text, found.start(), found.end()):
                    yield found.span()

    def is_made_of(self, text: str, start: int, end: int) -> bool:
        """Whether all characters there, two or more, are such as transcribed names are made of."""
        return self.part.fullmatch(text, start, end) is not None

    def is_all(self, text: str, start: int, end: int) -> bool:
        """Whether the name neither ends nor begins a longer one, as 桑托斯 ends 多斯桑托斯."""
        low = start
        while low > 0 and start - low < _LONGEST and self.part.fullmatch(text[low - 1] * 2):
            low -= 1
        before = text[low:start]
        longer = len(before) > 1 and (not self.segmenter.is_word(before) or part_of_speech(before) in PEOPLE)
        return not longer and self.word_begins(text, end)

    def goes_on(self, text: str, at: int) -> bool:
        """Whether what begins here is the rest of the name before."""
        if not self.word_begins(text, at):
            return True
        rest = next(iter(self.segmenter.cut(han_run(text, at))), "")
        return part_of_speech(rest) in PEOPLE and self.part.fullmatch(rest) is not None

    def at(self, text: str, start: int, *, abroad: bool) -> int | None:
        """Where a name from another language ends: 多吉卓玛, 安纳斯塔西亚迪斯, 莫朗 after 总统."""
        tibetan = self.tibetan.match(text, start)
        if tibetan and self.word_begins(text, tibetan.end()):
            return tibetan.end()
        run = self.part.match(text, start)
        least = 2 if abroad else _LEAST
        for end in range(run.end() if run else 0, start + least - 1, -1):
            word = text[start:end]
            if self.word_begins(text, end) and (
                not self.segmenter.is_word(word) or part_of_speech(word) in PEOPLE
            ):
                return None if text[end : end + 1] in JOINS else end
        return None

    def word_begins(self, text: str, at: int) -> bool:
        """Whether the words after a name begin here, none of them being cut in two."""
        if self.segmenter.is_word(text[at - 1 : at + 1]):
            return False
        rest = han_run(text, at)
        return not rest or rest[0] in _AFTER_A_NAME or len(next(iter(self.segmenter.cut(rest)))) > 1

    def _word_ends(self, text: str, at: int) -> bool:
        """Whether a word of two characters or more ends here."""
        pieces = list(self.segmenter.cut(han_run_before(text, at)))
        return bool(pieces) and len(pieces[-1]) > 1

    def _is_whole(self, text: str, start: int, end: int) -> bool:
        """Whether a transcribed name stands between words that end and begin there."""
        before = text[max(0, start - 1) : start]
        left = not before or before in _ENDS_OF_CALLINGS or not HAN.match(before)
        return (left or self._word_ends(text, start)) and self.word_begins(text, end)


def make_transcribed_names(words: NameWords, segmenter: Segmenter) -> TranscribedNames:
    """Compile the patterns."""
    part = f"[{words.foreign}]"
    return TranscribedNames(
        segmenter,
        dotted=re.compile(f"{part}{{1,7}}(?:-{part}{{1,6}})?(?:·{part}{{1,7}}(?:-{part}{{1,6}})?)+"),
        part=re.compile(f"{part}{{2,{_LONGEST}}}"),
        tibetan=re.compile(f"(?:{'|'.join(words.tibetan)}){{1,3}}"),
    )
