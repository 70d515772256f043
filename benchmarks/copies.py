"""Time the reprint check against a million stories, and compare it with MinHash LSH and SemHash.

    python -m benchmarks.copies STORIES.jsonl.gz …

The first part fills the copy index to ``--stories`` with the fingerprints of the given stories and with
replicas of them whose hashes are renumbered, so that each replica is a newsroom of its own with the same
distribution of hashes.  A check takes a fingerprint, asks the index and judges each candidate.  The second
part finds edited copies among fewer stories by this product, ``datasketch`` and ``semhash`` (with the box's
encoder); the two others at the cut-off that gives them the best F1 on these very queries.  Prints tables and
writes ``benchmarks/results/copies.json``.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.pairs.judge import LexicalPairJudge, load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.baselines.copies import nearest_by_minhash
from tianfu.eval.reprints import best_copy
from tianfu.model.artifacts import shipped
from tianfu.model.ports import PairText
from tianfu.training.pairs.data import read_rows
from tianfu.training.pairs.edits import EDITS, edited_copy

_CANDIDATES = 40

Found = Sequence[int]
"""Row of the story each query is said to copy, -1 for none."""


def fill(judge: LexicalPairJudge, texts: Sequence[PairText], stories: int) -> ReprintIndex:
    """An index of so many stories; rows of the given texts come first."""
    index = ReprintIndex()
    own = [judge.fingerprint(text) for text in texts]
    for start in range(0, stories, len(own)):
        batch = own if not start else [renumbered(data, start // len(own)) for data in own]
        numbers = range(start, min(start + len(own), stories))
        index.add(numbers, batch[: len(numbers)])
    return index


def renumbered(data: bytes, replica: int) -> bytes:
    """The same fingerprint in another replica: its hashes moved round below its limit, one step for all."""
    words = np.frombuffer(data, dtype="<u4").astype(np.uint64)
    limit = int(words[1]) or 1
    step = (replica * 2_654_435_761 + 12_345) % limit
    hashes = np.sort((words[2:] + step) % np.uint64(limit))
    return np.concatenate((words[:2], hashes)).astype("<u4").tobytes()


def check_times(
    judge: LexicalPairJudge, index: ReprintIndex, texts: Sequence[PairText], queries: Sequence[PairText]
) -> npt.NDArray[np.float64]:
    """Milliseconds of each check, by the clock and of the processor; shape (2, queries).

    A check is a fingerprint, its candidates and the judgement of each of them.
    """
    times = []
    for query in queries:
        began = np.array((time.perf_counter(), time.process_time()))
        for candidate in index.candidates(judge.fingerprint(query), _CANDIDATES):
            judge.judge(query, texts[candidate.number % len(texts)], 0.0)
        times.append(1_000 * (np.array((time.perf_counter(), time.process_time())) - began))
    return np.stack(times, axis=1)


def asked(
    texts: Sequence[PairText], known: int, count: int, rng: random.Random
) -> tuple[list[PairText], list[int]]:
    """Queries, half of them edited copies of the first ``known`` stories, and the row each copies or -1."""
    titles = [text.title for text in texts[:known]]
    long = [row for row in range(known) if len(texts[row].body) >= 150]
    kinds = [*EDITS, "mixed"]
    queries, sources = [], []
    for place, row in enumerate(rng.sample(long, min(count // 2, len(long)))):
        kind = kinds[place % len(kinds)]
        title, body = edited_copy(texts[row].title, texts[row].body, rng, titles=titles, kind=kind)
        queries.append(PairText(title=title, body=body))
        sources.append(row)
    fresh = texts[known : known + len(queries)]
    return [*queries, *fresh], [*sources, *([-1] * len(fresh))]


def by_product(judge: LexicalPairJudge, texts: Sequence[PairText], queries: Sequence[PairText]) -> Found:
    """As the service does."""
    index = ReprintIndex()
    index.add(range(len(texts)), [judge.fingerprint(text) for text in texts])
    corpus = [(str(row), text) for row, text in enumerate(texts)]
    found = [best_copy(query, corpus, index=index, judge=judge) for query in queries]
    return [-1 if row is None else row for row in found]


def by_semhash(texts: Sequence[PairText], queries: Sequence[PairText], threshold: float) -> Found:
    """SemHash's own deduplication of the queries against the stories, at one threshold."""
    from semhash import SemHash

    records = [{"row": str(row), "text": f"{text.title}\n{text.body}"} for row, text in enumerate(texts)]
    wanted = [{"row": str(-1 - row), "text": f"{q.title}\n{q.body}"} for row, q in enumerate(queries)]
    engine: Any = SemHash.from_records(records, columns=["text"], model=_SemHashEncoder())
    result = engine.deduplicate(wanted, threshold=threshold)
    found = [-1] * len(queries)
    for duplicate in result.filtered:
        place = -1 - int(duplicate.record["row"])
        found[place] = int(duplicate.duplicate_of["row"]) if duplicate.duplicate_of else -1
    return found


