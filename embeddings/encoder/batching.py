"""Dynamic batching: what many threads ask for at once runs through the encoder together."""

import threading
from collections import deque
from collections.abc import Sequence

import numpy as np

from tianfu.model.ports import Encoder, FloatMatrix

MAX_TEXTS = 64


class _Slice:
    """Some texts of one caller, and what became of them."""

    __slots__ = ("done", "error", "texts", "vectors")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.vectors: FloatMatrix | None = None
        self.error: BaseException | None = None
        self.done = False


class BatchingEncoder:
    """Lets one thread at a time run the encoder, for itself and for all who wait.

    There is no timer and no thread of its own: whoever comes first runs at once, and what arrives
    meanwhile forms the next batch.  Long requests are cut into slices, so that a short one never
    waits for a whole archive.

    Args:
        encoder: Runs the batches.
        max_texts: Most texts in a batch, and in a slice.
    """

    def __init__(self, encoder: Encoder, *, max_texts: int = MAX_TEXTS) -> None:
        self._encoder = encoder
        self._max_texts = max_texts
        self._waiting: deque[_Slice] = deque()
        self._gate = threading.Lock()
        self._turn = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """That of the encoder inside."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode texts, in order; see :class:`tianfu.model.ports.Encoder`."""
        parts = [
            self._encode_slice(texts[start : start + self._max_texts])
            for start in range(0, len(texts), self._max_texts)
        ]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), dtype=np.float32)

    def _encode_slice(self, texts: Sequence[str]) -> FloatMatrix:
        own = _Slice(texts)
        with self._gate:
            self._waiting.append(own)
        while not own.done:
            with self._turn:
                if not own.done:
                    self._run(self._take())
        if own.error is not None:
            raise own.error
        assert own.vectors is not None  # noqa: S101 - done without an error
        return own.vectors

    def _take(self) -> list[_Slice]:
        taken: list[_Slice] = []
        count = 0
        with self._gate:
            while self._waiting and (not taken or count + len(self._waiting[0].texts) <= self._max_texts):
                taken.append(self._waiting.popleft())
                count += len(taken[-1].texts)
        return taken

    def _run(self, taken: Sequence[_Slice]) -> None:
        try:
            vectors = self._encoder.encode([text for one in taken for text in one.texts])
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            if len(taken) > 1:  # a fault of one caller's text must not reach the others
                for one in taken:
                    self._run([one])
                return
            taken[0].error, taken[0].done = error, True
            return
        at = 0
        for one in taken:
            one.vectors = vectors[at : at + len(one.texts)]
            at += len(one.texts)
            one.done = True
