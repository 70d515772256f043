"""Choosing the pieces that Chinese news uses out of a vocabulary of a hundred languages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tianfu.embeddings.artefact import sha256_of
from tianfu.embeddings.text.normalise import normalise
from tianfu.training.encoder.corpus import read_rows
from tianfu.training.pretrained.packed import PackedVocabulary
from tianfu.training.pretrained.tokenizer import BEGIN, END, MASK, METASPACE, PAD, UNKNOWN

LEAD_CHARS = 600
"""How much of each body is counted."""
_BATCH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceCounts:
    """How often each piece occurs in a corpus.

    Attributes:
        uses: int64, shape (pieces,).
        texts: How many texts were read.
        sources: File name to SHA-256.
    """

    uses: npt.NDArray[np.int64]
    texts: int
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPieces:
    """The pieces that stay, by their old ids in the old order, so that a new id is a place in ``ids``.

    Attributes:
        coverage: Share of the corpus's tokens whose piece stays, 0..1.
    """

    ids: tuple[int, ...]
    coverage: float


def count_pieces(
    tokenizer: Tokenizer, files: Sequence[Path], *, progress: Callable[[int], None] | None = None
) -> PieceCounts:
    """Count pieces over titles and the first part of bodies (JSON Lines, ``.gz`` allowed).

    Each text counts as it is written and, where that differs, as the models normalise it;
    ``progress`` is told how many texts are done.

    Raises:
        UnreadableFile: A file is missing or is not JSON Lines with a title.
    """
    uses = np.zeros(tokenizer.get_vocab_size(), dtype=np.int64)
    texts = 0
    waiting = _texts(files)
    while batch := list(islice(waiting, _BATCH)):
        written = [text for text in batch for text in {text, normalise(text)}]
        for encoded in tokenizer.encode_batch_fast(written, add_special_tokens=False):
            np.add.at(uses, encoded.ids, 1)
        texts += len(batch)
        if progress is not None:
            progress(texts)
    return PieceCounts(uses=uses, texts=texts, sources={file.name: sha256_of(file) for file in files})


def choose_pieces(
    vocabulary: PackedVocabulary, counts: PieceCounts, *, max_pieces: int, always: Sequence[int] = ()
) -> KeptPieces:
    """Keep marks, ASCII characters, common Han characters and ``always``, then the most used pieces.

    ``always`` must hold the pieces of the prompts: they precede every text, so that losing one moves
    every vector (cosine 0.99 to the full vocabulary's, instead of 1.00).  Common Han characters are
    those of GB 2312.  A piece that never occurs is not kept, so fewer than ``max_pieces`` may come back.
    """
    basic = _basic()
    kept = {at for at, piece in enumerate(vocabulary.pieces) if piece in basic} | set(always)
    by_use = np.lexsort((np.arange(len(counts.uses)), -counts.uses))
    for at in by_use:
        if len(kept) >= max_pieces or counts.uses[at] == 0:
            break
        kept.add(int(at))
    ids = tuple(sorted(kept))
    total = int(counts.uses.sum())
    return KeptPieces(ids=ids, coverage=float(counts.uses[list(ids)].sum()) / total if total else 1.0)


def _texts(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        for row in read_rows(file):
            yield f"{row['title']} {str(row.get('body') or '')[:LEAD_CHARS]}".strip()


def _basic() -> set[str]:
    marks = {BEGIN, PAD, END, UNKNOWN, MASK, METASPACE}
    ascii_chars = {chr(point) for point in range(0x21, 0x7F)}
    lead_bytes, trail_bytes = range(0xB0, 0xF8), range(0xA1, 0xFF)
    han = {bytes((a, b)).decode("gb2312", "ignore") for a in lead_bytes for b in trail_bytes} - {""}
    return marks | ascii_chars | {METASPACE + char for char in ascii_chars} | han
