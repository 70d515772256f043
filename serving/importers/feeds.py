"""RSS and Atom."""

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from tianfu.model.errors import UnreadableFile
from tianfu.serving.importers.rows import ImportRow, to_story


def read_feed(path: Path) -> Iterator[ImportRow]:
    """Read the entries of a feed file (RSS 0.9 to 2.0, Atom); nothing is fetched.

    Raises:
        UnreadableFile: It is no feed.
    """
    feed = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    if not feed.entries and (feed.bozo or not feed.version):
        raise UnreadableFile(
            f"{path.name} is no RSS or Atom feed.", advice="Give the format with --format, or mend the file."
        )
    for place, entry in enumerate(feed.entries, start=1):
        title = (entry.get("title") or "").strip()
        if not title:
            yield ImportRow(place=place, story=None, why="the entry has no title")
            continue
        yield ImportRow(place=place, story=_story(entry, feed.feed))


def _story(entry: Any, feed: Any) -> dict[str, Any]:
    contents = [part.get("value", "") for part in entry.get("content", [])]
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    tags = entry.get("tags") or [{}]
    return to_story(
        {
            "title": " ".join(entry["title"].split()),
            "body": max([*contents, entry.get("summary", "")], key=len),
            "url": entry.get("link"),
            "external_id": entry.get("id") or entry.get("link"),
            "author": entry.get("author"),
            "source": (entry.get("source") or {}).get("title") or feed.get("title"),
            "channel": (tags[0].get("term") or "")[:40],
            "published_at": datetime.fromtimestamp(calendar.timegm(stamp), UTC) if stamp else None,
        }
    )
