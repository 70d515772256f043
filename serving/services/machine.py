"""What a newsroom takes from the machine it runs on, beside the time of day."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tianfu.serving.services.clock import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Chance, ticks and work in the background; an emulation brings its own, so that it can be repeated.

    Attributes:
        new_id: Makes ids of feeds from a prefix; what chance decides in a feed follows from its id.
        ticks_s: A clock that never goes back, in seconds, for what is kept a moment.
        background: Whether threads of their own look up, write down and follow changes.  Without them
            nothing of the kind happens but by :meth:`Newsroom.work_off`.
    """

    new_id: Callable[[str], str] = new_id
    ticks_s: Callable[[], float] = time.monotonic
    background: bool = True
