"""``tianfu eval compare OLD NEW``: whether the new model is better on the same items."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from tianfu.cli.artefacts import named_folder
from tianfu.cli.show import err
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import HAND_SET
from tianfu.model.snapshot import MANIFEST

if TYPE_CHECKING:
    from tianfu.eval.comparing.taggers import ComparedStory
    from tianfu.eval.core import Subject, SuiteResult

QUESTION = "Is the new model better than the old one, on the same items?"
CARD = "card.json"
HAND = "hand-set"
RANKER = "feed_ranker"
_Compare = Callable[[Path, datetime | None, int | None, "Subject", "Subject"], "SuiteResult"]


def compare_models(
    names: Sequence[str],
    data: Path | None,
    *,
    limit: int | None,
    examples: int,
    data_dir: Path | None = None,
) -> "SuiteResult":
    """Compare two models of one kind.

    Of an export only what editors decided counts, and of that only what is newer than all that either
    model learnt from.

    Args:
        names: Old and new, see :func:`~tianfu.cli.artefacts.named_folder`, or ``hand-set`` for the ranker
            that serves where none was learnt.
        data: A file of the suite, or the folder of an export.
        limit: At most so many items.
        examples: How many changed items are quoted by their headlines.
        data_dir: Of the box, whose registry may hold one of them.

    Raises:
        BadParameter: Not two models of one kind that can be compared, or no data.
        UnreadableFile: The data hold nothing to compare on.
    """
    from tianfu.eval.opening import SEEN

    if len(names) != 2 or data is None:
        raise typer.BadParameter("compare takes two models and data: compare OLD NEW --data FILE_OR_EXPORT.")
    folders = [None if name == HAND else _folder(name, data_dir) for name in names]
    cards = [{"kind": RANKER} if folder is None else _card(folder) for folder in folders]
    kinds = {str(card.get("kind")) for card in cards}
    kind = kinds.pop()
    if kinds or kind not in _KINDS:
        raise typer.BadParameter(f"compare takes two models of one kind: {' or '.join(_KINDS)}.")
    files = measured_files(data)
    old, new = (_opened(folder, kind, files, examples=examples, limit=limit) for folder in folders)
    result = _KINDS[kind](data, _newest(cards), limit, old, new)
    for subject in (old, new):
        for file in subject.facts.get(SEEN, []):
            err.print(f"{subject.facts['name']} learnt from {file}: no recommendation.", highlight=False)
    return result


def _opened(
    folder: Path | None, kind: str, files: Sequence[Path], *, examples: int, limit: int | None
) -> "Subject":
    from tianfu.eval.core import Subject
    from tianfu.eval.opening import open_subject

    if folder is not None:
        return open_subject(folder, kind=kind, files=files, examples=examples, limit=limit)
    name, version = HAND_SET.version.split("@")
    facts = {"name": name, "version": version, "fingerprint": ""}
    return Subject(scorer=HAND_SET, facts=facts, examples=examples, limit=limit)


def measured_files(data: Path | None) -> list[Path]:
    """What a page names with its hash: the file, or the manifest, which names the hashes of an export."""
    if data is None:
        return []
    return [data / MANIFEST] if data.is_dir() else [data]


def _folder(name: str, data_dir: Path | None) -> Path:
    found = named_folder(name, data_dir)
    if found is None:
        raise typer.BadParameter(
            f"'{name}' is no folder, no shipped model and none in the registry; see `tianfu models list`."
        )
    return found


def _card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as bad:
        raise typer.BadParameter(f"{folder} holds no {CARD} that can be read; name an artefact.") from bad
    return card


def _newest(cards: Sequence[Mapping[str, Any]]) -> datetime | None:
    """What the models learnt from is older than this, as far as their cards tell."""
    parts = [card.get(part) for card in cards for part in ("data", "trained_on")]
    told = [part["until"] for part in parts if isinstance(part, Mapping) and part.get("until")]
    return max((datetime.fromisoformat(at) for at in told), default=None)


def _taggers(
    data: Path, since: datetime | None, limit: int | None, old: "Subject", new: "Subject"
) -> "SuiteResult":
    from tianfu.eval.comparing.taggers import compare_taggers

    items = _decided_stories(data, since) if data.is_dir() else _labelled_stories(data)
    if not items:
        raise UnreadableFile(
            f"{data} holds no story that editors decided and that is newer than what the models learnt from.",
            advice="Export a later time, or give a file of the suite tagging.",
        )
    return compare_taggers(items[:limit], old, new)


def _decided_stories(data: Path, since: datetime | None) -> list["ComparedStory"]:
    from tianfu.eval.comparing.taggers import ComparedStory
    from tianfu.eval.tagging import TaggedStory
    from tianfu.model.ports import TaggingText
    from tianfu.training.decisions.sides import newer_stories

    levels = _levels()
    return [
        ComparedStory(
            story=TaggedStory(text=TaggingText(title=story.title, body=story.body), labels=story.labels),
            group=story.story_id,
            level=levels.get(story.outlet_id),
        )
        for story in newer_stories(data, since=since)
    ]


def _labelled_stories(file: Path) -> list["ComparedStory"]:
    from tianfu.eval.baselines.topics import story_groups
    from tianfu.eval.comparing.taggers import ComparedStory
    from tianfu.eval.rows import Row, parsed_rows
    from tianfu.eval.tagging import tagged_story_of

    levels = _levels()

    def read(row: Row) -> ComparedStory:
        story = tagged_story_of(row)
        outlet = row.get("outlet_id")
        return ComparedStory(
            story=story,
            group=story_groups([story.text])[0],
            level=levels.get(outlet) if isinstance(outlet, str) else None,
        )

    return parsed_rows([file], read)


def _levels() -> dict[str, str]:
    from tianfu.model.vocab.outlets import load_outlets

    return {outlet.id: outlet.level.value for outlet in load_outlets()}


def _judges(
    data: Path, since: datetime | None, limit: int | None, old: "Subject", new: "Subject"
) -> "SuiteResult":
    from tianfu.eval.comparing.judges import compare_judges
    from tianfu.eval.duplicates import JudgedPair, pair_of, story_groups
    from tianfu.eval.rows import parsed_rows
    from tianfu.model.ports import PairText
    from tianfu.training.decisions.pairs import newer_pairs

    groups: list[int | str]
    if data.is_dir():
        decided = newer_pairs(data, since=since)
        pairs = [
            JudgedPair(
                a=PairText(title=pair.a[0], body=pair.a[1]),
                b=PairText(title=pair.b[0], body=pair.b[1]),
                relation=pair.relation,
                keys=(pair.group, pair.group),
            )
            for pair in decided
        ]
        groups = [pair.group for pair in decided]
    else:
        pairs = parsed_rows([data], pair_of)
        groups = list(story_groups(pairs))
    if not pairs:
        raise UnreadableFile(
            f"{data} holds no pair that editors decided and that is newer than what the models learnt from.",
            advice="Export a later time, or give a file of the suite duplicates.",
        )
    return compare_judges(pairs[:limit], groups[:limit], old, new)


def _rankers(
    data: Path, since: datetime | None, limit: int | None, old: "Subject", new: "Subject"
) -> "SuiteResult":
    from tianfu.eval.comparing.rankers import Replay, compare_rankers
    from tianfu.training.ranker.log import read_log

    if not data.is_dir():
        raise typer.BadParameter("Rankers are compared on the folder of an export: --data EXPORT.")
    log = read_log(data, since=since)
    pages = len(log.feeds.pages)
    if not pages:
        raise UnreadableFile(
            f"{data} holds no page newer than what the models learnt from.", advice="Export a later time."
        )
    feeds = log.feeds if limit is None else log.feeds.only(np.arange(pages) < limit)
    return compare_rankers(
        Replay(log=feeds, draws=log.draws, rankers=log.rankers, places=log.places, notes=log.notes), old, new
    )


_KINDS: Mapping[str, _Compare] = {"topics": _taggers, "pairs": _judges, RANKER: _rankers}
