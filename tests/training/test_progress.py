"""How long work shows how far it is."""

import pytest

from tianfu.cli import show


def test_a_log_hears_of_each_step_once_and_of_a_long_one_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 0.0, 10.0, 31.0, 31.0, 32.0, 32.0))
    monkeypatch.setattr(show.time, "monotonic", lambda: next(clock))

    with show.progress_bars() as advance:
        advance("encoding", 0, 900)
        advance("encoding", 200, 900)
        advance("encoding", 600, 900)
        advance("final model", 0, 0)

    assert capsys.readouterr().err.splitlines() == [
        "encoding: 0 of 900",
        "encoding: 600 of 900",
        "final model",
    ]
