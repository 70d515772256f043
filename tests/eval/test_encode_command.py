"""``tianfu encode``: files of stories or texts in, vectors out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tianfu.cli import app
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile

LONG = "果农正忙着采摘红心猕猴桃，今年又是一个丰收年。" * 40
ROWS: list[dict[str, Any]] = [
    {"id": "s-1", "title": "苍溪县红心猕猴桃喜获丰收", "body": f"<p>{LONG}</p><script>x()</script>"},
    {"title": "利州区春灌全面启动"},
    {"id": 7, "text": "县医院新增儿科夜间门诊"},
    {"text": "……"},
]
STORIES = [(ROWS[0]["title"], LONG), (ROWS[1]["title"], ""), (ROWS[2]["text"], ""), ("……", "")]


def encode(folder: Path, rows: Sequence[dict[str, Any]], *words: str) -> Result:
    file = folder / "stories.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return CliRunner().invoke(app, ["encode", str(file), *words])


def test_stories_are_read_as_the_service_reads_them(tmp_path: Path) -> None:
    target = tmp_path / "vectors.npy"
    done = encode(tmp_path, ROWS, "--out", str(target), "--json")
    assert done.exit_code == 0, done.output

    told, found = json.loads(done.stdout), np.load(target)
    encoder = load_encoder(shipped("encoder"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, encode_stories(encoder, STORIES), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 0], atol=1e-5)
    assert (told["rows"], told["dimension"]) == (4, encoder.dimension)
    assert told["fingerprint"] == encoder.fingerprint
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_lines_carry_ids_and_the_same_numbers_however_they_were_batched(tmp_path: Path) -> None:
    lines, matrix = tmp_path / "v.jsonl", tmp_path / "v.npy"
    assert encode(tmp_path, ROWS, "--out", str(lines), "--batch", "1").exit_code == 0
    done = encode(tmp_path, ROWS, "--out", str(matrix), "--model", str(shipped("encoder")))
    assert done.exit_code == 0, done.output
    assert "4 vectors" in done.stdout

    found = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [(row["row"], row["id"]) for row in found] == [(1, "s-1"), (2, None), (3, "7"), (4, None)]
    np.testing.assert_allclose([row["vector"] for row in found], np.load(matrix), atol=1e-6)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"body": "正文"}, "title: is missing"),
        ({"title": 3}, "title: must be text"),
        ({"id": []}, "id: must"),
    ],
)
def test_a_faulty_row_is_named_and_what_stood_there_stays(
    tmp_path: Path, row: dict[str, Any], why: str
) -> None:
    target = tmp_path / "v.npy"
    target.write_bytes(b"before")
    done = encode(tmp_path, [ROWS[0], row], "--out", str(target))
    assert isinstance(done.exception, UnreadableFile)  # told in one sentence by the program's edge
    assert f"stories.jsonl, line 2, {why}" in done.exception.message
    assert target.read_bytes() == b"before"


@pytest.mark.parametrize("target", ["v.txt", "nowhere/v.npy"])
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, target: str
) -> None:
    assert encode(tmp_path, [{}], "--out", str(tmp_path / target)).exit_code == 2
