"""The unigram tokenizer of the pretrained encoder, over all its pieces or over those kept."""

import unicodedata
from collections.abc import Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tianfu.model.errors import UnreadableFile
from tianfu.training.pretrained.packed import PackedVocabulary

BEGIN, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
METASPACE = "\u2581"
_STAND_INS = 0xF8F0
"""First of the private code points that stand in, during NFKC, for characters it must not change."""
_STAND_INS_MAX = 15
_SURROGATES = range(0xD800, 0xE000)


def build_tokenizer(vocabulary: PackedVocabulary, ids: Sequence[int], *, max_tokens: int) -> Tokenizer:
    """Build a tokenizer over the pieces with these ids, in that order, their scores unchanged.

    Texts of more than ``max_tokens`` tokens, the two marks included, are cut at the end.

    Raises:
        UnreadableFile: A mark is missing, or the file's normalisation is not NFKC with a few exceptions.
    """
    pieces = [(vocabulary.pieces[i], vocabulary.scores[i]) for i in ids]
    place = {piece: at for at, (piece, _) in enumerate(pieces)}
    missing = [mark for mark in (BEGIN, PAD, END, UNKNOWN, MASK) if mark not in place]
    if missing:
        raise UnreadableFile(f"The vocabulary has no {missing[0]}.")
    made = Tokenizer(models.Unigram(pieces, unk_id=place[UNKNOWN], byte_fallback=False))
    made.normalizer = build_normaliser(vocabulary, letters={c for piece, _ in pieces for c in piece})
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=METASPACE, prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement=METASPACE, prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} {END} $B {END}",
        special_tokens=[(BEGIN, place[BEGIN]), (END, place[END])],
    )
    made.add_special_tokens([AddedToken(m, special=True) for m in (BEGIN, PAD, END, UNKNOWN, MASK)])
    made.enable_truncation(max_tokens)
    made.enable_padding(pad_id=place[PAD], pad_token=PAD)
    return made


def build_normaliser(vocabulary: PackedVocabulary, *, letters: set[str]) -> normalizers.Normalizer:
    """Build what the file's map does to each code point, out of NFKC and its exceptions.

    Exceptions are characters that vanish, that become a blank, and that stay although NFKC changes
    them; the last are kept only if a piece uses them (``letters``), for no piece could match otherwise.

    Raises:
        UnreadableFile: The map has exceptions of another sort.
    """
    gone, blank, kept = _exceptions(vocabulary)
    kept = [char for char in kept if char in letters]
    if len(kept) > _STAND_INS_MAX:
        raise UnreadableFile("The file normalises text in a way that is not NFKC.")
    stand_ins = [(char, chr(_STAND_INS + at)) for at, char in enumerate(kept)]
    steps: list[normalizers.Normalizer] = []
    if gone:
        steps.append(normalizers.Replace(Regex(_class(gone)), ""))
    if blank:
        steps.append(normalizers.Replace(Regex(_class(blank)), " "))
    steps += [normalizers.Replace(char, other) for char, other in stand_ins]
    steps.append(normalizers.NFKC())
    steps += [normalizers.Replace(other, char) for char, other in stand_ins]
    steps.append(normalizers.Replace(Regex(" {2,}"), " "))
    return normalizers.Sequence(steps)


def _exceptions(vocabulary: PackedVocabulary) -> tuple[list[str], list[str], list[str]]:
    gone: list[str] = []
    blank: list[str] = []
    kept: list[str] = []
    for point in range(0x110000):
        if point in _SURROGATES:
            continue
        char = chr(point)
        becomes = vocabulary.normal.get(point, char)
        if becomes == unicodedata.normalize("NFKC", char):
            continue
        if becomes in ("", " "):
            (blank if becomes else gone).append(char)
        elif becomes == char:
            kept.append(char)
        else:
            raise UnreadableFile(f"The file turns U+{point:04X} into something that NFKC does not.")
    return gone, blank, kept


def _class(chars: Sequence[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(char):x}}}" for char in chars) + "]"
