"""How the thread behind the requests spaces its rounds."""

import threading
from collections.abc import Iterator

import pytest

from tianfu.model.errors import StoreUnavailable
from tianfu.serving.services import worker as worker_module
from tianfu.serving.services.worker import Worker


class Rests(threading.Event):
    """Notes how long somebody meant to wait, and waits for nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.meant: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.meant.append(timeout or 0.0)
        return self.is_set()


class Scripted:
    """An indexer that deals with so many stories in each round, and then ends the worker."""

    def __init__(self, *rounds: int) -> None:
        self._rounds = list(rounds)
        self.stop: threading.Event | None = None

    def step(self) -> int:
        done = self._rounds.pop(0)
        if not self._rounds and self.stop is not None:
            self.stop.set()
        return done


class AtOneSequence:
    sequence = 0


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a tenth of a second after the last."""
    moments: Iterator[float] = (0.1 * n for n in range(1_000))
    monkeypatch.setattr(worker_module.time, "monotonic", lambda: next(moments))


@pytest.mark.usefixtures("ticks")
def test_a_small_round_is_followed_by_a_rest_a_full_one_at_once_and_none_by_waiting_to_be_woken() -> None:
    indexer = Scripted(3, 256, 0, 5, 0)
    worker = Worker(library=AtOneSequence(), indexer=indexer, idle_s=9.0)  # type: ignore[arg-type]
    rests, woken = Rests(), Rests()
    worker._stop, worker._wake = rests, woken
    indexer.stop = rests

    worker._run()

    assert rests.meant == pytest.approx([0.2, 0.2])
    assert woken.meant == [9.0, 9.0]


def test_a_chore_that_fails_keeps_no_other_from_its_turn() -> None:
    done: list[str] = []

    def fails() -> int:
        raise RuntimeError("broken")

    def unavailable() -> int:
        raise StoreUnavailable("away")

    def works() -> int:
        done.append("worked")
        return 1

    worker = Worker(
        library=AtOneSequence(),  # type: ignore[arg-type]
        indexer=Scripted(0, 0),  # type: ignore[arg-type]
        chores=[fails, unavailable, works],
        idle_s=9.0,
    )
    rests = Rests()
    worker._stop = rests
    worker._one_round()
    assert done == ["worked"]
    assert len(rests.meant) == 1, "and then it waits a little"
