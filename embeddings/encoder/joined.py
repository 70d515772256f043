"""Two encoders as one: their vectors side by side, each with a weight."""

from collections.abc import Sequence

import numpy as np

from tianfu.model.ports import Encoder, FloatMatrix


class JoinedEncoder:
    """The vectors of several encoders, one after the other, brought to unit length.

    The cosine of two joined vectors is the mean of the members' cosines, weighted by the squares of
    ``weights``; what one member cannot tell apart, the other may.

    Args:
        members: Asked in this order.  A text that any of them cannot read has zeros there.
        weights: Length of each member's part before the whole is brought to unit length.
        fingerprint: See :class:`tianfu.model.ports.Encoder`.
    """

    def __init__(self, members: Sequence[Encoder], weights: Sequence[float], *, fingerprint: str) -> None:
        self._members = tuple(members)
        self._weights = tuple(np.float32(weight) for weight in weights)
        self._fingerprint = fingerprint
        self._dimension = sum(member.dimension for member in members)

    @property
    def fingerprint(self) -> str:
        """Hash of everything that shapes a vector, of all members."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of one vector: the members' lengths together."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode texts to shape (len(texts), dimension), in order.  An empty text gives a zero row.

        Raises:
            EncoderUnavailable: A member failed.
        """
        parts = [
            weight * member.encode(texts) for member, weight in zip(self._members, self._weights, strict=True)
        ]
        joined = np.concatenate(parts, axis=1)
        lengths = np.linalg.norm(joined, axis=1, keepdims=True)
        unit: FloatMatrix = (joined / np.maximum(lengths, np.float32(1e-12))).astype(np.float32)
        return unit
