"""How a serving process uses the machine: threads of the number libraries, garbage collection, precedence."""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


def one_thread_each() -> None:
    """Keep BLAS and OpenMP of this process to one thread each, from now on.

    A feed is many small products over some hundred rows.  Handing each to a pool costs more than it saves,
    and pools of two libraries that spin on the same cores slow each other: on two cores a feed over 100,000
    stories took 24 ms with pools and 11 ms without.  Requests run beside each other in threads of their own.
    """
    threadpool_limits(limits=1)


def settle() -> None:
    """Leave what is loaded by now out of later garbage collections, and give back what loading took.

    A full collection walks through every card of the hot window while all requests wait, some tenths of a
    second with 100,000 of them.  What stays for good need not be looked at again.  The C library keeps what
    was freed, a hundred megabytes after a start with 200,000 stories, unless it is asked.
    """
    gc.collect()
    gc.freeze()
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU library alone
    if give_back is not None:
        give_back(0)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Names of ``mallopt`` in the GNU C library (``malloc.h``)."""
_POOLS, _LARGE_BYTES, _SPARE_BYTES = 2, 4 << 20, 64 << 20


def give_back_memory() -> None:
    """Let the C library return what was freed, from now on; to be called before threads start.

    By itself it keeps a pool for each thread, up to eight for each core, and once a large array was freed it
    takes arrays of that size from the pools too.  A view of the feeds, made anew every few seconds, then
    leaves holes that only something smaller fits in.  Here arrays of four megabytes and more are taken from
    the system and given back to it one by one (from one megabyte on it made views a third slower), and what
    is small shares two pools.  Other C libraries are left as they are.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return
    set_option(_M_ARENA_MAX, _POOLS)
    set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    set_option(_M_TRIM_THRESHOLD, _SPARE_BYTES)


def give_way(steps: int) -> None:
    """Let others on this machine go first from now on: for this thread alone, and threads that it starts.

    One that stands back further already stays there.  Only Linux keeps niceness by thread; elsewhere nothing
    changes.

    Args:
        steps: Of niceness, 0..19; each leaves about a fifth less of a core that others want too.
    """
    if sys.platform != "linux":
        return
    own = threading.get_native_id()
    if os.getpriority(os.PRIO_PROCESS, own) < steps:
        os.setpriority(os.PRIO_PROCESS, own, steps)


@contextmanager
def loading() -> Iterator[None]:
    """Start without garbage collections, then :func:`settle`.

    Loading makes some ten objects of each story and throws hardly any away, so that every collection on the
    way looks through all that is there and finds nothing: a fifth of the processor time of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        settle()
