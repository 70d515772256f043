"""Whether one text is a copy of another, judged on the texts themselves.

Wording alone does not tell: tomorrow's weather, the next notice of a water cut and the bulletin of the
neighbouring county share nearly all their words.  What differs between two copies is anything; what
differs between two siblings is figures, dates and names, nearly all of them and little else.
"""

import math
from dataclasses import dataclass, replace

from tianfu.embeddings.reprints.changes import Changes, changes
from tianfu.embeddings.reprints.passages import Grams, Passage, grams_of, shared_grams, shared_passages
from tianfu.embeddings.text.wording import Wording, wording
from tianfu.model.cluster import SharedPassage

COPIED = 0.78
"""Share of the shorter text that must stand in the other, in passages and between parallel ones."""
SIBLING_ODDS = 2.0
"""Log odds from which differing figures make two texts siblings."""
LONG = 12
OWN = 8
"""Letters from which a shared passage breaks up what a text says of its own."""
MOST_PASSAGES = 40
_SHORT_LETTERS = 40


@dataclass(frozen=True, slots=True, eq=False)
class ComparedText:
    """A clean text prepared for comparison, once for all its pairs.

    Attributes:
        whole: Folded letters of headline and body.
        lead_in: How many characters of headline stand before the body in what is compared.
    """

    title: str
    body: str
    words: Wording
    grams: Grams
    lead_in: int
    whole: str

    @property
    def letters(self) -> int:
        """Length of its wording."""
        return self.words.length


@dataclass(frozen=True, slots=True, kw_only=True)
class ReprintVerdict:
    """What the comparison found; symmetric but for the sides of the passages.

    Attributes:
        is_copy: Whether one is an edited copy of the other, or of a part of it.
        same_wording: Whether not one letter differs (punctuation, blanks and script apart).
        containment: Share of the shorter text's runs of five letters found in the other, 0..1.
        copied: Share of the shorter text's letters in shared passages or between parallel ones, 0..1.
        sibling_odds: Log odds that the two are bulletins of one series; above 0 siblings are likelier.
        longest: Letters of the longest shared passage.
        in_long: Share of the shorter text's letters in shared passages of at least twelve letters, 0..1.
        inner: Share of letters in such passages between the first and the last of them in the shorter text:
            1 where only its beginning and its end are new, less where the copied parts are scattered.
        own_stretch: Letters of the shorter text's longest stretch without a shared passage of eight letters.
        passages: Longest first, offsets in the bodies as given.
    """

    is_copy: bool
    same_wording: bool
    containment: float
    copied: float
    sibling_odds: float
    longest: int
    in_long: float
    inner: float
    own_stretch: int
    changes: Changes
    passages: tuple[SharedPassage, ...]


def compared(title: str, body: str) -> ComparedText:
    """Prepare a clean text.  A body of a few words is compared together with its headline."""
    words, lead_in = wording(body), 0
    if words.length < _SHORT_LETTERS:
        words, lead_in = wording(f"{title}\n{body}"), len(title) + 1
    return ComparedText(
        title, body, words, grams_of(words), lead_in, f"{wording(title).spelled} {words.spelled}"
    )


def verify(a: ComparedText, b: ComparedText) -> ReprintVerdict:
    """Judge two texts.  ``verify(a, b)`` and ``verify(b, a)`` agree in everything but the sides."""
    if (b.body, b.title) < (a.body, a.title):
        verdict = _verified(b, a)
        turned = tuple(SharedPassage(p.b_start, p.b_end, p.a_start, p.a_end) for p in verdict.passages)
        return replace(verdict, passages=turned)
    return _verified(a, b)


def _verified(a: ComparedText, b: ComparedText) -> ReprintVerdict:
    rows, _ = shared_grams(a.grams, b.grams)
    containment = len(rows) / max(min(len(a.grams.distinct), len(b.grams.distinct)), 1)
    passages = shared_passages(a.grams, b.grams) if len(rows) else []
    found = changes(a.grams, b.grams, passages, whole_a=a.whole, whole_b=b.whole)
    bridged = found.bridged_a if a.letters <= b.letters else found.bridged_b
    shorter = max(min(a.letters, b.letters), 1)
    copied = min((found.covered + bridged) / shorter, 1.0)
    odds = sibling_odds(found)
    same = a.letters == b.letters > 0 and bool((a.words.letters == b.words.letters).all())
    return ReprintVerdict(
        is_copy=same or (copied >= COPIED and odds < SIBLING_ODDS),
        same_wording=same,
        containment=containment,
        copied=copied,
        sibling_odds=odds,
        longest=max((p.length for p in passages), default=0),
        in_long=min(sum(p.length for p in passages if p.length >= LONG) / shorter, 1.0),
        inner=_inner(_stretches(passages, LONG, in_a=a.letters <= b.letters)),
        own_stretch=_own_stretch(_stretches(passages, OWN, in_a=a.letters <= b.letters), shorter),
        changes=found,
        passages=_in_bodies(a, b, passages),
    )


def sibling_odds(found: Changes) -> float:
    """Log odds of "another bulletin" against "the same one, edited", from what was kept and changed.

    Figures of a sibling are kept once in four; those of a copy are changed as often as its other
    letters are, three letters to a figure, at least once in fifty.  Dates count double.
    """
    parallel = found.covered + found.bridged_a + found.bridged_b
    noise = min(max(3.0 * found.slips / max(parallel, 1), 0.02), 0.6)
    changed = found.figures_changed + found.dates_changed + found.places_changed + found.names_changed
    kept = found.figures_kept + found.dates_kept + 0.25 * found.places_kept
    return changed * math.log(0.75 / noise) + kept * math.log(0.25 / (1 - noise))


def _stretches(passages: list[Passage], least: int, *, in_a: bool) -> list[tuple[int, int]]:
    """Where passages of at least so many letters stand in one of the two texts, in its order."""
    return sorted(
        (p.a_start, p.a_end) if in_a else (p.b_start, p.b_end) for p in passages if p.length >= least
    )


def _inner(stretches: list[tuple[int, int]]) -> float:
    if not stretches:
        return 0.0
    reach = max(end for _, end in stretches) - stretches[0][0]
    return min(sum(end - start for start, end in stretches) / reach, 1.0)


def _own_stretch(stretches: list[tuple[int, int]], letters: int) -> int:
    at = longest = 0
    for start, end in stretches:
        longest = max(longest, start - at)
        at = max(at, end)
    return max(longest, letters - at)


def _in_bodies(a: ComparedText, b: ComparedText, passages: list[Passage]) -> tuple[SharedPassage, ...]:
    placed = []
    for passage in sorted(passages, key=lambda p: (-p.length, p.a_start))[:MOST_PASSAGES]:
        a_start, a_end = _span(a, passage.a_start, passage.a_end)
        b_start, b_end = _span(b, passage.b_start, passage.b_end)
        if a_start < a_end and b_start < b_end:
            placed.append(SharedPassage(a_start, a_end, b_start, b_end))
    return tuple(placed)


def _span(text: ComparedText, start: int, end: int) -> tuple[int, int]:
    offsets = text.words.offsets
    return max(int(offsets[start]) - text.lead_in, 0), max(int(offsets[end - 1]) + 1 - text.lead_in, 0)
