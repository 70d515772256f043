"""SIGKILL in the middle of an import: nothing acknowledged is lost, nothing is doubled, nothing sticks."""

import json
from pathlib import Path

from support.builders import a_body

from benchmarks.kill import run


def test_a_killed_service_keeps_every_acknowledged_story_once(tmp_path: Path) -> None:
    rows = [
        {"id": f"k{n}", "title": f"第{n}号稿件", "body": a_body(n, 200), "date": f"2026-02-{n % 28 + 1:02d}"}
        for n in range(400)
    ]
    file = tmp_path / "stories.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    report = run(file, kills=2, limit=None, batch=20, pause_s=(0.3, 1.2))
    assert report.kills == 2
    assert report.lost_after_restart == report.doubled_after_restart == [0, 0]
    assert report.acknowledged == report.stored == report.indexed == 400
    assert (report.queue_waiting, report.queue_stuck) == (0, 0)
    assert (report.not_indexed, report.clusters_astray) == (0, 0)
