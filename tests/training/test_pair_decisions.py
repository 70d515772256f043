"""The judge learns from what editors said of pairs, joined or told apart."""

import json
from pathlib import Path

import pytest
from support.builders import a_body
from support.decided import a_pair, write_decided_pairs
from support.training_data import write
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.model.cluster import Relation
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import PairText
from tianfu.model.release import data_hash_of
from tianfu.training.decisions.pairs import newer_pairs, read_pair_sides
from tianfu.training.pairs.sources import from_decisions, from_files
from tianfu.training.pairs.train import train_pairs
from tianfu.training.snapshot import open_snapshot

pytestmark = pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")


def test_only_editors_pairs_of_known_stories_are_labels(tmp_path: Path) -> None:
    more = [
        a_pair("a001", "a003", "reprint", by="pairs-lexical@3"),
        a_pair("a002", "elsewhere", "reprint"),
        a_pair("a003", "a004", "identical"),
        a_pair("b003", "a003", "same_event"),  # the word that stands last on a pair
    ]
    sides = read_pair_sides(write_decided_pairs(tmp_path / "s", more=more))
    counts = sides.checks.facts["counts"]
    assert (counts["decided"], counts["by_models"], counts["outside"]) == (61, 1, 1)
    relations = {(pair.a[0], pair.b[0]): pair.relation for pair in sides.train}
    assert relations["青川第3件事", "旺苍第4件事"] == "reprint"
    assert "same_event" in relations.values()


def test_pairs_that_hang_together_are_on_one_side(tmp_path: Path) -> None:
    folder = write_decided_pairs(tmp_path / "s", more=[a_pair("a000", "a059", "unrelated")])
    sides = read_pair_sides(folder)
    assert sides.checks.facts["leakage"]["copies_on_both_sides"] == 0
    assert sides.checks.facts["refused"] == []
    assert sides.checks.facts["late"] == 2  # the pair of the last day, and the one that ties it to the first
    assert not {pair.group for pair in sides.train} & {pair.group for pair in sides.held}
    assert len(newer_pairs(folder, since=sides.cut)) == len(sides.held)


def test_a_judge_learns_from_decisions_alone_and_again_the_same(tmp_path: Path) -> None:
    cards = []
    for name in ("one", "two"):
        data, out = write_decided_pairs(tmp_path / name), tmp_path / f"{name}-out"
        cards.append(train_pairs(from_decisions(data, out), target=out, version="t"))
    assert cards[0] == cards[1]
    prints = [load_artefact(tmp_path / f"{name}-out", kind="pairs").fingerprint for name in ("one", "two")]
    assert prints[0] == prints[1]
    assert cards[0]["metrics"]["reprint_f1"] > 0.9
    assert cards[0]["on_newer_pairs"]["pairs"] == 12
    assert cards[0]["on_newer_pairs"]["reprint_f1"] > 0.9
    held = read_pair_sides(tmp_path / "one").held
    judge = load_pair_judge(tmp_path / "one-out")
    copy = next(pair for pair in held if pair.relation == "reprint")
    a, b = (PairText(title=title, body=body) for title, body in (copy.a, copy.b))
    verdict = judge.judge(a, b, 0.0)
    assert verdict.relation is Relation.REPRINT
    checks = json.loads((tmp_path / "one-out" / "data-checks.json").read_text(encoding="utf-8"))
    assert checks["balance"] == {
        "reprint": {"train": 24, "held": 6},
        "unrelated": {"train": 24, "held": 6},
    }


def test_the_command_names_the_judge_and_tells_how_far_it_is(tmp_path: Path) -> None:
    data, out = write_decided_pairs(tmp_path / "data"), tmp_path / "out"
    words = ["train", "pairs", "--data", str(data), "--out", str(out), "--name", "pairs-mine"]
    done = CliRunner().invoke(app, [*words, "--version", "2026.11"])
    assert done.exit_code == 0, done.output
    assert load_pair_judge(out).version == "pairs-mine@2026.11"
    assert "pairs: " in done.stderr


def test_a_changed_pair_gives_another_hash_and_another_judge(tmp_path: Path) -> None:
    hashes, prints = [], []
    for name, more in (("one", []), ("two", [a_pair("a002", "b004", "unrelated")])):
        data, out = write_decided_pairs(tmp_path / name, more=more), tmp_path / f"{name}-out"
        card = train_pairs(from_decisions(data, out), target=out, version="t")
        hashes.append(data_hash_of(card))
        prints.append(load_artefact(out, kind="pairs").fingerprint)
    assert hashes[0] == open_snapshot(tmp_path / "one").data_hash
    assert hashes[0] != hashes[1]
    assert prints[0] != prints[1]


def test_decisions_stand_beside_labelled_pairs(tmp_path: Path) -> None:
    data, out = write_decided_pairs(tmp_path / "s"), tmp_path / "a"
    held = read_pair_sides(data).held[0]
    rows = [
        {"a": {"title": f"旧闻{n}", "body": a_body(n)}, "b": {"title": f"旧闻{n}", "body": a_body(n)},
         "relation": "reprint"} for n in range(900, 906)
    ]  # fmt: skip
    sides = ({"title": text[0], "body": text[1]} for text in (held.a, held.b))
    leaked = dict(zip("ab", sides, strict=True)) | {"relation": "unrelated"}
    write(tmp_path / "dev.jsonl.gz", [*rows, leaked])
    write(tmp_path / "news.jsonl.gz", [row["a"] for row in rows])
    files = from_files(tmp_path / "dev.jsonl.gz", [tmp_path / "news.jsonl.gz"])

    both = from_decisions(data, out, beside=files)

    assert len(both.labelled) == 48 + 6  # what is measured on is in no file
    assert len(list(both.stories())) == 6 + 120
    assert train_pairs(both, target=out, version="t")["trained_on"]["decided"] == 48


def test_too_few_decided_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="too little"):
        from_decisions(write_decided_pairs(tmp_path / "s", pairs=20), tmp_path / "a")
    apart = [a_pair(f"a{n:03}", f"b{n:03}", "same_topic") for n in range(0, 60, 2)]
    with pytest.raises(UnreadableFile, match="confirmed 0 copies and told 48 pairs apart"):
        from_decisions(write_decided_pairs(tmp_path / "u", more=apart), tmp_path / "c")
    with pytest.raises(UnreadableFile, match="no editor decided"):
        from_decisions(write_decided_pairs(tmp_path / "t", pairs=0), tmp_path / "b")
