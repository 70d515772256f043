"""What the documentation shows runs as it stands, and the client stays light."""

import re
import runpy
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.lines import Site

from tianfu.client.calls import Calls
from tianfu.client.methods import Method, Pages
from tianfu.model.access import Role

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A shell with the keys of a newsroom, whose network leads to the service in process."""
    site.clock.time = datetime.now(UTC)
    real = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **_: real(transport=site.line))
    monkeypatch.setenv("TIANFU_URL", "http://testserver/")
    monkeypatch.setenv("TIANFU_KEY", site.key(Role.APP, "lizhou"))
    monkeypatch.setenv("TIANFU_EDITOR_KEY", site.key(Role.EDITOR, "lizhou"))
    return site


def site_events(site: Site, device: str) -> list[str]:
    """Stories of which the service knows that this device did something with them."""
    taken = site.client(Role.APP, "lizhou").export_reader(device, kind="device")
    return [event.story_id for event in taken.events]


def test_the_page_on_the_client_shows_code_that_runs(
    environment: Site, stories: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"```python\n(.*?)```", (DOCS / "client.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    exec(compile(found[1], "client.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.count("利州区第") == 10
    assert len(site_events(environment, "d-1")) == 10


def test_the_newsrooms_example_runs(
    environment: Site, stories: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(DOCS / "examples" / "newsroom.py"), run_name="__main__")
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    assert "标签：" in printed.out
    assert "稿件：created" in printed.out
    assert "行为：收下 5 条" in printed.out
    assert "（利州区融媒体中心）" in printed.out


def test_every_call_is_on_the_page() -> None:
    page = (DOCS / "client.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert {name for name, one in vars(Calls).items() if isinstance(one, Method | Pages)} <= named


def test_the_client_loads_nothing_of_the_service() -> None:
    heavy = ("numpy", "faiss", "fastapi", "sqlalchemy", "onnxruntime", "tianfu.serving", "tianfu.embeddings")
    asked = f"import sys, tianfu.client; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
