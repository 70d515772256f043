"""Forgetting readers who were erased elsewhere, however many they are."""

from typing import Any

import pytest
from support.builders import NOW

from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.serving.services import brushing, forgetting
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.forgetting import Forgetter, reader_digest
from tianfu.serving.store.changes import Change, ChangeKind


class Memory:
    """Remembers readers, and counts how often it is looked through."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.looks = 0

    def reader_keys(self) -> set[str]:
        self.looks += 1
        return set(self.names)

    def forget(self, reader_key: str) -> None:
        self.names.discard(reader_key)


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    for module in (brushing, forgetting):
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def erased(sequence: int, name: str) -> list[Change]:
    return [Change(sequence, ChangeKind.READER_FORGOTTEN, None, reader_digest(name))]


def test_the_first_is_forgotten_at_once_and_many_more_by_one_look(now_s: list[float]) -> None:
    many = Memory(*(f"r{n}" for n in range(50)))
    told: list[str] = []
    forgetter = Forgetter([many], urgent=[], erased=told.extend)
    uow: Any = None
    forgetter.apply(erased(1, "r0"), uow)
    forgetter.step()
    assert "r0" not in many.names
    for n in range(1, 40):
        forgetter.apply(erased(n, f"r{n}"), uow)
        forgetter.step()
    assert (len(many.names), many.looks, len(told)) == (49, 1, 40)
    now_s[0] += 5.0
    forgetter.step()
    assert (many.names, many.looks) == ({f"r{n}" for n in range(40, 50)}, 2)


def test_a_look_that_fails_is_made_again() -> None:
    class Breaks(Memory):
        def forget(self, reader_key: str) -> None:
            if self.looks == 1:
                raise RuntimeError("changed while it was looked through")
            super().forget(reader_key)

    memory = Breaks("r", "s")
    forgetter = Forgetter([memory], urgent=[], erased=lambda _: None)
    forgetter.apply(erased(1, "r"), None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        forgetter.step()
    forgetter.step()
    assert memory.names == {"s"}


def test_what_would_be_written_of_a_reader_goes_with_the_change() -> None:
    few = Memory("r", "s")
    Forgetter([], urgent=[few], erased=lambda _: None).apply(erased(1, "r"), None)  # type: ignore[arg-type]
    assert few.names == {"s"}


def test_the_gate_sweeps_for_many_readers_at_once(now_s: list[float]) -> None:
    gate = EventGate()
    readers = [ReaderRef(outlet_id="lizhou", kind=ReaderKind.DEVICE, id=f"d{n}") for n in range(9)]
    for number, ref in enumerate(readers):
        click = Event(event_id=ref.id, reader=ref, story_id="s", type=EventType.CLICK, at=NOW,
                      client_address="203.0.113.7")  # fmt: skip
        gate.judge(click, number, newcomer=False, unnamed=False)
    gate.forget(readers[0].key)
    gate.step()
    groups = gate._guard._groups
    assert [] in groups.values()
    for ref in readers[1:]:
        gate.forget(ref.key)
        gate.step()
    assert gate.reader_keys() == set()
    assert groups.values().count([]) == 1, "others are still named until the next sweep"
    now_s[0] += 10.0
    gate.step()
    assert groups.values().count([]) == 9
