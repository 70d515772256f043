"""What training writes, serving reads: the same vectors in torch, sentence-transformers and ONNX."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from tianfu.embeddings.artefact import load_artefact, write_card
from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.loading import KIND, load_encoder, open_encoder
from tianfu.embeddings.encoder.ngrams import ngram_keys
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.encoder.export import FILES, GRAPH, TENSORS, export_encoder, serving_settings
from tianfu.training.encoder.quantise import quantise_rows, restored_rows

TEXTS = [
    "广元利州：春耕备耕正当时",
    "",
    "县医院开通夜间门诊，上班族看病更方便。" * 30,
    "！？……",
    "昭化古城迎来今年首批游客",
    "茶",
]
DIMENSION, BUCKETS = 32, 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with random rows, exported as training exports it."""
    path = tmp_path_factory.mktemp("encoder")
    keys = np.unique(np.concatenate([ngram_keys(text)[0] for text in TEXTS[:3]]))
    features = NgramFeatures(keys, BUCKETS, 0.7)
    net = NgramBag(len(keys) + BUCKETS, DIMENSION)
    net.start(torch.linspace(1, 9, len(keys) + BUCKETS), seed=1)
    export_encoder(path, net.table.detach().numpy(), features)
    card = {
        "kind": KIND,
        "name": "tiny",
        "version": "1",
        "dimension": DIMENSION,
        "encoder": serving_settings(features, (16,)),
    }
    write_card(path, card, files=FILES)
    return path


def test_onnx_and_torch_agree(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    torch_vectors = SentenceTransformer(str(folder), trust_remote_code=True, device="cpu").encode(TEXTS)
    served = load_encoder(folder).encode(TEXTS)

    assert served.dtype == np.float32
    np.testing.assert_allclose(served, torch_vectors, atol=1e-5)


def test_vectors_have_unit_length_and_texts_without_letters_have_none(folder: Path) -> None:
    lengths = np.linalg.norm(load_encoder(folder).encode(TEXTS), axis=1)

    np.testing.assert_allclose(lengths, [1, 0, 1, 0, 1, 1], atol=1e-6)
    assert load_encoder(folder).encode([]).shape == (0, DIMENSION)


def test_a_vector_does_not_depend_on_company(folder: Path) -> None:
    encoder = load_encoder(folder)
    together = encoder.encode(TEXTS * 20)

    for place, text in enumerate(TEXTS):
        np.testing.assert_array_equal(together[place], encoder.encode([text])[0])


def test_many_threads_get_the_same_vectors(folder: Path) -> None:
    encoder = load_encoder(folder)
    wanted = encoder.encode(TEXTS)
    found: list[np.ndarray | None] = [None] * 8

    def ask(place: int) -> None:
        for _ in range(20):
            found[place] = encoder.encode(TEXTS)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in found:
        np.testing.assert_array_equal(one, wanted)


def test_a_shorter_vector_is_the_front_of_the_whole_one(folder: Path) -> None:
    whole, short = load_encoder(folder), load_encoder(folder, dimension=16)
    front = whole.encode(TEXTS[:1])[:, :16]

    assert short.dimension == 16
    np.testing.assert_allclose(short.encode(TEXTS[:1]), front / np.linalg.norm(front), atol=1e-6)
    assert short.fingerprint != whole.fingerprint
    with pytest.raises(ArtefactInvalid, match="length 8"):
        load_encoder(folder, dimension=8)


def test_the_fingerprint_follows_what_shapes_a_vector(folder: Path, tmp_path: Path) -> None:
    before = load_encoder(folder).fingerprint
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in FILES:
        (copy / name).write_bytes((folder / name).read_bytes())
    card = json.loads((folder / "card.json").read_text())
    card.pop("files")
    write_card(copy, card | {"licences": ["other"]}, files=FILES)
    assert load_encoder(copy).fingerprint == before

    card["encoder"]["unknown_weight"] = 0.1
    write_card(copy, card, files=FILES)
    assert load_encoder(copy).fingerprint != before


@pytest.mark.parametrize("name", [GRAPH, TENSORS])
def test_an_altered_file_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    for file in (*FILES, "card.json"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    altered = bytearray((tmp_path / name).read_bytes())
    altered[-1] ^= 1
    (tmp_path / name).write_bytes(bytes(altered))

    with pytest.raises(ArtefactInvalid, match="altered"):
        load_encoder(tmp_path)


@pytest.mark.parametrize("change", [{"inputs": "runes"}, {"buckets": None}, {"graph": "other.onnx"}])
def test_a_card_that_cannot_be_used_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    card = json.loads((folder / "card.json").read_text())
    card["encoder"] |= change
    write_card(tmp_path, card, files=FILES)

    with pytest.raises(ArtefactInvalid):
        open_encoder(load_artefact(tmp_path, kind=KIND))


def test_rounded_rows_stay_within_half_a_scale() -> None:
    table = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    table[7] = 0
    packed, scale = quantise_rows(table)
    again = restored_rows(packed, scale)

    assert packed.shape == (50, 4)
    assert (np.abs(again - table) <= scale[:, None] * 0.5001).all()
    assert (np.abs(again).max(axis=1) / scale)[np.arange(50) != 7].round().tolist() == [7.0] * 49
