"""The demo newsroom, made once a run, however many processes run the tests."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.live import Demo, demo_in, make_demo


@pytest.fixture(scope="session")
def demo_mould(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo to copy from; ``TIANFU_DEMO_DIR`` may name one that `tianfu demo` made today."""
    given = os.environ.get("TIANFU_DEMO_DIR")
    if given and (found := demo_in(Path(given), datetime.now(UTC))):
        return found
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-mould"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return demo_in(folder, datetime.now(UTC)) or make_demo(folder)
