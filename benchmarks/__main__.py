"""What there is to measure: ``python -m benchmarks``."""

from rich.console import Console
from rich.table import Table


def main() -> None:
    """List the benchmarks."""
    table = Table("command", "measures", title="Benchmarks")
    table.add_row("python -m benchmarks.import_news FILE", "a file of news over HTTP until it is indexed")
    table.add_row("python -m benchmarks.kill FILE", "what SIGKILL in the middle of an import leaves")
    table.add_row("python -m benchmarks.encoder_cost FILE", "stories a second of each encoder, side by side")
    table.add_row("python -m benchmarks.index_compare", "Flat, HNSW, IVF and quantised indexes side by side")
    table.add_row("python -m benchmarks.index_life", "the index through a day: writes, snapshots, a restart")
    table.add_row("python -m benchmarks.copies FILE", "the reprint check among a million, beside others")
    table.add_row("python -m benchmarks.editor_calls FILE", "tags and copies over HTTP while somebody writes")
    table.add_row("python -m benchmarks.feeds", "what a feed costs in one process")
    table.add_row("python -m benchmarks.feed_load", "feeds over HTTP beside a bare endpoint")
    table.add_row("python -m benchmarks.retrain", "training and comparing at the size of a month")
    table.add_row("python -m benchmarks.counterfactual", "whether estimates of rankers hold")
    table.add_row("python -m benchmarks.province_load", "replicas, worker, PostgreSQL under mixed load")
    table.add_row("python -m benchmarks.scaling", "the cost of each call, one to four processes")
    table.add_row("python -m benchmarks.story_cost", "memory and time from 50,000 to 2,000,000 stories")
    table.add_row("python -m benchmarks.start_cost", "where the time of a replica's start goes")
    table.add_row("python -m benchmarks.crowd_memory", "where memory of what readers do together levels off")
    table.add_row("python -m benchmarks.console_pages", "how long the console's pages take in Chromium")
    table.add_row("python -m benchmarks.capacity_report", "servers for a province, from what was measured")
    table.add_row("python -m benchmarks.index_milvus", "the archive in Milvus beside one process")
    table.add_row("python -m benchmarks.ray_encode FILE", "stories a second here and by actors of Ray")
    table.add_row("python -m benchmarks.plots", "pictures of what was measured")
    Console().print(table)


if __name__ == "__main__":
    main()
