"""Suite ``reprints``: edited copies should be found among many stories, and fast."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.baselines.copies import named_sources, nearest_by_minhash, nearest_by_simhash
from tianfu.eval.bootstrap import compare
from tianfu.eval.core import Comparison, Subject, SuiteResult, needed, record
from tianfu.eval.pictures import Example
from tianfu.eval.reprint_measures import CopyQuery, edit_bars, outcome_bars, reprint_measure
from tianfu.eval.rows import Row, name_of, parsed_rows, text_of
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import CopyIndex, PairJudge, PairText

NAME = "reprints"
RESAMPLES = 500
CANDIDATES = 40
_BATCH = 2_000
Corpus = Sequence[tuple[str, PairText]]


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Look queries up in a corpus, by fingerprints and the judge.

    Rows of the corpus are ``{"id", "title", "body"}``; those of queries have ``source`` too, the id of the
    story they copy or null, and may have ``edit``, the kind of edit that made the copy.

    Metrics: see :func:`~tianfu.eval.reprint_measures.reprint_measure`, and ``stories_per_second``.
    Baselines ``minhash`` (with LSH) and ``simhash`` learn their cut-offs from these very queries,
    cross-validated: copies of one source stay together.

    Args:
        files: One file or several of the corpus, then the file of queries.
        subject: Its limit counts queries.

    Raises:
        UnreadableFile: A file is missing, a row breaks its form, or an id stands twice in the corpus.
    """
    if len(files) < 2:
        raise UnreadableFile("The suite reprints needs a corpus and a file of queries.")
    began = time.perf_counter()
    corpus = _corpus_of(files[:-1])
    queries = parsed_rows(files[-1:], query_of, limit=subject.limit)
    judge = needed(subject.judge, "pairs")
    own = search_copies(corpus, queries, index=ReprintIndex(), judge=judge)
    others = baseline_searches(corpus, queries) if subject.baselines else {}
    found = {"model": own.found} | {name: search.found for name, search in others.items()}
    pictures = [outcome_bars(queries, found, same_text(corpus))]
    if any(query.edit for query in queries):
        pictures.append(edit_bars(queries, found, same_text(corpus)))
    return record(
        NAME,
        subject,
        len(queries),
        _compared(corpus, queries, own, others),
        began=began,
        pictures=pictures,
        examples=_examples(corpus, queries, own.found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySearch:
    """What a search found.

    Attributes:
        found: For each query the id of the story it is said to copy, or ``None``.
        stories_per_second: Stories and queries together, fingerprints, index and judging included.
    """

    found: tuple[str | None, ...]
    stories_per_second: float


def story_of(row: Row) -> tuple[str, PairText]:
    """Read one row ``{"id", "title", "body"}``; the body is cleaned.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    title, body = text_of(row, "title", empty=True), text_of(row, "body", empty=True)
    return name_of(row, "id"), PairText(title=title, body=html_to_text(body))


def query_of(row: Row) -> CopyQuery:
    """Read one row ``{"id", "title", "body", "source", "edit"?}``; no source is as good as null.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    number, text = story_of(row)
    source = None if row.get("source") is None else name_of(row, "source")
    edit = None if row.get("edit") is None else name_of(row, "edit")
    return CopyQuery(id=number, text=text, source=source, edit=edit)


def search_copies(
    corpus: Corpus,
    queries: Iterable[CopyQuery],
    *,
    index: CopyIndex,
    judge: PairJudge,
) -> CopySearch:
    """Put the corpus into an empty index and look every query up, as the service does."""
    began = time.perf_counter()
    for start in range(0, len(corpus), _BATCH):
        batch = corpus[start : start + _BATCH]
        index.add(range(start, start + len(batch)), [judge.fingerprint(text) for _, text in batch])
    rows = [best_copy(query.text, corpus, index=index, judge=judge) for query in queries]
    found = tuple(None if row is None else corpus[row][0] for row in rows)
    return CopySearch(found=found, stories_per_second=_speed(corpus, found, time.perf_counter() - began))


def best_copy(text: PairText, corpus: Corpus, *, index: CopyIndex, judge: PairJudge) -> int | None:
    """Row of the story that a text copies, by the judge's score, then containment, then row."""
    judged = []
    for candidate in index.candidates(judge.fingerprint(text), CANDIDATES):
        verdict = judge.judge(text, corpus[candidate.number][1], 0.0)
        if verdict.relation.is_copy:
            judged.append((-verdict.score, -verdict.containment, candidate.number))
    return min(judged)[2] if judged else None


def baseline_searches(corpus: Corpus, queries: Sequence[CopyQuery]) -> dict[str, CopySearch]:
    """The same by simpler methods; their cut-offs are chosen out of fold."""
    texts, asked = [text for _, text in corpus], [query.text for query in queries]
    answers = {}
    for name, search in (("minhash", nearest_by_minhash), ("simhash", nearest_by_simhash)):
        nearest = search(texts, asked)
        found = tuple(
            named_sources(
                nearest,
                [query.source for query in queries],
                [number for number, _ in corpus],
                same_text(corpus),
                [f"own {query.id}" if query.source is None else f"of {query.source}" for query in queries],
            )
        )
        answers[name] = CopySearch(found=found, stories_per_second=_speed(corpus, found, nearest.seconds))
    return answers


def same_text(corpus: Corpus) -> Callable[[str, str], bool]:
    """Whether two ids of the corpus are the same body, so that either will do; unknown ids are not."""
    bodies = {number: text.body for number, text in corpus}
    return lambda a, b: a in bodies and bodies[a] == bodies.get(b)


def _compared(
    corpus: Corpus, queries: Sequence[CopyQuery], own: CopySearch, others: Mapping[str, CopySearch]
) -> Comparison:
    same = same_text(corpus)
    found = compare(
        len(queries),
        reprint_measure(queries, own.found, same),
        {name: reprint_measure(queries, search.found, same) for name, search in others.items()},
        resamples=RESAMPLES,
    )
    speeds = {name: {"stories_per_second": search.stories_per_second} for name, search in others.items()}
    return replace(
        found,
        metrics={**found.metrics, "stories_per_second": own.stories_per_second},
        baselines={name: {**values, **speeds[name]} for name, values in found.baselines.items()},
    )


def _corpus_of(files: Sequence[Path]) -> Corpus:
    corpus = parsed_rows(files, story_of)
    seen: set[str] = set()
    for number, _ in corpus:
        if number in seen:
            raise UnreadableFile(f"The id {number} stands twice in the corpus.", advice="Ids must differ.")
        seen.add(number)
    return corpus


def _speed(corpus: Corpus, found: Sequence[object], seconds: float) -> float:
    return (len(corpus) + len(found)) / max(seconds, 1e-9)


def _examples(corpus: Corpus, queries: Sequence[CopyQuery], found: Sequence[str | None]) -> list[Example]:
    """Queries answered wrongly: those named wrongly first, then those missed."""
    titles, same = {number: text.title for number, text in corpus}, same_text(corpus)
    wrong = [
        (answer is None, row, answer)
        for row, (query, answer) in enumerate(zip(queries, found, strict=True))
        if answer != query.source and not (answer and query.source and same(answer, query.source))
    ]
    return [
        Example(
            titles=(queries[row].text.title,),
            truth=titles.get(queries[row].source or "", "a story of its own"),
            said="not found" if answer is None else titles[answer],
        )
        for _, row, answer in sorted(wrong, key=lambda item: item[:2])
    ]
