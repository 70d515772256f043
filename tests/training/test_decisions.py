"""Editors' decisions become labels, older and newer ones never mixed, and data are looked at first."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from support.decided import DAY, a_story, a_tag, write_decided
from support.snapshots import write_snapshot
from support.training_data import write

from tianfu.cli.learn import train_tagger_command
from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import TaggingText
from tianfu.training.decisions.sides import newer_stories, read_sides
from tianfu.training.decisions.split import grouped, split_by_time
from tianfu.training.decisions.stories import read_decided
from tianfu.training.snapshot import open_snapshot
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.linear import fit_margins
from tianfu.training.topics.train import train_topics

START = datetime(2026, 1, 1, tzinfo=UTC)


def config_of(data: Path, out: Path) -> TopicConfig:
    return TopicConfig(data=data, out=out, decisions=data, folds=3, most_ngrams=800)


def test_accepted_and_added_classes_become_labels_the_primary_one_first(tmp_path: Path) -> None:
    folder = write_decided(
        tmp_path / "s",
        stories=1,
        tags=[
            a_tag("s000", "31", is_primary=False, assigned_by="editor"),
            a_tag("s000", "38", "rejected"),
        ],
    )
    (story,) = read_decided(open_snapshot(folder)).stories
    assert (story.labels, story.judged) == (("14", "31"), None)


def test_a_class_left_open_is_no_answer(tmp_path: Path) -> None:
    tags = [a_tag("s000", "38", "suggested"), a_tag("r", "31", "rejected")]
    folder = write_decided(tmp_path / "s", stories=1, tags=tags)
    (story,) = read_decided(open_snapshot(folder)).stories
    assert (story.labels, story.judged) == (("14",), ("14",))


def test_a_story_whose_classes_were_all_rejected_tells_only_what_it_is_not(tmp_path: Path) -> None:
    folder = write_snapshot(
        tmp_path / "s", {"stories": [a_story(1, "14")], "tags": [a_tag("s001", "38", "rejected")]}
    )
    (story,) = read_decided(open_snapshot(folder)).stories
    assert (story.labels, story.judged) == ((), ("38",))


def test_what_cannot_be_learnt_from_is_left_out_and_counted(tmp_path: Path) -> None:
    odd = [
        a_story(200, "14", state="taken_down"),
        a_story(201, "14", title="", body="<p> </p>"),
        a_story(202, "14", published_at=None),
        a_story(203, "14"),
        a_story(204, "14", title=a_story(0, "14")["title"], body=a_story(0, "14")["body"]),
    ]
    tags = [a_tag(story["story_id"], "14") for story in odd if story["story_id"] != "s203"]
    tags[-1] |= {"code": "31", "decided_at": 300 * DAY}
    decided = read_decided(open_snapshot(write_decided(tmp_path / "s", stories=3, tags=tags)))
    assert decided.counts["decided"] == 3
    folder = write_snapshot(
        tmp_path / "t", {"stories": [a_story(0, "14"), *odd], "tags": [a_tag("s000", "14"), *tags]}
    )
    found = read_decided(open_snapshot(folder))
    assert {name: found.counts[name] for name in ("withdrawn", "without_text", "without_time")} == {
        "withdrawn": 1,
        "without_text": 1,
        "without_time": 1,
    }
    assert (found.counts["undecided"], found.counts["same_text"], found.counts["contradicting"]) == (1, 1, 1)
    (kept,) = found.stories  # of one text the one decided last
    assert (kept.story_id, kept.labels) == ("s204", ("31",))


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), min_size=1, max_size=40),
    st.floats(0.05, 0.5),
)
def test_no_group_and_no_moment_is_on_both_sides(items: list[tuple[int, int]], share: float) -> None:
    groups = [group for group, _ in items]
    times = [START + timedelta(days=day) for _, day in items]
    split = split_by_time(groups, times, held_share=share)

    assert sorted([*split.train, *split.held, *split.late]) == list(range(len(items)))
    assert not {groups[at] for at in split.train} & {groups[at] for at in split.held}
    assert split.held
    assert split.cut is not None
    assert all(times[at] < split.cut for at in split.train)
    assert all(times[at] >= split.cut for at in split.held)


def test_items_hang_together_over_others() -> None:
    assert grouped([("a",), ("b", "c"), ("c", "d"), ("d",), ("e",)]) == [0, 1, 1, 1, 4]


def test_copies_of_one_cluster_are_never_on_both_sides(tmp_path: Path) -> None:
    copy = a_story(89, "14", story_id="copy", cluster_id="c-1", body="转载：又一年春耕备耕忙。")
    folder = write_decided(
        tmp_path / "s",
        stories=90,
    )
    rows = [
        a_story(0, "14", cluster_id="c-1"),
        *(a_story(n, ["14", "31", "38"][n % 3]) for n in range(1, 90)),
    ]
    both = write_snapshot(
        tmp_path / "t",
        {
            "stories": [*rows, copy],
            "tags": [a_tag(row["story_id"], ["14", "31", "38"][n % 3]) for n, row in enumerate(rows)]
            + [a_tag("copy", "14")],
        },
    )
    alone, sides = read_sides(folder), read_sides(both)
    assert [story.story_id for story in sides.held] == [story.story_id for story in alone.held]
    assert sides.checks.facts["late"] == 1
    assert "copy" not in {story.story_id for story in sides.train}
    assert sides.checks.facts["leakage"]["copies_on_both_sides"] == 0
    newer = newer_stories(both, since=sides.cut)
    assert [story.story_id for story in newer] == [story.story_id for story in sides.held]


def test_a_tagger_learns_from_an_export_and_is_measured_on_newer_stories(tmp_path: Path) -> None:
    card = train_topics(config_of(write_decided(tmp_path / "s"), tmp_path / "a"))

    (tags,) = load_topic_tagger(tmp_path / "a").suggest(
        [TaggingText(title="苍溪水稻育秧", body="农户下田，农技员指导春耕。")]
    )
    assert tags[0].code == "14"
    assert card["metrics"]["micro_f1"] > 0.9
    assert (card["data"]["stories"], card["data"]["held"]) == (72, 18)
    assert card["data"]["data_hash"] == open_snapshot(tmp_path / "s").data_hash
    assert card["measured_on"].startswith("18 stories that editors decided")
    checks = json.loads((tmp_path / "a" / "data-checks.json").read_text(encoding="utf-8"))
    assert checks["balance"]["14"] == {"train": 24, "held": 6}
    assert any("needs 50 newer clusters" in line and "finds 18" in line for line in checks["warnings"])
    assert "to learn from" in (tmp_path / "a" / "data-checks.txt").read_text(encoding="utf-8")


def test_the_command_works_from_any_folder_and_takes_name_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train_tagger_command(
        write_decided(tmp_path / "s"),
        Path("own"),
        teacher=shipped("encoder"),
        name="topics-lizhou",
        version="2026.11",
    )
    assert load_artefact(tmp_path / "own", kind="topics").version == "topics-lizhou@2026.11"


def test_the_same_data_and_seed_give_the_same_artefact_and_a_changed_row_another_hash(tmp_path: Path) -> None:
    cards = [
        train_topics(config_of(write_decided(tmp_path / name), tmp_path / f"{name}-out"))
        for name in ("one", "two")
    ]
    prints = [load_artefact(tmp_path / f"{name}-out", kind="topics").fingerprint for name in ("one", "two")]
    assert prints[0] == prints[1]
    assert cards[0] == cards[1]
    other = write_decided(tmp_path / "three", tags=[a_tag("s001", "38", is_primary=False)])
    changed = train_topics(config_of(other, tmp_path / "three-out"))
    assert changed["data"]["data_hash"] != cards[0]["data"]["data_hash"]
    assert load_artefact(tmp_path / "three-out", kind="topics").fingerprint != prints[0]


def test_decisions_stand_beside_labelled_files_and_above_them(tmp_path: Path) -> None:
    export = write_decided(tmp_path / "s")
    held = read_sides(export).held[0]
    rows = [
        {"title": f"{n}号球队夺冠", "lead": f"联赛第{n}轮，球队进球夺冠。", "labels": ["39"]}
        for n in range(12)
    ]
    leaked = {"title": held.title, "lead": held.body, "labels": ["39"]}
    write(tmp_path / "files/topics/dev.jsonl.gz", [*rows, leaked])
    config = replace(config_of(tmp_path / "files", tmp_path / "a"), decisions=export)

    card = train_topics(config)

    assert card["data"]["stories"] == 72 + 12
    assert card["metrics"]["primary_accuracy"] > 0.9
    (tags,) = load_topic_tagger(tmp_path / "a").suggest([TaggingText(title="球队夺冠", body="联赛进球")])
    assert tags[0].code == "39"


@pytest.mark.parametrize(
    ("stories", "why"), [(0, "no editor decided anything"), (30, "too little to learn from: 24 older and 6")]
)
def test_too_few_decisions_are_refused_with_a_reason_and_a_report(
    tmp_path: Path, stories: int, why: str
) -> None:
    with pytest.raises(UnreadableFile, match=why):
        train_topics(config_of(write_decided(tmp_path / "s", stories=stories), tmp_path / "a"))
    assert why in (tmp_path / "a" / "data-checks.txt").read_text(encoding="utf-8")


def test_one_label_alone_is_refused(tmp_path: Path) -> None:
    rows = [a_story(3 * n, "14") for n in range(90)]
    tags = [a_tag(row["story_id"], "14") for row in rows]
    with pytest.raises(UnreadableFile, match="has the same label: 14"):
        train_topics(
            config_of(write_snapshot(tmp_path / "s", {"stories": rows, "tags": tags}), tmp_path / "a")
        )


def test_what_nobody_judged_teaches_a_class_nothing() -> None:
    features = sparse.csr_matrix(np.eye(3))
    truth = np.array([[True], [False], [False]])
    judged = np.array([[True], [True], [False]])
    model = fit_margins(features, truth, judged, np.ones(3), strength=10.0, seed=0)
    assert model.weights[1, 0] < 0.0
    assert model.weights[2, 0] == 0.0
