"""A whole run of the transformer encoder: a tiny BERT, a tiny companion, a small data folder."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from support.training_data import write_training_data
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.errors import UnreadableFile
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.train import train_encoder
from tianfu.training.encoders import train_from_file
from tianfu.training.pretrained.sentence_model import write_sentence_model
from tianfu.training.pretrained.tokenizer import BEGIN, END, MASK, PAD, UNKNOWN
from tianfu.training.transformer import train as training
from tianfu.training.transformer.artefact import keep_serving_files
from tianfu.training.transformer.config import TransformerConfig
from tianfu.training.transformer.neighbours import mixed_batch, nearest_stories
from tianfu.training.transformer.net import open_bert
from tianfu.training.transformer.train import train_transformer

LETTERS = (
    "昭化利州朝天青川旺苍剑阁梓潼平武北春茶开采夜间门诊通村道修机器人大赛获奖油菜花节幕防汛演练"
    "举行图书馆延时放猕猴桃丰收古城迎客水厂扩建完工本报讯今当地群众纷点赞的持续多日摘医院"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_training_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with random weights, one piece a letter."""
    folder = tmp_path_factory.mktemp("start")
    words = [PAD, UNKNOWN, BEGIN, END, MASK, *dict.fromkeys(LETTERS)]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}", special_tokens=[(BEGIN, 2), (END, 3)]
    )
    torch.manual_seed(3)
    bert = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=128,
            pad_token_id=0,
        ),
        add_pooling_layer=False,
    )
    write_sentence_model(folder, bert, tokenizer, max_tokens=64)
    return folder


@pytest.fixture(scope="module")
def companion(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static encoder of width 16, two steps old."""
    folder = tmp_path_factory.mktemp("companion")
    shape = {"dimension": 16, "prefixes": (8,), "vocabulary": 300, "buckets": 32, "batch": 8, "steps": 2}
    return train_encoder(EncoderConfig(data=data, out=folder / "out", work=folder, threads=1, **shape))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def config(
    data: Path, start: Path, companion: Path, tmp_path_factory: pytest.TempPathFactory
) -> TransformerConfig:
    folder = tmp_path_factory.mktemp("run")
    return TransformerConfig(
        data=data,
        start=start,
        companion=companion,
        out=folder / "artefact",
        work=folder / "work",
        log=folder / "LOG.md",
        layers=2,
        frozen_layers=1,
        prefixes=(16,),
        max_pieces=64,
        lead_chars=(10, 30),
        batch=8,
        seeds=2,
        class_batch=8,
        steps=8,
        threads=1,
        tasks={"stories": 0.4, "twins": 0.2, "graded": 0.2, "classes": 0.2},
    )


@pytest.fixture(scope="module")
def trained(config: TransformerConfig) -> Path:
    """The artefact of one run with checkpoints every three steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "CHECKPOINT_STEPS", 3)
        return train_transformer(config)


def test_a_run_writes_an_encoder_that_serves_beside_its_companion(
    trained: Path, config: TransformerConfig
) -> None:
    folder = trained

    served = load_encoder(folder)
    assert served.dimension == 32 + 16
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["fingerprint"] == served.fingerprint
    assert {"retrieval", "retrieval_32", "sts", "headlines_toutiao"} <= set(card["metrics"])
    assert "encoder-static" in (folder / "card.md").read_text(encoding="utf-8")
    assert config.log is not None
    assert "recall_at_1" in config.log.read_text(encoding="utf-8")
    assert list((config.work / "curves").iterdir())


def test_sentence_transformers_loads_the_trained_half(trained: Path) -> None:
    texts = ["昭化春茶开采", "利州夜间门诊开通，当地群众纷纷点赞。"]

    theirs = SentenceTransformer(str(trained), device="cpu").encode(texts)
    ours = load_encoder(trained, dimension=32).encode(texts)

    assert (theirs * ours).sum(axis=1).min() > 0.97  # eight bits against float32 in a tiny net


def test_the_serving_files_alone_serve_the_same(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    keep_serving_files(trained, tmp_path / "kept")
    shutil.copytree(trained / "companion", tmp_path / "kept" / "companion")

    one, other = load_encoder(trained), load_encoder(tmp_path / "kept")

    assert one.fingerprint == other.fingerprint
    np.testing.assert_array_equal(one.encode(["青川油菜花节开幕"]), other.encode(["青川油菜花节开幕"]))


def test_a_run_that_was_stopped_ends_like_one_that_was_not(
    trained: Path, config: TransformerConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 3)
    whole = load_encoder(trained, dimension=32).encode(["利州防汛演练举行"])
    other = replace(config, out=tmp_path / "artefact", work=tmp_path / "work")

    def stop(name: str, done: int, _total: int) -> None:
        if (name, done) == ("training the encoder", 5):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_transformer(other, stop)
    steps: list[int] = []
    train_transformer(other, lambda name, done, _: steps.append(done) if "training" in name else None)

    assert steps[0] == 4  # from the checkpoint at 3
    again = load_encoder(other.out, dimension=32).encode(["利州防汛演练举行"])
    np.testing.assert_allclose(again, whole, atol=1e-6)


def test_only_the_upper_layers_are_trained(start: Path) -> None:
    bert = open_bert(start, layers=2, frozen=1)

    trained = {name.split(".")[2] for name, p in bert.named_parameters() if p.requires_grad}
    assert bert.config.num_hidden_layers == 2
    assert trained == {"1"}


def test_a_configuration_that_freezes_every_layer_is_refused(start: Path) -> None:
    with pytest.raises(UnreadableFile, match="nothing to train"):
        open_bert(start, layers=2, frozen=2)


def test_hard_batches_hold_neighbours_but_no_copies() -> None:
    angles = np.array([0.0, 0.05, 0.7, 0.8, 2.0, 2.7])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    near = nearest_stories(vectors, 2)
    batch = mixed_batch(near, size=4, seeds=2, rng=np.random.default_rng(1))

    assert near[0].tolist() == [2, 3]  # the story at 0.05 is taken for a copy
    assert len(set(batch.tolist())) == 4


def test_the_configuration_says_which_kind_is_trained(config: TransformerConfig, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(
        f"""architecture = "transformer"
start = "{config.start}"
companion = "{config.companion}"
work = "work"
out = "artefact"
layers = 2
frozen_layers = 1
max_pieces = 64
prefixes = [16]
batch = 8
seeds = 2
class_batch = 8
steps = 1
threads = 1
""",
        encoding="utf-8",
    )

    out = train_from_file(
        file, data=config.data, out=None, progress=lambda *_: None, name="mine", version="9"
    )

    assert load_encoder(out).dimension == 48
    assert load_artefact(out, kind="encoder").version == "mine@9"
