"""Which kind of encoder a configuration file trains."""

import os
from dataclasses import replace
from pathlib import Path

from tianfu.model.errors import UnreadableFile
from tianfu.training.configuration import toml_values
from tianfu.training.progress import Progress

ARCHITECTURES = ("static", "transformer")


def train_from_file(
    file: Path,
    *,
    data: Path | None,
    out: Path | None,
    progress: Progress,
    name: str | None = None,
    version: str | None = None,
) -> Path:
    """Train what the file's ``architecture`` says; a static encoder where it says nothing.

    Args:
        file: TOML, see ``training/configs``.
        data: Folder of the training data, instead of the file's.
        out: Where the artefact is written, instead of the file's.
        progress: Told what is done.
        name: In the card, instead of the file's; a run of another name starts anew.
        version: The same.

    Returns:
        The artefact's folder.

    Raises:
        UnreadableFile: The file is no configuration, names an unknown architecture, or one that several
            processes cannot train together.
    """
    architecture = toml_values(file).get("architecture", "static")
    match architecture:
        case "static":
            if os.environ.get("WORLD_SIZE", "1") != "1":
                raise UnreadableFile(
                    "A static encoder is trained by one process.", advice="Start it without a launcher."
                )
            from tianfu.training.encoder.config import load_config as load_static
            from tianfu.training.encoder.train import train_encoder

            static = load_static(file)
            static = replace(static, data=data or static.data, out=out or static.out)
            named = replace(static, name=name or static.name, version=version or static.version)
            return train_encoder(named, progress)
        case "transformer":
            from tianfu.training.transformer.config import load_config as load_transformer
            from tianfu.training.transformer.train import train_transformer

            given = load_transformer(file)
            given = replace(given, data=data or given.data, out=out or given.out)
            called = replace(given, name=name or given.name, version=version or given.version)
            return train_transformer(called, progress)
        case other:
            raise UnreadableFile(
                f"The configuration {file.name} asks for an unknown architecture: {other}.",
                advice=f"There are: {', '.join(ARCHITECTURES)}.",
            )
