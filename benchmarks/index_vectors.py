"""Encode stories with the shipped encoder into one .npy, for ``benchmarks.index_compare``.

    python -m benchmarks.index_vectors OUT.npy FILE.jsonl.gz [FILE …] [--rows N]

Rows of the files carry ``title`` and, where there is one, ``body``; they are encoded as the service
encodes them, title and lead.  Rows are shuffled with a fixed seed inside each file, files stay in order.
"""

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.progress import track

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.artifacts import shipped

LEAD_CHARS = 160
BATCH = 512


def texts_of(file: Path) -> list[str]:
    """Title and lead of each row, shuffled with a fixed seed."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open() as lines:
        rows = [json.loads(line) for line in lines]
    texts = [f"{row['title']}\n{str(row.get('body', ''))[:LEAD_CHARS]}".strip() for row in rows]
    random.Random(5).shuffle(texts)
    return texts


def batches(files: list[Path], rows: int) -> Iterator[list[str]]:
    left = rows
    for file in files:
        texts = texts_of(file)[:left]
        left -= len(texts)
        for start in range(0, len(texts), BATCH):
            yield texts[start : start + BATCH]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=1_000_500)
    options = parser.parse_args()
    encoder = load_encoder(shipped("encoder"))
    made = [encoder.encode(batch) for batch in track(batches(options.files, options.rows), "Encoding")]
    vectors = np.concatenate(made)
    vectors = vectors[np.linalg.norm(vectors, axis=1) > 0]
    np.save(options.out, vectors.astype(np.float16))
    print(f"{len(vectors)} vectors of {vectors.shape[1]} by encoder {encoder.fingerprint[:12]}")


if __name__ == "__main__":
    main()
