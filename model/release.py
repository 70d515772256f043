"""Versions of models: what they are, what serves, and what an artefact must prove before it may serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tianfu.model.feed.scoring import FEATURES


class ModelKind(StrEnum):
    """What a model does."""

    ENCODER = "encoder"
    TAGGER = "tagger"
    PAIRS = "pairs"
    RANKER = "ranker"

    @property
    def card_kind(self) -> str:
        """What cards of artefacts call it."""
        return _CARD_KINDS[self]


_CARD_KINDS = {
    ModelKind.ENCODER: "encoder",
    ModelKind.TAGGER: "topics",
    ModelKind.PAIRS: "pairs",
    ModelKind.RANKER: "feed_ranker",
}

FLOORS: Mapping[ModelKind, Mapping[str, float]] = {
    ModelKind.ENCODER: {},
    ModelKind.TAGGER: {"micro_f1": 0.5},
    ModelKind.PAIRS: {"reprint_f1": 0.7},
    ModelKind.RANKER: {"page_auc": 0.5},
}
"""What a card must have measured at least, whatever floors it declares itself; below these is chance."""


class ReleaseAction(StrEnum):
    """How a version came to serve."""

    PUBLISH = "publish"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """An artefact that was taken into the registry; never changed afterwards.

    Attributes:
        id: SHA-256 of its card, which names the SHA-256 of every file; the folder's name.
        card: As read.
        data_hash: Of what it learnt from, where the card tells.
        fingerprint: Of an encoder: hash of everything that shapes a vector; ``None`` for other kinds.
        parent_id: The version that served when it came in, ``None`` for what ships.
        imported_by: Key id or ``command line``.
    """

    id: str
    kind: ModelKind
    name: str
    version: str
    card: Mapping[str, Any]
    data_hash: str | None
    fingerprint: str | None
    parent_id: str | None
    imported_at: datetime
    imported_by: str

    @property
    def label(self) -> str:
        """``name@version``, as decisions record it."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One change of what serves.

    Attributes:
        model_id: What serves from then on; ``None`` for what ships or the settings name.
        previous_id: What a rollback goes back to.
    """

    sequence: int
    kind: ModelKind
    model_id: str | None
    previous_id: str | None
    action: ReleaseAction
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an artefact may not serve, and what to do about it."""

    why: str
    advice: str


def data_hash_of(card: Mapping[str, Any]) -> str | None:
    """Hash of what a model learnt from, under whichever name its card keeps it."""
    for part in (card.get("data"), card.get("trained_on"), card):
        if isinstance(part, Mapping):
            for name in ("data_hash", "sha256", "stories_sha256"):
                if isinstance(part.get(name), str):
                    return str(part[name])
    return None


def faults_of(
    kind: ModelKind, card: Mapping[str, Any], *, encoder: str, topics: frozenset[str]
) -> list[Fault]:
    """Everything in a card that speaks against serving the artefact; hashes of files are checked elsewhere.

    Args:
        kind: What it is to serve as.
        card: As read.
        encoder: Fingerprint of the encoder that serves now.
        topics: Codes of the classes that stories may carry.
    """
    found = _metric_faults(kind, card)
    if kind is not ModelKind.ENCODER:
        found += _companion_faults(card, encoder)
    if kind is ModelKind.TAGGER:
        found += _class_faults(card, topics)
    if kind is ModelKind.RANKER and "features" in card and list(card["features"]) != list(FEATURES):
        found.append(
            Fault(
                "it was trained on other features than feeds have today",
                "Export anew and train it with this version of the product.",
            )
        )
    return found


def _metric_faults(kind: ModelKind, card: Mapping[str, Any]) -> list[Fault]:
    metrics, own = card.get("metrics"), card.get("floors")
    measured = metrics if isinstance(metrics, Mapping) else {}
    floors = dict(FLOORS[kind])
    for name, floor in (own if isinstance(own, Mapping) else {}).items():
        floors[name] = max(float(floor), floors.get(name, float(floor)))
    found = []
    for name, floor in sorted(floors.items()):
        value = measured.get(name)
        if not isinstance(value, int | float):
            found.append(
                Fault(f"its card tells no {name}", "Train it with `tianfu train`, which measures it.")
            )
        elif not value >= floor:
            found.append(
                Fault(
                    f"its {name} is {value:g}, below the floor of {floor:g}",
                    "Train it on more or better data; what serves now goes on.",
                )
            )
    return found


def _companion_faults(card: Mapping[str, Any], encoder: str) -> list[Fault]:
    wanted = card.get("encoder_fingerprint", card.get("encoder"))
    if not isinstance(wanted, str) or wanted == encoder:
        return []
    return [
        Fault(
            f"it was trained beside the encoder {wanted[:12]}, and {encoder[:12]} serves",
            "Train it again beside the encoder that serves, or publish that encoder first.",
        )
    ]


def _class_faults(card: Mapping[str, Any], topics: frozenset[str]) -> list[Fault]:
    classes = card.get("classes")
    if not isinstance(classes, list) or not classes:
        return [Fault("its card lists no classes", "Train it with `tianfu train tagger`.")]
    strange = sorted({str(code) for code in classes} - topics)
    if not strange:
        return []
    return [
        Fault(
            f"it knows classes that the vocabulary has not: {', '.join(strange[:5])}",
            "Train it with the vocabulary of this version.",
        )
    ]
