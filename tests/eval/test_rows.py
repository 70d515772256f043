"""Reading files of rows, and saying where they are faulty."""

import gzip
from pathlib import Path

import pytest

from tianfu.eval.rows import Row, name_of, parsed_rows, text_of
from tianfu.model.errors import InvalidInput, UnreadableFile


def title(row: Row) -> str:
    return text_of(row, "title")


def test_rows_of_several_files_come_in_order_up_to_the_limit(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "two.jsonl.gz"
    one.write_text('{"title": "甲"}\n\n{"title": "乙"}\n', encoding="utf-8")
    other.write_bytes(gzip.compress('{"title": "丙"}\n{"title": "丁"}\n'.encode()))
    assert parsed_rows([one, other], title) == ["甲", "乙", "丙", "丁"]
    assert parsed_rows([one, other], title, limit=3) == ["甲", "乙", "丙"]


def test_blank_lines_count_as_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "甲"}\n\n\n{"title": ""}\n', encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"a\.jsonl, line 4, title: is blank"):
        parsed_rows([tmp_path / "a.jsonl"], title)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no rows"),
        (b"\n\n", "no rows"),
        (b'{"title": "x"}\n[1]\n', "line 2 is no JSON object"),
        (b'{"title": "x"}\n{\n', "line 2 is no JSON"),
        (b"\xff\xfe\n", "after line 0|follows line 0"),
    ],
)
def test_a_file_of_another_form_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(UnreadableFile, match=told):
        parsed_rows([tmp_path / "a.jsonl"], title)


def test_torn_gzip_and_missing_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"title": "x"}\n' * 50)[:-9])
    for name in ("a.jsonl.gz", "missing.jsonl"):
        with pytest.raises(UnreadableFile, match=name.replace(".", r"\.")):
            parsed_rows([tmp_path / name], title)


@pytest.mark.parametrize(("value", "name"), [("12", "12"), (12, "12"), ("甲", "甲")])
def test_names_may_be_numbers(value: object, name: str) -> None:
    assert name_of({"id": value}, "id") == name


@pytest.mark.parametrize("value", [None, True, 1.5, [], ""])
def test_what_is_no_name_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="id"):
        name_of({"id": value}, "id")
