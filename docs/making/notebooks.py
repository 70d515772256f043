"""Notebooks: run to the end by themselves, and shown as pages with what they printed and drew.

Their sources are Python files in cells (``# %%``), which read well in a review; outputs are kept nowhere
in the repository.  ``python docs/making/notebooks.py OUT`` runs them and writes each with its outputs to OUT.
"""

import base64
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCE_HASH = "source_sha256"
TIMEOUT_S = 300
_STYLE = re.compile(r"<style.*?</style>|<script.*?</script>", re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def sources() -> list[Path]:
    """The notebooks, by name."""
    return sorted(FOLDER.glob("*.py"))


def run(source: Path, out: Path) -> Path:
    """Run one in a fresh kernel, in its own folder, on one thread; returns the file with its outputs.

    Threads of OpenMP that wait for each other by spinning make a busy machine crawl.

    Raises:
        CellExecutionError: A cell failed; nothing was written.
    """
    notebook = jupytext.read(source)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    NotebookClient(
        notebook, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    notebook.metadata[SOURCE_HASH] = _hash(source)
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{source.stem}.ipynb"
    nbformat.write(notebook, target)
    return target


def page(source: Path, outputs: Path | None) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, and its pictures by file name.

    Args:
        source: The Python file.
        outputs: Folder of run notebooks; one that was run from another text is not used.
    """
    ran = None if outputs is None else outputs / f"{source.stem}.ipynb"
    notebook = jupytext.read(source)
    if ran is not None and ran.is_file():
        found = nbformat.read(ran, as_version=4)
        notebook = found if found.metadata.get(SOURCE_HASH) == _hash(source) else notebook
    pictures: dict[str, bytes] = {}
    parts = [part for cell in notebook.cells for part in _cell(cell, source.stem, pictures)]
    note = (
        f"[下载这个笔记本（{source.name}）]({source.name})，"
        f"用 JupyterLab 打开，或 `jupytext --to ipynb {source.name}`。"
    )
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n\n{note}\n{rest}\n", pictures


def _cell(cell: Mapping[str, Any], name: str, pictures: dict[str, bytes]) -> Iterator[str]:
    if cell["cell_type"] == "markdown":
        yield str(cell["source"])
        return
    if cell["source"].strip():
        yield f"```python\n{cell['source']}\n```"
    for output in cell.get("outputs", ()):
        yield from _output(output, name, pictures)


def _output(output: Mapping[str, Any], name: str, pictures: dict[str, bytes]) -> Iterator[str]:
    data = output.get("data", {})
    if output["output_type"] == "stream":
        if output["name"] == "stdout" and (text := _COLOUR.sub("", output["text"]).strip("\n")):
            yield f"```text\n{text}\n```"
    elif "image/png" in data:
        file = f"{name}-{len(pictures)}.png"
        pictures[file] = base64.b64decode(data["image/png"])
        yield f"![{name}]({file})"
    elif "text/markdown" in data:
        yield str(data["text/markdown"])
    elif "text/html" in data:
        yield f'<div class="tf-output" markdown="0">{_STYLE.sub("", data["text/html"]).strip()}</div>'
    elif "text/plain" in data:
        yield f"```text\n{data['text/plain']}\n```"


def _hash(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def main() -> None:
    """Run the notebooks that are named, or all."""
    out, *names = sys.argv[1:]
    for source in sources():
        if not names or source.stem in names:
            print(run(source, Path(out)))  # noqa: T201


if __name__ == "__main__":
    main()
