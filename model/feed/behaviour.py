"""Features of candidates from what readers click and from texts, known at the moment of asking."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.clicks import HALF_LIVES_S, READS, ClickStream, Numbers, Reads

Floats32 = npt.NDArray[np.float32]
Likeness = Callable[[Sequence[int], Numbers], Floats32]
"""Takes numbers of stories read and of candidates, gives cosines of texts, shape (reads, candidates)."""

FEATURES = (
    *(f"clicks_{int(half_life // 60)}m" for half_life in HALF_LIVES_S),
    "share_30m", "share_3h", "rise_30m_3h", "rise_3h_24h",
    "since_first", "since_latest", "clicks_in_all",
    "after_last", "beside_last", "like_last",
    "after_reads", "beside_reads", "like_reads_mean", "like_reads_most",
    "reader_idle", "reader_reads", "hour", "traffic_1h",
)  # fmt: skip
TEXT_FEATURES = ("like_last", "like_reads_mean", "like_reads_most")
_LOST = 20.0
_STEP = 0.8
_BEIJING_S = 8 * 3_600

SOURCES = ("popular", "rising", "read_after", "alike", "new")


def propose(
    stream: ClickStream, reads: Reads, now_s: float, alike: Callable[[int], Numbers]
) -> Mapping[str, Numbers]:
    """Candidates by source, of the stories that were ever clicked.

    ``popular`` 150 by clicks of three hours, ``rising`` 80 by clicks of thirty minutes, ``read_after`` 60
    after each of the last reads, ``alike`` by text to each of the last three, ``new`` the 60 first clicked
    last.

    Args:
        stream: What was clicked so far.
        reads: Of the reader.
        now_s: Seconds since the epoch.
        alike: Gives the stories nearest to one by text, strictly among those already in the stream.
    """
    every = np.arange(len(stream), dtype=np.intp)
    counts = stream.counts(every, now_s)
    nobody = np.zeros(0, dtype=np.int64)
    last = [read.number for read in reads.last]
    return {
        "popular": stream.numbers[_top(counts[3], 150)],
        "rising": stream.numbers[_top(counts[1], 80)],
        "read_after": np.concatenate([nobody, *(stream.followers(number, 60) for number in last)]),
        "alike": np.concatenate([nobody, *(alike(number) for number in last[-3:])]),
        "new": stream.numbers[-60:],
    }


def features(
    stream: ClickStream, reads: Reads, candidates: Numbers, now_s: float, likeness: Likeness
) -> Floats32:
    """One row a candidate, shape (n, len(FEATURES)).

    Counts and times are logarithms of one plus clicks or minutes; shares are relative to the most clicked
    candidate; ``after_…`` and ``beside_…`` come from :meth:`ClickStream.after`, over the last ten reads with
    weights falling by a fifth each.

    Args:
        stream: What was clicked so far, strictly before now.
        reads: Of the reader; empty for someone new.
        candidates: Story numbers.
        now_s: Seconds since the epoch.
        likeness: See :data:`Likeness`.
    """
    slots = stream.slots_of(candidates)
    counts = stream.counts(slots, now_s)
    since_first, since_latest, total = stream.times(slots, now_s)
    n = len(candidates)
    columns = [
        *np.log1p(counts),
        counts[1] / max(float(counts[1].max(initial=0.0)), 1e-9),
        counts[3] / max(float(counts[3].max(initial=0.0)), 1e-9),
        counts[1] / (counts[3] + 0.5),
        counts[3] / (counts[5] + 0.5),
        np.log1p(np.maximum(since_first, 0.0) / 60),
        np.log1p(np.maximum(since_latest, 0.0) / 60),
        np.log1p(total),
        *_reader_columns(stream, reads, candidates, slots, now_s, likeness),
        np.full(n, _idle(reads, now_s)),
        np.full(n, min(reads.count, 30)),
        np.full(n, (now_s + _BEIJING_S) % 86_400 / 3_600),
        np.full(n, np.log1p(counts[2].sum())),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _idle(reads: Reads, now_s: float) -> float:
    return float(np.log1p(max(0.0, now_s - reads.last[-1].at_s) / 60)) if reads.last else _LOST


def _reader_columns(
    stream: ClickStream,
    reads: Reads,
    candidates: Numbers,
    slots: npt.NDArray[np.intp],
    now_s: float,
    likeness: Likeness,
) -> list[npt.NDArray[np.float64]]:
    if not reads.last:
        return [np.zeros(len(candidates))] * 7
    last = [read.number for read in reversed(reads.last[-READS:])]
    alike = likeness(last, candidates).astype(np.float64)
    steps = _STEP ** np.arange(len(last))
    pairs = [stream.after(number, slots, now_s) for number in last]
    after = np.stack([forward for forward, _ in pairs])
    beside = np.stack([both for _, both in pairs])
    return [
        after[0],
        beside[0],
        alike[0],
        steps @ after,
        steps @ beside,
        steps @ alike / steps.sum(),
        alike.max(axis=0),
    ]


def _top(values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.intp]:
    if len(values) <= count:
        return np.arange(len(values), dtype=np.intp)
    return np.argpartition(-values, count)[:count]
