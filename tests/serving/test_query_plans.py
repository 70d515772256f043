"""Questions that every process asks all the time are answered by an index, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from support.builders import NOW

from tianfu.serving.services.newsroom import Newsroom
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
        (lambda uow: uow.queue.take_doubtful(worker="w", now=NOW), "ix_work_queue_often_tried"),
    ],
)
def test_an_index_answers(room: Newsroom, ask: Ask, index: str) -> None:
    assert index in plans(room, ask)


def test_only_the_changed_stories_are_looked_at(room: Newsroom) -> None:
    plan = plans(room, lambda uow: uow.cards.taken_down_of([1, 2]))
    assert "SCAN stories" not in plan
    assert "Seq Scan" not in plan
