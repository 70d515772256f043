"""The commands that the Chinese pages show work as they stand, in their order, against a demo newsroom."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.live import Live

DOCS = Path(__file__).parents[2] / "docs"
SAID = {
    "tutorial": ['"reasons"', '"accepted": 1', "农业、农村", "歧坪镇", "reprint", "created"],
    "app-developer": ["古蔺县本地消息", "invalid_event", "行为：收下 5 条", '"erased"'],
    "editor": ["古蔺石刻", "·文化、休闲娱乐", "stories.jsonl"],
    "operator": ["[(0, '", "210 家已展示", "The audit trail is whole", "stand again"],
    "scientist": ["data hash is", "Name: count", "encoder-static@", "local:ganhuangcao 赶黄草"],
    "reader-rights": ["/me#tfl_", '"by_reader"', "条行为", '"erased"'],
}
"""By page, what must come out: some of what the page itself shows."""


def test_every_page_that_shows_commands_is_tried() -> None:
    shown = {
        file.stem for file in (DOCS / "zh").glob("*.md") if "```bash" in file.read_text(encoding="utf-8")
    }
    assert shown == set(SAID)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("page", SAID)
def test_the_commands_of_a_page_work(page: str, live: Live, tmp_path: Path) -> None:
    text = (DOCS / "zh" / f"{page}.md").read_text(encoding="utf-8")
    script = "".join(re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    (tmp_path / "docs").symlink_to(DOCS)
    environment = {
        **os.environ,
        "TIANFU_URL": live.address,
        "TIANFU_DATA_DIR": str(live.demo.data_dir),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert [words for words in SAID[page] if words not in done.stdout] == []
    assert [words for words in SAID[page] if words not in text] == []
