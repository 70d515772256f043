"""The real models, the real command line, real processes."""

from collections.abc import Iterator

import pytest
from support.live import Demo, Live, copy_of, serving


@pytest.fixture(scope="session")
def demo(demo_mould: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return copy_of(demo_mould, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def live(demo: Demo) -> Iterator[Live]:
    with serving(demo) as found:
        yield found
