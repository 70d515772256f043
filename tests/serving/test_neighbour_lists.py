"""How long the stories near a story are remembered."""

from collections.abc import Callable

import pytest
from support.builders import FakeClock, a_body, a_draft

from tianfu.model.feed.context import Proposals
from tianfu.serving.services import interests
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.library import Sight
from tianfu.serving.services.newsroom import Newsroom


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the stories that neighbours were searched for, in order."""
    done: list[int] = []
    search = interests._search

    def noted(number: int, sight: Sight) -> Proposals:
        done.append(number)
        return search(number, sight)

    monkeypatch.setattr(interests, "_search", noted)
    return done


@pytest.fixture
def finder(room: Newsroom) -> interests.InterestFinder:
    """One whose background is worked off by hand."""
    drafts = [a_draft(f"s{n}", title=f"利州第{n}篇农事", body=a_body(n)) for n in range(4)]
    ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    room.library.catch_up(at_once=True)
    return interests.InterestFinder(room.library, room.clock)


@pytest.fixture
def near(finder: interests.InterestFinder, room: Newsroom) -> Callable[[], set[int]]:
    return lambda: set(finder.near_story(1, room.library.sight).numbers.tolist())


def test_a_list_serves_on_after_a_quarter_of_an_hour_and_is_looked_up_anew_behind_the_request(
    finder: interests.InterestFinder, near: Callable[[], set[int]], clock: FakeClock, searches: list[int]
) -> None:
    assert near() == near() == {2, 3, 4}
    assert searches == [1]
    clock.pass_by(minutes=16)
    assert near() == {2, 3, 4}
    assert searches == [1], "nobody waits for what still serves"
    finder.catch_up()
    assert searches == [1, 1]
    near()
    finder.catch_up()
    assert searches == [1, 1], "it is fresh again"


def test_a_list_of_this_morning_serves_nobody(
    near: Callable[[], set[int]], clock: FakeClock, searches: list[int]
) -> None:
    near()
    clock.pass_by(hours=3)
    near()
    assert searches == [1, 1]
