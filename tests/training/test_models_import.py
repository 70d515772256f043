"""Any sentence-transformers directory becomes an encoder that serves: tiny models with random weights."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
)

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, load_encoder
from tianfu.model.errors import ArtefactInvalid, UnreadableFile
from tianfu.training.imports import run
from tianfu.training.imports.folder import read_folder
from tianfu.training.imports.run import import_encoder

OWN_TEXTS = [
    "苍溪雪梨开园采摘",
    "通江银耳节下周开幕,十二家企业到场",
    "剑门关春节接待游客",
    "青川 2024 年茶叶增收",
]
WIDTH = 32


def train_tokenizer(*, decoder: bool) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "<|end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(OWN_TEXTS * 5, trainer)
    ids = {name: tokenizer.token_to_id(name) for name in special}
    template = "$A <|end|>" if decoder else "[CLS] $A [SEP]"
    marks = ["<|end|>"] if decoder else ["[CLS]", "[SEP]"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[(mark, ids[mark]) for mark in marks]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        padding_side="left" if decoder else "right",
        model_max_length=96,
        model_input_names=["input_ids", "attention_mask"],
    )


def tiny_bert(tokens: int) -> PreTrainedModel:
    return BertModel(
        BertConfig(
            vocab_size=tokens,
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=128,
        )
    )


def tiny_qwen(tokens: int) -> PreTrainedModel:
    return Qwen3Model(
        Qwen3Config(
            vocab_size=tokens,
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            intermediate_size=48,
            max_position_embeddings=128,
        )
    )


def write_folder(
    path: Path,
    make: Callable[[int], PreTrainedModel],
    *,
    pooling: str,
    decoder: bool = False,
    prompts: dict[str, str] | None = None,
) -> Path:
    """A directory as SentenceTransformer.save writes it."""
    torch.manual_seed(5)
    tokenizer = train_tokenizer(decoder=decoder)
    make(len(tokenizer)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {
            "idx": i,
            "name": str(i),
            "path": "" if not i else f"{i}_{kind}",
            "type": f"sentence_transformers.models.{kind}",
        }
        for i, kind in enumerate(kinds)
    ]
    (path / "modules.json").write_text(json.dumps(modules))
    (path / "1_Pooling").mkdir()
    (path / "2_Normalize").mkdir()
    (path / "1_Pooling/config.json").write_text(
        json.dumps({"word_embedding_dimension": WIDTH, pooling: True})
    )
    (path / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": 96, "do_lower_case": False})
    )
    said = {"prompts": prompts or {}, "default_prompt_name": None}
    (path / "config_sentence_transformers.json").write_text(json.dumps(said))
    return path


KINDS = {
    "bert_cls": {"make": tiny_bert, "pooling": "pooling_mode_cls_token"},
    "bert_mean_prompts": {
        "make": tiny_bert,
        "pooling": "pooling_mode_mean_tokens",
        "prompts": {"query": "query: ", "passage": "passage: "},
    },
    "qwen_last": {"make": tiny_qwen, "pooling": "pooling_mode_lasttoken", "decoder": True},
}


@pytest.fixture(scope="module", params=list(KINDS))
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("models") / request.param, **KINDS[request.param])


def test_an_imported_encoder_gives_the_vectors_of_sentence_transformers(source: Path, tmp_path: Path) -> None:
    done = import_encoder(source, tmp_path / "out", name="tiny", version="1", int8=False)
    prompt = "passage: " if "prompts" in source.name else ""
    theirs = SentenceTransformer(str(source), device="cpu").encode(
        [prompt + text for text in OWN_TEXTS], normalize_embeddings=True
    )

    ours = load_encoder(tmp_path / "out").encode(OWN_TEXTS)

    assert done.lowest_cosine > 0.9999
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    np.testing.assert_array_equal(ours[1], load_encoder(tmp_path / "out").encode([OWN_TEXTS[1]])[0])


def test_eight_bits_serve_alone(source: Path, tmp_path: Path) -> None:
    done = import_encoder(source, tmp_path / "out", name="tiny", version="3", int8=True)

    assert done.int8_cosine is not None
    assert done.int8_cosine > 0.95
    assert load_artefact(tmp_path / "out", kind=KIND).version == "tiny@3"
    assert sorted(file.name for file in (tmp_path / "out").glob("*.onnx")) == ["encoder_int8.onnx"]


def test_a_graph_that_differs_from_torch_never_serves(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LEAST_COSINE", 1.1)

    with pytest.raises(ArtefactInvalid, match="cosine"):
        import_encoder(source, tmp_path / "out", name="tiny", version="1", int8=False)

    assert not list((tmp_path / "out").glob("*.onnx"))


def changed(source: Path, target: Path, name: str, value: object) -> Path:
    for file in source.rglob("*"):
        if file.is_file():
            (target / file.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            (target / file.relative_to(source)).write_bytes(file.read_bytes())
    (target / name).write_text(json.dumps(value))
    return target


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("modules.json", [{"type": "own.Code", "path": ""}], "own.Code"),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pooling"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
            r"cls \+ mean",
        ),
    ],
)
def test_what_cannot_be_imported_is_named(
    source: Path, tmp_path: Path, name: str, value: object, why: str
) -> None:
    with pytest.raises(UnreadableFile, match=why):
        read_folder(changed(source, tmp_path / "other", name, value))


def test_a_folder_that_is_no_model_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"modules\.json") as refused:
        read_folder(tmp_path)

    assert "SentenceTransformer" in (refused.value.advice or "")


def test_a_tokenizer_in_its_slow_form_is_refused(source: Path, tmp_path: Path) -> None:
    copy = changed(source, tmp_path / "other", "extra.json", {})
    (copy / "tokenizer.json").unlink()

    with pytest.raises(UnreadableFile, match=r"tokenizer\.json"):
        read_folder(copy)
