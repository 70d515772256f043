"""What reads a batch of stories: one encoder and what belongs to it, opened from folders."""

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, open_encoder
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.text.html import html_to_text
from tianfu.model.ports import Encoder, PairJudge
from tianfu.model.story import Story
from tianfu.serving.services.reading import stored_vectors
from tianfu.serving.store.vectors import StoredVector


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a bench is opened from; the same wherever it is.

    Attributes:
        encoder_dir: Folder of the encoder's artefact.
        judge_dir: Folder of the judge of pairs, which makes text fingerprints.
        threads: Of one run of the encoder.
    """

    encoder_dir: Path
    judge_dir: Path
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRead:
    """What became of a batch.

    Attributes:
        vectors: Of the stories that could be read.
        unreadable: Numbers of the others.
    """

    vectors: tuple[StoredVector, ...]
    unreadable: tuple[int, ...] = ()

    @property
    def stories(self) -> int:
        """How many stories were in it."""
        return len(self.vectors) + len(self.unreadable)


class Bench:
    """Reads batches, one after another."""

    def __init__(self, encoder: Encoder, judge: PairJudge, clean: Callable[[str], str]) -> None:
        self._encoder = encoder
        self._judge = judge
        self._clean = clean

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self._encoder.fingerprint

    def read(self, stories: Sequence[Story]) -> BatchRead:
        """Read stories; one that cannot be read holds no other up."""
        try:
            return BatchRead(vectors=tuple(self._vectors(stories)))
        except Exception:  # noqa: BLE001 - whatever a text does to a model, the others are read
            if len(stories) == 1:
                return BatchRead(vectors=(), unreadable=(stories[0].number,))
        parts = [self.read([story]) for story in stories]
        return BatchRead(
            vectors=tuple(vector for part in parts for vector in part.vectors),
            unreadable=tuple(number for part in parts for number in part.unreadable),
        )

    def _vectors(self, stories: Sequence[Story]) -> list[StoredVector]:
        return stored_vectors(stories, encoder=self._encoder, judge=self._judge, clean=self._clean)


def open_bench(recipe: Recipe) -> Bench:
    """Open a bench.

    Raises:
        ArtefactInvalid: A folder is missing, altered or of another kind.
    """
    encoder = open_encoder(load_artefact(recipe.encoder_dir, kind=KIND), threads=recipe.threads)
    return Bench(encoder, load_pair_judge(recipe.judge_dir), html_to_text)


def packed(recipe: Recipe) -> bytes:
    """Both folders as one parcel, for machines that do not have them."""
    parcel = BytesIO()
    with zipfile.ZipFile(parcel, "w", zipfile.ZIP_STORED) as into:
        for name, folder in (("encoder", recipe.encoder_dir), ("judge", recipe.judge_dir)):
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    into.write(file, f"{name}/{file.relative_to(folder)}")
    return parcel.getvalue()


def open_parcel(recipe: Recipe, parcel: bytes) -> Bench:
    """Open a bench from a parcel; every file is checked against its artefact's card.

    Raises:
        ArtefactInvalid: A file is missing, altered or of another kind.
    """
    folder = Path(tempfile.mkdtemp(prefix="tianfu-bench-"))
    try:
        with zipfile.ZipFile(BytesIO(parcel)) as unpacked:
            unpacked.extractall(folder)
        return open_bench(replace(recipe, encoder_dir=folder / "encoder", judge_dir=folder / "judge"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
