"""What a sentence-transformers directory says of itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tianfu.model.errors import UnreadableFile

POOLINGS: Mapping[str, str] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""Flag in older pooling configurations to its name in newer ones."""
STORY_PROMPTS = ("passage", "document")
"""Prompts for what is found, as against what is asked."""
DEFAULT_PIECES = 512
MOST_PIECES = 2_048
"""Longer texts cost more than they tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceFolder:
    """A directory that can be imported.

    Attributes:
        path: The directory.
        transformer: Folder of the transformer inside it.
        pooling: ``cls``, ``mean`` or ``lasttoken``.
        dense: Folders of dense layers after the pooling, in order.
        prompt: Put before every story.
        max_pieces: Longer texts are cut.
    """

    path: Path
    transformer: Path
    pooling: str
    dense: tuple[Path, ...]
    prompt: str
    max_pieces: int


def read_folder(path: Path) -> SentenceFolder:
    """Read the JSON files of a directory; no code in it is run.

    Raises:
        UnreadableFile: A file is missing, a module needs code of its own, or the pooling is none of
            ``cls``, ``mean`` and ``lasttoken``.
    """
    modules = _json(path / "modules.json", advice="Give the folder that SentenceTransformer.save wrote.")
    parts: dict[str, list[Path]] = {name: [] for name in ("Transformer", "Pooling", "Dense", "Normalize")}
    for module in modules:
        kind = str(module["type"])
        name = kind.rsplit(".", 1)[-1]
        if not kind.startswith("sentence_transformers.") or name not in parts:
            raise UnreadableFile(
                f"The module {kind} of {path.name} cannot be imported.",
                advice="Modules may be Transformer, Pooling, Dense and Normalize; foreign code is never run.",
            )
        parts[name].append(path / module["path"])
    if len(parts["Transformer"]) != 1 or len(parts["Pooling"]) != 1:
        raise UnreadableFile(f"{path.name} needs exactly one Transformer and one Pooling module.")
    transformer = parts["Transformer"][0]
    if not (transformer / "tokenizer.json").is_file():
        raise UnreadableFile(
            f"There is no tokenizer.json in {path.name}.",
            advice="Save it in its fast form: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR).",
        )
    return SentenceFolder(
        path=path,
        transformer=transformer,
        pooling=_pooling(parts["Pooling"][0] / "config.json"),
        dense=tuple(parts["Dense"]),
        prompt=_prompt(path / "config_sentence_transformers.json"),
        max_pieces=_max_pieces(transformer / "sentence_bert_config.json"),
    )


def _pooling(file: Path) -> str:
    config = _json(file, advice="The folder is incomplete; download it again.")
    modes = [name for flag, name in POOLINGS.items() if config.get(flag)]
    if "pooling_mode" in config:
        named = config["pooling_mode"]
        modes = [named] if isinstance(named, str) else list(named)
    if len(modes) != 1 or modes[0] not in POOLINGS.values():
        raise UnreadableFile(
            f"The pooling of {file.parent.parent.name} is {' + '.join(modes) or 'not known'}.",
            advice=f"It must be one of: {', '.join(POOLINGS.values())}.",
        )
    return str(modes[0])


def _prompt(file: Path) -> str:
    if not file.is_file():
        return ""
    config = _json(file, advice="")
    prompts = config.get("prompts") or {}
    wanted = (config.get("default_prompt_name"), *STORY_PROMPTS)
    return str(next((prompts[name] for name in wanted if name in prompts), ""))


def _max_pieces(file: Path) -> int:
    said = _json(file, advice="").get("max_seq_length") if file.is_file() else None
    return min(int(said or DEFAULT_PIECES), MOST_PIECES)


def _json(file: Path, *, advice: str) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as bad:
        raise UnreadableFile(f"{file.name} of {file.parent.name} cannot be read.", advice=advice) from bad
