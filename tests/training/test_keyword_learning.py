import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from tianfu.embeddings.tagging.keyword_candidates import FEATURES
from tianfu.embeddings.tagging.keyword_table import load_keyword_table
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.training.keywords.learn import fit, offer
from tianfu.training.keywords.measure import by_rarity, score
from tianfu.training.keywords.readings import Reading, read_readings

CROPS = ("枇杷", "花椒", "茶叶", "柑橘", "核桃", "蚕桑", "生猪", "脆李", "猕猴桃", "油菜")
PLACES = ("晒坝", "冷库", "大棚", "山坡", "果园", "市场", "车间", "梯田", "合作社", "码头")


def a_reading(number: int) -> Reading:
    crop, place = CROPS[number % len(CROPS)], PLACES[number // len(CROPS)]
    title = f"乡亲们在{place}忙着收{crop}"
    body = f"今年{crop}长势好。{place}里人来人往，{crop}装上了车，{crop}要运到外地去。"
    return Reading(str(number), title, body, frozenset({crop}), frozenset({place}))


def test_weights_learnt_from_readings_prefer_what_readers_chose() -> None:
    table, segmenter = load_keyword_table(), load_segmenter()
    readings = [a_reading(number) for number in range(60)]
    weights, bias = fit([offer(one, table, segmenter) for one in readings])
    learnt = replace(table, weights=weights, bias=bias)
    new = a_reading(77)
    found = offer(new, learnt, segmenter)
    odds = found.features @ np.array(weights) + bias
    assert len(weights) == len(FEATURES)
    assert found.found[int(np.argmax(odds))].text in new.keywords


def test_a_score_counts_what_stands_what_was_chosen_and_what_was_found() -> None:
    readings = [
        Reading("1", "", "", frozenset({"a", "b"}), frozenset({"c"})),
        Reading("2", "", "", frozenset({"d", "e"}), frozenset()),
    ]
    found = score([["a", "c", "x"], ["d"]], readings)
    assert (found.a_story, found.stands, found.best, found.found) == (2.0, 0.75, 0.5, 0.5)
    assert found.stands_95[0] <= found.stands <= found.stands_95[1]


def test_rarest_words_are_the_reference() -> None:
    assert by_rarity([a_reading(3)], load_keyword_table(), load_segmenter()).found == 1.0


def test_readings_are_put_beside_their_stories(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "made.jsonl.gz", "wt", encoding="utf-8") as rows:
        for name in ("one", "two"):
            rows.write(json.dumps({"id": name, "title": f"《{name}》", "body": "正文"}) + "\n")
    labels = tmp_path / "labels.jsonl"
    row = {"source": "made", "story": "two", "keywords": ["《two》"], "also": ["two", "正文"]}
    labels.write_text(json.dumps(row) + "\n", encoding="utf-8")
    (reading,) = read_readings(labels, tmp_path)
    assert (reading.title, reading.keywords, reading.also) == ("《two》", {"two"}, {"正文"})


def test_labels_name_stories_once_and_hold_no_sentences() -> None:
    path = Path(__file__).parents[2] / "training" / "labels" / "keywords.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len({(row["source"], row["story"]) for row in rows}) == len(rows)
    longest = max(len(word) for row in rows for word in (*row["keywords"], *row["also"]))
    assert longest <= 60
