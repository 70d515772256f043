"""IPTC's two exchange formats: ninjs (JSON) and NewsML-G2 (XML)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tianfu.model.errors import UnreadableFile
from tianfu.serving.importers.rows import ImportRow, to_story
from tianfu.serving.importers.tabular import open_text

_G2 = "{http://iptc.org/std/nar/2006-10-01/}"


def read_ninjs(path: Path) -> Iterator[ImportRow]:
    """Read ninjs 1.x and 2.x: one item, a list of items, or one item a line.

    Raises:
        UnreadableFile: It is no JSON.
    """
    with open_text(path) as stream:
        text = stream.read()
    for place, item in enumerate(_json_items(text, path), start=1):
        if not isinstance(item, Mapping) or not (item.get("headline") or item.get("headlines")):
            yield ImportRow(place=place, story=None, why="the item has no headline")
        else:
            yield ImportRow(place=place, story=_ninjs_story(item))


def _json_items(text: str, path: Path) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError) as bad:
            raise UnreadableFile(f"{path.name} is no JSON.", advice="Check the file.") from bad
    if isinstance(found, list):
        return found
    items = found.get("items") if isinstance(found, dict) else None
    return items if isinstance(items, list) else [found]


def _ninjs_story(item: Mapping[str, Any]) -> dict[str, Any]:
    body = item.get("body_xhtml") or item.get("body_html") or item.get("body_text")
    bodies: Sequence[Mapping[str, Any]] = item.get("bodies") or ()
    headlines: Sequence[Mapping[str, Any]] = item.get("headlines") or ()
    subjects: Sequence[Mapping[str, Any]] = item.get("subject") or item.get("subjects") or ()
    sources: Sequence[Mapping[str, Any]] = item.get("infosources") or ()
    return to_story(
        {
            "external_id": item.get("uri"),
            "title": item.get("headline") or (headlines[0].get("value") if headlines else None),
            "body": body or (bodies[0].get("value") if bodies else None) or item.get("description_text"),
            "author": item.get("byline"),
            "source": item.get("source") or (sources[0].get("name") if sources else None),
            "url": item.get("url"),
            "channel": str(subjects[0].get("name", ""))[:40] if subjects else None,
            "published_at": item.get("firstcreated")
            or item.get("versioncreated")
            or item.get("contentcreated"),
        }
    )


def read_newsml_g2(path: Path) -> Iterator[ImportRow]:
    """Read the news items of a NewsML-G2 message or of a single item.

    Raises:
        UnreadableFile: It is no XML, or XML with entities or a DTD, which is refused.
    """
    try:
        root = fromstring(path.read_bytes(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as bad:
        raise UnreadableFile(
            f"{path.name} is no NewsML-G2 that can be read safely.", advice="Remove DTD and entities."
        ) from bad
    items = [root] if root.tag == f"{_G2}newsItem" else list(root.iter(f"{_G2}newsItem"))
    if not items:
        raise UnreadableFile(f"{path.name} has no newsItem.", advice="Check the file.")
    for place, item in enumerate(items, start=1):
        title = _text(item, "contentMeta/headline") or _text(item, "itemMeta/title")
        if not title:
            yield ImportRow(place=place, story=None, why="the item has no headline")
        else:
            yield ImportRow(place=place, story=_g2_story(item, title))


def _g2_story(item: Any, title: str) -> dict[str, Any]:
    return to_story(
        {
            "external_id": item.get("guid"),
            "title": title,
            "body": _inline(item),
            "author": _text(item, "contentMeta/by") or _text(item, "contentMeta/creator/name"),
            "source": _text(item, "contentMeta/infoSource/name") or _text(item, "itemMeta/provider/name"),
            "channel": (_text(item, "contentMeta/subject/name") or "")[:40],
            "published_at": _text(item, "itemMeta/firstCreated")
            or _text(item, "contentMeta/contentCreated")
            or _text(item, "itemMeta/versionCreated"),
        }
    )


def _inline(item: Any) -> str:
    """The body: text lines of XHTML or NITF paragraphs, or plain inline data."""
    paragraphs = [
        " ".join("".join(p.itertext()).split())
        for p in item.iter()
        if isinstance(p.tag, str) and p.tag.rpartition("}")[2] in ("p", "h1", "h2", "h3", "li")
    ]
    if paragraphs:
        return "\n".join(text for text in paragraphs if text)
    return _text(item, "contentSet/inlineData") or ""


def _text(item: Any, path: str) -> str | None:
    found = item.find("/".join(f"{_G2}{step}" for step in path.split("/")))
    if found is None:
        return None
    return " ".join("".join(found.itertext()).split()) or None
