"""Opening an encoder artefact.

The card's ``encoder`` object says how: ``inputs`` is ``ngrams`` or ``pieces``, ``graph`` names the ONNX
file.  For ``ngrams``: ``tensors`` (safetensors with ``vocabulary``), ``buckets``, ``unknown_weight``,
``max_chars``; the graph reads ``rows`` and ``weights``.  For ``pieces``: ``tokenizer``, ``max_pieces``,
``prefix``; the graph reads ``input_ids``, ``attention_mask`` and, if it likes, ``token_type_ids``.
Either way it gives one array (n, width), of which the first ``dimension`` numbers are the vector.

Other vectors may stand behind the graph's own, each scaled by a ``weight``: ``lexical`` (``tensor`` of
rarities, ``dimension``, ``weight``), see :mod:`tianfu.embeddings.encoder.lexical`, and those of a
``companion`` (``version``, ``fingerprint``, ``weight``), another encoder artefact, whose folder is
``companion`` inside this one, or ships.  ``prefixes`` are of the graph's own numbers alone.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import Artefact, fingerprint_of, load_artefact
from tianfu.embeddings.encoder.batching import BatchingEncoder
from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.inputs import NgramInputs, PieceInputs, TextInputs
from tianfu.embeddings.encoder.joined import JoinedEncoder
from tianfu.embeddings.encoder.lexical import LexicalEncoder
from tianfu.embeddings.encoder.onnx_encoder import OnnxEncoder, open_session
from tianfu.embeddings.encoder.tensors import read_tensor
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.artifacts import shipped_version
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.ports import Encoder

KIND = "encoder"
MAX_CELLS = 16_384
_PROBE = (
    "Ａ１ｂ　習近平總書記說：「發展纔是硬道理」，２０２４年①月；乾坤、頭髮、裡面、甚麼。\u200b\n 后天 Ⅳ ㎏"
)
"""Read by the normalisation, so that a change of it changes the fingerprint."""


def load_encoder(path: Path, *, dimension: int | None = None, threads: int = 1) -> Encoder:
    """Open an artefact for serving, with batching across threads.

    Args:
        path: Folder of the artefact.
        dimension: A shorter vector than the card's, one of its ``prefixes``.
        threads: Of one run of the graph.

    Raises:
        ArtefactInvalid: The folder is incomplete, altered, or no encoder.
    """
    return BatchingEncoder(open_encoder(load_artefact(path, kind=KIND), dimension=dimension, threads=threads))


def open_encoder(artefact: Artefact, *, dimension: int | None = None, threads: int = 1) -> Encoder:
    """Open a checked artefact, without batching.

    Raises:
        ArtefactInvalid: The card or a file cannot be used, or its companion is missing or another.
    """
    try:
        settings: Mapping[str, Any] = artefact.card["encoder"]
        full = int(artefact.card["dimension"])
        length = full if dimension is None else dimension
        if length != full and length not in settings.get("prefixes", ()):
            raise ArtefactInvalid(f"The encoder {artefact.version} has no vectors of length {length}.")
        if length != full:
            return _open_graph(artefact, settings, length, threads=threads)
        beside = list(_open_beside(artefact, settings, threads=threads))
        width = full - sum(member.dimension for member, _ in beside)
        own = _open_graph(artefact, settings, width, threads=threads)
        if not beside:
            return own
        return JoinedEncoder(
            [own, *(member for member, _ in beside)],
            [1.0, *(weight for _, weight in beside)],
            fingerprint=encoder_fingerprint(artefact, full),
        )
    except (KeyError, TypeError, ValueError) as bad:
        raise ArtefactInvalid(f"The card of {artefact.path.name} lacks what an encoder needs.") from bad


def _open_beside(
    artefact: Artefact, settings: Mapping[str, Any], *, threads: int
) -> Iterator[tuple[Encoder, float]]:
    """The encoders whose vectors stand behind the graph's own, each with its weight."""
    lexical = settings.get("lexical")
    if lexical is not None:
        words = LexicalEncoder(
            rarity=read_tensor(artefact.file(settings["tensors"]), lexical["tensor"]).astype("uint8"),
            dimension=int(lexical["dimension"]),
            max_chars=int(settings["max_chars"]),
        )
        yield words, float(lexical["weight"])
    companion = settings.get("companion")
    if companion is not None:
        yield _open_companion(artefact, companion, threads=threads), float(companion["weight"])


def _open_companion(artefact: Artefact, companion: Mapping[str, Any], *, threads: int) -> Encoder:
    inside = artefact.path / "companion"
    folder = inside if inside.is_dir() else shipped_version(companion["version"])
    if folder is None:
        raise ArtefactInvalid(
            f"The encoder {artefact.version} needs {companion['version']} beside it.",
            advice="Put that encoder's folder into this one under the name companion.",
        )
    found = open_encoder(load_artefact(folder, kind=KIND), threads=threads)
    if found.fingerprint != companion["fingerprint"]:
        raise ArtefactInvalid(
            f"The encoder {artefact.version} was made for another {companion['version']} than this one.",
            advice="Put the encoder that it was trained with into its folder under the name companion.",
        )
    return found


def _open_graph(artefact: Artefact, settings: Mapping[str, Any], length: int, *, threads: int) -> OnnxEncoder:
    graph = artefact.file(settings["graph"])
    read = _inputs(artefact, settings)
    return OnnxEncoder(
        open_session(graph, threads=threads),
        read,
        dimension=length,
        fingerprint=encoder_fingerprint(artefact, length),
        max_cells=MAX_CELLS,
        pad=settings["inputs"] == "ngrams",
    )


def encoder_fingerprint(artefact: Artefact, dimension: int) -> str:
    """SHA-256 over the files that shape a vector, the normalisation's behaviour and the length."""
    settings = artefact.card["encoder"]
    used = {settings[key] for key in ("graph", "tensors", "tokenizer") if settings.get(key)}
    parts = (
        fingerprint_of({name: artefact.card["files"][name] for name in used}),
        hashlib.sha256(normalise(_PROBE).encode()).hexdigest(),
        str(sorted((k, str(v)) for k, v in settings.items() if k != "prefixes")),
        str(dimension),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _inputs(artefact: Artefact, settings: Mapping[str, Any]) -> TextInputs:
    match settings["inputs"]:
        case "ngrams":
            vocabulary = read_tensor(artefact.file(settings["tensors"]), "vocabulary")
            features = NgramFeatures(
                vocabulary.astype("int64"), int(settings["buckets"]), float(settings["unknown_weight"])
            )
            return NgramInputs(features, max_chars=int(settings["max_chars"]))
        case "pieces":
            return PieceInputs(
                artefact.file(settings["tokenizer"]),
                max_pieces=int(settings["max_pieces"]),
                prefix=str(settings.get("prefix", "")),
            )
        case other:
            raise ArtefactInvalid(f"The card of {artefact.path.name} asks for unknown inputs: {other}.")
