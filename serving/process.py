"""How a serving process uses the machine: threads of the number libraries, and garbage collection."""

import ctypes
import gc
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
