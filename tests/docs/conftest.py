"""The site, built once, and a service for the commands that pages show."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live import Demo, Live, copy_of, serving
from support.site import BuiltSite, read_site

HOUSE = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltSite:
    """The site as `make docs-site` builds it, but without outputs of notebooks; warnings are errors."""
    folder = tmp_path_factory.mktemp("site")
    environment = {name: value for name, value in os.environ.items() if name != "TIANFU_NOTEBOOKS"}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=HOUSE, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return read_site(folder)


@pytest.fixture(scope="session")
def demo(demo_mould: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return copy_of(demo_mould, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def live(demo: Demo) -> Iterator[Live]:
    with serving(demo) as found:
        yield found
