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
    table.add_row("python -m benchmarks.province_load", "replicas, worker, PostgreSQL under mixed load")
    table.add_row("python -m benchmarks.scaling", "the cost of each call, one to four processes")
    table.add_row("python -m benchmarks.story_cost", "memory and time from 50,000 to 2,000,000 stories")
    table.add_row("python -m benchmarks.start_cost", "where the time of a replica's start goes")
    table.add_row("python -m benchmarks.capacity_report", "servers for a province, from what was measured")
    table.add_row("python -m benchmarks.index_milvus", "the archive in Milvus beside one process")
    table.add_row("python -m benchmarks.ray_encode FILE", "stories a second here and by actors of Ray")
    Console().print(table)


if __name__ == "__main__":
    main()
