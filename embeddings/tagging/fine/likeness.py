"""How much closer a story's vector lies to a topic's description than to descriptions at large."""

import threading
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import Encoder, FloatMatrix

Vector = npt.NDArray[np.float32]
PASSAGE_CHARS = 400
MOST_LIFT = 6.0


def passage(title: str, body: str) -> str:
    """What the encoder reads of a story, here and where stories are indexed."""
    return f"{title}\n{body[:PASSAGE_CHARS]}"


class Likeness:
    """Compares vectors with descriptions.  Descriptions are encoded when first asked for, then kept.

    Cosines mean different things with different encoders, so they are told in standard deviations
    above the story's cosines with a fixed set of general descriptions, the anchors.
    """

    def __init__(self, encoder: Encoder, descriptions: Mapping[str, str], anchors: Sequence[str]) -> None:
        self._encoder = encoder
        self._descriptions = descriptions
        self._anchor_texts = tuple(anchors)
        self._anchors: FloatMatrix | None = None
        self._known: dict[str, Vector] = {}
        self._lock = threading.Lock()

    def vector(self, title: str, body: str) -> Vector:
        """Encode a story, shape (dimension,)."""
        found: Vector = self._encoder.encode([passage(title, body)])[0]
        return found

    def lifts(self, vector: Vector, codes: Sequence[str]) -> dict[str, float]:
        """Lift of each topic that has a description, -6..6; 0 is as close as to anything."""
        described = [code for code in codes if code in self._descriptions]
        if not described:
            return {}
        level, spread = self.level(vector)
        cosines = self._vectors(described) @ vector
        lifts = np.clip((cosines - level) / max(spread, 1e-3), -MOST_LIFT, MOST_LIFT)
        return dict(zip(described, lifts.tolist(), strict=True))

    def level(self, vector: Vector) -> tuple[float, float]:
        """Mean and standard deviation of the cosines with the anchors."""
        if self._anchors is None:
            self._anchors = self._encoder.encode(self._anchor_texts)
        cosines = self._anchors @ vector
        return float(cosines.mean()), float(cosines.std())

    def _vectors(self, codes: Sequence[str]) -> FloatMatrix:
        with self._lock:
            missing = [code for code in codes if code not in self._known]
        if missing:
            made = self._encoder.encode([self._descriptions[code] for code in missing])
            with self._lock:
                self._known.update(zip(missing, made, strict=True))
        return np.stack([self._known[code] for code in codes])
