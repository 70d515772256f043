"""Reading safetensors without the library, against the library."""

import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tianfu.embeddings.encoder.tensors import read_tensor
from tianfu.model.errors import ArtefactInvalid


def test_tensors_come_back_as_the_library_wrote_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "rows": rng.integers(-127, 127, (5, 3)).astype(np.int8),
        "scale": rng.random(5).astype(np.float32),
        "keys": rng.integers(0, 1 << 60, 7),
    }
    save_file(tensors, tmp_path / "t.safetensors")

    for name, wanted in tensors.items():
        found = read_tensor(tmp_path / "t.safetensors", name)
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype


@pytest.mark.parametrize(
    "content",
    [b"", b"\x01", struct.pack("<Q", 1 << 40) + b"{}", struct.pack("<Q", 4) + b"[]  ", struct.pack("<Q", 9)],
)
def test_a_torn_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.safetensors").write_bytes(content)

    with pytest.raises(ArtefactInvalid, match="holds no readable tensor"):
        read_tensor(tmp_path / "t.safetensors", "rows")


def test_a_range_that_does_not_fit_the_shape_is_refused(tmp_path: Path) -> None:
    header = b'{"rows":{"dtype":"F32","shape":[4],"data_offsets":[0,8]}}'
    (tmp_path / "t.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))

    with pytest.raises(ArtefactInvalid):
        read_tensor(tmp_path / "t.safetensors", "rows")
