"""What a run under load found, for people: in the terminal and in ``docs/benchmarks.md``."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.generated import table
from benchmarks.traffic import INGEST

_TARGET_MS = 150
_FLAT_MB_A_MINUTE = 1.0
_SAYS: Mapping[str, str] = {
    "home": "home feed of a known reader",
    "stranger": "home feed of a stranger",
    "page": "next page by cursor",
    "related": "beside a story",
    "channel": "channel",
    "local": "local",
    "events": "six events",
    "story": "read a story",
    "list": "list of an outlet's stories",
    "search": "search by words and meaning",
    "tags": "tag suggestions",
    "duplicates": "duplicates check",
    INGEST: "send a story",
}


def lines(report: Mapping[str, Any]) -> list[str]:
    """The section of the document."""
    loaded, calm = report["loaded"], report["calm"]
    return [
        _setting(report),
        "",
        *table(["", "asked for", "measured"], _summary(report)),
        "",
        *table(
            ["from the moment a call was due, ms", "share", "calls", "p50", "p95", "p99", "longest"],
            [*_kinds(report), _all(report)],
        ),
        "",
        *table(
            [
                "memory, MB",
                "at the start",
                "at the end",
                "growth a minute",
                "growth a minute without new stories",
            ],
            [
                [
                    name,
                    found["first_mb"],
                    found["last_mb"],
                    found["growth_mb_a_minute"],
                    calm["watched"]["memory"][name]["growth_mb_a_minute"],
                ]
                for name, found in loaded["watched"]["memory"].items()
            ],
        ),
        "",
        *table(
            ["cores busy", "under load"], [[name, f"{used:.2f}"] for name, used in loaded["cores"].items()]
        ),
    ]


def printed(report: Mapping[str, Any]) -> None:
    """Print it."""
    Console().print(Markdown("\n".join(lines(report))))


def _setting(report: Mapping[str, Any]) -> str:
    on, loaded = report["machine"], report["loaded"]
    return (
        f"{report['replicas']} replicas, one worker and PostgreSQL on {on['cores']} cores of "
        f"{on['processor']}, which the generator shares; {report['stories']:,} stories in feeds, "
        f"{report['readers']:,} readers with a past. The most at which neither calls nor new stories wait "
        f"longer than they may: **{report['capacity_per_second']} calls a second**. Then "
        f"{loaded['seconds'] / 60:.1f} minutes at "
        f"{report['share']:.0%} of that, {report['stories_a_second']:g} stories a second coming in beside."
    )


def _summary(report: Mapping[str, Any]) -> list[list[object]]:
    loaded, calm = report["loaded"], report["calm"]
    watched = loaded["watched"]
    p99 = loaded["all_ms"]["p99"]
    level = max(found["growth_mb_a_minute"] for found in calm["watched"]["memory"].values())
    faults = sum(loaded["faults"].values()) + sum(calm["faults"].values())
    calls = loaded["calls"] + loaded["stories_sent"] + calm["calls"]
    return [
        ["errors", "0", f"{faults} of {calls:,}"],
        [
            "p99 of all calls",
            f"{_TARGET_MS} ms",
            f"{p99:.0f} ms{'' if p99 <= _TARGET_MS else ': **not met**'}",
        ],
        ["p99 of feeds", f"{_TARGET_MS} ms", f"{loaded['feeds_ms']['p99']:.0f} ms"],
        [
            "memory without new stories, the fastest growth",
            f"{_FLAT_MB_A_MINUTE:g} MB a minute",
            f"{level:.2f} MB a minute{'' if level <= _FLAT_MB_A_MINUTE else ': **not met**'}",
        ],
        ["oldest story in the queue, worst look", "", f"{watched['worst']['queue_age_s']:.1f} s"],
        ["a replica behind the database, worst look", "", f"{watched['worst']['behind_s']:.1f} s"],
        ["stories given up", "0", f"{watched['worst']['queue_stuck']:.0f}"],
    ]


def _kinds(report: Mapping[str, Any]) -> list[list[object]]:
    rows: list[list[object]] = []
    for kind, found in report["loaded"]["kinds"].items():
        share = f"{report['shares'][kind]} %" if kind in report["shares"] else "beside"
        times = [f"{found[name]:.0f}" for name in ("p50", "p95", "p99", "max")]
        rows.append([_SAYS[kind], share, found["calls"], *times])
    return rows


def _all(report: Mapping[str, Any]) -> list[object]:
    loaded = report["loaded"]
    return [
        "**all but stories sent**",
        "100 %",
        loaded["calls"],
        *(f"{loaded['all_ms'][q]:.0f}" for q in ("p50", "p95", "p99", "max")),
    ]
