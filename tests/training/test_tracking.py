"""Runs in MLflow: only where asked for, only where asked to, and with all that a run tells."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from support.pages import a_snapshot, made_up
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.training.diary import Diary
from tianfu.training.tracking import TrackingFailed, current, tracked

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What MLflow puts beside the address would lie in the working directory, and be found."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_DISABLE_TELEMETRY", "MLFLOW_ALLOW_FILE_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sqlite", "folder"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    store = tmp_path / "store"
    store.mkdir()
    return f"sqlite:///{store / 'runs.db'}" if request.param == "sqlite" else store.as_uri()


def runs(address: str) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("tianfu")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def test_a_training_notes_settings_figures_and_its_card(address: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    data = a_snapshot(tmp_path / "data", made_up(300))
    words = ["train", "ranker", "--data", str(data), "--out", str(tmp_path / "ranker"), "--mlflow", address]
    config = Path(__file__).parents[2] / "training/configs/ranker.toml"
    done = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert done.exit_code == 0, done.output
    card = json.loads((tmp_path / "ranker" / "card.json").read_text(encoding="utf-8"))
    (run,) = runs(address)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["page_auc"] == pytest.approx(card["metrics"]["page_auc"])
    assert run.data.params["knots"] == str(card["settings"]["knots"])
    assert run.data.tags["data_hash"] == card["data"]["data_hash"]
    client = MlflowClient(tracking_uri=address)
    assert {file.path for file in client.list_artifacts(run.info.run_id)} >= {"card.json", "card.md"}
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"data", "ranker", "store"}, "nothing is written beside the address"


def test_curves_of_a_run_are_noted_step_by_step(address: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    with tracked(address, "encoder"):
        diary = Diary(tmp_path / "work", begins=0)
        for step in range(130):
            diary.note(step, {"loss/stories": 1.0 / (step + 1)})
        diary.close()
    (run,) = runs(address)
    history = MlflowClient(tracking_uri=address).get_metric_history(run.info.run_id, "loss/stories")
    assert [point.step for point in sorted(history, key=lambda point: point.step)] == list(range(130))
    assert type(current()).__name__ == "Untracked"


def test_a_training_that_fails_is_marked_so(address: str) -> None:
    with pytest.raises(RuntimeError, match="no"), tracked(address, "encoder"):
        raise RuntimeError("no")
    assert [run.info.status for run in runs(address)] == ["FAILED"]


def test_nothing_is_noted_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", _without_mlflow(builtins.__import__))
    with tracked(None, "ranker") as run:
        run.note(0, {"loss": 1.0})
        run.keep({}, Path())


def test_of_several_processes_one_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with tracked(f"sqlite:///{tmp_path / 'runs.db'}", "encoder") as run:
        run.note(0, {"loss": 1.0})
    assert list(tmp_path.iterdir()) == []


def test_mlflow_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", _without_mlflow(builtins.__import__))
    with pytest.raises(TrackingFailed, match="not installed") as refused, tracked("sqlite:///x.db", "ranker"):
        pass
    assert "tianfu[mlflow]" in refused.value.advice


def test_an_address_that_mlflow_refuses_is_said() -> None:
    with pytest.raises(TrackingFailed, match="cannot be written"), tracked("nonsense://x", "ranker"):
        pass


def _without_mlflow(usual: Any) -> Any:
    def found(name: str, *more: Any, **named: Any) -> Any:
        if name.split(".")[0] == "mlflow":
            raise ImportError(name, name="mlflow")
        return usual(name, *more, **named)

    return found
