"""An encoder with a companion: both vectors side by side, the companion found and checked."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tianfu.embeddings.artefact import CARD, load_artefact, write_card
from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.loading import KIND, open_encoder
from tianfu.embeddings.encoder.ngrams import ngram_keys
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.encoder.export import FILES, export_encoder, serving_settings

TEXTS = ["苍溪雪梨开园采摘", "", "通江银耳节下周开幕，十二家企业到场", "……"]


def tiny_encoder(folder: Path, *, name: str, width: int, seed: int) -> Path:
    keys = np.unique(np.concatenate([ngram_keys(text)[0] for text in TEXTS]))
    features = NgramFeatures(keys, 32, 0.7)
    net = NgramBag(len(keys) + 32, width)
    net.start(torch.linspace(1, 9, len(keys) + 32), seed=seed)
    export_encoder(folder, net.table.detach().numpy(), features)
    card = {"kind": KIND, "name": name, "version": "1", "dimension": width}
    write_card(folder, card | {"encoder": serving_settings(features, (8,))}, files=FILES)
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """An encoder of width 16 whose folder holds a companion of width 24."""
    folder = tiny_encoder(tmp_path / "first", name="first", width=16, seed=1)
    companion = tiny_encoder(folder / "companion", name="second", width=24, seed=2)
    change_card(
        folder,
        dimension=40,
        companion={
            "version": "second@1",
            "fingerprint": open_encoder(load_artefact(companion, kind=KIND)).fingerprint,
            "weight": 0.5,
        },
    )
    return folder


def change_card(folder: Path, *, dimension: int, companion: dict[str, object]) -> None:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["dimension"] = dimension
    card["encoder"]["companion"] = companion
    write_card(folder, card, files=FILES)


def test_the_vector_is_both_vectors_weighted_and_of_unit_length(pair: Path) -> None:
    joined = open_encoder(load_artefact(pair, kind=KIND))
    own = open_encoder(load_artefact(pair, kind=KIND), dimension=8)
    other = open_encoder(load_artefact(pair / "companion", kind=KIND)).encode(TEXTS)

    found = joined.encode(TEXTS)

    assert joined.dimension == 40
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 1, 0], atol=1e-6)
    # two parts of lengths 1 and 0.5 make a whole of length √1.25
    np.testing.assert_allclose(found[:, 16:], other * 0.5 / 1.25**0.5, atol=1e-6)
    short = found[0, :8] / np.linalg.norm(found[0, :8])
    np.testing.assert_allclose(short, own.encode(TEXTS)[0], atol=1e-6)


def test_another_companion_than_it_was_made_for_is_refused(pair: Path) -> None:
    shutil.rmtree(pair / "companion")
    tiny_encoder(pair / "companion", name="second", width=24, seed=3)

    with pytest.raises(ArtefactInvalid, match="another second@1"):
        open_encoder(load_artefact(pair, kind=KIND))


def test_a_missing_companion_is_named(pair: Path) -> None:
    shutil.rmtree(pair / "companion")

    with pytest.raises(ArtefactInvalid, match="needs second@1 beside it"):
        open_encoder(load_artefact(pair, kind=KIND))


def test_it_has_a_fingerprint_of_its_own(pair: Path) -> None:
    whole = open_encoder(load_artefact(pair, kind=KIND))
    before = whole.fingerprint
    card = json.loads((pair / CARD).read_text(encoding="utf-8"))
    change_card(pair, dimension=40, companion=card["encoder"]["companion"] | {"weight": 0.6})

    assert open_encoder(load_artefact(pair, kind=KIND)).fingerprint != before
