"""The plan in words and tables: the generated sections of ``docs/capacity.md``.

python -m benchmarks.capacity_report
"""

import argparse
import math
from collections.abc import Iterable
from pathlib import Path

from benchmarks.capacity import (
    BUSY,
    CORES_A_SERVER,
    DEMANDS,
    HOT_DAYS,
    KEPT_DAYS,
    WEEK_S,
    Costs,
    Plan,
    costs,
    planned,
    read,
)
from benchmarks.generated import DOCS, renew, table
from benchmarks.province_newsroom import RESULTS

_CORES_LIMIT, _DISK_LIMIT_GB, _WAL_LIMIT_MB, _SERVER_LIMIT_GB, _CONNECTIONS_LIMIT = 32, 8_000, 200, 256, 500
"""What one server is taken to offer: PostgreSQL's cores, its disk, its log, a replica server's memory."""
_FOR_PEOPLE = 100
"""Connections beside the service's: commands, exports, backups, those who look."""
_KEPT = {"events": f", {KEPT_DAYS} days", "decisions": f", {KEPT_DAYS} days"}
_BOX_CORES, _BOX_GB, _BOX_SPARE_GB = 4, 8, 2


def cost_lines(cost: Costs) -> list[str]:
    """What one of each costs."""
    return [
        *table(
            ["one", "serve, CPU ms", "PostgreSQL, CPU ms"],
            [
                ["feed, mean of the scenes", 1_000 * cost.feed_s, 1_000 * cost.feed_postgresql_s],
                ["post of events", 1_000 * cost.post_s, 1_000 * cost.post_postgresql_s],
                ["newsroom's call, mean", 1_000 * cost.editors_call_s, 1_000 * cost.editors_postgresql_s],
                ["event followed, in each process", 1_000 * cost.follow_event_s, "n/a"],
                ["story read by a worker", 1_000 * cost.story_worker_s, 1_000 * cost.story_postgresql_s],
            ],
        ),
        "",
        *table(
            ["one", "bytes"],
            [
                ["feed answered, on the network", cost.feed_bytes],
                ["feed, in PostgreSQL's log", cost.feed_wal],
                ["post of events, in PostgreSQL's log", cost.post_wal],
                ["story in the database, with vectors, tags and indexes", cost.story_bytes],
                ["event in the database", cost.event_bytes],
                ["decision in the database, spread over feeds and further pages", cost.decision_bytes],
                ["reader in the database", cost.reader_bytes],
                ["archived story in a process: vector", cost.vector_bytes],
                ["archived story in a process: fingerprint", cost.copies_bytes],
                ["story in feeds, beside that", cost.card_bytes],
            ],
        ),
        "",
        f"A process without stories takes {cost.process_mb:,.0f} MB.",
    ]


def plan_lines(plans: list[Plan]) -> list[str]:
    """What each demand needs."""

    def row(name: str, values: Iterable[str]) -> list[str]:
        return [name, *values]

    rows = [
        row("feeds a second at peak", (f"{p.demand.feeds_a_second:,.0f}" for p in plans)),
        row(
            "posts of events a day; a second at peak",
            (f"{p.demand.posts_a_day / 1e6:,.0f} M; {p.demand.posts_a_second:,.0f}" for p in plans),
        ),
        row(f"`serve` processes, {BUSY:.0%} busy", (f"**{p.processes}**" for p in plans)),
        row("the same by the fitted curve", (str(p.gloomy) if p.gloomy else "never enough" for p in plans)),
        row(f"servers of {CORES_A_SERVER} cores for them, one to spare", (f"**{p.servers}**" for p in plans)),
        row("of each core for following events and stories", (f"{p.follow_share:.0%}" for p in plans)),
        row("workers", (str(p.workers) for p in plans)),
        row("PostgreSQL, cores", (f"**{math.ceil(p.postgresql_cores)}**" for p in plans)),
        row("its connections, as measured under load", (f"{p.connections:,}" for p in plans)),
        row(
            "its `max_connections`: what all may open, and some for people",
            (f"**{p.most_connections + _FOR_PEOPLE:,}**" for p in plans),
        ),
        row("its log, MB a second at peak", (f"{p.wal_mb_a_second:,.1f}" for p in plans)),
        row(
            f"memory of a process: stories of {HOT_DAYS} days in feeds",
            (f"{p.hot_mb / 1_024:,.1f} GB" for p in plans),
        ),
        row(
            "memory of a process: the archive, where it holds it",
            (f"{p.archive_mb / 1_024:,.1f} GB" for p in plans),
        ),
        row(
            "memory of a replicas' server, the archive elsewhere",
            (f"**{p.server_gb_without_archive:,.0f} GB**" for p in plans),
        ),
        row(
            "memory of a replicas' server, the archive in each process",
            (f"{p.server_gb:,.0f} GB" for p in plans),
        ),
        row("a new story shows at the latest after", (f"{p.shown_after_s:,.0f} s" for p in plans)),
        *(
            row(f"disk: {name}{_KEPT.get(name, '')}", (_disk(p.disks_gb[name]) for p in plans))
            for name in plans[0].disks_gb
        ),
        row("answers on the network at peak", (f"{p.network_mbit:,.0f} Mbit/s" for p in plans)),
        row("**runs short first**", (f"**{shortages(p)[0]}**" for p in plans)),
        row("and then", ("; ".join(shortages(p)[1:3]) for p in plans)),
    ]
    return table(["", *(p.demand.name for p in plans)], rows)


