"""Counts over stories with editors' keywords."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import ahocorasick

from tianfu.embeddings.tagging.keyword_candidates import title_runs
from tianfu.embeddings.tagging.keyword_table import KeywordTable, WordFacts, log_odds
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.embeddings.text.normalise import normalise

_MARKS = "“”\"《》【】' "
_LONGEST_PHRASE = 8


@dataclass(frozen=True, slots=True)
class Example:
    """A story as an editor filed it; texts normalised."""

    title: str
    body: str
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often words stand in titles, and how often as, at the start or at the end of a keyword."""

    seen: Counter[str] = field(default_factory=Counter)
    key: Counter[str] = field(default_factory=Counter)
    starts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    phrases: Counter[str] = field(default_factory=Counter)


def example(row: Mapping[str, object], *, body_chars: int) -> Example:
    """Read a corpus row."""
    words = row.get("keywords") or ()
    named = {normalise(str(word)).strip(_MARKS) for word in words} if isinstance(words, list) else set()
    body = normalise(str(row["body"])[:body_chars])
    return Example(normalise(str(row["title"])), body, frozenset(named - {""}))


def count(examples: Iterable[Example], segmenter: Segmenter) -> Counts:
    """Count over examples."""
    counts = Counts()
    for one in examples:
        at = [(one.title.find(word), word) for word in one.keywords]
        starts = {place for place, _ in at if place >= 0}
        ends = {place + len(word) for place, word in at if place >= 0}
        for words in title_runs(one.title, segmenter):
            for word in words:
                counts.seen[word.text] += 1
                counts.key[word.text] += word.text in one.keywords
                counts.starts[word.text] += word.start in starts
                counts.ends[word.text] += word.end in ends
        counts.phrases.update(word for word in one.keywords if 2 <= len(word) <= _LONGEST_PHRASE)
    return counts


def document_frequencies(texts: Iterable[str], segmenter: Segmenter) -> tuple[Counter[str], int]:
    """In how many texts each word stands, and how many texts there are."""
    frequencies: Counter[str] = Counter()
    total = 0
    for text in texts:
        frequencies.update(set(segmenter.cut(text)))
        total += 1
    return frequencies, total


def build_table(
    counts: Counts,
    examples: Sequence[Example],
    frequencies: Counter[str],
    total: int,
    *,
    version: str,
    source: str,
    least_frequency: int = 8,
    least_phrase: int = 3,
) -> KeywordTable:
    """Make a table without weights; words and phrases seen too rarely are left out."""
    titles = sum(counts.seen.values())
    key, starts, ends = (sum(c.values()) / titles for c in (counts.key, counts.starts, counts.ends))
    words: dict[str, WordFacts] = {}
    for word, stories in frequencies.items():
        if stories >= least_frequency and word.strip() and not word.isdigit():
            seen = counts.seen[word]
            words[word] = WordFacts(
                log((total + 1) / (stories + 1)),
                log_odds(counts.key[word], seen, key),
                log_odds(counts.starts[word], seen, starts),
                log_odds(counts.ends[word], seen, ends),
            )
    phrases = {word: hits for word, hits in counts.phrases.items() if hits >= least_phrase}
    titles_with = _titles_with(phrases, examples)
    return KeywordTable(
        version=version,
        source=source,
        words=words,
        unknown=WordFacts(log(total + 1)),
        phrases={p: log_odds(hits, max(hits, titles_with[p]), key) for p, hits in phrases.items()},
        weights=(),
        bias=0.0,
    )


def _titles_with(phrases: Iterable[str], examples: Sequence[Example]) -> Counter[str]:
    automaton = ahocorasick.Automaton()
    for phrase in phrases:
        automaton.add_word(phrase, phrase)
    automaton.make_automaton()
    seen: Counter[str] = Counter()
    for one in examples:
        seen.update({phrase for _, phrase in automaton.iter(one.title)} if len(automaton) else ())
    return seen
