"""Questions that every process asks all the time are answered by an index, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from support.builders import NOW, a_body, a_draft

from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store import queue, stories
from tianfu.serving.store.database import UnitOfWork

Ask = Callable[[UnitOfWork], object]


def plans(room: Newsroom, ask: Ask) -> str:
    """How the database goes about what is asked, with tables that would be dear to read whole."""
    asked: list[tuple[str, Any]] = []
    with room.database.write(()) as uow:
        connection = uow._connection
        explain = "EXPLAIN QUERY PLAN" if room.database.is_sqlite else "EXPLAIN"

        @event.listens_for(connection, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, values: Any, _ctx: Any, _many: bool) -> None:
            if statement.startswith("SELECT"):
                asked.append((statement, values))

        ask(uow)
        if not room.database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        rows = [
            row
            for statement, values in list(asked)
            for row in connection.exec_driver_sql(f"{explain} {statement}", values)
        ]
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda uow: uow.cards.taken_down(), "ix_stories_taken_down"),
        (lambda uow: uow.queue.take(5, worker="w", now=NOW), "ix_work_queue_again_enqueued_at_story_number"),
        (lambda uow: uow.queue.holders(), "ix_work_queue_leased"),
        (lambda uow: uow.queue.depth(), "ix_work_queue_again_enqueued_at_story_number"),
        (lambda uow: uow.queue.depth(), "ix_work_queue_often_tried"),
        (lambda uow: uow.queue.take_doubtful(worker="w", now=NOW), "ix_work_queue_often_tried"),
    ],
)
def test_an_index_answers(room: Newsroom, ask: Ask, index: str) -> None:
    assert index in plans(room, ask)


def test_only_the_changed_stories_are_looked_at(room: Newsroom) -> None:
    plan = plans(room, lambda uow: uow.cards.taken_down_of([1, 2]))
    assert any(index in plan for index in ("INTEGER PRIMARY KEY", "pk_stories", "ix_stories_taken_down"))


def test_few_are_counted_and_many_are_told_as_the_database_estimates(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(9)], database=room.database, clock=room.clock)
    with room.database.write(()) as uow:
        uow._connection.execute(text("ANALYZE"))
        uow.commit()
    ingest([a_draft("later", body=a_body(9))], database=room.database, clock=room.clock)
    told = []
    for exact_to in (10, 4):
        monkeypatch.setattr(stories, "_EXACT_TO", exact_to)
        monkeypatch.setattr(queue, "_EXACT_TO", exact_to)
        with room.database.read() as uow:
            told.append((uow.stories.count_about(), uow.queue.depth().waiting))
    assert told == [(10, 10), (10, 10) if room.database.is_sqlite else (9, 9)]


def test_before_there_is_an_estimate_no_more_is_said_than_was_counted(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(9)], database=room.database, clock=room.clock)
    monkeypatch.setattr(queue, "_EXACT_TO", 4)
    with room.database.read() as uow:
        waiting = uow.queue.depth().waiting
    assert waiting >= 5
