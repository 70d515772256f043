"""Asks whether a locked dependency has a known hole; where nobody can be asked it says so and passes."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

_AWAY = (
    "ConnectionError",
    "Max retries",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "Could not connect",
    "Name or service not known",
    "Connection refused",
    "ServiceError",
)


def main(lock_files: list[str]) -> int:
    """Audit each lock file; 1 when something is known, 2 when the tool itself fails, else 0."""
    return max(_audit(name) for name in lock_files)


def _audit(lock_file: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = ["-r", lock_file, "--no-deps", "--disable-pip", "--progress-spinner=off", "--timeout=20"]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *words, "-f", "json", "-o", str(report)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if report.exists() and report.stat().st_size:
            return _tell(lock_file, json.loads(report.read_text()))
    if any(sign in done.stderr for sign in _AWAY):
        print(f"{lock_file}: not audited, the advisory service cannot be reached.")
        return 0
    print(f"{lock_file}: pip-audit failed.\n{done.stderr[-2_000:]}")
    return 2


def _tell(lock_file: str, report: dict[str, list[dict[str, object]]]) -> int:
    # A package that the advisory service does not know, as behind a mirror, was not looked at.
    looked_at = [one for one in report["dependencies"] if "skip_reason" not in one]
    skipped = len(report["dependencies"]) - len(looked_at)
    if not looked_at:
        print(f"{lock_file}: not audited, the advisory service knows none of {skipped} packages.")
        return 0
    found = [one for one in looked_at if one.get("vulns")]
    print(f"{lock_file}: {len(looked_at)} packages audited, {skipped} not; {len(found)} with known holes.")
    for one in found:
        for hole in one["vulns"]:  # type: ignore[attr-defined]
            fixed = ", ".join(hole["fix_versions"]) or "no version yet"
            print(f"  {one['name']} {one['version']}: {hole['id']}, mended in {fixed}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
