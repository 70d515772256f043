"""Reading the shipped data files."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where facts come from; shown in reports and on the about page."""

    version: str
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """One data file: its provenance and its content as parsed."""

    provenance: Provenance
    content: dict[str, Any]


@cache
def read_facts(name: str) -> Facts:
    """Read ``data/<name>.json``; the answer is shared, so leave it unchanged."""
    text = files("tianfu.model.vocab").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    about = Provenance(version=content["version"], source=content["source"], licence=content["licence"])
    return Facts(about, content)
