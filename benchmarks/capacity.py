"""From what was measured to servers: processes, memory, disks, connections, and what runs short first.

Reads ``scaling.json``, ``story_cost.json``, ``start.json``, ``province.json`` and ``encoder_cost.json`` under
``benchmarks/results``; ``python -m benchmarks.capacity_report`` writes what follows from them into
``docs/capacity.md``.

A process's core is taken to be busy for ``BUSY`` of the time, the share at which the load benchmark holds its
waiting times.  A process spends its core on the calls that reach it, on following every event of the
province, and on new views as stories come in; the first falls with the number of processes, the others do
not:

    n * BUSY = calls * cost + n * (events * following + min(stories, views) * view)

``benchmarks.usl`` fits what processes cost each other on top; measured with more processes than cores, so it
counts what they take of each other's caches as well, and swings from run to run.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.province_newsroom import RESULTS
from benchmarks.usl import Scalability, fitted
from benchmarks.watch import POSTGRESQL
from tianfu.serving.services.shelf import rest_s
from tianfu.serving.store.engines import MOST_CONNECTIONS

BUSY = 0.6
PEAK_TO_MEAN = 3.0
"""Of calls over a day: a province reads at breakfast, noon and night."""
EDITORS_CALLS_A_STORY = 5
"""Lists, searches, tags and duplicates asked for while a story is written; five of each kind's mean cost."""
KEPT_DAYS = 180
HOT_DAYS = 30
DAY_S = 86_400
WEEK_S = 7 * DAY_S
PROVINCE_ENCODER = "encoder-province"
CORES_A_SERVER = 16
_GB = 2**30
_FEEDS = ("home", "stranger", "page", "related", "channel", "local")
_EDITORS = ("story", "list", "search", "tags", "duplicates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of a deployment.

    Attributes:
        feeds_a_second: At peak.
        posts_a_day: Calls that bring events, of ``events_a_post`` each.
        archived: Stories ever indexed.
    """

    name: str
    readers: int
    feeds_a_second: float
    posts_a_day: float
    events_a_post: float = 1.0
    stories_a_day: float = 30_000
    archived: int = 30_000_000
    hot_days: int = HOT_DAYS

    @property
    def posts_a_second(self) -> float:
        """At peak."""
        return self.posts_a_day / DAY_S * PEAK_TO_MEAN

    @property
    def feeds_a_day(self) -> float:
        """Over a day whose peak this is."""
        return self.feeds_a_second / PEAK_TO_MEAN * DAY_S

    @property
    def hot(self) -> int:
        """Stories in feeds."""
        return int(self.stories_a_day * self.hot_days)


DEMANDS = (
    Demand(name="1.5 M readers a day", readers=1_500_000, feeds_a_second=870, posts_a_day=15_000_000),
    Demand(name="3.5 M readers a day", readers=3_500_000, feeds_a_second=2_000, posts_a_day=35_000_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was measured, in processor seconds, bytes and megabytes, of one of each."""

    feed_s: float
    post_s: float
    editors_call_s: float
    feed_postgresql_s: float
    post_postgresql_s: float
    editors_postgresql_s: float
    follow_event_s: float
    view_s_a_story: float
    story_worker_s: float
    story_postgresql_s: float
    feed_bytes: float
    feed_wal: float
    post_wal: float
    story_bytes: float
    event_bytes: float
    decision_bytes: float
    reader_bytes: float
    vector_bytes: float
    copies_bytes: float
    card_bytes: float
    process_mb: float
    process_connections: float
    curve: Scalability
    encoders: Mapping[str, float]


def read(name: str, folder: Path = RESULTS) -> Any:
    """The figures of a benchmark.

    Raises:
        FileNotFoundError: It has not been run yet.
    """
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def costs(folder: Path = RESULTS) -> Costs:
    """Put together what was measured."""
    scaling, stories, start = (read(name, folder) for name in ("scaling", "story_cost", "start"))
    kinds, story, rows = scaling["kinds"], scaling["a_story"], scaling["bytes_a_row"]
    weights = scaling["shares"]

    def mean(name: str, of: tuple[str, ...]) -> float:
        return sum(kinds[k][name] * weights[k] for k in of) / sum(weights[k] for k in of)

    cold = start["starts"]["now"]["without a snapshot"]
    largest = {name: stories[name][-1] for name in ("vector_index", "copy_index", "feed_view")}
    per = {name: row["memory_mb"] * 2**20 / row["stories"] for name, row in largest.items()}
    steps = scaling["processes"]
    province = read("province", folder)
    held = province["loaded"]["watched"]["memory"]["serve 1"]["last_mb"]
    known = scaling["stories"] * sum(per.values()) / 2**20
    return Costs(
        feed_s=mean("serve_cpu_ms", _FEEDS) / 1_000,
        post_s=kinds["events"]["serve_cpu_ms"] / 1_000,
        editors_call_s=mean("serve_cpu_ms", _EDITORS) / 1_000,
        feed_postgresql_s=mean("postgresql_cpu_ms", _FEEDS) / 1_000,
        post_postgresql_s=kinds["events"]["postgresql_cpu_ms"] / 1_000,
        editors_postgresql_s=mean("postgresql_cpu_ms", _EDITORS) / 1_000,
        follow_event_s=cold["steps"]["events of three days"] / max(1, start["events"]),
        view_s_a_story=stories["feed_view"][-1]["view_s"] / stories["feed_view"][-1]["stories"],
        story_worker_s=story["cpu_ms"]["worker"] / 1_000,
        story_postgresql_s=story["cpu_ms"][POSTGRESQL] / 1_000,
        feed_bytes=mean("bytes_answered", _FEEDS),
        feed_wal=mean("wal_bytes", ("home",)),
        post_wal=kinds["events"]["wal_bytes"],
        story_bytes=float(sum(story["bytes"].values())),
        event_bytes=rows["events"],
        decision_bytes=rows["decisions"] * (1 - weights["page"] / sum(weights[k] for k in _FEEDS)),
        reader_bytes=rows["readers"],
        vector_bytes=per["vector_index"],
        copies_bytes=per["copy_index"],
        card_bytes=per["feed_view"],
        process_mb=max(0.0, held - known),
        process_connections=province["loaded"]["connections"] / (province["replicas"] + 1),
        curve=fitted(
            [s["processes"] for s in steps], [s["processes"] / s["serve_cpu_ms"] * 1_000 for s in steps]
        ),
        encoders=read("encoder_cost")["stories_per_second"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a demand needs.

    Attributes:
        processes: Of ``tianfu serve``, one core each, as if they cost each other nothing.
        gloomy: By the fitted curve; ``None`` where the curve says that no number is enough.
        follow_share: Of each core, for following events and stories.
        connections: Open to PostgreSQL under the load that was measured.
        most_connections: That all processes may open when everybody waits for the database, each with the
            line by which it hears of changes.
        archive_mb: Vectors and copies of the archive, in each process that holds them.
        disks_gb: By what fills them, after the days they are kept.
    """

    demand: Demand
    processes: int
    gloomy: int | None
    follow_share: float
    workers: int
    postgresql_cores: float
    connections: int
    most_connections: int
    hot_mb: float
    archive_mb: float
    process_mb: float
    disks_gb: Mapping[str, float]
    wal_mb_a_second: float
    network_mbit: float
    shown_after_s: float

    @property
    def servers(self) -> int:
        """For the replicas, one to spare."""
        return math.ceil(self.processes / CORES_A_SERVER) + 1

    @property
    def server_gb(self) -> float:
        """Memory of one of them when each process holds vectors and copies of the whole archive."""
        return CORES_A_SERVER * (self.process_mb + self.hot_mb + self.archive_mb) / 1_024

    @property
    def server_gb_without_archive(self) -> float:
        """The same when the archive is held elsewhere."""
        return CORES_A_SERVER * (self.process_mb + self.hot_mb) / 1_024


def planned(demand: Demand, cost: Costs) -> Plan:
    """Work out a plan.  Peaks decide on processors and networks, days on disks."""
    feeds, posts = demand.feeds_a_second, demand.posts_a_second
    stories = demand.stories_a_day / DAY_S * PEAK_TO_MEAN
    calls = EDITORS_CALLS_A_STORY * stories
    work = feeds * cost.feed_s + posts * cost.post_s + calls * cost.editors_call_s
    view_s = demand.hot * cost.view_s_a_story
    views = min(view_s / (view_s + rest_s(view_s)), stories * view_s) if view_s else 0.0
    following = posts * demand.events_a_post * cost.follow_event_s + views
    free = BUSY - following
    processes = math.ceil(work / free) if free > 0 else 0
    gloomy = cost.curve.processes_for(work / BUSY * cost.curve.rate)
    postgresql = (
        feeds * cost.feed_postgresql_s + posts * cost.post_postgresql_s
        + calls * cost.editors_postgresql_s + stories * cost.story_postgresql_s
    ) / BUSY  # fmt: skip
    hot_mb = demand.hot * cost.card_bytes / 2**20
    workers = max(2, math.ceil(stories * cost.story_worker_s / BUSY))
    return Plan(
        demand=demand,
        processes=processes,
        gloomy=gloomy,
        follow_share=following,
        workers=workers,
        postgresql_cores=postgresql,
        connections=math.ceil(cost.process_connections * (processes + workers)),
        most_connections=(MOST_CONNECTIONS + 1) * (processes + workers),
        hot_mb=hot_mb,
        archive_mb=demand.archived * (cost.vector_bytes + cost.copies_bytes) / 2**20,
        process_mb=cost.process_mb,
        disks_gb={
            "stories of the archive": demand.archived * cost.story_bytes / _GB,
            "events": demand.posts_a_day * demand.events_a_post * KEPT_DAYS * cost.event_bytes / _GB,
            "decisions": demand.feeds_a_day * KEPT_DAYS * cost.decision_bytes / _GB,
            "readers": 3 * demand.readers * cost.reader_bytes / _GB,
        },
        wal_mb_a_second=(feeds * cost.feed_wal + posts * cost.post_wal) / 2**20,
        network_mbit=feeds * cost.feed_bytes * 8 / 1e6,
        shown_after_s=rest_s(view_s) + 2 * view_s,
    )
