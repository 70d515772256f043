"""The line on which a process hears of changes: it comes back when it breaks, and ends when told."""

import threading

import psycopg

from benchmarks.postgres import plain
from tianfu.serving.store.changes import CHANNEL
from tianfu.serving.store.notices import ChangeLine


def test_a_line_that_was_cut_is_taken_up_again(postgres_url: str) -> None:
    heard = threading.Event()
    line = ChangeLine(postgres_url, name="cut", heard=heard.set)
    line.start()
    with psycopg.connect(plain(postgres_url), autocommit=True) as other:
        heard.clear()
        other.execute(f"NOTIFY {CHANNEL}")
        assert heard.wait(10)
        heard.clear()
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        other.execute(query, ["tianfu cut"])
        assert heard.wait(10), "taken up again, it looks for what it missed"
        heard.clear()
        other.execute(f"NOTIFY {CHANNEL}")
        assert heard.wait(10)
    line.stop()
    assert "change-line" not in {thread.name for thread in threading.enumerate()}
