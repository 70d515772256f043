"""What an artefact must prove before it may serve."""

from typing import Any

import pytest

from tianfu.model.feed.scoring import FEATURES
from tianfu.model.release import ModelKind, data_hash_of, faults_of

GOOD: dict[ModelKind, dict[str, Any]] = {
    ModelKind.ENCODER: {},
    ModelKind.TAGGER: {"metrics": {"micro_f1": 0.8}, "classes": ["14", "31"]},
    ModelKind.PAIRS: {"metrics": {"reprint_f1": 0.9}},
    ModelKind.RANKER: {"metrics": {"page_auc": 0.6}, "features": list(FEATURES)},
}


def faults(kind: ModelKind, **card: Any) -> list[str]:
    found = faults_of(kind, GOOD[kind] | card, encoder="e" * 64, topics=frozenset({"14", "31"}))
    assert all(fault.advice for fault in found)
    return [fault.why for fault in found]


@pytest.mark.parametrize("kind", list(ModelKind))
def test_a_sound_card_has_no_fault(kind: ModelKind) -> None:
    assert faults(kind) == []


@pytest.mark.parametrize(
    ("kind", "card", "words"),
    [
        (ModelKind.TAGGER, {"metrics": {"micro_f1": 0.49}}, "below the floor of 0.5"),
        (ModelKind.TAGGER, {"metrics": {}}, "tells no micro_f1"),
        (ModelKind.TAGGER, {"metrics": {"micro_f1": float("nan")}}, "below the floor"),
        (ModelKind.TAGGER, {"floors": {"micro_f1": 0.85}}, "below the floor of 0.85"),
        (ModelKind.TAGGER, {"floors": {"micro_f1": 0.1}, "metrics": {"micro_f1": 0.3}}, "floor of 0.5"),
        (ModelKind.TAGGER, {"classes": ["14", "99"]}, "classes that the vocabulary has not: 99"),
        (ModelKind.TAGGER, {"classes": []}, "lists no classes"),
        (ModelKind.PAIRS, {"encoder_fingerprint": "f" * 64}, "trained beside the encoder ffffffffffff"),
        (ModelKind.RANKER, {"encoder": "f" * 64}, "trained beside the encoder"),
        (ModelKind.RANKER, {"features": ["interest"]}, "other features"),
        (ModelKind.ENCODER, {"floors": {"recall_at_1": 0.7}, "metrics": {"recall_at_1": 0.6}}, "recall_at_1"),
    ],
)
def test_a_fault_is_named(kind: ModelKind, card: dict[str, Any], words: str) -> None:
    assert [why for why in faults(kind, **card) if words in why]


def test_a_model_trained_beside_the_encoder_that_serves_has_no_fault() -> None:
    assert faults(ModelKind.PAIRS, encoder_fingerprint="e" * 64) == []


def test_the_hash_of_the_data_is_found_under_every_name_that_cards_use() -> None:
    assert data_hash_of({"data": {"data_hash": "a"}}) == "a"
    assert data_hash_of({"data": {"sha256": "b", "stories": 3}}) == "b"
    assert data_hash_of({"data_hash": "c"}) == "c"
    assert data_hash_of({"trained_on": {"seed": 7}}) is None
