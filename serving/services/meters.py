"""What the service counts of its own work, for Prometheus.  Labels are kinds and codes, never ids."""

import time
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from tianfu.model.cluster import DuplicateEdge, Relation
from tianfu.model.ports import Encoder, FloatMatrix
from tianfu.model.recommendation import Decision, FeedItem

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
_CANDIDATES = (0, 10, 30, 60, 100, 150, 200, 300, 500, 1_000)


TAKEN: Mapping[str, Sequence[str]] = {
    "story": ("created", "revised", "unchanged"),
    "event": ("accepted", "duplicate"),
}
"""What may become of rows that are taken in, by kind."""
FAULTY: Mapping[str, Sequence[str]] = {
    "story": ("forbidden", "invalid_story"),
    "event": ("invalid_event", "not_found"),
}
"""Codes of the usual faults of rows, by kind."""


class Meters:
    """Counters of one newsroom, in a registry of their own; of its process's memory and files as well."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._texts = Histogram(
            "tianfu_encoder_batch_texts", "Texts of one call of the encoder.", buckets=_SIZES,
            registry=self.registry,
        )  # fmt: skip
        self._encoding = Histogram(
            "tianfu_encoder_seconds", "Seconds of one call of the encoder.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._candidates = Histogram(
            "tianfu_feed_candidates", "Candidates of one feed, before any rule.", buckets=_CANDIDATES,
            registry=self.registry,
        )  # fmt: skip
        self._feeds = self._counter("tianfu_feeds", "Feeds made.", "scene", "personalised")
        self._degraded = self._counter("tianfu_feeds_degraded", "Feeds made without a part.", "part")
        self._items = self._counter("tianfu_feed_items", "Items of pages shown.", "placed_by")
        self._empty = self._counter("tianfu_feeds_empty", "Feeds without any item.")
        self._indexed = self._counter("tianfu_stories_indexed", "Stories encoded, tagged, clustered.")
        self._joins = self._counter("tianfu_cluster_joins", "Pairs found to belong together.", "relation")
        self._rows = self._counter("tianfu_rows_taken", "Rows taken in.", "kind", "outcome")
        self._rejected = self._counter("tianfu_rows_rejected", "Rows refused.", "kind", "code")
        self._refused = self._counter("tianfu_requests_refused", "Requests refused at the door.", "code")
        self._broken = self._counter("tianfu_worker_failures", "Steps of background work that failed.")
        # From the start: an increase is not seen of a series that is not there, so that an alert on what is
        # refused could not fire where all of it is, nor at the first fault of a kind.
        for kind in TAKEN:
            for outcome in TAKEN[kind]:
                self._rows.labels(kind, outcome)
            for code in FAULTY[kind]:
                self._rejected.labels(kind, code)
        for part in ("readers", "stories", "index"):
            self._degraded.labels(part)
        for relation in Relation:
            if relation.joins:
                self._joins.labels(relation.value)

    def encoded(self, texts: int, seconds: float) -> None:
        """Note one call of the encoder."""
        self._texts.observe(texts)
        self._encoding.observe(seconds)

    def made(self, decision: Decision) -> None:
        """Note one feed."""
        self._feeds.labels(decision.request.scene.value, str(decision.personalised).lower()).inc()
        self._candidates.observe(sum(decision.candidates.values()))
        for part in decision.degraded:
            self._degraded.labels(part).inc()
        if not decision.items:
            self._empty.inc()

    def shown(self, items: Iterable[FeedItem]) -> None:
        """Note the items of a page."""
        for item in items:
            self._items.labels(item.placed_by.value).inc()

    def indexed(self, stories: int, edges: Sequence[DuplicateEdge]) -> None:
        """Note one committed batch."""
        self._indexed.inc(stories)
        for edge in edges:
            if edge.relation.joins:
                self._joins.labels(edge.relation.value).inc()

    def taken(self, kind: str, outcomes: Iterable[str]) -> None:
        """Note rows taken in: ``story`` or ``event``, and what became of each."""
        for outcome in outcomes:
            self._rows.labels(kind, outcome).inc()

    def rejected(self, kind: str, codes: Iterable[str]) -> None:
        """Note rows refused, by the code of their error."""
        for code in codes:
            self._rejected.labels(kind, code).inc()

    def refused(self, code: str) -> None:
        """Note a request that was not let in."""
        self._refused.labels(code).inc()

    def broke(self) -> None:
        """Note a failed step of background work, whichever thread's."""
        self._broken.inc()

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(name, says, labels, registry=self.registry)


class MeteredEncoder:
    """An encoder whose calls are counted and timed."""

    def __init__(self, encoder: Encoder, meters: Meters) -> None:
        self._encoder = encoder
        self._meters = meters

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """That of the encoder."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode as the encoder does."""
        began = time.perf_counter()
        rows = self._encoder.encode(texts)
        self._meters.encoded(len(texts), time.perf_counter() - began)
        return rows
