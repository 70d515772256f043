"""The whole way from the package's file to a sentence-transformers folder with ONNX graphs and a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tianfu.embeddings.artefact import CARD, load_artefact, sha256_of, write_card
from tianfu.embeddings.encoder.loading import KIND, encoder_fingerprint
from tianfu.training.encoder.corpus import read_rows
from tianfu.training.pretrained.card import card_values
from tianfu.training.pretrained.compare import Agreement, agreement, engines_of
from tianfu.training.pretrained.export import OnnxReport, export_onnx
from tianfu.training.pretrained.layout import package_file, read_packed
from tianfu.training.pretrained.packed import PackedModel
from tianfu.training.pretrained.sentence_model import (
    PROMPTS,
    build_bert,
    write_sentence_model,
)
from tianfu.training.pretrained.tokenizer import build_tokenizer
from tianfu.training.pretrained.vocabulary import KeptPieces, PieceCounts, choose_pieces, count_pieces
from tianfu.training.progress import Progress

MAX_PIECES = 24_000
"""At this size 169,439 stories and headlines keep 0.9999 of their tokens as they were."""
AGREEMENT_TEXTS = 200
AGREEMENT_CHARS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrained:
    """What was written.

    Attributes:
        path: The folder.
        fingerprint: As the encoder says that serving opens from this folder.
        pieces: Kept pieces.
        agreement: With the package's own vectors, by engine; empty without texts.
    """

    path: Path
    fingerprint: str
    pieces: int
    onnx: OnnxReport
    agreement: dict[str, Agreement]


def extract_pretrained(
    out_dir: Path,
    *,
    corpus_files: Sequence[Path],
    max_pieces: int = MAX_PIECES,
    packed_file: Path | None = None,
    agreement_files: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Pretrained:
    """Write a standard sentence-transformers folder, its ONNX graphs and ``card.json``.

    Args:
        out_dir: Made if missing; files of the same names are replaced.
        corpus_files: JSON Lines with ``title`` and ``body``, whose pieces are kept.
        max_pieces: Upper bound of the vocabulary.
        packed_file: Another file of the package's layout; by default the one in the package.
        agreement_files: Texts to compare with the package's own engine; best none of ``corpus_files``.
        progress: Told of each step.

    Raises:
        UnreadableFile: The package or a corpus file is missing or not what it should be.
        ArtefactInvalid: The float32 graph does not agree with torch.
    """
    tell = progress or (lambda step, done, total: None)
    file = packed_file or package_file()
    packed = read_packed(file)
    tell("counting pieces", 0, 0)
    counts, kept = _keep(packed, corpus_files, max_pieces, tell)
    tell("writing the model", 0, 1)
    tokens = packed.shape.positions
    tokenizer = build_tokenizer(packed.vocabulary, kept.ids, max_tokens=tokens)
    bert = build_bert(packed, kept, pad=kept.ids.index(packed.vocabulary.pad))
    write_sentence_model(out_dir, bert, tokenizer, max_tokens=tokens)
    tell("exporting", 0, 1)
    onnx = export_onnx(out_dir)
    tell("comparing", 0, 1)
    near = _agreement(out_dir, file, agreement_files)
    files = sorted(_files(out_dir))
    card = card_values(packed, file, counts=counts, kept=kept, onnx=onnx, near=near)
    card |= {"agreement_data": {path.name: sha256_of(path) for path in agreement_files}}
    write_card(out_dir, card, files=files)
    fingerprint = encoder_fingerprint(load_artefact(out_dir, kind=KIND), packed.shape.hidden)
    write_card(out_dir, card | {"fingerprint": fingerprint}, files=files)
    return Pretrained(path=out_dir, fingerprint=fingerprint, pieces=len(kept.ids), onnx=onnx, agreement=near)


def lead_texts(files: Sequence[Path], count: int, *, chars: int = AGREEMENT_CHARS) -> list[str]:
    """Titles with the first characters of the body, the same number from each file, evenly spread."""
    texts = []
    for file in files:
        rows = list(read_rows(file))
        share = max(1, count // len(files))
        some = islice(rows, 0, None, max(1, len(rows) // share))
        texts += [f"{row['title']} {str(row.get('body') or '')[:chars]}".strip() for row in some]
    return texts[:count]


def _keep(
    packed: PackedModel, files: Sequence[Path], max_pieces: int, tell: Progress
) -> tuple[PieceCounts, KeptPieces]:
    vocabulary = packed.vocabulary
    everything = build_tokenizer(vocabulary, range(len(vocabulary.pieces)), max_tokens=packed.shape.positions)
    everything.no_truncation()
    everything.no_padding()
    prompts = everything.encode_batch_fast(list(PROMPTS.values()), add_special_tokens=False)
    counts = count_pieces(everything, files, progress=lambda done: tell("counting pieces", done, 0))
    always = [piece for prompt in prompts for piece in prompt.ids]
    return counts, choose_pieces(vocabulary, counts, max_pieces=max_pieces, always=always)


def _agreement(out_dir: Path, packed_file: Path, files: Sequence[Path]) -> dict[str, Agreement]:
    texts = lead_texts(files, AGREEMENT_TEXTS) if files else []
    if not texts:
        return {}
    vectors = {name: engine(texts) for name, engine in engines_of(out_dir, packed_file).items()}
    theirs = vectors.pop("package")
    return {name: agreement(ours, theirs) for name, ours in vectors.items()}


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in found if name != CARD]
