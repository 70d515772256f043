"""Reading safetensors files without any framework.

The format: eight bytes with the length of a JSON header (little endian), the header (name to dtype,
shape and byte range), then the numbers.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.model.errors import ArtefactInvalid

_TYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I8": "|i1", "U8": "|u1"}
_MAX_HEADER = 16 << 20


def read_tensor(path: Path, name: str) -> npt.NDArray[np.generic]:
    """Read one tensor into memory of its own.

    Raises:
        ArtefactInvalid: Not a safetensors file, no such tensor, or a type or range that cannot be.
    """
    try:
        header, start = header_of(path)
        entry: Any = header[name]
        dtype, shape = np.dtype(_TYPES[entry["dtype"]]), tuple(int(n) for n in entry["shape"])
        first, last = (int(n) for n in entry["data_offsets"])
        count = int(np.prod(shape, dtype=np.int64))
        if last - first != count * dtype.itemsize:
            raise ValueError(name)
        numbers = np.fromfile(path, dtype=dtype, count=count, offset=start + first)
        return numbers.reshape(shape)
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise ArtefactInvalid(f"The file {path.name} holds no readable tensor {name}.") from bad


def header_of(path: Path) -> tuple[dict[str, Any], int]:
    """Read the header, and where the numbers begin in the file, in bytes.

    Raises:
        ValueError: The header is torn or too long.
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        prefix = stream.read(8)
        if len(prefix) < 8:
            raise ValueError("no header")
        (length,) = struct.unpack("<Q", prefix)
        if length > _MAX_HEADER:
            raise ValueError("header too long")
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    return header, 8 + length
