"""The encoder that ships: whole, what its card says, quick to load, without torch."""

import subprocess
import sys

import numpy as np
import pytest

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, load_encoder
from tianfu.model.artifacts import shipped
from tianfu.model.ports import Encoder

PAIRS = [
    (
        "昭化区春茶开园，茶农抢抓农时采新茶",
        "清明未到，昭化区的茶山上已是一片忙碌，茶农们赶早采下今年的头一批鲜叶。",
    ),
    (
        "县医院夜间门诊开诊，儿科接诊到九点",
        "为方便上班族和学生看病，县人民医院本周起开设夜间门诊，儿科、内科每晚接诊。",
    ),
    ("青川最后一条村道完成硬化", "历时五个月施工，通往青川偏远村组的水泥路全线贯通，三百余户群众告别泥路。"),
    ("女篮联赛收官，剑阁队加时夺冠", "加时赛最后三秒，剑阁队后卫抢断上篮得手，以两分优势捧起冠军奖杯。"),
    ("气象台发布暴雨蓝色预警", "市气象台预计，未来二十四小时沿江各县有大雨到暴雨，请注意防范山洪和滑坡。"),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(shipped("encoder"))


def test_it_is_what_its_card_says(encoder: Encoder) -> None:
    card = load_artefact(shipped("encoder"), kind=KIND).card

    assert (encoder.dimension, encoder.fingerprint) == (card["dimension"], card["fingerprint"])
    for name in ("sources", "licences", "data", "metrics", "training"):
        assert card[name]
    for suite in card["metrics"].values():
        for metric, (low, high) in suite["intervals"].items():
            assert low <= suite["metrics"][metric] <= high


def test_it_finds_more_of_its_own_stories_than_tf_idf() -> None:
    suite = load_artefact(shipped("encoder"), kind=KIND).card["metrics"]["retrieval"]
    assert suite["metrics"]["recall_at_1"] > suite["baselines"]["tfidf"]["recall_at_1"]


def test_headlines_find_their_leads(encoder: Encoder) -> None:
    titles, leads = (encoder.encode(side) for side in zip(*PAIRS, strict=True))

    assert (titles @ leads.T).argmax(axis=1).tolist() == list(range(len(PAIRS)))
    np.testing.assert_allclose(np.linalg.norm(titles, axis=1), 1.0, atol=1e-5)


def test_traditional_and_full_width_text_gives_the_same_vector(encoder: Encoder) -> None:
    plain, other = encoder.encode(["广元举办2024年国际女儿节ABC", "廣元舉辦２０２４年國際女兒節ＡＢＣ"])
    np.testing.assert_array_equal(plain, other)


def test_it_stays_small() -> None:
    assert sum(file.stat().st_size for file in shipped("encoder").iterdir()) <= 24_000_000


def test_serving_it_imports_no_learning_framework() -> None:
    code = (
        "import sys; from tianfu.embeddings.encoder.loading import load_encoder;"
        "from tianfu.model.artifacts import shipped;"
        "load_encoder(shipped('encoder')).encode(['茶']);"
        "bad = {'torch', 'transformers', 'sklearn', 'onnx', 'safetensors'} & set(sys.modules);"
        "sys.exit(f'imported: {bad}' if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_provinces_encoder_is_what_its_card_says_and_reads_beside_the_boxs() -> None:
    folder = shipped("encoder_province")
    card = load_artefact(folder, kind=KIND).card
    province = load_encoder(folder)
    titles, leads = (province.encode(side) for side in zip(*PAIRS, strict=True))

    assert (province.dimension, province.fingerprint) == (card["dimension"], card["fingerprint"])
    assert (titles @ leads.T).argmax(axis=1).tolist() == list(range(len(PAIRS)))
    assert card["encoder"]["companion"]["fingerprint"] == load_encoder(shipped("encoder")).fingerprint


def test_all_that_ships_stays_small() -> None:
    files = [file for file in shipped("encoder").parent.rglob("*") if file.is_file()]

    assert sum(file.stat().st_size for file in files) <= 64_000_000
