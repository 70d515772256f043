"""Names of people without any word beside them that says so: by their shape alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tianfu.embeddings.tagging.name_text import HAN, NEVER_GIVEN, is_a_work
from tianfu.embeddings.tagging.name_words import NameWords
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.embeddings.tagging.transcribed import TranscribedNames

_NEVER_SHAPED = NEVER_GIVEN | frozenset("等着于为胜已又曾称让率携获某")
_MARKS = frozenset("、,;:)]」》")
_ENDS_OF_PLACES = frozenset(
    "县市省州区村镇乡湾桥街寺陵台网杯会局院部队场路山河江湖岛厂店行社组家员号城园馆楼站港庄堡国姐嫂婆爷叔"
)
_SHAPE_CHARS = 3
_LEAST_SHAPE_SCORE = 0.5
_LEAST_SINGLE_SCORE = 1.0


@dataclass(frozen=True, slots=True)
class NameShapes:
    """Finds a usual surname with one or two characters that belong to no word; safe to share."""

    words: NameWords
    segmenter: Segmenter
    transcribed: TranscribedNames

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand that the dictionary has, or that are no words while all around them is."""
        words = list(self.segmenter.cut(text))
        at = 0
        for place, word in enumerate(words):
            start, at = at, at + len(word)
            if word[0] not in self.words.usual_surnames:
                continue
            if len(word) == 1:
                beside = words[place - 1] if place else ""
                end = start + (0 if _is_loose(beside) else _loose(words[place + 1 : place + 4]))
            else:
                end = at if len(word) == _SHAPE_CHARS and word in self.words.people else start
            if end > start and self._is_shaped(text[start:end]) and not is_a_work(text, start, end):
                yield start, end

    def _is_shaped(self, name: str) -> bool:
        given = name[1:]
        least = _LEAST_SHAPE_SCORE if len(given) > 1 else _LEAST_SINGLE_SCORE
        return (
            _NEVER_SHAPED.isdisjoint(given)
            and given[-1] not in _ENDS_OF_PLACES
            and given not in self.words.after
            and given not in self.words.before
            and name[:2] not in self.words.not_names
            and not self.transcribed.is_made_of(name, 0, len(name))
            and self.words.given_score(given) >= least
        )


def _loose(words: Sequence[str]) -> int:
    """How long a name is that begins before these words and stands loose; 0 for none.

    Two characters where a mark follows, else three.
    """
    loose = [len(word) == 1 and bool(HAN.match(word)) for word in (*words, "", "", "")]
    if loose[0] and not loose[1] and len(words) > 1 and words[1] in _MARKS:
        return 2
    return _SHAPE_CHARS if loose[0] and loose[1] and not (loose[2] and _is_loose(words[2])) else 0


def _is_loose(word: str) -> bool:
    """Whether it is a character that belongs to no word, and may belong to a name."""
    return len(word) == 1 and bool(HAN.match(word)) and word not in NEVER_GIVEN
