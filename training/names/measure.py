"""Measure the rules for names on corpora that people annotated.

Run as ``python -m tianfu.training.names.measure FOLDER``; the folder holds the test part of MSRA, the
development and test parts of People's Daily, and Boson, each as it is handed out; about a minute.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from tianfu.embeddings.tagging.names import load_name_tagger
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagKind

_MSRA = re.compile(r"(\S+)/(nr|nt|ns|o)\b")
_BOSON = re.compile(r"\{\{(\w+):\s*([^{}]*?)\s*\}\}")
_KINDS = {
    **dict.fromkeys(("nr", "PER", "person_name"), TagKind.PERSON),
    **dict.fromkeys(("nt", "ORG", "org_name", "company_name"), TagKind.ORGANISATION),
}


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text and the names in it."""

    text: str
    names: frozenset[tuple[TagKind, str]]


@dataclass(slots=True)
class Score:
    """Counts of names, each once a text."""

    right: Counter[TagKind] = field(default_factory=Counter)
    suggested: Counter[TagKind] = field(default_factory=Counter)
    annotated: Counter[TagKind] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, given: frozenset[tuple[TagKind, str]], expected: frozenset[tuple[TagKind, str]]) -> None:
        """Count one text."""
        for kind, name in given:
            self.suggested[kind] += 1
            if (kind, name) in expected:
                self.right[kind] += 1
            else:
                self.wrong[f"{kind.value} {name}"] += 1
        self.annotated.update(kind for kind, _ in expected)

    def precision(self, kind: TagKind) -> float:
        """Share of the suggested names that are annotated just so."""
        return self.right[kind] / max(self.suggested[kind], 1)

    def recall(self, kind: TagKind) -> float:
        """Share of the annotated names that are suggested."""
        return self.right[kind] / max(self.annotated[kind], 1)


def read_msra(path: Path) -> Iterator[Annotated]:
    """``词语/nr 词语/o``, a sentence a line."""
    for line in path.read_text("utf-8").splitlines():
        pairs = _MSRA.findall(line)
        if pairs:
            yield _annotated("".join(text for text, _ in pairs), ((tag, text) for text, tag in pairs))


def read_peoples_daily(path: Path) -> Iterator[Annotated]:
    """A character and its ``B-PER`` a line, an empty line between sentences."""
    for block in path.read_text("utf-8").split("\n\n"):
        rows = [line.split() for line in block.splitlines() if line.strip()]
        names: list[tuple[str, str]] = []
        for char, tag in rows:
            if tag.startswith("B-"):
                names.append((tag[2:], char))
            elif tag.startswith("I-") and names:
                names[-1] = (names[-1][0], names[-1][1] + char)
        if rows:
            yield _annotated("".join(char for char, _ in rows), names)


def read_boson(path: Path) -> Iterator[Annotated]:
    """``{{person_name:…}}`` within running text, a story a line."""
    for line in path.read_text("utf-8").splitlines():
        yield _annotated(_BOSON.sub(lambda m: m.group(2), line).replace("\\n", "\n"), _BOSON.findall(line))


def _annotated(text: str, names: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> Annotated:
    return Annotated(text, frozenset((_KINDS[kind], name) for kind, name in names if kind in _KINDS and name))


def corpora(folder: Path) -> Mapping[str, list[Annotated]]:
    """The annotated corpora by name."""
    return {
        "MSRA, test": list(read_msra(folder / "MSRA_testright1.txt")),
        "People's Daily": [
            text
            for part in ("dev", "test")
            for text in read_peoples_daily(folder / f"people_daily_example_{part}.txt")
        ],
        "Boson": list(read_boson(folder / "boson_origindata.txt")),
    }


def measure(texts: list[Annotated]) -> Score:
    """Score the rules on annotated texts, by names as they are written, each once a text."""
    tagger = load_name_tagger()
    score = Score()
    for text, tags in zip(
        texts, tagger.suggest([TaggingText(title="", body=text.text) for text in texts]), strict=True
    ):
        score.add(frozenset((tag.kind, tag.label) for tag in tags), text.names)
    return score


def main(folder: Path, *, wrong: int = 0) -> None:
    """Print precision and recall by corpus and kind.

    Args:
        folder: With the corpora.
        wrong: How many of the commonest wrong names to print below.
    """
    table = Table("corpus", "kind", "annotated", "suggested", "precision", "recall")
    console = Console()
    for name, texts in corpora(folder).items():
        score = measure(texts)
        for kind in (TagKind.PERSON, TagKind.ORGANISATION):
            table.add_row(
                name,
                kind.value,
                str(score.annotated[kind]),
                str(score.suggested[kind]),
                f"{score.precision(kind):.3f}",
                f"{score.recall(kind):.3f}",
            )
        if wrong:
            console.print(name, score.wrong.most_common(wrong))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
