"""Snapshots of a newsroom whose editors decided topics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.builders import a_body
from support.snapshots import write_snapshot

TOWNS = ("昭化", "利州", "朝天", "青川", "旺苍", "剑阁", "苍溪", "梓潼", "平武", "北川", "恩阳", "通江")
TOLD = {
    "14": "{town}第{n}次春耕备耕忙，农技员下田指导水稻育秧，农户领到化肥补贴。",
    "31": "{town}中学第{n}次开学，教师在课堂上给学生讲第一课，招生人数增加。",
    "38": "{town}医院第{n}次开设夜间门诊，医生为患者义诊，接种疫苗的老人排队。",
}
DAY = 24 * 60


def a_story(number: int, code: str, **changes: Any) -> dict[str, Any]:
    """The story of that number, told on the day of that number."""
    body = TOLD[code].format(town=TOWNS[number % len(TOWNS)], n=number)
    return {
        "story_id": f"s{number:03}", "outlet_id": "lizhou", "title": body[:9], "body": body,
        "published_at": number * DAY, "received_at": number * DAY, "state": "live",
        "cluster_id": None, **changes,
    }  # fmt: skip


def a_tag(story_id: str, code: str, state: str = "accepted", **changes: Any) -> dict[str, Any]:
    """A tag of an editor's, decided unless ``state`` is ``suggested``."""
    return {
        "story_id": story_id, "kind": "topic", "code": code, "label": code, "confidence": 0.8,
        "is_primary": state == "accepted", "assigned_by": "model", "state": state, "source": "key",
        "decided_at": None if state == "suggested" else 200 * DAY, **changes,
    }  # fmt: skip


def write_decided(folder: Path, *, stories: int = 90, tags: Sequence[dict[str, Any]] = ()) -> Path:
    """A snapshot of as many stories, each with one accepted class, and of more tags."""
    codes = [list(TOLD)[number % len(TOLD)] for number in range(stories)]
    told = [a_story(number, code) for number, code in enumerate(codes)]
    own = [a_tag(story["story_id"], code) for story, code in zip(told, codes, strict=True)]
    return write_snapshot(folder, {"stories": told, "tags": [*own, *tags]})


def a_pair(a: str, b: str, relation: str, by: str = "key-7") -> dict[str, Any]:
    """What an editor said of two stories, or a model whose name has an ``@``."""
    return {"a": a, "b": b, "relation": relation, "score": 1.0, "decided_by": by}


def write_decided_pairs(folder: Path, *, pairs: int = 60, more: Sequence[dict[str, Any]] = ()) -> Path:
    """A snapshot of as many decided pairs, every other one a reprint, on days one after the other."""
    stories, said = [], []
    for number in range(pairs):
        one = long_story(number, f"a{number:03}")
        copy = one | {"story_id": f"b{number:03}", "outlet_id": "cangxi", "body": "本网讯 " + one["body"]}
        other = long_story(number + 400, f"b{number:03}") | {"published_at": one["published_at"]}
        stories += [one, copy if number % 2 == 0 else other]
        said.append(a_pair(one["story_id"], f"b{number:03}", "unrelated" if number % 2 else "reprint"))
    return write_snapshot(folder, {"stories": stories, "pairs": [*said, *more]})


def long_story(number: int, story_id: str) -> dict[str, Any]:
    """A story of two hundred characters that shares little with that of another number."""
    town = TOWNS[number % len(TOWNS)]
    body = f"{town}第{number}号消息。{a_body(number, 200)}"
    return a_story(number, "14", story_id=story_id, title=f"{town}第{number}件事", body=body)
