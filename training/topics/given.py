"""What a training of the tagger is given: labelled files, editors' decisions, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tianfu.embeddings.artefact import sha256_of
from tianfu.training.decisions.sides import StorySides, read_sides
from tianfu.training.decisions.stories import DecidedStory
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.data import LabelledStory, read_headlines, read_labelled
from tianfu.training.topics.references import read_references, read_unlabelled

BY_FOLDS = "{folds}-fold cross-validation over the labelled stories, calibrated by others than those measured"
ON_NEWER = "{held} stories that editors decided, newer than all it learnt from, one of each cluster"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Texts by what they are for.

    Attributes:
        measured: Learnt from, and answered out of fold to calibrate.
        more: Learnt from.
        headlines: Learnt from, with less weight.
        unlabelled: For the teacher's opinion.
        held: Measured on and never learnt from; empty where folds measure.
        data: For the card.
        cut: What is held was published from then on; ``None`` where nothing is.
    """

    measured: list[LabelledStory]
    more: list[LabelledStory]
    headlines: list[LabelledStory]
    unlabelled: list[LabelledStory]
    held: list[LabelledStory]
    data: dict[str, Any]
    cut: datetime | None = None

    @property
    def measured_on(self) -> str:
        """What the figures are of, with ``{folds}`` to fill in."""
        return ON_NEWER.format(held=len(self.held)) if self.held else BY_FOLDS


def read_given(config: TopicConfig) -> Given:
    """Read what a configuration names; checks of editors' decisions are written beside the artefact.

    Raises:
        UnreadableFile: The labelled stories cannot be read, or the decisions are too few to learn from.
        SnapshotInvalid: The snapshot is not whole.
    """
    if config.decisions is None:
        return _from_files(config)
    alone = config.decisions == config.data
    sides = read_sides(config.decisions, held_share=config.held_share, alone=alone)
    sides.checks.write(config.out)
    sides.checks.must_pass(config.out)
    return _from_decisions(config, sides) if alone else _joined(_from_files(config), sides)


def _from_files(config: TopicConfig) -> Given:
    measured = read_labelled(config.data / config.stories)
    titles = frozenset(story.title for story in measured)
    more = read_references(config.labels, config.data) if config.labels is not None else []
    headlines = read_headlines(
        config.data / "headlines",
        per_class=config.headlines_per_class,
        weight=config.headline_weight,
        seed=config.seed,
        without=titles,
    )
    drawn = []
    if config.teacher is not None:
        drawn = read_unlabelled(config.data, count=config.unlabelled, seed=config.seed, without=titles)
    data = {
        "stories_sha256": sha256_of(config.data / config.stories),
        "more_labels_sha256": sha256_of(config.labels) if config.labels is not None else None,
    }
    return Given(
        measured,
        [story for story in more if story.title not in titles],
        headlines,
        [LabelledStory(title=title, body=lead, labels=()) for title, lead in drawn],
        [],
        data,
    )


def _from_decisions(config: TopicConfig, sides: StorySides) -> Given:
    whole, part = _learnt_from(sides)
    pool = sides.undecided if config.teacher is not None and config.start is None else []
    at = np.random.default_rng(config.seed).permutation(len(pool))[: config.unlabelled]
    unlabelled = [_story(pool[int(place)]) for place in at]
    held = [_story(story) for story in sides.held]
    return Given(whole, part, [], unlabelled, held, _data(sides), sides.cut)


def _joined(files: Given, sides: StorySides) -> Given:
    """Editors' word stands above that of the files, and what is measured on is in none of them."""
    whole, part = _learnt_from(sides)
    known = {story.title for story in (*sides.held, *sides.train)}
    kept = [
        [story for story in own if story.title not in known]
        for own in (files.measured, files.more, files.headlines, files.unlabelled)
    ]
    return Given(
        [*kept[0], *whole],
        [*kept[1], *part],
        kept[2],
        kept[3],
        [_story(story) for story in sides.held],
        files.data | _data(sides),
    )


def _learnt_from(sides: StorySides) -> tuple[list[LabelledStory], list[LabelledStory]]:
    """Stories whose classes are all known, and those of which some are."""
    both = [_story(story, group) for story, group in zip(sides.train, sides.groups, strict=True)]
    return [s for s in both if s.judged is None], [s for s in both if s.judged is not None]


def _story(story: DecidedStory, group: int | None = None) -> LabelledStory:
    return LabelledStory(
        title=story.title,
        body=story.body,
        labels=story.labels,
        judged=story.judged,
        group=group,
    )


def _data(sides: StorySides) -> dict[str, Any]:
    return {
        "data_hash": sides.data_hash,
        "until": sides.cut.isoformat() if sides.cut is not None else None,
        "decided": len(sides.train),
        "held": len(sides.held),
    }


def fold_groups(stories: Sequence[LabelledStory]) -> list[int] | None:
    """A number for each story, the same for copies; ``None`` where none is known to have any."""
    if all(story.group is None for story in stories):
        return None
    return [-1 - at if story.group is None else story.group for at, story in enumerate(stories)]
