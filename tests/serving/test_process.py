"""How a serving process uses the machine."""

import subprocess
import sys

import pytest

HELD = """
import ctypes
import numpy as np
from tianfu.serving.process import give_back_memory

class Mallinfo(ctypes.Structure):
    _fields_ = [(f"f{n}", ctypes.c_size_t) for n in range(4)] + [("mapped", ctypes.c_size_t)]
    _fields_ += [(f"f{n}", ctypes.c_size_t) for n in range(5, 10)]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Mallinfo
if CALLED:
    give_back_memory()
for _ in range(3):
    array = np.ones(8 << 20, np.uint8)  # the first that is freed teaches the library to keep such arrays
    mapped = library.mallinfo2().mapped
    del array
print(mapped - library.mallinfo2().mapped)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Other C libraries are left as they are.")
def test_large_arrays_are_given_back_to_the_system_when_they_are_freed() -> None:
    def held(called: str) -> int:
        script = HELD.replace("CALLED", called)
        return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)

    assert held("True") >= 8 << 20
    assert held("False") < 8 << 20  # else nothing has to be said to the library any more
