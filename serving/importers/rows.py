"""A row of a file on its way to the API, and the names other systems give our fields."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

ALIASES: Mapping[str, str] = {
    "id": "external_id",
    "guid": "external_id",
    "headline": "title",
    "content": "body",
    "text": "body",
    "html": "body",
    "link": "url",
    "date": "published_at",
    "time": "published_at",
    "pubdate": "published_at",
    "published": "published_at",
    "publish_time": "published_at",
    "byline": "author",
    "category": "channel",
    "image": "image_url",
    "标题": "title",
    "正文": "body",
    "内容": "body",
    "来源": "source",
    "作者": "author",
    "记者": "author",
    "发布时间": "published_at",
    "链接": "url",
    "栏目": "channel",
    "稿件编号": "external_id",
}
STORY_FIELDS = frozenset(
    {
        "title", "body", "published_at", "outlet_id", "external_id", "author", "source", "url", "image_url",
        "channel", "adcode", "expires_at", "ai_generated", "reuse",
    }
)  # fmt: skip
_DATE_ONLY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_LOCAL_TIME = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One story as read from a file.

    Attributes:
        place: Where it stood: line number or running number, 1 and up.
        story: Fields of the API's story; ``None`` when the row could not be read.
        why: What was wrong with a row that could not be read.
    """

    place: int
    story: dict[str, Any] | None
    why: str = ""


def to_story(found: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields our names, times an offset (China's where none is given), and drop the rest."""
    story: dict[str, Any] = {}
    for name, value in found.items():
        field = name if name in STORY_FIELDS else ALIASES.get(name.strip().lower())
        if field is None or value is None or value == "" or field in story:
            continue
        story[field] = value
    for field in ("published_at", "expires_at"):
        if field in story:
            story[field] = with_offset(story[field])
    if "external_id" in story:
        story["external_id"] = safe_id(str(story["external_id"]))
    return story


def with_offset(value: Any) -> str:
    """Write a time as RFC 3339; a time without offset is China's, a date alone its midnight."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat()
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=CHINA)).isoformat()
    text = str(value).strip()
    if _DATE_ONLY.fullmatch(text):
        year, month, day = (int(part) for part in text.split("-"))
        return _local(year, month, day, 0, 0, 0) or text
    local = _LOCAL_TIME.fullmatch(text)
    if local:
        return _local(*(int(part or 0) for part in local.groups())) or text
    return text


def _local(year: int, month: int, day: int, hour: int, minute: int, second: int) -> str | None:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=CHINA).isoformat()
    except ValueError:
        return None


def safe_id(value: str) -> str:
    """Write any id in the characters the API takes; ids that differ stay different."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@~\-]{0,127}", value):
        return value
    stem = re.sub(r"[^A-Za-z0-9._\-]+", "-", value).strip("-.")[-60:].lstrip("-._")
    digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:24]
    return f"{stem}~{digest}" if stem else f"x~{digest}"
