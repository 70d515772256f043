"""The notebooks run to their end, and become pages with what they printed and drew."""

import base64
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"
MAKER = DOCS / "making" / "notebooks.py"
SAID = {
    "vectors": ["330 篇稿件，每篇 768 个数", "的原稿排第一"],
    "tagger": ["编辑判断了", "topics-gulin", "to learn from", "what ships serves again"],
    "rankers": ["page_auc", "feed-mine", "个页面", "settles nothing"],
}
"""By notebook, what stands in its outputs."""


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebooks", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_notebook_is_left_out(maker: ModuleType) -> None:
    assert [source.stem for source in maker.sources()] == sorted(SAID)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SAID)
def test_a_notebook_runs_and_becomes_a_page(name: str, maker: ModuleType, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(MAKER), str(tmp_path / "out"), name],
        env=environment, capture_output=True, text=True, timeout=550, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    source = DOCS / "notebooks" / f"{name}.py"
    text, pictures = maker.page(source, tmp_path / "out")
    assert [words for words in SAID[name] if words not in text] == []
    assert str(tmp_path) not in text
    assert text.startswith("# ")
    for file, content in pictures.items():
        assert content.startswith(b"\x89PNG")
        assert f"]({file})" in text
    assert bool(pictures) == ("plt.show()" in source.read_text(encoding="utf-8"))


def test_outputs_of_another_text_are_not_shown(maker: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "one.py"
    source.write_text("# %% [markdown]\n# # 一\n\n# %%\nprint(1)\n", encoding="utf-8")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "print(1)"}
    picture = base64.b64encode(b"\x89PNG").decode()
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "\x1b[1m一百\x1b[0m\n"},
        {"output_type": "stream", "name": "stderr", "text": "不显示\n"},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture}},
    ]
    heading = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# 一"}
    told = {"nbformat": 4, "nbformat_minor": 5, "cells": [heading, cell]}
    for digest, shown in ((maker._hash(source), True), ("other", False)):
        metadata = {maker.SOURCE_HASH: digest}
        (tmp_path / "one.ipynb").write_text(json.dumps({**told, "metadata": metadata}), encoding="utf-8")
        text, pictures = maker.page(source, tmp_path)
        assert ("```text\n一百\n```" in text, bool(pictures)) == (shown, shown)
        assert "不显示" not in text
