"""The suite of recommendations: strictly causal, by hand on a small log, and the ranker behind it."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.ranker import Ranker, load_ranker
from tianfu.eval.clicklog import Click, ClickLog, Moment, Titles, read_log, replay
from tianfu.eval.core import Subject
from tianfu.eval.recommendation import LOST, Ranks, run, walk_through
from tianfu.model.artifacts import shipped
from tianfu.model.errors import InvalidInput, UnreadableFile
from tianfu.model.feed.behaviour import FEATURES, features
from tianfu.model.feed.clicks import HALF_LIVES_S, READS, ClickStream

START = 1_000_000.0
WORDS = ("春耕备耕", "高速通车", "中学生运动会", "花椒丰收", "古城灯会", "医院义诊")


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return load_ranker(shipped("ranker"))


@pytest.fixture(scope="module")
def titles() -> Titles:
    return Titles(load_encoder(shipped("encoder")), WORDS)


def log_of(rows: Sequence[tuple[str, int, float]]) -> ClickLog:
    clicks = [Click(reader, story, START + at) for reader, story, at in rows]
    return ClickLog(sorted(clicks, key=lambda c: c.at_s), WORDS)


CLICKS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.integers(0, 40)), min_size=1, max_size=40
)


def seen(moment: Moment, titles: Titles) -> tuple[object, ...]:
    rows = features(moment.stream, moment.reads, moment.candidates, moment.click.at_s, titles.likeness)
    return moment.click, moment.already, moment.since_first_s, moment.candidates.tolist(), rows.tolist()


@given(CLICKS, st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_the_future_never_changes_what_is_known_at_a_moment(
    titles: Titles, rows: list[tuple[str, int, float]], cut: int
) -> None:
    whole = [seen(m, titles) for m in replay(log_of(rows), titles, since_s=0.0) if m.click.at_s < START + cut]
    past = [row for row in rows if row[2] < cut]
    alone = [seen(m, titles) for m in replay(log_of(past), titles, since_s=0.0)] if past else []
    assert whole == alone


def test_each_first_click_is_asked_once_and_clicks_of_the_same_second_are_not_known(titles: Titles) -> None:
    rows = [("a", 0, 0.0), ("b", 0, 5.0), ("a", 0, 6.0), ("b", 1, 6.0), ("a", 1, 6.0), ("a", 2, 9.0)]
    moments = [
        (m.click.reader, m.click.story, m.since_first_s) for m in replay(log_of(rows), titles, since_s=0.0)
    ]
    assert moments == [("a", 0, None), ("b", 0, 5.0), ("b", 1, None), ("a", 1, None), ("a", 2, None)]


def test_ranks_by_hand(titles: Titles, ranker: Ranker) -> None:
    # Story 0 is read by three, story 1 by one; d then reads 1, and 5 that nobody has read.
    rows = [("a", 0, 0.0), ("b", 0, 1.0), ("c", 0, 2.0), ("c", 1, 3.0), ("d", 1, 4.0), ("d", 5, 5.0)]
    walk = walk_through(log_of(rows), titles, ranker, Subject(since_s=START + 3.5))
    assert walk.methods["popular_3h"].ranks == [2, LOST]
    assert walk.reads == [0, 1]
    assert walk.methods["model"].ranks[1] == LOST


def test_coverage_is_the_share_of_known_stories_that_were_shown(titles: Titles, ranker: Ranker) -> None:
    # Before d's click 0, 1 and 2 are known; the ones d has read are not shown.
    rows = [("a", 0, 0.0), ("b", 1, 1.0), ("c", 2, 2.0), ("d", 0, 3.0), ("d", 1, 4.0)]
    walk = walk_through(log_of(rows), titles, ranker, Subject(since_s=START + 3.5))
    assert walk.methods["popular_3h"].shown == {1, 2}
    assert len(walk.known) == 3


def test_diversity_is_how_far_apart_the_first_ten_headlines_are(titles: Titles) -> None:
    of = Ranks()
    of.add(np.array([0, 1, 2]), 1, titles)
    of.add(np.array([3, 3]), 3, titles)
    of.add(np.array([4]), 4, titles)
    cosines = titles.likeness([0, 1, 2], np.array([0, 1, 2]))
    apart = 1 - (cosines[0, 1] + cosines[0, 2] + cosines[1, 2]) / 3
    assert of.variety == pytest.approx([apart, 0.0, 0.0], abs=1e-6)


def test_a_span_without_clicks_or_a_missing_file_is_refused(tmp_path: Path, ranker: Ranker) -> None:
    log, news = tmp_path / "clicks.jsonl", tmp_path / "news.jsonl"
    log.write_text('{"user_id": "a", "news_id": "n", "read_time": 5}')
    news.write_text('{"news_id": "n", "title": "题"}')
    subject = Subject(encoder=load_encoder(shipped("encoder")), ranker=ranker, since_s=6.0)
    with pytest.raises(InvalidInput, match="after every first click"):
        run([log, news], subject)
    with pytest.raises(InvalidInput, match="must be two"):
        run([log], subject)


def test_the_suite_writes_its_metrics_bands_and_baselines(tmp_path: Path, ranker: Ranker) -> None:
    rng = np.random.default_rng(3)
    clicks = [
        {
            "user_id": f"u{rng.integers(20)}",
            "news_id": f"n{rng.integers(6)}",
            "read_time": int(START + 60 * n),
        }
        for n in range(200)
    ]
    log, news = tmp_path / "clicks.jsonl", tmp_path / "news.jsonl"
    log.write_text("\n".join(json.dumps(row) for row in clicks))
    news.write_text("\n".join(json.dumps({"news_id": f"n{n}", "title": w}) for n, w in enumerate(WORDS)))
    encoder = load_encoder(shipped("encoder"))
    result = run([log, news], Subject(encoder=encoder, ranker=ranker, since_s=START + 3_000))
    assert result.metrics["hit_at_10"] == pytest.approx(1.0)
    assert {"popular_3h", "item_to_item", "without_text", "without_new"} <= result.baselines.keys()
    assert {
        "reads_0_hit_at_10",
        "reads_3_ndcg_at_10",
        "fresh_1h_mrr_at_20",
        "coverage",
        "diversity",
    } <= result.metrics.keys()
    low, high = result.intervals["ndcg_at_10"]
    assert low <= result.metrics["ndcg_at_10"] <= high


def test_a_faulty_click_is_named_by_line_and_field(tmp_path: Path) -> None:
    log, news = tmp_path / "clicks.jsonl", tmp_path / "news.jsonl"
    log.write_text('{"user_id": "a", "news_id": "n", "read_time": "soon"}')
    news.write_text('{"news_id": "n", "title": "题"}')
    with pytest.raises(UnreadableFile, match="line 1, read_time"):
        read_log(log, news)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8), st.integers(0, 900_000)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_counts_are_the_sums_of_decayed_clicks(rows: list[tuple[int, int, int]]) -> None:
    stream = ClickStream(START)
    for reader, story, at in sorted(rows, key=lambda row: row[2]):
        stream.add(f"r{reader}", story, START + at)
    now = START + 900_000
    slots = stream.slots_of(range(9))
    counts = stream.counts(slots, now)
    for story in range(9):
        for row, half_life in enumerate(HALF_LIVES_S):
            wanted = sum(math.exp2(-(900_000 - at) / half_life) for _, s, at in rows if s == story)
            assert counts[row, story] == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_what_is_read_after_is_a_share_of_the_storys_readers() -> None:
    stream = ClickStream(START)
    for n in range(9):
        stream.add(f"r{n}", 1, START)
        stream.add(f"r{n}", 2 if n < 6 else 3, START)
    forward, beside = stream.after(1, stream.slots_of([1, 2, 3, 77]), START)
    assert forward.tolist() == pytest.approx([0.0, 0.6, 0.3, 0.0])
    assert beside[1] == pytest.approx(6 / math.sqrt(10 * 7))
    assert stream.followers(1, 1).tolist() == [2]


def test_a_forgotten_reader_leaves_no_reads_behind() -> None:
    stream = ClickStream(START)
    for story in range(2 * READS):
        stream.add("r", story, START + story)
    assert [read.number for read in stream.reads_of("r").last] == list(range(READS, 2 * READS))
    stream.forget("r")
    assert stream.reads_of("r").last == ()


def test_old_clicks_fade_without_overflow() -> None:
    stream = ClickStream(0.0)
    for day in range(400):
        stream.add(f"r{day}", day % 3, day * 86_400.0)
        stream.add(f"r{day}", (day + 1) % 3, day * 86_400.0)
    slots = stream.slots_of([0, 1, 2])
    forward, _ = stream.after(0, slots, 400 * 86_400.0)
    assert np.isfinite(stream.counts(slots, 400 * 86_400.0)).all()
    assert np.isfinite(forward).all()
    assert 0.0 < forward[1] <= 1.0


def test_the_ranker_scores_any_number_of_rows(ranker: Ranker) -> None:
    rows = np.random.default_rng(1).random((7, len(FEATURES)), dtype=np.float32)
    assert ranker.score(rows).shape == (7,)
    assert ranker.score(rows[:0]).shape == (0,)
    assert ranker.score(rows[3:4])[0] == pytest.approx(ranker.score(rows)[3], abs=1e-5)
