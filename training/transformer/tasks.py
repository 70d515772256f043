"""The kinds of batches that the transformer learns from; each draws one and gives its loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from tianfu.model.ports import Encoder, FloatMatrix
from tianfu.training.encoder.corpus import HEADLINES, Corpus, StoryRow
from tianfu.training.encoder.losses import contrast, graded, shortened
from tianfu.training.loop import Task
from tianfu.training.transformer.config import TransformerConfig
from tianfu.training.transformer.neighbours import Indices, group_numbers, mixed_batch, nearest_stories
from tianfu.training.transformer.net import SentenceNet

SentenceTask = Task[SentenceNet, TransformerConfig]
NEIGHBOURS = 24
PREFIX_SHARE = 0.3
"""Weight of the loss on a shorter vector, of which one length is drawn per step."""
SMOOTHING = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Stories:
    """Headline and body of one story, against stories that are easily mixed up with it.

    Half of the loss is of these vectors alone, half of their cosines and the companion's added up: so
    the transformer learns what the companion cannot tell.

    Attributes:
        rows: The stories.
        groups: Stories of one headline are no negatives of each other.
        near: See :func:`~tianfu.training.transformer.neighbours.nearest_stories`.
        titles: The companion's vectors of the headlines.
        leads: The companion's vectors of the leads.
    """

    rows: Sequence[StoryRow]
    groups: Indices
    near: Indices
    titles: FloatMatrix
    leads: FloatMatrix

    def loss(self, net: SentenceNet, config: TransformerConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.contrast`."""
        at = mixed_batch(self.near, size=config.batch, seeds=config.seeds, rng=rng)
        later = rng.random() < config.rest_share
        left = net([self.rows[i].title for i in at])
        right = net([_stretch(self.rows[i].body, config, rng, later=later) for i in at])
        groups = _beside(left, self.groups[at])
        loss = contrast(left, right, groups, temperature=config.scale)
        if config.prefixes:
            length = config.prefixes[int(rng.integers(len(config.prefixes)))]
            short = (shortened(left, length), shortened(right, length))
            loss = loss + PREFIX_SHARE * contrast(*short, groups, temperature=config.scale)
        if later:
            return loss
        ours, theirs = config.scale**0.5, config.companion_scale**0.5
        one = torch.cat([left * ours, _beside(left, self.titles[at]) * theirs], dim=1)
        other = torch.cat([right * ours, _beside(left, self.leads[at]) * theirs], dim=1)
        return 0.5 * loss + 0.5 * contrast(one, other, groups, temperature=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """Two headlines of one event."""

    left: Sequence[str]
    right: Sequence[str]
    groups: Indices

    def loss(self, net: SentenceNet, config: TransformerConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.contrast`; neighbours in the list are near in time."""
        reach = min(4 * config.batch, len(self.left))
        start = int(rng.integers(0, len(self.left) - reach + 1))
        at = start + rng.choice(reach, min(config.batch, reach), replace=False)
        left, right = (net([side[i] for i in at]) for side in (self.left, self.right))
        return contrast(left, right, _beside(left, self.groups[at]), temperature=config.scale)


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """Sentence pairs with a likeness."""

    rows: Sequence[tuple[str, str, float]]

    def loss(self, net: SentenceNet, config: TransformerConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.graded`."""
        at = rng.choice(len(self.rows), min(config.batch, len(self.rows)), replace=False)
        vectors = net([self.rows[i][0] for i in at] + [self.rows[i][1] for i in at])
        left, right = vectors.chunk(2)
        grades = torch.tensor([self.rows[i][2] for i in at], device=vectors.device)
        return graded((left * right).sum(dim=1), grades, temperature=20.0)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Headlines with a class."""

    source: str
    titles: Sequence[str]
    classes: Indices

    def loss(self, net: SentenceNet, config: TransformerConfig, rng: np.random.Generator) -> torch.Tensor:
        """Cross-entropy of a linear head that is thrown away afterwards."""
        at = rng.choice(len(self.titles), min(config.class_batch, len(self.titles)), replace=False)
        scores = net.logits(self.source, net([self.titles[i] for i in at]))
        return functional.cross_entropy(scores, _beside(scores, self.classes[at]), label_smoothing=SMOOTHING)


def build_tasks(
    corpus: Corpus, companion: Encoder, config: TransformerConfig
) -> dict[str, list[SentenceTask]]:
    """Make the kinds that the configuration names."""
    titles = companion.encode([r.title for r in corpus.stories])
    leads = companion.encode([r.body[: config.lead_chars[1]] for r in corpus.stories])
    both = titles + leads
    near = nearest_stories(both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9), NEIGHBOURS)
    groups = group_numbers([r.title for r in corpus.stories])
    ours, theirs = zip(*corpus.twins, strict=True)
    tasks: dict[str, list[SentenceTask]] = {
        "stories": [Stories(corpus.stories, groups, near, titles, leads)],
        "twins": [Twins(ours, theirs, group_numbers(ours))],
        "graded": [Graded(source) for source in corpus.graded if source],
        "classes": [
            Classes(name, [t for t, _ in rows], group_numbers([c for _, c in rows]))
            for name, rows in headline_sets(corpus).items()
        ],
    }
    return {name: found for name, found in tasks.items() if config.tasks.get(name, 0) > 0 and found}


def headline_sets(corpus: Corpus) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The headlines to learn from by the name of their set."""
    names = [Path(name).name.split(".")[0] for name in HEADLINES]
    return {name: rows for name, rows in zip(names, corpus.headlines, strict=True) if rows}


def _beside(other: torch.Tensor, values: Indices | FloatMatrix) -> torch.Tensor:
    """As a tensor where the other is."""
    return torch.from_numpy(values).to(other.device)


def _stretch(body: str, config: TransformerConfig, rng: np.random.Generator, *, later: bool) -> str:
    length = int(rng.integers(config.lead_chars[0], config.lead_chars[1] + 1))
    start = int(rng.integers(0, max(1, len(body) - length))) if later else 0
    return body[start : start + length]
