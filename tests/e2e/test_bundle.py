"""The offline bundle: what it refuses, and that it installs a working service without a network."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

BUNDLE = Path(__file__).parents[2] / "deploy" / "bundle"
NOWHERE = "http://127.0.0.1:9"
_ASK = "import platform as p; print(*p.python_version_tuple()[:2], p.machine())"


def run(words: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, words)), capture_output=True, text=True, timeout=280, check=False, cwd="/",
        env={**os.environ, "PYTHON": sys.executable, "PIP_NO_COMPILE": "1", **environment},
    )  # fmt: skip


def cut_off(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run without a network: in a namespace that has none, or where that is forbidden with dead proxies."""
    alone = (
        ["unshare", "-n"] if shutil.which("unshare") and not run(["unshare", "-n", "true"]).returncode else []
    )
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    return run([*alone, *words], **proxies, PIP_NO_INDEX="1", PYTHONPATH="")


def summed(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  ./{p.relative_to(folder)}\n" for p in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A bundle with the right form and a wheel that is none."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "tianfu-0-py3-none-any.whl").write_bytes(b"no wheel")
    shutil.copy(BUNDLE / "install.sh", folder)
    (folder / "MADE_FOR").write_text(run([sys.executable, "-c", _ASK]).stdout)
    summed(folder)
    return folder


def test_an_altered_a_missing_and_an_added_file_are_refused_before_anything_is_made(
    small: Path, tmp_path: Path
) -> None:
    wheel = small / "wheels" / "tianfu-0-py3-none-any.whl"
    target = tmp_path / "target"
    for harm, mend, words in (
        (lambda: wheel.write_bytes(b"bad wheel"), lambda: wheel.write_bytes(b"no wheel"), "altered"),
        (lambda: wheel.rename(tmp_path / "w"), lambda: (tmp_path / "w").rename(wheel), "missing"),
        (lambda: (small / "wheels" / "more.whl").touch(), (small / "wheels" / "more.whl").unlink, "not name"),
    ):
        harm()
        done = cut_off("sh", small / "install.sh", target)
        assert (done.returncode, "bundle_refused" in done.stderr, words in done.stderr) == (1, True, True)
        assert not target.exists()
        mend()
    assert "bundle_refused" not in cut_off("sh", small / "install.sh", target).stderr


def test_a_bundle_for_another_machine_is_refused(small: Path, tmp_path: Path) -> None:
    (small / "MADE_FOR").write_text("3 11 riscv64\n")
    summed(small)
    done = cut_off("sh", small / "install.sh", tmp_path / "target")
    assert (done.returncode, "riscv64" in done.stderr) == (1, True)


@pytest.mark.slow
def test_a_bundle_installs_a_service_that_works_without_a_network(tmp_path: Path) -> None:
    made = run(["sh", BUNDLE / "make.sh", tmp_path / "bundle"])
    if made.returncode and "No matching distribution" in made.stderr:
        pytest.skip("the package index does not answer, and making a bundle needs it")
    assert made.returncode == 0, made.stderr
    moved = tmp_path / "elsewhere"
    (tmp_path / "bundle").rename(moved)
    done = cut_off("sh", moved / "install.sh", tmp_path / "venv")
    assert done.returncode == 0, done.stderr
    tianfu = tmp_path / "venv" / "bin" / "tianfu"
    assert cut_off(tianfu, "version").stdout.strip() in done.stdout
    listed = cut_off(tianfu, "models", "list", "--data-dir", tmp_path / "data", "--json")
    assert (listed.returncode, "encoder-static" in listed.stdout) == (0, True), listed.stderr
    assert cut_off(tianfu, "db", "upgrade", "--data-dir", tmp_path / "data").returncode == 0
    made_key = cut_off(tianfu, "keys", "create", "operator", "--data-dir", tmp_path / "data")
    assert made_key.returncode == 0, made_key.stderr
