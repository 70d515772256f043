"""The built documentation, as a browser and a reader meet it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_ASSETS = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src", "object": "data"}


@dataclass
class SitePage:
    """One page of the site.

    ``assets`` are what a browser fetches to show it, ``links`` what a reader may follow, ``text`` its words.
    """

    file: Path
    ids: set[str] = field(default_factory=set)
    assets: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self, page: SitePage) -> None:
        super().__init__()
        self.page = page
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if identity := given.get("id"):
            self.page.ids.add(identity)
        if tag in _ASSETS and (address := given.get(_ASSETS[tag])):
            self.page.assets.append(address)
        if tag == "a" and (address := given.get("href")):
            self.page.links.append(address)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read_site(folder: Path) -> "BuiltSite":
    """Reads every page below a folder."""
    pages = {}
    for file in sorted(folder.rglob("*.html")):
        page = SitePage(file)
        reader = _Reader(page)
        reader.feed(file.read_text(encoding="utf-8"))
        page.text = "".join(reader.words)
        pages[file.relative_to(folder).as_posix()] = page
    return BuiltSite(folder, pages)


@dataclass(frozen=True)
class BuiltSite:
    """The built site and its pages by place."""

    folder: Path
    pages: dict[str, SitePage]
