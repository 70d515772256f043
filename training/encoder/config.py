"""What a training run of the static encoder is made of, read from a TOML file."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tianfu.training.configuration import encoder_values, plain_values

TASKS = frozenset({"title_lead", "title_rest", "lead_rest", "twins", "graded", "classes"})
"""Kinds of pairs there are, see :mod:`tianfu.training.encoder.tasks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """One training run.

    Attributes:
        name: Name in the card.
        version: Version in the card.
        notes: What readers of the card should know of the choice of this run.
        data: Folder of the training data; its README says what is in it.
        out: Where the artefact is written.
        work: Checkpoint of the run; safe to delete.
        log: Markdown file that every run adds a line to, or ``None``.
        development_from: Stories of this date and later are kept out and measure the run.
        dimension: Length of a learned vector.
        lexical: Length of the hashed words that stand beside the learned vector, a power of two; 0 for none.
        lexical_scale: Weight of their cosine in the contrast, as ``temperature`` is of the learned one.
        prefixes: Shorter lengths that must work as well (Matryoshka, Kusupati 2022).
        vocabulary: N-grams with a row of their own.
        buckets: Rows shared by all other n-grams; a power of two.
        unknown_weight: Weight of an n-gram outside the vocabulary; one inside has 1.
        lead_chars: Length of the first part of a body.
        rest_chars: End of the second part, which begins at ``lead_chars``.
        batch: Pairs in a batch; each is a negative for all others.
        neighbours: Share of batches taken from one stretch of time, where negatives are harder.
        feature_dropout: Share of n-grams left out at random from each text.
        class_dropout: The same for headlines with classes, which are otherwise learned by heart.
        temperature: Inverse temperature of the contrast.
        learning_rate: Peak of the schedule (short warm-up, then linear down to a twentieth).
        steps: Of the optimiser.
        tasks: Share of steps for each kind of pair.
        seed: Of vocabulary sample, start values, order and dropout.
        threads: Of torch.
    """

    name: str = "encoder-static"
    version: str = "0.1.0"
    notes: str = ""
    data: Path = Path("data")
    out: Path = Path("runs/encoder-static/artefact")
    work: Path = Path("runs/encoder-static")
    log: Path | None = None
    development_from: str = "2025-04-01"
    dimension: int = 256
    lexical: int = 0
    lexical_scale: float = 10.0
    prefixes: tuple[int, ...] = (128, 64)
    vocabulary: int = 72_000
    buckets: int = 16_384
    unknown_weight: float = 0.7
    lead_chars: int = 160
    rest_chars: int = 400
    batch: int = 1_024
    neighbours: float = 0.5
    feature_dropout: float = 0.2
    class_dropout: float = 0.2
    temperature: float = 20.0
    learning_rate: float = 3e-2
    steps: int = 1_500
    tasks: dict[str, float] = field(
        default_factory=lambda: {"title_lead": 0.6, "title_rest": 0.2, "lead_rest": 0.1, "twins": 0.1}
    )
    seed: int = 7
    threads: int = 2

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the card and the run log; notes and folders are left out."""
        return plain_values(asdict(self))


def load_config(path: Path) -> EncoderConfig:
    """Read a configuration; folders in it are relative to the file's own folder.

    Raises:
        UnreadableFile: Not TOML, or a key that is not known.
    """
    example = "training/configs/encoder.toml"
    return EncoderConfig(**encoder_values(path, EncoderConfig, tasks=TASKS, example=example))
