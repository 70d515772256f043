"""Long bodies are read in windows, each under the headline, so that what stands far down counts too.

The vector of a story is the first window's plus the mean of the others', brought to unit length: a body
of one window keeps the plain vector of headline and body, however many windows another story has.
"""

from collections.abc import Sequence

import numpy as np

from tianfu.model.ports import Encoder, FloatMatrix

WINDOW_CHARS = 400
STEP_CHARS = 360
"""From one window to the next; a sentence cut by an end is whole in one of them."""
LEAST_CHARS = 60
"""A shorter end of a body makes no window of its own."""
MOST_WINDOWS = 4


def window_texts(title: str, body: str) -> list[str]:
    """What is encoded of a story: one text for each window, the first from the top of the body."""
    starts = range(STEP_CHARS, len(body) - LEAST_CHARS - (WINDOW_CHARS - STEP_CHARS), STEP_CHARS)
    return [f"{title}\n{body[start : start + WINDOW_CHARS]}" for start in (0, *starts[: MOST_WINDOWS - 1])]


def encode_stories(encoder: Encoder, stories: Sequence[tuple[str, str]]) -> FloatMatrix:
    """Encode stories of title and body to shape (len(stories), dimension), in order.

    Rows are of unit length; a story without a word gives zeros.

    Raises:
        EncoderUnavailable: The encoder failed.
    """
    windows = [window_texts(title, body) for title, body in stories]
    read = encoder.encode([text for one in windows for text in one])
    counts = np.array([len(one) for one in windows], dtype=np.int64)
    firsts = np.cumsum(counts) - counts
    vectors: FloatMatrix = read[firsts]
    for row in np.flatnonzero(counts > 1):
        further = read[firsts[row] + 1 : firsts[row] + counts[row]]
        whole = vectors[row] + further.mean(axis=0)
        vectors[row] = whole / max(float(np.linalg.norm(whole)), 1e-12)
    return vectors
