"""Builders of domain objects with sensible values."""

import random
from datetime import UTC, datetime, timedelta

from tianfu.model.story import StoryText
from tianfu.serving.services.ingest import StoryDraft

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class FakeClock:
    """Shows what it is set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


def a_text(
    title: str = "利州区春耕备耕全面展开",
    body: str = "记者在宝轮镇看到，农户正抢抓农时整田育秧，农技人员到田间指导。",
    *,
    hours_ago: float = 1.0,
    **fields: object,
) -> StoryText:
    return StoryText(title=title, body=body, published_at=NOW - timedelta(hours=hours_ago), **fields)  # type: ignore[arg-type]


def a_draft(
    external_id: str = "a-1",
    *,
    outlet_id: str = "lizhou",
    title: str = "利州区春耕备耕全面展开",
    body: str = "记者在宝轮镇看到，农户正抢抓农时整田育秧，农技人员到田间指导。",
    hours_ago: float = 1.0,
    **fields: object,
) -> StoryDraft:
    return StoryDraft(
        outlet_id=outlet_id,
        external_id=external_id,
        text=a_text(title, body, hours_ago=hours_ago, **fields),
    )


def a_body(seed: int, length: int = 120) -> str:
    """A body of common characters that shares little with that of another seed."""
    letters = "春天农户在田间忙碌合作社负责人介绍今年计划种植面积扩大产量预计增长群众收入提高道路水渠修缮完工"
    rng = random.Random(seed)
    return "".join(rng.choice(letters) for _ in range(length))
