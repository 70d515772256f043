"""What the plan of servers rests on: the load generator's times, the fitted curve, the arithmetic."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import QueuePool

from benchmarks.capacity import BUSY, Costs, Demand, planned
from benchmarks.capacity_report import plan_lines, shortages
from benchmarks.generated import renew, table
from benchmarks.http_load import Tally, at_random, evenly, post, steady
from benchmarks.usl import Scalability, fitted
from tianfu.serving.store.engines import MOST_CONNECTIONS, postgresql_engines

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
_BROKEN = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def driven(serve: Serve, moments: list[float]) -> Tally:
    """What one connection sees of a server at these moments."""

    async def run() -> Tally:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        calls = iter([post("/", b"{}", secret="", kind="k")] * len(moments))
        async with server:
            return await steady([port], calls, moments=iter(moments), connections=1)

    return asyncio.run(run())


async def read_one(reader: asyncio.StreamReader) -> bool:
    try:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
    except asyncio.IncompleteReadError:
        return False
    return True


def test_waiting_behind_a_slow_answer_counts_from_when_a_call_was_due() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_one(reader):
            await asyncio.sleep(0.2)
            writer.write(_OK)
        writer.close()
        await writer.wait_closed()

    found = driven(slow, [0.0, 0.0, 0.0])
    assert found.failures == 0
    assert all(ms >= 195 * turn for turn, ms in enumerate(found.times_ms["k"], start=1))


def test_refusals_and_lost_connections_are_counted_and_the_next_call_goes_out() -> None:
    turns = iter(["lose", "refuse", "answer"])

    async def moody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_one(reader):
            turn = next(turns)
            if turn == "lose":
                break
            writer.write(_BROKEN if turn == "refuse" else _OK)
        writer.close()
        await writer.wait_closed()

    found = driven(moody, [0.0, 0.0, 0.0])
    assert found.faults == {"k lost": 1, "k 503": 1}
    assert (found.count(), found.failures) == (3, 2)


def test_moments_come_at_their_rate() -> None:
    assert list(evenly(4.0, 1.0)) == [0.0, 0.25, 0.5, 0.75]
    drawn = list(at_random(100.0, 50.0, random.Random(3)))
    assert drawn == sorted(drawn)
    assert drawn[-1] < 50
    assert 4_500 < len(drawn) < 5_500


@given(st.floats(1, 1_000), st.floats(0, 0.3), st.floats(0, 0.02))
def test_a_fit_finds_the_curve_that_the_points_lie_on(rate: float, sigma: float, kappa: float) -> None:
    true = Scalability(rate=rate, sigma=sigma, kappa=kappa)
    found = fitted([1, 2, 3, 4], [true.throughput(n) for n in (1, 2, 3, 4)])
    for n in (1, 4, 8):
        assert found.throughput(n) == pytest.approx(true.throughput(n), rel=1e-3)
    assert min(found.sigma, found.kappa) >= 0


def test_points_better_than_any_curve_are_taken_for_no_contention() -> None:
    found = fitted([1, 2, 3, 4], [100, 210, 330, 450])
    assert (found.sigma, found.kappa) == (0.0, 0.0)


def test_a_curve_says_how_many_processes_are_enough_or_that_none_are() -> None:
    straight = Scalability(rate=10, sigma=0.0, kappa=0.0)
    assert straight.processes_for(95) == 10
    assert Scalability(rate=10, sigma=0.5, kappa=0.0).throughput(3) == pytest.approx(15)
    assert Scalability(rate=10, sigma=0.5, kappa=0.0).processes_for(25) is None, "it nears 20"


COSTS = Costs(
    feed_s=0.006, post_s=0.003, editors_call_s=0.0, feed_postgresql_s=0.0006, post_postgresql_s=0.0,
    editors_postgresql_s=0.0, follow_event_s=0.0, view_s_a_story=0.0, story_worker_s=0.02,
    story_postgresql_s=0.0, feed_bytes=1_000, feed_wal=0.0, post_wal=0.0, story_bytes=1_024, event_bytes=512,
    decision_bytes=4_096, reader_bytes=1_024, vector_bytes=1_536, copies_bytes=512, card_bytes=2_048,
    process_mb=400, process_connections=5.0, curve=Scalability(rate=100, sigma=0.0, kappa=0.0), encoders={},
)  # fmt: skip
DEMAND = Demand(name="small", readers=1_000, feeds_a_second=1_000, posts_a_day=0.0, archived=1_048_576)


def test_a_plan_counts_the_connections_that_all_processes_may_open_workers_among_them() -> None:
    plan = planned(DEMAND, COSTS)
    assert (plan.processes, plan.workers, plan.connections) == (10, 2, 60)
    assert plan.most_connections == 12 * 49
    engine = postgresql_engines("postgresql+psycopg://nobody@127.0.0.1:1/none").writers
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.size() + engine.pool._max_overflow == MOST_CONNECTIONS == 48
    row = next(line for line in plan_lines([plan]) if "max_connections" in line)
    assert "**688**" in row


def test_a_plan_of_feeds_alone_is_their_cost_over_the_share_of_a_core() -> None:
    plan = planned(DEMAND, COSTS)
    assert plan.processes == round(1_000 * 0.006 / BUSY) == 10
    assert plan.gloomy == 10
    assert plan.postgresql_cores == pytest.approx(1.0)
    assert plan.archive_mb == 2_048
    assert plan.connections == 60, "of ten replicas and two workers"
    assert plan.disks_gb["stories of the archive"] == pytest.approx(1.0)


def test_what_each_process_spends_on_following_takes_from_every_core() -> None:
    demand = replace(DEMAND, posts_a_day=28_800 * 1_000.0)  # a thousand a second at peak
    alone = planned(demand, COSTS)
    following = planned(demand, replace(COSTS, follow_event_s=0.0003))
    assert alone.processes == 15
    assert following.follow_share == pytest.approx(0.3)
    assert following.processes == 30
    assert planned(demand, replace(COSTS, follow_event_s=0.001)).processes == 0, "nothing is left for calls"


def test_what_runs_short_first_is_named() -> None:
    plan = planned(replace(DEMAND, archived=100_000_000), COSTS)
    assert shortages(plan)[0].startswith("memory for the archive in each process")


def test_a_section_is_written_anew_and_the_words_around_it_stay(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- begin a -->\nold\n<!-- end a -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        renew(file, "a", table(["x", "y"], [["one", 1_234], ["two", 0.5]]))
    told = file.read_text(encoding="utf-8")
    assert told.startswith("before\n")
    assert told.endswith("after\n")
    assert "old" not in told
    assert told.count("| one | 1,234 |") == 1
    with pytest.raises(ValueError, match="no section b"):
        renew(file, "b", [])
