"""A small data folder of our own, in the layout that training reads."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tianfu.training.encoder.corpus import GRADED, HEADLINES, STORIES, TITLES, TWINS
from tianfu.training.encoder.measure import STS

PLACES = ("昭化", "利州", "朝天", "青川", "旺苍", "剑阁", "苍溪", "梓潼", "平武", "北川")
EVENTS = (
    "春茶开采", "夜间门诊开通", "村道修通", "机器人大赛获奖", "油菜花节开幕",
    "防汛演练举行", "图书馆延时开放", "猕猴桃丰收", "古城迎客", "水厂扩建完工",
)  # fmt: skip


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()))


def write_training_data(folder: Path) -> Path:
    """Write a small data folder in the layout that training reads."""
    told = [(p, e, f"{p}{e}", f"本报讯 {p}今天{e}，当地群众纷纷点赞。" + f"{p}的{e}持续多日。" * 30)
            for p in PLACES for e in EVENTS]  # fmt: skip
    stories = [
        {
            "id": f"c{n}", "date": "2025-05-01" if n % 5 == 0 else f"2020-01-{n % 28 + 1:02}",
            "title": title, "body": body,
        }
        for n, (_, _, title, body) in enumerate(told)
    ]  # fmt: skip
    write(folder / STORIES[0], stories)
    write(folder / STORIES[1], [{**stories[1], "id": "b1", "date": "2025-06-01"}])
    write(folder / STORIES[2], [{"id": "s1", "title": told[0][2], "body": told[0][3], "category": "本地"}])
    write(folder / TITLES, [{"date": "2001-01-01", "title": title} for _, _, title, _ in told])
    twin = {"score": 0.8, "cctv_date": "2020-01-02", "cctv_title": "昭化春茶开采", "pd_title": "昭化采春茶"}
    write(folder / TWINS[0], [twin, {**twin, "score": 0.1}, {**twin, "cctv_date": "2025-09-01"}])
    write(folder / TWINS[1], [{"score": 0.9, "a": "s1", "b": "c1"}, {"score": 0.9, "a": "s1", "b": "gone"}])
    pairs = [{"a": f"{p}采茶", "b": f"{p}摘茶", "label": 1.0} for p in PLACES]
    pairs += [{"a": f"{p}采茶", "b": "医院开门", "label": 0.0} for p in PLACES]
    for name in (*GRADED, STS):
        write(folder / name, pairs)
    for name in HEADLINES:
        write(folder / name, [{"title": title, "label": event} for _, event, title, _ in told])
    return folder
