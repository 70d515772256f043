"""The words behind a fine topic, as offsets into the caller's own text."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.tagging.evidence import Source, loud_spans
from tianfu.embeddings.tagging.fine.cues import CueHit
from tianfu.embeddings.tagging.fine.grams import Grams, Occurrences
from tianfu.embeddings.tagging.fine.prototype import Line
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.embeddings.tagging.topics import char_shares
from tianfu.model.tag import EvidenceSpan, TextField

MOST_SPANS = 5
_AUDIBLE = 0.1
"""Characters with less than this part of the loudest one's share are not shown."""


def cue_spans(parts: Iterable[tuple[CueHit, float]], title: Source, body: Source) -> list[EvidenceSpan]:
    """One span a hit, with its share of the words' score."""
    return [
        (title if hit.field is TextField.TITLE else body).span(hit.start, hit.end, share)
        for hit, share in parts
        if share > 0
    ]


def shares(line: Line, grams: Grams, found: Occurrences) -> npt.NDArray[np.float32]:
    """Each character's share in a line's score, shape (len(found.text),); they add up to the score."""
    terms = np.zeros(len(grams.keys), np.float64)
    if len(line.keys) and len(grams.keys):
        at = np.minimum(np.searchsorted(line.keys, grams.keys), len(line.keys) - 1)
        terms = np.where(line.keys[at] == grams.keys, line.weights[at] * grams.values, 0.0)
    times = np.maximum(np.bincount(found.where, minlength=len(terms)), 1)
    each = (terms / times)[found.where].astype(np.float32)
    sizes = np.full(len(found.starts), 2, np.int8)
    return char_shares(len(found.text), found.starts, sizes, each)


def gram_spans(
    share: npt.NDArray[np.float32], title: Source, body: Source, segmenter: Segmenter
) -> list[EvidenceSpan]:
    """Stretches that speak for the topic, with the sum of their shares."""
    floor = max(float(share.max(initial=0.0)) * _AUDIBLE, 1e-6)
    return loud_spans(share, title, body, segmenter, floor=floor, most=MOST_SPANS)


def loudest(spans: Sequence[EvidenceSpan]) -> tuple[EvidenceSpan, ...]:
    """Up to five spans, most telling first, none inside or across another."""
    kept: list[EvidenceSpan] = []
    for one in sorted(spans, key=lambda s: (-s.weight, s.field.value, s.start)):
        clash = any(k.field is one.field and one.start < k.end and k.start < one.end for k in kept)
        if not clash and len(kept) < MOST_SPANS:
            kept.append(one)
    return tuple(kept)
