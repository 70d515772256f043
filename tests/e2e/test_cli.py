"""The command line as people and scripts use it."""

import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
import structlog
from rich.console import Console
from support.live import Live

from tianfu import __version__
from tianfu.cli import failures, main, show


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command line sets up logs for its process, which here goes on."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


def tianfu(*words: str, **environment: str) -> Said:
    """Run a command in this process, since a new one would import everything again."""
    told, refused, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", ["tianfu", *words]),
        patch.dict(os.environ, environment),
        redirect_stdout(told),
        redirect_stderr(refused),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, told.getvalue(), refused.getvalue())


def test_the_installed_command_answers_and_ends_with_its_code(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("tianfu")
    for words, code in ((["version"], 0), (["keys", "revoke", "k-none", "--data-dir", str(tmp_path)], 1)):
        done = subprocess.run([command, *words], capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == code
        assert (__version__ in done.stdout, "not_found" in done.stderr) == (code == 0, code == 1)


def test_help_names_the_commands() -> None:
    assert "import" in tianfu("--help").stdout


def test_a_key_is_made_listed_without_its_secret_and_ended(tmp_path: Path) -> None:
    folder = ("--data-dir", str(tmp_path))
    made = json.loads(tianfu("keys", "create", "app", "--outlet", "lizhou", "--json", *folder).stdout)
    listed = tianfu("keys", "list", "--json", *folder).stdout
    assert made["key_id"] in listed
    assert made["secret"] not in listed
    ended = json.loads(tianfu("keys", "revoke", made["key_id"], "--json", *folder).stdout)
    assert ended == {"key_id": made["key_id"], "revoked": True}
    again = tianfu("keys", "revoke", made["key_id"], *folder)
    assert again.returncode == 1
    assert "not_found" in again.stderr


def test_a_key_is_rotated_and_the_trail_of_it_is_whole_until_somebody_cuts_it(tmp_path: Path) -> None:
    folder = ("--data-dir", str(tmp_path))
    words = ("create", "app", "--outlet", "lizhou", "--days", "30", "--scope", "events", "--json", *folder)
    made = json.loads(tianfu("keys", *words).stdout)
    heir = json.loads(tianfu("keys", "rotate", made["key_id"], "--json", *folder).stdout)
    assert (heir["scopes"], heir["key_id"] != made["key_id"]) == (["events"], True)
    assert heir["expires_at"] is not None
    told = json.loads(tianfu("audit", "verify", "--json", *folder).stdout)
    assert (told["whole"], told["rows"]) == (True, 2)
    head = f"{told['head']['sequence']}:{told['head']['hash']}"
    with sqlite3.connect(tmp_path / "tianfu.db") as connection:
        connection.execute("DROP TRIGGER audit_no_delete")
        connection.execute("DELETE FROM audit WHERE sequence = 2")
    broken = tianfu("audit", "verify", "--head", head, *folder)
    assert (broken.returncode, "audit_cut_off" in broken.stderr) == (1, True)
    assert tianfu("audit", "verify", "--head", "2", *folder).returncode == 2


def test_a_database_is_brought_up_to_date_as_often_as_one_likes(tmp_path: Path) -> None:
    for _ in range(2):
        done = tianfu("db", "upgrade", "--json", "--data-dir", str(tmp_path))
        assert json.loads(done.stdout) == {"upgraded": True, "outlets": 210}
    assert "up to date" in tianfu("db", "upgrade", "--data-dir", str(tmp_path)).stdout


def test_a_backup_is_one_command_and_so_is_coming_back(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "one.tianfu"
    made = json.loads(tianfu("keys", "create", "operator", "--data-dir", str(here), "--json").stdout)
    told = json.loads(tianfu("backup", "--to", str(file), "--data-dir", str(here), "--json").stdout)
    assert told["bytes"] == file.stat().st_size
    nightly = tmp_path / "nightly"
    nightly.mkdir()
    into = json.loads(tianfu("backup", "--to", str(nightly), "--data-dir", str(here), "--json").stdout)
    assert [str(one) for one in nightly.glob("tianfu-*Z.tianfu")] == [into["to"]]
    done = tianfu("restore", str(file), "--data-dir", str(there), "--json")
    assert (done.returncode, json.loads(done.stdout)["audit_whole"]) == (0, True)
    assert made["key_id"] in tianfu("keys", "list", "--json", "--data-dir", str(there)).stdout
    again = tianfu("restore", str(file), "--data-dir", str(there))
    assert (again.returncode, "backup_refused" in again.stderr) == (1, True)
    assert tianfu("restore", str(file), "--force", "--data-dir", str(there)).returncode == 0
    file.write_bytes(file.read_bytes()[:-100])
    torn = tianfu("restore", str(file), "--force", "--data-dir", str(there))
    assert (torn.returncode, "backup_invalid" in torn.stderr, "Traceback" in torn.stderr) == (1, True, False)


def test_a_smaller_demo_has_as_many_stories_and_fewer_events(tmp_path: Path) -> None:
    done = tianfu("demo", "--data-dir", str(tmp_path), "--stories", "120", "--readers", "20", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["stories"], set(told["keys"]) >= {"app", "editor"}) == (120, True)
    notes = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    assert notes["stories"] == 120
    assert 0 < notes["events"] <= 800
    assert len(json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["readers"]) == 20


def test_a_table_cuts_nothing_off_that_may_have_to_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(show, "out", Console(file=printed, width=80))
    row = {"id": "x" * 33, "version": "encoder-province@1.0.1", "why": "长" * 40, "at": "2026-11-28T19:32"}
    show.print_table(list(row), [row])
    text = printed.getvalue()
    assert row["id"] in text
    assert row["version"] in text
    assert "…" not in text


def test_an_app_key_needs_an_outlet_and_says_so(tmp_path: Path) -> None:
    done = tianfu("keys", "create", "app", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "outlet_id" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("nonsense",), ("keys", "create", "king"), ("eval", "nothing", "x.jsonl")])
def test_wrong_usage_is_told_and_ends_with_2(words: tuple[str, ...]) -> None:
    assert tianfu(*words).returncode == 2


def test_a_file_goes_in_over_the_api_and_its_faulty_row_is_named(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "stories.jsonl"
    rows = [
        {"id": "cli-1", "title": "利州区举办农民运动会", "date": "2026-03-02"},
        {"id": "cli-2", "title": ""},
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    words = ("import", str(file), "--url", live.address, "--outlet", "lizhou")
    done = tianfu(*words, TIANFU_KEY=live.demo.keys["operator"])
    assert done.returncode == 1
    assert "row 2" in done.stderr
    again = json.loads(tianfu(*words, "--json", TIANFU_KEY=live.demo.keys["operator"]).stdout)
    assert (again[str(file)]["unchanged"], again[str(file)]["created"]) == (1, 0)


@pytest.mark.parametrize(
    ("key", "url", "named"),
    [
        ("", "http://127.0.0.1:9", "TIANFU_KEY"),
        (" ", "http://127.0.0.1:9", "TIANFU_KEY"),
        ("密钥", "http://127.0.0.1:9", "TIANFU_KEY"),
        ("tf_x", "localhost:8000", "--url"),
        ("tf_x", "http://127.0.0.1:port", "--url"),
        ("tf_x", "http://127.0.0.1:80000", "--url"),
    ],
)
def test_an_import_without_a_key_or_an_address_is_refused_before_anything_is_sent(
    tmp_path: Path, key: str, url: str, named: str
) -> None:
    file = tmp_path / "stories.jsonl"
    file.write_text(json.dumps({"title": "利州春灌"}), encoding="utf-8")
    done = tianfu("import", str(file), "--url", url, "--outlet", "lizhou", TIANFU_KEY=key)
    assert (done.returncode, named in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "environment", "code", "named"),
    [
        (("serve", "--port", "99999"), {}, "invalid_setting", "--port: should be less than"),
        (("keys", "list"), {"TIANFU_HOT_DAYS": "0"}, "invalid_setting", "TIANFU_HOT_DAYS"),
        (("keys", "list"), {"TIANFU_CORS_ORIGINS": "x"}, "invalid_setting", "TIANFU_CORS_ORIGINS"),
        (("keys", "list"), {"TIANFU_DATABASE_URL": "nowhere"}, "store_unavailable", "TIANFU_DATABASE_URL"),
        (("keys", "list", "--data-dir", "file/data"), {}, "system_refused", "file"),
        (
            ("eval", "simulate", "--days", "1", "--readers", "2", "--url", "http://127.0.0.1:9"),
            {"TIANFU_KEY": "tf_x"},
            "service_unavailable",
            "does not answer",
        ),
    ],
)
def test_what_can_be_foreseen_is_told_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    environment: dict[str, str],
    code: str,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    done = tianfu(*words, **environment)
    assert (done.returncode, f"{code}: " in done.stderr, named in done.stderr) == (1, True, True)
    assert "Traceback" not in done.stderr


def test_a_service_that_refuses_is_quoted() -> None:
    answer = httpx.Response(
        401, json={"detail": "This key is not known"}, request=httpx.Request("GET", "http://x/")
    )
    with pytest.raises(httpx.HTTPStatusError) as refused:
        answer.raise_for_status()
    code, sentence = failures.told(refused.value)
    assert (code, sentence.startswith("This key is not known. ")) == ("service_refused", True)


def test_a_place_for_the_record_is_looked_for_before_anything_is_measured(tmp_path: Path) -> None:
    missing, nowhere = tmp_path / "missing.jsonl", tmp_path / "none" / "record.json"
    done = tianfu("eval", "sts", str(missing), "--json", str(nowhere))
    assert (done.returncode, "--json" in done.stderr) == (2, True)


def test_a_suite_prints_a_table_and_writes_the_record(tmp_path: Path) -> None:
    file, found = tmp_path / "s.jsonl", tmp_path / "r.json"
    titles = ["利州春灌", "苍溪采摘", "邛海候鸟", "江油灯会", "安岳马拉松"]
    rows = [{"title": t, "body": f"{t}的消息：{t}今天引来许多人。"} for t in titles]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    done = tianfu("eval", "retrieval", str(file), "--json", str(found))
    assert done.returncode == 0, done.stderr
    record = json.loads(found.read_text(encoding="utf-8"))
    assert record.keys() == {"suite", "model", "n", "metrics", "intervals", "baselines", "seconds"}
    assert record["metrics"]["recall_at_1"] == 1.0
