"""How well edited copies are found among many stories, and how fast."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.core import Subject, SuiteResult
from tianfu.eval.rows import read_rows
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import CopyIndex, PairJudge, PairText

NAME = "reprints"

CANDIDATES = 40
_BATCH = 2_000


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Measure the shipped fingerprints and judge; the encoder is not asked.

    Args:
        files: One file or several of the corpus, then the file of queries.
        subject: Its limit counts queries.

    Raises:
        UnreadableFile: A file is missing or not in the suite's form.
    """
    if len(files) < 2:
        raise UnreadableFile("The suite reprints needs a corpus and a file of queries.")
    began = time.perf_counter()
    needs = ("id", "title", "body")
    corpus = [story_of(row) for file in files[:-1] for row in read_rows(file, needs=needs)]
    queries = [query_of(row) for row in read_rows(files[-1], needs=(*needs, "source"), limit=subject.limit)]
    judge = load_pair_judge(shipped("pairs"))
    search = search_copies(corpus, queries, index=ReprintIndex(), judge=judge)
    bodies = {number: text.body for number, text in corpus}
    metrics = reprint_metrics(queries, search.found, same=lambda a, b: bodies[a] == bodies[b])
    return SuiteResult(
        suite=NAME,
        model={"name": judge.version},
        n=len(queries),
        metrics={**metrics, "stories_per_second": search.stories_per_second},
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyQuery:
    """A story to look up.

    Attributes:
        source: Id of the story it is a copy of, or ``None`` for a story of its own.
    """

    id: str
    text: PairText
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySearch:
    """What a search found.

    Attributes:
        found: For each query the id of the story it is said to copy, or ``None``.
        stories_per_second: Stories and queries together, fingerprints, index and judging included.
    """

    found: tuple[str | None, ...]
    stories_per_second: float


def story_of(row: Mapping[str, object]) -> tuple[str, PairText]:
    """Read one row ``{"id", "title", "body"}``; the body is cleaned."""
    return str(row["id"]), PairText(title=str(row["title"]), body=html_to_text(str(row["body"])))


def query_of(row: Mapping[str, object]) -> CopyQuery:
    """Read one row ``{"id", "title", "body", "source"}``."""
    number, text = story_of(row)
    source = row.get("source")
    return CopyQuery(id=number, text=text, source=None if source is None else str(source))


def search_copies(
    corpus: Sequence[tuple[str, PairText]],
    queries: Iterable[CopyQuery],
    *,
    index: CopyIndex,
    judge: PairJudge,
    progress: Callable[[int], None] | None = None,
) -> CopySearch:
    """Put the corpus into an empty index and look every query up, as the service does."""
    began = time.perf_counter()
    for start in range(0, len(corpus), _BATCH):
        batch = corpus[start : start + _BATCH]
        index.add(range(start, start + len(batch)), [judge.fingerprint(text) for _, text in batch])
    found: list[str | None] = []
    for query in queries:
        row = best_copy(query.text, corpus, index=index, judge=judge)
        found.append(None if row is None else corpus[row][0])
        if progress is not None:
            progress(len(found))
    seconds = time.perf_counter() - began
    return CopySearch(found=tuple(found), stories_per_second=(len(corpus) + len(found)) / max(seconds, 1e-9))


def best_copy(
    text: PairText, corpus: Sequence[tuple[str, PairText]], *, index: CopyIndex, judge: PairJudge
) -> int | None:
    """Row of the story that a text copies, by the judge's score, then containment, then row."""
    judged = []
    for candidate in index.candidates(judge.fingerprint(text), CANDIDATES):
        verdict = judge.judge(text, corpus[candidate.number][1], 0.0)
        if verdict.relation.is_copy:
            judged.append((-verdict.score, -verdict.containment, candidate.number))
    return min(judged)[2] if judged else None


def reprint_metrics(
    queries: Sequence[CopyQuery],
    found: Sequence[str | None],
    *,
    same: Callable[[str, str], bool] | None = None,
) -> dict[str, float]:
    """The figures of the suite.

    ``precision``: of the stories named, how many are the source; ``recall``: of the copies, how many had
    their source named; ``false_alarm_rate``: of the stories of their own, how many had one named.

    Args:
        queries: With their truth.
        found: One answer for each.
        same: Whether two ids of the corpus are the same text, so that either will do.
    """
    copies = [(q.source, f) for q, f in zip(queries, found, strict=True) if q.source is not None]
    own = [f for q, f in zip(queries, found, strict=True) if q.source is None]
    right = sum(f is not None and (f == s or (same is not None and same(f, s))) for s, f in copies)
    named = sum(f is not None for f in found)
    return {
        "precision": right / max(named, 1),
        "recall": right / max(len(copies), 1),
        "false_alarm_rate": sum(f is not None for f in own) / max(len(own), 1),
    }
