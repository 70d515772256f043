"""Rows as 4-bit integers, two to a byte, with a scale each."""

import numpy as np
import numpy.typing as npt

MIDDLE = 8
"""What zero is stored as; numbers lie 7 to either side."""


def quantise_rows(
    table: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Round each row to -7..7 times its own scale.

    A vector is a sum over a hundred rows and more, so that the errors of rounding mostly cancel: on
    headlines and leads four bits found as many partners as floats.

    Args:
        table: Shape (rows, dimension), an even dimension.

    Returns:
        uint8, shape (rows, dimension / 2): the first half of a row in the low four bits, the second in
        the high ones; and float32, shape (rows,).
    """
    scale = np.maximum(np.abs(table).max(axis=1), 1e-12).astype(np.float32) / np.float32(7)
    whole = (np.rint(table / scale[:, None]) + MIDDLE).astype(np.uint8)
    low, high = np.split(whole, 2, axis=1)
    return (low | (high << 4)).astype(np.uint8), scale


def restored_rows(packed: npt.NDArray[np.uint8], scale: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The rows again, float32, shape (rows, dimension), each number within half a scale."""
    whole = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - MIDDLE
    return whole * scale[:, None]
