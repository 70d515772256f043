"""Rows as 8-bit integers with a scale each."""

import numpy as np
import numpy.typing as npt


def quantise_rows(
    table: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Round each row to -127..127 times its own scale.

    Returns:
        int8, shape of ``table``, and float32, shape (rows,): ``rounded * scale[:, None]`` is the table
        again, each number within half a scale.
    """
    scale = np.maximum(np.abs(table).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    rounded = np.rint(table / scale[:, None]).astype(np.int8)
    return rounded, scale
