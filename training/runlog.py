"""The log of training runs: one line each, failed runs too."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEAD = """# Runs

One line for each run, failed ones too; newest last.

| when | model | seed | data | minutes | result | configuration |
|---|---|---|---|---|---|---|
"""


def log_run(
    log: Path | None, name: str, config: Mapping[str, Any], data_sha256: str, seconds: float, result: str
) -> None:
    """Add a line; without a file, nothing is done."""
    if log is None:
        return
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    settings = json.dumps(
        {key: value for key, value in config.items() if key not in ("name", "version", "seed")},
        ensure_ascii=False,
    )
    cells = (
        when,
        f"{name}@{config.get('version', '')}",
        str(config.get("seed", "")),
        data_sha256[:12],
        f"{seconds / 60:.1f}",
        result,
        f"`{settings}`",
    )
    line = "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |\n"
    with log.open("a", encoding="utf-8") as stream:
        if stream.tell() == 0:
            stream.write(HEAD)
        stream.write(line)
