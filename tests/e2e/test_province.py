"""Real processes over one PostgreSQL: what one is told the others show, and nothing acknowledged is lost.

Bounds are those the consortium relies on; what was measured is logged, see decision 18 for figures.
"""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
import structlog
from support.postgres import NAMED

from benchmarks.postgres import Cluster, binary, private_cluster
from benchmarks.province import SURE, kills, outage, spread

log = structlog.get_logger(__name__)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster of one's own, because it is stopped and its processes are killed."""
    if binary("initdb") is None:
        pytest.skip(f"PostgreSQL is not installed; {NAMED} does not help, its server must not be stopped")
    with private_cluster(settings=SURE) as found:
        yield found


def test_takedowns_placements_and_stories_reach_every_replica_in_time(cluster: Cluster) -> None:
    report = spread(cluster.url.render_as_string(), rounds=2)
    log.info("province.spread", **asdict(report))
    assert report.takedown_s < 5
    assert report.restore_s < 5
    assert report.placement_s < 5
    assert report.new_story_s < 10
    assert report.pages_continued == report.rounds


def test_a_killed_worker_and_a_killed_replica_lose_nothing_and_others_take_over(cluster: Cluster) -> None:
    report = kills(cluster.url.render_as_string(), stories=120)
    log.info("province.kills", **asdict(report))
    assert report.held_when_killed > 0
    assert report.taken_over_s < 60  # a lease alone would take five minutes
    assert (report.lost, report.doubled, report.stuck) == (0, 0, 0)


def test_feeds_go_on_while_the_database_is_away_and_writes_are_refused_clearly(cluster: Cluster) -> None:
    report = outage(cluster, away_s=6.0)
    log.info("province.outage", **asdict(report))
    assert report.feeds > 0
    assert (report.feeds_empty, report.feeds_failed) == (0, 0)
    assert report.feeds_degraded == report.feeds // 2  # every second one is for a known reader
    assert set(report.refusals) == {"503 store_unavailable", "503 store_unavailable (events)"}
    assert report.write_again_s < 10
    assert report.lost == 0
