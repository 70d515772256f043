"""How often a process shows what changed, and who goes first on a busy machine."""

import os
import threading
from collections.abc import Callable

import pytest
from support.builders import NOW, a_body, a_draft

from tianfu.model.access import ApiKey, Role
from tianfu.serving.process import give_way
from tianfu.serving.services import shelf
from tianfu.serving.services.access import Caller
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.cards import Cards
from tianfu.serving.store.takedowns import TakedownScope

PLATFORM = Caller(key=ApiKey(id="k", role=Role.OPERATOR, outlet_id=None, label="t", created_at=NOW))


@pytest.fixture
def long_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_REST_SHARE", 1e9)
    monkeypatch.setattr(shelf, "_LONGEST_REST_S", 1e9)
    monkeypatch.setattr(shelf, "_CHEAP_S", 0.0)


def sent(room: Newsroom, name: str) -> str:
    draft = a_draft(name, title=f"利州{name}号农事", body=a_body(len(name)))
    (receipt,) = ingest([draft], database=room.database, clock=room.clock)
    room.indexer.step()
    return receipt.story_id


@pytest.mark.usefixtures("long_rests")
def test_new_stories_wait_for_the_next_view_and_a_takedown_does_not(room: Newsroom) -> None:
    first, second = sent(room, "a"), sent(room, "bb")
    room.library.catch_up(at_once=True)
    assert room.library.view.card_named(first) is not None

    later = sent(room, "ccc")
    assert room.library.view.card_named(later) is None, "the last view has not stood for long"

    room.takedowns.take_down(second, scope=TakedownScope.STORY, reason="错", caller=PLATFORM)
    room.library.catch_up()
    assert room.library.view.card_named(second) is None
    assert room.library.view.card_named(later) is not None, "the new view shows all there is"


@pytest.mark.usefixtures("long_rests")
def test_what_is_restored_shows_at_once_in_a_process_that_only_follows(
    new_room: Callable[[], Newsroom],
) -> None:
    one, other = new_room(), new_room()
    story_id = sent(one, "a")
    one.takedowns.take_down(story_id, scope=TakedownScope.STORY, reason="错", caller=PLATFORM)
    other.library.catch_up(at_once=True)
    assert other.library.view.card_named(story_id) is None
    one.takedowns.restore(story_id, caller=PLATFORM)
    other.library.catch_up()
    assert other.library.view.card_named(story_id) is not None


def test_a_thread_that_gives_way_leaves_the_others_their_precedence() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    found: list[int] = []

    def work() -> None:
        give_way(10)
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [max(before, 10)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_process_that_follows_a_takedown_asks_about_that_story_alone(
    new_room: Callable[[], Newsroom], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = new_room(), new_room()
    first, second = sent(one, "a"), sent(one, "bb")
    one.takedowns.take_down(first, scope=TakedownScope.STORY, reason="错", caller=PLATFORM)
    other.library.catch_up()

    def all_of_them(*_: object) -> None:
        raise AssertionError("every story is looked through")

    monkeypatch.setattr(Cards, "taken_down", all_of_them)
    one.takedowns.take_down(second, scope=TakedownScope.STORY, reason="错", caller=PLATFORM)
    one.takedowns.restore(first, caller=PLATFORM)
    other.library.catch_up()
    assert other.library.taken_down == one.library.taken_down == {2}