class _SemHashEncoder:
    """The box's encoder as SemHash wants one."""

    def __init__(self) -> None:
        self._encoder = load_encoder(shipped("encoder"))

    def encode(self, inputs: Sequence[str], **_: object) -> npt.NDArray[np.float32]:
        return self._encoder.encode(list(inputs))


def scored(found: Found, sources: Sequence[int], texts: Sequence[PairText]) -> dict[str, float]:
    """Precision, recall and F1 of naming the story copied; another story of the same text is as good."""
    right = sum(
        row >= 0 and source >= 0 and (row == source or texts[row].body == texts[source].body)
        for row, source in zip(found, sources, strict=True)
    )
    said, true = sum(row >= 0 for row in found), sum(source >= 0 for source in sources)
    precision, recall = right / max(said, 1), right / max(true, 1)
    f1 = 2 * right / max(said + true, 1)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def compared(
    judge: LexicalPairJudge, texts: Sequence[PairText], queries: Sequence[PairText], sources: Sequence[int]
) -> Mapping[str, Any]:
    """The three ways on one job, seconds of processor each."""
    began = time.process_time()
    answers = {"tianfu": scored(by_product(judge, texts, queries), sources, texts)}
    answers["tianfu"]["cpu_seconds"] = round(time.process_time() - began, 1)
    began = time.process_time()
    nearest = nearest_by_minhash(texts, queries)
    spent = round(time.process_time() - began, 1)
    cuts = {
        cut: scored(np.where(nearest.likeness >= cut, nearest.rows, -1).tolist(), sources, texts)
        for cut in np.linspace(0.2, 0.9, 36).round(2).tolist()
    }
    answers["datasketch"] = _best(cuts) | {"cpu_seconds": spent}
    tried: dict[float, dict[str, float]] = {}
    for cut in (0.85, 0.9, 0.95):
        began = time.process_time()
        tried[cut] = scored(by_semhash(texts, queries, cut), sources, texts)
        tried[cut]["cpu_seconds"] = round(time.process_time() - began, 1)
    answers["semhash"] = _best(tried)
    return answers


def _best(cuts: Mapping[float, Mapping[str, float]]) -> dict[str, float]:
    cut = max(cuts, key=lambda c: cuts[c]["f1"])
    return {**cuts[cut], "cut_off": cut}


def _texts(files: Sequence[Path], limit: int | None) -> list[PairText]:
    rows = chain.from_iterable(read_rows(file) for file in files)
    texts = [PairText(title=row["title"], body=html_to_text(row["body"])) for row in rows]
    return texts[-limit:] if limit else texts


def run(
    files: Sequence[Path], *, limit: int | None, stories: int, checks: int, known: int, seed: int
) -> dict[str, Any]:
    """Both parts."""
    judge = load_pair_judge(shipped("pairs"))
    texts = _texts(files, limit)
    rng = random.Random(seed)
    began = time.process_time()
    index = fill(judge, texts, stories)
    filled_s = time.process_time() - began
    queries, _ = asked(texts, len(texts) // 2, checks, rng)
    clock, processor = check_times(judge, index, texts, queries)
    report: dict[str, Any] = {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "check": {
            "stories": index.size,
            "distinct_texts": len(texts),
            "cpu_seconds_to_fill": round(filled_s, 1),
            "checks": len(queries),
            **{f"p{q}_ms": round(float(np.quantile(clock, q / 100)), 2) for q in (50, 95, 99)},
            **{f"p{q}_cpu_ms": round(float(np.quantile(processor, q / 100)), 2) for q in (50, 95, 99)},
        },
    }
    del index
    if known:
        some = texts[: 2 * known]
        queries, sources = asked(some, known, checks, rng)
        report["compared"] = {
            "stories": known,
            "queries": len(queries),
            **compared(judge, some[:known], queries, sources),
        }
    return report


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="the newest stories only")
    parser.add_argument("--stories", type=int, default=1_000_000)
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--known", type=int, default=5_000, help="stories of the comparison, 0 for none")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/copies.json"))
    given = parser.parse_args()
    found = run(
        given.files,
        limit=given.limit,
        stories=given.stories,
        checks=given.checks,
        known=given.known,
        seed=given.seed,
    )
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for part in ("check", "compared"):
        for name, value in found.get(part, {}).items():
            print(f"{name:>22}: {value}")


if __name__ == "__main__":
    main()
