"""A service in process, reached over a line that may fail."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from support.builders import NOW, FakeClock
from support.fakes import fake_parts
from support.lines import Line, Site, Through, a_row

from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = FakeClock(NOW)
    app = create_app(
        ServiceSettings(data_dir=tmp_path, requests_per_minute=0),
        build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock),
    )
    with TestClient(app) as served:
        yield Site(served, clock, Line(Through(served)), [])


@pytest.fixture
def stories(site: Site) -> Sequence[str]:
    """Ids of a dozen stories, indexed."""
    at = site.clock.now() - timedelta(hours=1)
    found = site.client().send_stories([a_row(n, published_at=at) for n in range(12)], wait_s=20)
    assert found.rejected == 0
    return [row.story_id or "" for row in found.results]
