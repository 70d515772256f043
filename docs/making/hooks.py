"""What MkDocs calls while it builds the site: pages made from the code, the rest of the menu, links."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from cards import card_pages
from contract import RAW, contract_pages
from facts import command_line_page, errors_page, settings_page
from links import ELSEWHERE, drawn, mended
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from notebooks import page as notebook_page
from notebooks import sources as notebook_sources

from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings

HOUSE = Path(__file__).parents[2]
FIRST = "index.md"
OUTPUTS = "TIANFU_NOTEBOOKS"
"""Variable that names the folder of run notebooks; without it they are shown without outputs."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put in place of ``folder/*`` in the menu what lies in the folder, but for the first page of all."""
    config.nav = [_grown(entry) for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made from the code, and what lies elsewhere in the repository."""
    for place, text in _made().items():
        _put(files, File.generated(config, place, content=text))
    for path, place in ELSEWHERE.items():
        _put(files, File.generated(config, place, abs_src_path=str(HOUSE / path)))
    told = os.environ.get(OUTPUTS)
    for source in notebook_sources():
        text, pictures = notebook_page(source, Path(told) if told else None)
        _put(files, File.generated(config, f"notebooks/{source.stem}.md", content=text))
        for name, picture in pictures.items():
            _put(files, File.generated(config, f"notebooks/{name}", content=picture))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to where their targets stand in the site, and leave out plots that are not drawn yet."""
    shown_at = page.file.src_uri
    source = page.file.abs_src_path
    written_in = f"docs/{shown_at}" if source is None else Path(source).relative_to(HOUSE).as_posix()
    markdown = drawn(markdown, HOUSE / "docs")
    return mended(markdown, written_in=written_in, shown_at=shown_at)


@cache
def _made() -> dict[str, str]:
    contract = create_app(ServiceSettings()).openapi()
    return {
        **contract_pages(contract),
        RAW: json.dumps(contract, ensure_ascii=False, indent=1) + "\n",
        "en/reference/settings.md": settings_page(),
        "en/reference/errors.md": errors_page(),
        "en/reference/cli.md": command_line_page(),
        **card_pages(HOUSE / "model" / "artifacts"),
    }


def _put(files: Files, file: File) -> None:
    if (there := files.get_file_from_path(file.src_uri)) is not None:
        files.remove(there)
    files.append(file)


def _grown(entry: Any) -> Any:
    if isinstance(entry, list):
        return [part for one in entry for part in _pages(one)]
    if isinstance(entry, dict):
        return {title: _grown(inner) for title, inner in entry.items()}
    return entry


def _pages(entry: Any) -> list[Any]:
    if not isinstance(entry, str) or not entry.endswith("/*"):
        return [_grown(entry)]
    folder = entry.removesuffix("/*")
    found = sorted((HOUSE / "docs" / folder).glob("*.md"))
    written = [file.relative_to(HOUSE / "docs").as_posix() for file in found]
    written = [place for place in written if place != FIRST]
    made = [place for place in _made() if place.startswith(f"{folder}/") and place.endswith(".md")]
    return [*written, *made]
