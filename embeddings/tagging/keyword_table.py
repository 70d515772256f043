"""What is known of words as keywords: learned counts, shipped as one small table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log
from pathlib import Path

SCALE = 10
"""Numbers of the table file are tenths."""


@dataclass(frozen=True, slots=True)
class WordFacts:
    """Log-odds above the average of a title's words, natural logarithm; 0 is average or unknown.

    Attributes:
        idf: ``log((N + 1) / (df + 1))`` over stories.
        key: That an editor takes this word of a title as a keyword.
        starts: That a keyword begins with it.
        ends: That a keyword ends with it.
    """

    idf: float
    key: float = 0.0
    starts: float = 0.0
    ends: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordTable:
    """Words, phrases and the weights that turn features into log-odds.

    Attributes:
        unknown: Facts of every word that the table lacks.
        phrases: Log-odds that a phrase is a keyword where it stands in a title.
        weights: One per feature, in the order of :mod:`tianfu.embeddings.tagging.keyword_candidates`.
        bias: Added to every score.
    """

    version: str
    source: str
    words: Mapping[str, WordFacts]
    unknown: WordFacts
    phrases: Mapping[str, float]
    weights: tuple[float, ...]
    bias: float

    def word(self, text: str) -> WordFacts:
        """Facts of a word."""
        return self.words.get(text, self.unknown)


def log_odds(hits: int, seen: int, rate: float, *, prior: float = 4.0) -> float:
    """Log-odds of a share above the log-odds of ``rate``, drawn towards 0 by ``prior`` made-up sights."""
    return log((hits + prior * rate) / (seen - hits + prior * (1 - rate))) - log(rate / (1 - rate))


def write_keyword_table(table: KeywordTable, path: Path) -> None:
    """Write the file that :func:`load_keyword_table` reads: a line of JSON, then tab-separated lines."""
    head = {
        "version": table.version,
        "source": table.source,
        "unknown_idf": round(table.unknown.idf, 3),
        "weights": [round(weight, 4) for weight in table.weights],
        "bias": round(table.bias, 4),
    }
    lines = [json.dumps(head, ensure_ascii=False)]
    for text, facts in sorted(table.words.items()):
        numbers = (_tenths(facts.idf), _tenths(facts.key), _tenths(facts.starts), _tenths(facts.ends))
        lines.append("\t".join((text, *map(str, numbers))).removesuffix("\t0\t0\t0"))
    lines += [f"+{text}\t{_tenths(odds)}" for text, odds in sorted(table.phrases.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@cache
def load_keyword_table() -> KeywordTable:
    """Read the shipped table; the same object every time."""
    text = files("tianfu.embeddings.tagging").joinpath("data", "keyword_table.tsv").read_text("utf-8")
    return parse_keyword_table(text)


def parse_keyword_table(text: str) -> KeywordTable:
    """Read a table as written by :func:`write_keyword_table`."""
    first, _, rest = text.partition("\n")
    head = json.loads(first)
    words: dict[str, WordFacts] = {}
    phrases: dict[str, float] = {}
    for line in rest.splitlines():
        name, *numbers = line.split("\t")
        values = [int(number) / SCALE for number in numbers]
        if name.startswith("+"):
            phrases[name[1:]] = values[0]
        else:
            words[name] = WordFacts(*values)
    return KeywordTable(
        version=head["version"],
        source=head["source"],
        words=words,
        unknown=WordFacts(head["unknown_idf"]),
        phrases=phrases,
        weights=tuple(head["weights"]),
        bias=head["bias"],
    )


def _tenths(value: float) -> int:
    return round(value * SCALE)
