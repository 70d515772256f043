"""Words that say nothing as keywords."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Stops:
    """Words that are no keywords by themselves, and those that end nobody's keyword."""

    empty: frozenset[str]
    offices: frozenset[str]


@cache
def stops() -> Stops:
    """The shipped lists; the same object every time."""
    text = files("tianfu.embeddings.tagging").joinpath("data", "keyword_stops.json").read_text("utf-8")
    content = json.loads(text)
    return Stops(frozenset((*content["empty"], *content["offices"])), frozenset(content["offices"]))
