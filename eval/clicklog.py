"""A log of clicks, and its replay in strict order of time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.eval.rows import Row, parsed_rows, text_of
from tianfu.model.errors import InvalidInput
from tianfu.model.feed.behaviour import propose
from tianfu.model.feed.clicks import ClickStream, Numbers, Reads
from tianfu.model.ports import Encoder, FloatMatrix

_ALIKE = 20


@dataclass(frozen=True, slots=True)
class Click:
    """One click; ``story`` is the story's place in the log's ``titles``."""

    reader: str
    story: int
    at_s: float


@dataclass(frozen=True, slots=True)
class ClickLog:
    """Clicks in order of time, and the title of each story."""

    clicks: Sequence[Click]
    titles: Sequence[str]

    @property
    def end_s(self) -> float:
        """Time of the last click."""
        return self.clicks[-1].at_s if self.clicks else 0.0


def read_log(clicks: Path, news: Path) -> ClickLog:
    """Read ``{"user_id", "news_id", "read_time"}`` and ``{"news_id", "title"}``.

    A clicked story without a title has an empty one.  Clicks of the same second keep the file's order.

    Raises:
        UnreadableFile: A file is missing or a row breaks its form.
    """
    titles = dict(parsed_rows([news], _title))
    rows = sorted(parsed_rows([clicks], _click), key=lambda row: row[2])
    places = {story: place for place, story in enumerate(dict.fromkeys(story for _, story, _ in rows))}
    return ClickLog(
        clicks=[Click(reader, places[story], at_s) for reader, story, at_s in rows],
        titles=[titles.get(story, "") for story in places],
    )


def _title(row: Row) -> tuple[str, str]:
    return text_of(row, "news_id"), text_of(row, "title", empty=True)


def _click(row: Row) -> tuple[str, str, float]:
    at_s = row.get("read_time")
    if isinstance(at_s, bool) or not isinstance(at_s, int | float):
        raise InvalidInput(field="read_time", why="must be seconds since the epoch")
    return text_of(row, "user_id"), text_of(row, "news_id"), float(at_s)


class Titles:
    """Vectors of all titles, looked at only as far as stories have appeared."""

    def __init__(self, encoder: Encoder, titles: Sequence[str]) -> None:
        self._vectors: FloatMatrix = encoder.encode(titles)

    def likeness(self, reads: Sequence[int], candidates: Numbers) -> FloatMatrix:
        """Cosines, shape (reads, candidates)."""
        cosines: FloatMatrix = self._vectors[list(reads)] @ self._vectors[candidates].T
        return cosines

    def alike(self, story: int, known: Numbers) -> Numbers:
        """Of the stories known by now the twenty nearest to one."""
        cosines = self._vectors[known] @ self._vectors[story]
        order = np.argsort(-cosines, kind="stable")[: _ALIKE + 1]
        nearest: Numbers = np.array(known[order], dtype=np.int64)
        others: Numbers = nearest[nearest != story]
        return others


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The moment before a reader's first click on a story, with only what happened strictly earlier.

    Attributes:
        stream: What was clicked until then.
        already: Stories the reader has clicked before; never ranked again.
        proposed: Candidates by source, without those already clicked.
        since_first_s: Seconds since anybody first clicked the story; ``None`` when nobody had.
    """

    click: Click
    stream: ClickStream
    reads: Reads
    already: frozenset[int]
    proposed: Mapping[str, Numbers]
    since_first_s: float | None

    @property
    def candidates(self) -> Numbers:
        """Every candidate once, ascending."""
        return np.unique(np.concatenate(list(self.proposed.values())))


def replay(log: ClickLog, titles: Titles, *, since_s: float, until_s: float = np.inf) -> Iterator[Moment]:
    """Walk through a log and stop before each first click of a reader on a story within a span.

    Clicks of the very same second as the one asked about have not happened yet.

    Yields:
        Moments in order; each is good only until the next is asked for, for the stream moves on.
    """
    stream = ClickStream(log.clicks[0].at_s if log.clicks else 0.0)
    already: dict[str, set[int]] = {}
    first_s: dict[int, float] = {}
    waiting: list[Click] = []
    for click in log.clicks:
        if click.at_s >= until_s:
            return
        if waiting and waiting[0].at_s < click.at_s:
            _happen(waiting, stream, already, first_s)
        mine = already.get(click.reader, set())
        repeated = click.story in mine or any(
            w.reader == click.reader and w.story == click.story for w in waiting
        )
        if since_s <= click.at_s and not repeated:
            yield _moment(click, stream, frozenset(mine), first_s.get(click.story), titles)
        waiting.append(click)


def _happen(
    waiting: list[Click], stream: ClickStream, already: dict[str, set[int]], first_s: dict[int, float]
) -> None:
    for click in waiting:
        stream.add(click.reader, click.story, click.at_s)
        already.setdefault(click.reader, set()).add(click.story)
        first_s.setdefault(click.story, click.at_s)
    waiting.clear()


def _moment(
    click: Click, stream: ClickStream, already: frozenset[int], first_s: float | None, titles: Titles
) -> Moment:
    reads = stream.reads_of(click.reader)
    known = stream.numbers
    found = propose(stream, reads, click.at_s, lambda story: titles.alike(story, known))
    out = np.fromiter(already, dtype=np.int64, count=len(already))
    return Moment(
        click=click,
        stream=stream,
        reads=reads,
        already=already,
        proposed={source: _without(numbers, out) for source, numbers in found.items()},
        since_first_s=None if first_s is None else click.at_s - first_s,
    )


def _without(numbers: Numbers, out: npt.NDArray[np.int64]) -> Numbers:
    return np.unique(numbers[~np.isin(numbers, out)])
