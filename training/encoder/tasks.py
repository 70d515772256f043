"""The kinds of pairs that the encoder learns from; each draws batches and gives a loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.lexical import LexicalEncoder
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.model.ports import FloatMatrix
from tianfu.training.encoder.bags import Bags, Indices, bags_of
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.corpus import Corpus
from tianfu.training.encoder.losses import alike_by_class, contrast, graded, shortened
from tianfu.training.loop import Task

BagTask = Task[NgramBag, EncoderConfig]
GRADED_BATCH = 512
MIN_REST = 60
"""Shorter second parts of a body are left out."""
PREFIX_SHARE = 0.4
"""Weight of the loss on a shorter vector, of which one length is drawn per step."""


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Two texts that belong together, against the other pairs of the batch.

    Attributes:
        left: One side.
        right: The other, row by row.
        groups: int64, shape (n,): rows of one group are no negatives of each other.
        in_time: Whether neighbouring rows are near in time.
        words: Hashed words of both sides, shapes (n, lexical), if the vector has such a part.  Half of
            the loss is then that of both cosines added up, so that rows learn what words cannot tell.
    """

    left: Bags
    right: Bags
    groups: Indices
    in_time: bool
    words: tuple[FloatMatrix, FloatMatrix] | None = None

    def loss(self, net: NgramBag, config: EncoderConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.contrast`."""
        texts = self._draw(config, rng)
        left, right = (
            net(*side.take(texts, rng=rng, dropout=config.feature_dropout))
            for side in (self.left, self.right)
        )
        groups = torch.from_numpy(self.groups[texts])
        loss = contrast(left, right, groups, temperature=config.temperature)
        if self.words is not None:
            sides = zip((left, right), self.words, strict=True)
            one, other = (_beside(side, words[texts], config) for side, words in sides)
            loss = 0.5 * loss + 0.5 * contrast(one, other, groups, temperature=1.0)
        if config.prefixes:
            length = config.prefixes[int(rng.integers(len(config.prefixes)))]
            short = (shortened(left, length), shortened(right, length))
            loss = loss + PREFIX_SHARE * contrast(*short, groups, temperature=config.temperature)
        return loss

    def _draw(self, config: EncoderConfig, rng: np.random.Generator) -> Indices:
        total = len(self.left)
        size = min(config.batch, total)
        reach = min(4 * size, total)
        if self.in_time and rng.random() < config.neighbours:
            start = int(rng.integers(0, total - reach + 1))
            return start + rng.choice(reach, size, replace=False)
        return rng.choice(total, size, replace=False)


def _beside(vectors: torch.Tensor, words: FloatMatrix, config: EncoderConfig) -> torch.Tensor:
    learned = vectors * config.temperature**0.5
    return torch.cat([learned, torch.from_numpy(words) * config.lexical_scale**0.5], dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """Sentence pairs with a likeness."""

    left: Bags
    right: Bags
    grades: torch.Tensor

    def loss(self, net: NgramBag, config: EncoderConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.graded`."""
        at = rng.choice(len(self.left), min(GRADED_BATCH, len(self.left)), replace=False)
        left, right = (
            net(*side.take(at, rng=rng, dropout=config.feature_dropout)) for side in (self.left, self.right)
        )
        cosines = (left * right).sum(dim=1)
        return graded(cosines, self.grades[torch.from_numpy(at)], temperature=config.temperature)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Headlines of one class are alike."""

    titles: Bags
    classes: Indices

    def loss(self, net: NgramBag, config: EncoderConfig, rng: np.random.Generator) -> torch.Tensor:
        """See :func:`tianfu.training.encoder.losses.alike_by_class`."""
        at = rng.choice(len(self.titles), min(config.batch, len(self.titles)), replace=False)
        vectors = net(*self.titles.take(at, rng=rng, dropout=config.class_dropout))
        classes = torch.from_numpy(self.classes[at])
        return alike_by_class(vectors, classes, temperature=config.temperature / 2)


def build_tasks(
    corpus: Corpus, features: NgramFeatures, config: EncoderConfig, words: LexicalEncoder | None = None
) -> dict[str, list[BagTask]]:
    """Read every text into bags once; only the kinds that the configuration names and the data has."""
    wanted = {name for name, share in config.tasks.items() if share > 0}
    tasks = _story_tasks(corpus, features, config, wanted, words)
    if "twins" in wanted and corpus.twins:
        ours, theirs = zip(*corpus.twins, strict=True)
        tasks["twins"] = [
            Contrast(bags_of(ours, features), bags_of(theirs, features), _groups(ours), in_time=False)
        ]
    if "graded" in wanted:
        tasks["graded"] = [_graded(source, features) for source in corpus.graded if source]
    if "classes" in wanted:
        tasks["classes"] = [
            Classes(bags_of((t for t, _ in source), features), _groups([c for _, c in source]))
            for source in corpus.headlines
            if source
        ]
    return {name: found for name, found in tasks.items() if name in wanted and found}


def _story_tasks(
    corpus: Corpus,
    features: NgramFeatures,
    config: EncoderConfig,
    wanted: set[str],
    words: LexicalEncoder | None,
) -> dict[str, list[BagTask]]:
    tasks: dict[str, list[BagTask]] = {}
    titles = [r.title for r in corpus.stories]
    title_bags = bags_of(titles, features)
    leads = bags_of((r.body[: config.lead_chars] for r in corpus.stories), features)
    groups = _groups(titles)
    hashed = None
    if words is not None:
        hashed = words.encode(titles), words.encode([r.body[: config.lead_chars] for r in corpus.stories])
    tasks["title_lead"] = [Contrast(title_bags, leads, groups, in_time=True, words=hashed)]
    long = [i for i, r in enumerate(corpus.stories) if len(r.body) > config.lead_chars + MIN_REST]
    if long and wanted & {"title_rest", "lead_rest"}:
        rests = bags_of(
            (corpus.stories[i].body[config.lead_chars : config.rest_chars] for i in long), features
        )
        at = np.array(long, dtype=np.int64)
        tasks["title_rest"] = [Contrast(_subset(title_bags, at), rests, groups[at], in_time=True)]
        tasks["lead_rest"] = [Contrast(_subset(leads, at), rests, groups[at], in_time=True)]
    return tasks


def _graded(source: Sequence[tuple[str, str, float]], features: NgramFeatures) -> Graded:
    return Graded(
        bags_of((a for a, _, _ in source), features),
        bags_of((b for _, b, _ in source), features),
        torch.tensor([grade for _, _, grade in source]),
    )


def _groups(names: Sequence[str]) -> Indices:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _subset(bags: Bags, at: Indices) -> Bags:
    lengths = bags.offsets[at + 1] - bags.offsets[at]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    flat = np.repeat(bags.offsets[at] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Bags(bags.rows[flat], bags.weights[flat], offsets)
