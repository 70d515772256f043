"""How a text becomes what an encoder's graph reads: n-gram rows, or pieces of a tokenizer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.errors import ArtefactInvalid

GraphInputs = Mapping[str, npt.NDArray[Any]]
"""Arrays of one length, by name of the graph's input; all empty for a text without content."""


class TextInputs(Protocol):
    """Reads texts.  Safe to call from many threads."""

    def __call__(self, text: str) -> GraphInputs:
        """Read one text."""
        ...


class NgramInputs:
    """Rows and weights of character n-grams, for a static encoder.

    Attributes:
        max_chars: Longer texts are cut, so that no text costs more than a known time.
    """

    def __init__(self, features: NgramFeatures, *, max_chars: int) -> None:
        self._features = features
        self.max_chars = max_chars

    def __call__(self, text: str) -> GraphInputs:
        """``rows`` int64 and ``weights`` float32."""
        rows, weights = self._features(text[: self.max_chars])
        return {"rows": rows, "weights": weights}


class PieceInputs:
    """Pieces of a ``tokenizer.json``, for a transformer.

    Args:
        file: The tokenizer.
        max_pieces: Longer texts are cut, special pieces included.
        prefix: Put before every text, as the model was trained (``query: ``).
    """

    def __init__(self, file: Path, *, max_pieces: int, prefix: str = "") -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as bad:
            raise ArtefactInvalid(f"The file {file.name} is not a tokenizer.") from bad
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_pieces)
        self._max_chars = 8 * max_pieces
        self._prefix = prefix

    def __call__(self, text: str) -> GraphInputs:
        """``input_ids``, ``attention_mask`` and ``token_type_ids``, all int64."""
        plain = normalise(text[: self._max_chars])
        if not plain:
            empty = np.zeros(0, np.int64)
            return {"input_ids": empty, "attention_mask": empty, "token_type_ids": empty}
        ids = np.array(self._tokenizer.encode(self._prefix + plain).ids, dtype=np.int64)
        return {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
