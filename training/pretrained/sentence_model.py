"""Writing a standard sentence-transformers folder out of a packed encoder and its kept pieces."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tianfu.model.errors import UnreadableFile
from tianfu.training.pretrained.packed import PackedModel
from tianfu.training.pretrained.tokenizer import BEGIN, END, MASK, PAD, UNKNOWN
from tianfu.training.pretrained.vocabulary import KeptPieces

PROMPTS = {"query": "query: ", "passage": "passage: "}
"""What the encoder was trained to see before each text, and what the package puts there."""
STORY_PROMPT = "passage"
POOLING = "1_Pooling"
_MODULES = (
    ("0", "", "sentence_transformers.models.Transformer"),
    ("1", POOLING, "sentence_transformers.models.Pooling"),
    ("2", "2_Normalize", "sentence_transformers.models.Normalize"),
)
_LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORM = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def build_bert(packed: PackedModel, kept: KeptPieces, *, pad: int) -> BertModel:
    """Build the encoder in float32 with only the kept rows of its word table.

    Args:
        packed: Where the tensors are.
        kept: Row ``i`` of the new table is row ``kept.ids[i]`` of the old one.
        pad: New id of the padding mark.

    Raises:
        UnreadableFile: A tensor is missing or of another size, or there are numbers that are not finite.
    """
    shape = packed.shape
    config = BertConfig(
        vocab_size=len(kept.ids),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        hidden_act="gelu",
        pad_token_id=pad,
    )
    bert = BertModel(config, add_pooling_layer=False)
    state = {name: torch.from_numpy(values) for name, values in _weights(packed, kept)}
    if not all(bool(torch.isfinite(values).all()) for values in state.values()):
        raise UnreadableFile("The packed encoder holds numbers that are not finite.")
    bert.load_state_dict(state, strict=False)
    unset = {name for name, _ in bert.named_parameters()} - set(state)
    if unset:
        raise UnreadableFile(f"The packed encoder has nothing for {sorted(unset)[0]}.")
    bert.train(mode=False)
    return bert


def write_sentence_model(
    out_dir: Path,
    bert: BertModel,
    tokenizer: Tokenizer,
    *,
    max_tokens: int,
    prompts: Mapping[str, str] = PROMPTS,
    story_prompt: str | None = STORY_PROMPT,
) -> None:
    """Write the folder that ``SentenceTransformer(path)`` loads: mean pooling, unit length, prompts."""
    out_dir.mkdir(parents=True, exist_ok=True)
    bert.save_pretrained(out_dir)
    wrapped: PreTrainedTokenizerBase = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        cls_token=BEGIN,
        eos_token=END,
        sep_token=END,
        pad_token=PAD,
        unk_token=UNKNOWN,
        mask_token=MASK,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
    )
    wrapped.save_pretrained(out_dir)
    tokenizer.save(str(out_dir / "tokenizer.json"))
    modules = [
        {"idx": at, "name": name, "path": path, "type": kind}
        for at, (name, path, kind) in enumerate(_MODULES)
    ]
    _write(out_dir / "modules.json", modules)
    _write(out_dir / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    _write(
        out_dir / "config_sentence_transformers.json",
        {
            "prompts": dict(prompts),
            "default_prompt_name": story_prompt,
            "similarity_fn_name": "cosine",
        },
    )
    (out_dir / POOLING).mkdir(exist_ok=True)
    (out_dir / "2_Normalize").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": bert.config.hidden_size, "pooling_mode_mean_tokens": True}
    _write(out_dir / POOLING / "config.json", pooling)


def _weights(packed: PackedModel, kept: KeptPieces) -> Iterator[tuple[str, np.ndarray]]:
    shape = packed.shape
    wide = shape.hidden
    yield "embeddings.word_embeddings.weight", packed.word_rows(kept.ids)
    yield "embeddings.position_embeddings.weight", packed.tensor("emb.pos", shape.positions, wide)
    yield "embeddings.token_type_embeddings.weight", packed.tensor("emb.type", shape.token_types, wide)
    yield "embeddings.LayerNorm.weight", packed.tensor("emb.ln.w", wide)
    yield "embeddings.LayerNorm.bias", packed.tensor("emb.ln.b", wide)
    sizes: Mapping[str, tuple[int, int]] = {
        "fi": (shape.feed_forward, wide),
        "fo": (wide, shape.feed_forward),
    }
    for layer in range(shape.layers):
        for short, name in _LINEAR.items():
            rows, columns = sizes.get(short, (wide, wide))
            there = f"encoder.layer.{layer}.{name}"
            yield f"{there}.weight", packed.tensor(f"l{layer}.{short}.w", rows, columns)
            yield f"{there}.bias", packed.tensor(f"l{layer}.{short}.b", rows)
        for short, name in _NORM.items():
            yield f"encoder.layer.{layer}.{name}.weight", packed.tensor(f"l{layer}.{short}.w", wide)
            yield f"encoder.layer.{layer}.{name}.bias", packed.tensor(f"l{layer}.{short}.b", wide)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
