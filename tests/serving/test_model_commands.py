"""The commands around versions of models, trials and drift, on a box whose service does not run."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.artefacts import a_ranker, a_tagger
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.model.artifacts import shipped_cards
from tianfu.model.errors import Conflict, NotFound


@pytest.fixture
def tianfu(tmp_path: Path) -> Any:
    """Runs a command on a data directory of its own."""
    (tmp_path / "data").mkdir()

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / "data")])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_a_version_is_imported_published_listed_shown_and_rolled_back(tianfu: Any, tmp_path: Path) -> None:
    folder = a_ranker(tmp_path / "mine", fresh=1.0)
    assert "mine@1 is in the registry" in tianfu("models", "import", str(folder))
    assert "serves" in tianfu("models", "publish", "ranker", "mine@1")
    listed = json.loads(tianfu("models", "list", "--json"))
    assert {row["kind"]: row["serves"] for row in listed["serving"]}["ranker"] == "mine@1"
    assert [row["version"] for row in listed["versions"] if row["id"] != "shipped"] == ["mine@1"]
    for name in ("mine@1", "mine", "feed_ranker"):
        assert '"mine"' in tianfu("models", "show", name)
    with pytest.raises(Conflict, match="serves already"):
        tianfu("models", "publish", "ranker", str(folder))
    assert "what ships" in tianfu("models", "rollback", "ranker")
    assert json.loads(tianfu("models", "move", "--json")) == []
    assert "0 vectors deleted" in tianfu("models", "clean")
    with pytest.raises(NotFound):
        tianfu("models", "move", "--pause")


def test_a_card_is_shown_by_every_name_that_lists_and_commands_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIANFU_DATA_DIR", raising=False)
    monkeypatch.delenv("TIANFU_DATABASE_URL", raising=False)
    (card,) = [card for card in shipped_cards() if card["kind"] == "topics"]
    for name in ("tagger", "topics", card["name"], f"{card['name']}@{card['version']}"):
        done = CliRunner().invoke(app, ["models", "show", name])
        assert (done.exit_code, json.loads(done.stdout)["name"]) == (0, card["name"])


def test_looking_for_a_model_makes_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIANFU_DATA_DIR", raising=False)
    monkeypatch.delenv("TIANFU_DATABASE_URL", raising=False)
    (tmp_path / "empty").mkdir()
    for folder in ("var", "empty"):
        assert CliRunner().invoke(app, ["models", "show", "nobody@1", "--data-dir", folder]).exit_code == 2
        assert CliRunner().invoke(app, ["models", "list", "--data-dir", folder]).exit_code == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_what_may_not_serve_is_taken_in_and_said_to_be_so(tianfu: Any, tmp_path: Path) -> None:
    weak = a_tagger(tmp_path / "weak", metrics={"micro_f1": 0.4})
    told = tianfu("models", "import", str(weak))
    assert "is in the registry" in told
    assert "below the floor of 0.5" in told
    assert "models publish" not in told


def test_a_trial_is_begun_reported_and_ended(tianfu: Any, tmp_path: Path) -> None:
    tianfu("models", "import", str(a_ranker(tmp_path / "mine", fresh=1.0)))
    tianfu("trials", "begin", "split", "mine@1", "--share", "0.2")
    trial_id = json.loads(tianfu("trials", "list", "--json"))[0]["id"]
    report = json.loads(tianfu("trials", "report", trial_id, "--json"))
    assert report["counts"]["candidate"]["feeds"] == 0
    tianfu("trials", "end", trial_id)
    assert "ended by hand" in tianfu("trials", "report", trial_id)


def test_machines_are_told_what_was_done_to_models_and_trials(tianfu: Any, tmp_path: Path) -> None:
    def told(*words: str) -> Any:
        with capture_logs():
            return json.loads(tianfu(*words, "--json"))

    weak = told("models", "import", str(a_tagger(tmp_path / "weak", metrics={"micro_f1": 0.4})))
    assert (weak["kind"], weak["may_serve"], "floor" in weak["why"]) == ("tagger", False, True)
    mine = told("models", "import", str(a_ranker(tmp_path / "mine", fresh=1.0)))
    assert (mine["version"], mine["may_serve"], len(mine["id"])) == ("mine@1", True, 64)
    trial = told("trials", "begin", "split", mine["id"], "--share", "0.2")
    assert told("trials", "report", trial["id"])["trial"]["model_id"] == mine["id"]
    assert told("trials", "end", trial["id"])["state"] == "ended"
    done = told("models", "publish", "ranker", mine["id"])
    assert done == {"kind": "ranker", "model_id": mine["id"], "serves": True, "move": None}
    assert told("models", "rollback", "ranker") == {"kind": "ranker", "model_id": None, "serves": True}
    assert told("models", "clean") == {"vectors": 0, "collections": 0}


def test_drift_of_an_empty_newsroom_is_none(tianfu: Any) -> None:
    found = json.loads(tianfu("drift", "--json"))
    assert (found["stories"], found["alarms"], found["vocabulary"]) == (0, [], None)
    assert "nothing beyond what is usual" in tianfu("drift")
