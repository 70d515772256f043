"""What Prometheus reads at the moment it asks: queue, index, readiness."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tianfu.serving.services.readiness import Readiness, ReadinessDesk


class NewsroomGauges(Collector):
    """Asks :class:`ReadinessDesk` once a scrape; leaves out what only a database that is away knows."""

    def __init__(self, desk: ReadinessDesk) -> None:
        self._desk = desk

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing in advance: registering must not ask the database."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge each."""
        found = self._desk.look()
        yield _gauge("tianfu_ready", "Whether this process can do its work.", float(found.ready))
        worker = self._desk.worker
        indexing = float(worker.indexes and worker.is_alive)
        yield _gauge("tianfu_indexing", "Whether this process works through the queue.", indexing)
        parts = GaugeMetricFamily("tianfu_part_ok", "Whether a part does what it should.", labels=["part"])
        for name, check in found.checks.items():
            parts.add_metric([name], float(check.ok))
        yield parts
        yield _gauge("tianfu_index_stories", "Stories in the vector index.", found.indexed)
        yield _gauge(
            "tianfu_index_behind_seconds", "Seconds since the caches held every change.", found.behind_s
        )
        models = GaugeMetricFamily("tianfu_model_info", "Models in use.", labels=["part", "version"])
        for name, version in sorted(self._desk.models.items()):
            models.add_metric([name, version], 1.0)
        yield models
        yield from _of_the_database(found)


def _of_the_database(found: Readiness) -> Iterator[GaugeMetricFamily]:
    depth = found.depth
    for name, says, value in (
        ("tianfu_stories", "Stories kept.", found.stories),
        ("tianfu_index_behind_changes", "Changes not yet applied to the caches.", found.behind),
        ("tianfu_queue_waiting", "Stories waiting to be indexed.", depth.waiting if depth else None),
        ("tianfu_queue_stuck", "Stories given up after five attempts.", depth.stuck if depth else None),
        ("tianfu_queue_oldest_seconds", "How long the oldest has waited.", found.queue_age_s),
    ):
        if value is not None:
            yield _gauge(name, says, value)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)
