"""Word lists behind the rules for names: surnames, callings, offices, given-name characters."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

from tianfu.embeddings.tagging.segment import words_tagged
from tianfu.model.vocab.aliases import load_elsewhere

_WORD_CHARS = 3
_LEAST_COUNT = 20
_PRIOR = 20.0
_USUAL_SURNAMES = 100
_LEAST_RATIO = 0.3
_NEVER_SEEN = -2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWords:
    """The lists, and how much more often a character stands in given names than elsewhere.

    Attributes:
        surnames: One-character and compound surnames.
        usual_surnames: The hundred commonest, without those that open other words.
        given: Log-likelihood ratio of a character in given names; one that the dictionary has in other words
            alone is unlikely, one that it has nowhere is as likely as not.
        people: Two and three characters that the dictionary calls a person's name.
        known_people: Names of well-known people in the dictionary, three characters.
        figures: Holders of public office and others whom everybody knows, by the name as it is printed.
        not_names: Beginnings of other words that a surname character opens.
        before: A calling or office that stands right before a name.
        offices_abroad: Those of the callings that mostly people abroad hold.
        after: A word that right after a name says that a person acts or speaks.
        abroad_only: Offices that China has none of; meant only with a country before them.
        tibetan: Words that names in Garzê and Ngawa are put together from.
        foreign: Characters of transcribed names, as in a regular expression's class.
    """

    surnames: frozenset[str]
    usual_surnames: frozenset[str]
    given: Mapping[str, float]
    people: frozenset[str]
    known_people: frozenset[str]
    figures: frozenset[str]
    not_names: frozenset[str]
    before: tuple[str, ...]
    offices_abroad: tuple[str, ...]
    after: frozenset[str]
    tibetan: tuple[str, ...]
    foreign: str
    national: tuple[str, ...]
    countries: tuple[str, ...]
    abroad_only: tuple[str, ...]
    suffixes: tuple[str, ...]
    stop_in_organisations: str

    def given_score(self, given: str) -> float:
        """How much the characters look like a given name; above 0 more than like other words."""
        return sum(self.given.get(char, 0.0) for char in given) / max(len(given), 1)


@cache
def load_name_words() -> NameWords:
    """Read the lists and the dictionary's names; the same object every time."""
    content = _read("name_words.json")
    figures = _read("public_figures.json")
    surnames = frozenset((*content["surnames"], *content["compound_surnames"], *content["japanese_surnames"]))
    people = {
        word: count
        for word, count in words_tagged("nr").items()
        if len(word) <= _WORD_CHARS and word[0] in surnames
    }
    usual = frozenset(content["surnames"][:_USUAL_SURNAMES]) - frozenset(content["surnames_of_strangers"])
    given = Counter(
        char for word in people if len(word) == _WORD_CHARS and word[0] in usual for char in word[1:]
    )
    common = Counter(char for word in words_tagged("n") for char in word)
    shares = _PRIOR / 2_000
    ratios = {
        char: log((given[char] + _PRIOR * shares) / (given.total() + _PRIOR))
        - log((common[char] + _PRIOR * shares) / (common.total() + _PRIOR))
        for char in given
    }
    return NameWords(
        surnames=surnames,
        usual_surnames=usual,
        given={**dict.fromkeys(common, _NEVER_SEEN), **ratios},
        people=frozenset(people),
        known_people=frozenset(
            word
            for word, count in people.items()
            if count >= _LEAST_COUNT
            and len(word) == _WORD_CHARS
            and word[0] in usual
            and min(ratios.get(char, -2.0) for char in word[1:]) > _LEAST_RATIO
            and word[:2] not in content["not_names"]
            and not word.endswith("先生")
        )
        - load_elsewhere(),
        figures=frozenset((*figures["chinese"], *figures["foreign"])),
        not_names=frozenset(content["not_names"]),
        before=tuple(content["before"]),
        offices_abroad=tuple(content["offices_abroad"]),
        after=frozenset(content["after"]),
        tibetan=tuple(content["tibetan"]),
        foreign=re.escape(content["foreign"]),
        national=tuple(content["national"]),
        abroad_only=tuple(content["abroad_only"]),
        countries=tuple(sorted(content["countries"], key=len, reverse=True)),
        suffixes=tuple(content["organisation_suffixes"]),
        stop_in_organisations=content["stop_in_organisations"],
    )


def _read(name: str) -> dict[str, Any]:
    text = files("tianfu.embeddings.tagging").joinpath("data", name).read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
