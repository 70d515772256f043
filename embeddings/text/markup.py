"""HTML to its visible text, with the way back, in time linear in the length.

A tokeniser of our own instead of a parser: parsers forget where a character stood, and evidence must
point into the outlet's own text.  Broken markup never loses the story: an element that is not closed
is not skipped.
"""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tianfu.embeddings.text.aligned import Aligned, from_pieces, without

_HINT = re.compile(
    r"</?(?:p|div|br|span|a|img|b|strong|em|i|u|ul|ol|li|h[1-6]|table|tr|t[dh]|tbody|thead|section|article|"
    r"fig(?:ure|caption)|script|style|font|center|blockquote|video|audio|iframe|html|body|head|pre|hr|source|"
    r"embed|object|input|form|button|label|nav|footer|header|aside|meta|link|noscript|small|sup|sub|main)"
    r"(?:\s+[a-zA-Z@:_][^<>]*)?\s*/?>|<!--",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:\-]*)((?:[\s/][^<>]*)?)>|<[!?][^<>]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_RAW = frozenset({"script", "style", "noscript", "iframe", "textarea", "template", "xmp"})
_SKIPPED = _RAW | _words(
    "head object embed video audio svg canvas form button select nav footer aside map menu"
)
_BLOCK = _words(
    "address article blockquote br center dd div dl dt fieldset figcaption figure "
    "h1 h2 h3 h4 h5 h6 header hr "
    "li main ol p pre section table tbody tfoot thead tr ul"
)
_CELL = frozenset({"td", "th"})
_VOID = _words("area base br col embed hr img input link meta source track wbr")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|\shidden(?=[\s=/]|$)|aria-hidden\s*=\s*[\"']?true|"
    r"(?:class|id)\s*=\s*[\"']?[^\"'>]*(?<![a-z])(?:ads?|advert\w*|gg|share|qr-?code|ewm|related|recommend\w*|"
    r"player|video-?box|editor|copyright|toolbar|breadcrumbs?|comments?)(?![a-z])",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")
_EDGES = re.compile(r"^[ \n]+|[ \n]+$|(?<=\n)[ \n]+| +(?=\n)")


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    attributes: str
    closing: bool
    start: int
    end: int


def looks_like_html(text: str) -> bool:
    """Whether a text holds markup; comparison signs and book titles in ``<>`` do not count."""
    return "<" in text and _HINT.search(text) is not None


def visible_text(source: str) -> Aligned:
    """Visible text of HTML: paragraphs on lines of their own, scripts and hidden parts gone."""
    tags = _tags(source)
    # where no tag makes a line, the line breaks of the text itself are the paragraphs
    plain = " " if any(tag.name in _BLOCK for tag in tags) else "\n"
    flat = source.translate({13: " ", 9: " ", 0x3000: " ", 0xA0: " ", 10: plain})
    return _tidied(source, from_pieces(source, _pieces(flat, tags)))


def decode_entities(source: str) -> Aligned:
    """Entities of otherwise plain text as characters."""
    if "&" not in source or _ENTITY.search(source) is None:
        return Aligned(source, source)
    return from_pieces(source, _decoded(source, 0, len(source)))


def _tags(source: str) -> list[_Tag]:
    tags: list[_Tag] = []
    at = source.find("<")
    while at >= 0:
        if source.startswith("<!--", at):
            end = source.find("-->", at + 4)
            end = len(source) if end < 0 else end + 3
            tags.append(_Tag("!", "", False, at, end))
        else:
            found = _TAG.match(source, at)
            if found is None:
                at = source.find("<", at + 1)
                continue
            end = found.end()
            name = (found[2] or "!").lower()
            tags.append(_Tag(name, found[3] or "", found[1] == "/", at, end))
            if name in _RAW and found[1] != "/" and not (found[3] or "").endswith("/"):
                close = re.compile(rf"</{re.escape(name)}", re.IGNORECASE).search(source, end)
                end = close.start() if close else len(source)
                tags.append(_Tag("!", "", False, tags[-1].end, end))
        at = source.find("<", end)
    return tags


def _pieces(source: str, tags: list[_Tag]) -> Iterator[tuple[str, int, int]]:
    closes = _matching(tags)
    at, row = 0, 0
    while row < len(tags):
        tag = tags[row]
        yield from _decoded(source, at, tag.start)
        if tag.name in _BLOCK:
            yield "\n", tag.start, tag.end
        elif tag.name in _CELL:
            yield " ", tag.start, tag.end
        if row in closes and (tag.name in _SKIPPED or _HIDDEN.search(tag.attributes)):
            row = closes[row]
        at = tags[row].end
        row += 1
    yield from _decoded(source, at, len(source))


def _matching(tags: list[_Tag]) -> dict[int, int]:
    opened: dict[str, list[int]] = {}
    closes: dict[int, int] = {}
    for row, tag in enumerate(tags):
        if tag.closing:
            if opened.get(tag.name):
                closes[opened[tag.name].pop()] = row
        elif tag.name not in _VOID and not tag.attributes.endswith("/"):
            opened.setdefault(tag.name, []).append(row)
    return closes


def _decoded(source: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    at = start
    for found in _ENTITY.finditer(source, start, end):
        text = entities.unescape(found.group())
        if text == found.group():
            continue
        if found.start() > at:
            yield source[at : found.start()], at, found.start()
        yield text, found.start(), found.end()
        at = found.end()
    if end > at:
        yield source[at:end], at, end


def _tidied(source: str, shown: Aligned) -> Aligned:
    flat = Aligned(shown.text.replace("\xa0", " "), source, shown.starts, shown.ends)
    runs = [(m.start() + 1, m.end()) for m in _BLANKS.finditer(flat.text) if m.end() - m.start() > 1]
    squeezed = flat.then(without(flat.text, runs))
    edges = [m.span() for m in _EDGES.finditer(squeezed.text)]
    return squeezed.then(without(squeezed.text, edges))
