"""Links of pages whose text lies elsewhere in the repository, or that lead out of ``docs``."""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

ELSEWHERE: Mapping[str, str] = {
    "benchmarks/README.md": "en/benchmarks.md",
    "training/LOG.md": "en/training-log.md",
    "CHANGELOG.md": "en/changelog.md",
    "serving/console/static/icon.svg": "assets/icon.svg",
}
"""Files outside ``docs`` that belong to the site: path in the repository, place in the site."""
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")
_PLOT = re.compile(r"!\[([^\[\]]*)\]\((plots/[^()\s]+)\)")
_ABSOLUTE = re.compile(r"[a-z]+:|#|/")


def mended(markdown: str, *, written_in: str, shown_at: str) -> str:
    """Lead links to where their targets stand in the site; a target that is no page becomes plain words.

    Args:
        markdown: Text of a page.
        written_in: Path of its file in the repository.
        shown_at: Place of the page in the site.
    """

    def one(found: re.Match[str]) -> str:
        words, target = found.groups()
        if _ABSOLUTE.match(target):
            return found[0]
        path, _, fragment = target.partition("#")
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(written_in), path))
        place = ELSEWHERE.get(meant) or (meant.removeprefix("docs/") if meant.startswith("docs/") else None)
        if place is None:
            return f"{words} (`{meant}`)" if meant not in words else f"`{meant}`"
        there = posixpath.relpath(place, posixpath.dirname(shown_at) or ".")
        return f"[{words}]({there}{'#' + fragment if fragment else ''})"

    return _LINK.sub(one, markdown)


def drawn(markdown: str, folder: Path) -> str:
    """Keep plots that are there; one that `benchmarks.plots` has not drawn yet is named in words."""
    return _PLOT.sub(
        lambda found: found[0] if (folder / found[2]).is_file() else f"*{found[1]} (not drawn yet)*", markdown
    )
