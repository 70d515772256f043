"""``tianfu eval`` from the outside: models by name, the record, the page."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from support.artefacts import a_ranker, a_tagger
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.cli.artefacts import artefact_folder
from tianfu.embeddings.artefact import CARD
from tianfu.model.artifacts import shipped, shipped_cards
from tianfu.model.errors import UnreadableFile
from tianfu.serving.services.cabinet import Cabinet

ROWS = [
    {"title": "苍溪县春耕备耕全面展开，农技人员下田指导育秧", "labels": ["14"]},
    {"title": "全县中学生篮球联赛昨晚落幕，乔庄中学夺冠", "labels": ["39"]},
    {"title": "剑阁县公布今年中小学招生办法", "labels": ["31"]},
    {"title": "县医院新增儿科夜间门诊", "labels": ["38"]},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tags.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_a_run_prints_a_table_writes_the_record_and_a_page(file: Path, tmp_path: Path) -> None:
    (card,) = [card for card in shipped_cards() if card["kind"] == "topics"]
    name = f"{card['name']}@{card['version']}"
    record, pages = tmp_path / "record.json", tmp_path / "pages"
    words = ["eval", "tagging", str(file), "--model", name, "--json", str(record), "--report", str(pages)]
    done = CliRunner().invoke(app, words)

    assert done.exit_code == 0, done.output
    assert "tfidf_svm" in done.output
    found = json.loads(record.read_text(encoding="utf-8"))
    assert found.keys() == {"suite", "model", "n", "metrics", "intervals", "baselines", "seconds"}
    assert found["metrics"].keys() == {
        "micro_f1",
        "macro_f1",
        "primary_accuracy",
        "ece",
        "coverage_at_precision_90",
    }
    assert (found["suite"], found["n"], found["model"]["name"]) == ("tagging", 4, card["name"])
    (page,) = pages.glob("tagging-*.html")
    text = page.read_text(encoding="utf-8")
    assert "农业、农村" in text
    assert not [row["title"] for row in ROWS if str(row["title"]) in text]


def test_a_faulty_row_ends_the_run_with_a_plain_sentence(file: Path) -> None:
    file.write_text('{"title": "春耕", "labels": ["77"]}\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["eval", "tagging", str(file)])
    assert isinstance(done.exception, UnreadableFile)  # told in one sentence by the program's edge
    assert done.exception.message == "tags.jsonl, line 1, labels: there is no class '77' in GB/T 20093."


def test_a_model_is_a_folder_or_a_shipped_name(tmp_path: Path) -> None:
    (card,) = [card for card in shipped_cards() if card["kind"] == "pairs"]
    assert artefact_folder(None, kind="pairs") == shipped("pairs")
    assert artefact_folder(str(tmp_path), kind="pairs") == tmp_path
    assert artefact_folder(f"{card['name']}@{card['version']}", kind="pairs") == shipped("pairs")
    with pytest.raises(typer.BadParameter, match=card["name"]):
        artefact_folder("nobody@1", kind="pairs")


def test_a_model_that_was_imported_is_named_as_the_registry_names_it(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "models")
    mine, _, _ = cabinet.take(a_tagger(tmp_path / "mine"))
    first, _, _ = cabinet.take(a_ranker(tmp_path / "one" / "twin", fresh=1.0))
    again, _, _ = cabinet.take(a_ranker(tmp_path / "two" / "twin", fresh=2.0))

    for name in ("mine@1", mine[:12]):
        assert artefact_folder(name, kind="topics", data_dir=tmp_path) == cabinet.path(mine)
    with pytest.raises(typer.BadParameter, match=first[:12]):
        artefact_folder("twin@1", kind="feed_ranker", data_dir=tmp_path)
    assert artefact_folder(again[:12], kind="feed_ranker", data_dir=tmp_path) == cabinet.path(again)
    with pytest.raises(typer.BadParameter, match="registry"):
        artefact_folder(mine[:4], kind="topics", data_dir=tmp_path)


def test_a_suite_measures_what_was_imported(file: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(shipped("topics"), tmp_path / "mine"))
    card = json.loads((mine / CARD).read_text(encoding="utf-8"))
    (mine / CARD).write_text(json.dumps({**card, "name": "mine", "version": "1"}), encoding="utf-8")
    Cabinet(tmp_path / "models").take(mine)
    record = tmp_path / "record.json"
    words = ["eval", "tagging", str(file), "--model", "mine@1", "--data-dir", str(tmp_path)]
    done = CliRunner().invoke(app, [*words, "--no-baselines", "--json", str(record)])

    assert done.exit_code == 0, done.output
    assert json.loads(record.read_text(encoding="utf-8"))["model"]["name"] == "mine"