def shortages(plan: Plan) -> list[str]:
    """What runs short, the scarcest first: what is needed over what one server offers."""
    found = {
        "memory for the archive in each process": plan.server_gb / _SERVER_LIMIT_GB,
        "PostgreSQL's processors": plan.postgresql_cores / _CORES_LIMIT,
        "PostgreSQL's log": plan.wal_mb_a_second / _WAL_LIMIT_MB,
        "PostgreSQL's connections, as measured": (plan.connections + _FOR_PEOPLE) / _CONNECTIONS_LIMIT,
        "what each process spends on following": plan.follow_share / BUSY,
        **{f"disk for {name}": size / _DISK_LIMIT_GB for name, size in plan.disks_gb.items()},
    }
    ordered = sorted(found.items(), key=lambda row: -row[1])
    return [f"{name} ({share:.0%} of one server)" for name, share in ordered]


def encoder_lines(cost: Costs) -> list[str]:
    """Nodes that re-encode an archive in a week."""
    archived = DEMANDS[0].archived
    rows = []
    for name, rate in cost.encoders.items():
        if name == "package":
            continue
        cores = 2 * archived / WEEK_S / rate
        rows.append(
            [
                name,
                rate,
                f"{archived / rate / 86_400:,.1f}",
                f"{cores:,.1f}",
                math.ceil(cores / CORES_A_SERVER),
            ]
        )
    return table(
        [
            "encoder",
            "stories a second on two cores",
            "days on two cores",
            "cores for a week",
            f"Ray nodes of {CORES_A_SERVER} cores for a week",
        ],
        rows,
    )


def box_lines(cost: Costs) -> list[str]:
    """What a county's box carries."""
    feed, imported = read("feed_load"), read("import")
    calls = BUSY * feed["per_second"]["mix"]
    feeds = 5 / 6 * calls
    readers = feeds / DEMANDS[0].feeds_a_second * DEMANDS[0].readers
    free_mb = 1_024 * (_BOX_GB - _BOX_SPARE_GB) - cost.process_mb
    archived = free_mb * 2**20 / (cost.vector_bytes + cost.copies_bytes)
    both = free_mb * 2**20 / (cost.vector_bytes + cost.copies_bytes + cost.card_bytes)
    return table(
        [f"{_BOX_CORES} cores, {_BOX_GB} GB, one process over SQLite", ""],
        [
            [f"calls a second at {BUSY:.0%} (five feeds for each post of events)", f"{calls:,.0f}"],
            ["readers a day that ask as many feeds as the province's", f"{readers:,.0f}"],
            [
                "stories indexed a day, were they sent without a pause",
                f"{imported['stories_per_second'] * 86_400:,.0f}",
            ],
            [f"stories ever, in {_BOX_GB - _BOX_SPARE_GB} GB, none in feeds", f"{archived:,.0f}"],
            ["the same, all of them in feeds", f"{both:,.0f}"],
        ],
    )


def curve_lines(cost: Costs) -> list[str]:
    """The fitted curve."""
    curve = cost.curve
    rows = [[n, f"{curve.efficiency(n):.0%}"] for n in (1, 2, 4, 8, 16, 32)]
    return [
        f"σ = {curve.sigma:.3f}, κ = {curve.kappa:.4f}; one process with a core to itself: "
        f"{curve.rate:,.0f} calls a second.",
        "",
        *table(["processes", "efficiency by the curve"], rows),
    ]


def _disk(size_gb: float) -> str:
    return f"{size_gb / 1_024:,.1f} TB" if size_gb >= 1_024 else f"{size_gb:,.0f} GB"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="Folder of the measured figures.")
    parser.add_argument("--no-docs", action="store_true", help="Leave docs/capacity.md as it is.")
    asked = parser.parse_args()
    cost = costs(asked.results)
    sections = {
        "costs": cost_lines(cost),
        "curve": curve_lines(cost),
        "plan": plan_lines([planned(demand, cost) for demand in DEMANDS]),
        "encoders": encoder_lines(cost),
        "box": box_lines(cost),
    }
    for name, lines in sections.items():
        print("\n".join([f"\n## {name}\n", *lines]))
        if not asked.no_docs:
            renew(DOCS / "capacity.md", name, lines)


if __name__ == "__main__":
    main()
