"""Several processes with a share of every batch learn what one learns with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support.live import free_port

from tianfu.model.errors import UnreadableFile
from tianfu.training.encoders import train_from_file
from tianfu.training.team import ALONE, Team

RUN = Path(__file__).parents[1] / "support" / "team_run.py"


def launched(processes: int, work: Path, *, steps: int = 6) -> list[float]:
    """Losses of a run on a tiny random net, started by accelerate's own launcher where there are several."""
    command = [sys.executable]
    if processes > 1:
        command += [
            "-m", "accelerate.commands.launch", "--cpu", "--num_processes", str(processes),
            "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no",
            "--main_process_port", str(free_port()),
        ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HOME": str(work / "home"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*command, str(RUN), str(work), str(steps)], env=environment, capture_output=True, text=True,
        timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, list[float]] = json.loads((work / "losses.json").read_text(encoding="utf-8"))
    return found["losses"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_learn_as_one_does_and_go_on_after_a_stop(tmp_path: Path) -> None:
    """Batches of nine do not halve evenly.  A run that was stopped ends like one that was not."""
    alone = launched(1, tmp_path / "one")
    both = launched(2, tmp_path / "two")
    assert alone[0] > alone[-1]
    assert both == pytest.approx(alone, rel=2e-4)
    launched(2, tmp_path / "stopped", steps=3)
    again = launched(2, tmp_path / "stopped")
    assert again == pytest.approx(both[3:], rel=1e-5)


def a_team(rank: int, size: int, everyone: list[torch.Tensor]) -> Team:
    return Team(rank=rank, size=size, gather=lambda own: torch.cat([*everyone]) if len(own) else own)


@pytest.mark.parametrize("count", [4, 5, 7])
def test_shares_make_up_the_batch_and_rows_come_back_in_order(count: int) -> None:
    texts = [str(n) for n in range(count)]
    shares = [Team(rank=rank, size=3).share(texts) for rank in range(3)]
    assert [text for share in shares for text in share] == texts
    vectors = [torch.tensor([[float(text)] for text in share], requires_grad=True) for share in shares]
    most = -(-count // 3)
    padded = [torch.cat([own.detach(), torch.zeros(most - len(own), 1)]) for own in vectors]
    whole = a_team(1, 3, padded).whole(vectors[1], count)
    assert whole.flatten().tolist() == [float(n) for n in range(count)]
    whole.sum().backward()
    assert vectors[1].grad is not None
    assert vectors[1].grad.flatten().tolist() == [3.0] * len(shares[1])


def test_alone_nothing_changes() -> None:
    rows = torch.ones(3, 2)
    assert ALONE.whole(rows, 3) is rows
    assert list(ALONE.share(["a", "b"])) == ["a", "b"]
    assert ALONE.leads


def test_a_batch_smaller_than_the_team_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="A batch of 2 cannot be shared by 3 processes"):
        Team(rank=0, size=3).share(["a", "b"])


def test_a_static_encoder_is_not_trained_by_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    (tmp_path / "run.toml").write_text("", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="one process"):
        train_from_file(tmp_path / "run.toml", data=None, out=None, progress=lambda _n, _d, _t: None)
