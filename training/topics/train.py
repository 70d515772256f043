"""Train the topic tagger: TF-IDF of character n-grams, one linear SVM a class, Platt calibration."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.svm import LinearSVC

from tianfu.embeddings.artefact import sha256_of, write_card
from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys, rows_of
from tianfu.embeddings.tagging.topics import LEAD_CHARS, joined_text
from tianfu.embeddings.text.normalise import normalise
from tianfu.eval.tagging_measures import best_threshold
from tianfu.model.errors import UnreadableFile
from tianfu.model.vocab.topics import load_topics
from tianfu.training.topics.data import LabelledStory, read_headlines, read_labelled
from tianfu.training.topics.measure import tagging_metrics

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """How to train.  Paths may be relative to the working directory.

    Attributes:
        stories: Labelled stories, JSON Lines.
        headlines: Folder of public headline sets, or ``None`` to do without.
        headlines_per_class: Most headlines of one class.
        headline_weight: Weight of a headline; a labelled story has 1.
        least_texts: An n-gram must stand in so many texts.
        most_ngrams: Keep so many n-grams, those with the largest weights.
        regularisation: ``C`` of the SVM; larger fits closer.
        folds: Of the cross-validation that calibrates, sets the threshold and measures.
    """

    stories: Path
    out: Path
    headlines: Path | None = None
    name: str = "topics-ngram"
    version: str = "1"
    headlines_per_class: int = 600
    headline_weight: float = 0.1
    least_texts: int = 2
    most_ngrams: int = 60_000
    regularisation: float = 1.0
    folds: int = 5
    seed: int = 13


def read_config(path: Path, **changes: Any) -> TopicConfig:
    """Read a configuration file (TOML) and change some of its values.

    Raises:
        UnreadableFile: It is no TOML, or a key is not known.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as bad:
        raise UnreadableFile(
            f"{path} is no readable TOML file.", advice="Check the path and the file."
        ) from bad
    values |= {name: value for name, value in changes.items() if value is not None}
    for name in ("stories", "out", "headlines"):
        if values.get(name) is not None:
            values[name] = Path(values[name])
    try:
        return TopicConfig(**values)
    except TypeError as bad:
        raise UnreadableFile(f"{path}: {bad}", advice="See TopicConfig for the keys.") from bad


def train_topics(
    config: TopicConfig, progress: Progress = lambda _name, _done, _total: None
) -> dict[str, Any]:
    """Train, calibrate, measure by cross-validation, and write the artefact; returns its card.

    The figures in the card are of stories that neither trained nor calibrated the fold's model.
    """
    stories = read_labelled(config.stories)
    titles = frozenset(story.title for story in stories)
    extra = (
        read_headlines(
            config.headlines,
            per_class=config.headlines_per_class,
            weight=config.headline_weight,
            seed=config.seed,
            without=titles,
        )
        if config.headlines is not None
        else []
    )
    classes = load_topics().codes
    bags = [_bag(story) for story in [*stories, *extra]]
    truth = np.array([[c in story.labels for c in classes] for story in stories])
    primary = np.array([classes.index(story.labels[0]) for story in stories])
    scores = _cross_validated(stories, extra, bags, classes, config, progress)
    slope, offset = _platt(scores, truth)
    probabilities = 1.0 / (1.0 + np.exp(-(slope * scores + offset)))
    threshold = best_threshold(probabilities, truth)
    metrics, intervals = tagging_metrics(probabilities, truth, primary, threshold=threshold, seed=config.seed)
    progress("final model", 0, 1)
    model = _fit([*stories, *extra], bags, classes, config)
    progress("final model", 1, 1)
    return _write(model, classes, config, stories, extra, slope, offset, threshold, metrics, intervals)


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    vocabulary: Keys
    idf: Floats
    weights: Floats
    bias: Floats

    def scores(self, bags: Sequence["_Bag"]) -> Floats:
        return np.asarray(_matrix(bags, self.vocabulary, self.idf) @ self.weights + self.bias)


_Bag = tuple[Keys, npt.NDArray[np.int64]]


def _bag(story: LabelledStory) -> _Bag:
    text = joined_text(normalise(story.title), normalise(story.body[:LEAD_CHARS]))
    keys, counts = np.unique(ngram_keys(text)[0], return_counts=True)
    return keys, counts


def _matrix(bags: Sequence[_Bag], vocabulary: Keys, idf: Floats) -> sparse.csr_matrix:
    columns, values, starts = [], [], [0]
    for keys, counts in bags:
        rows = rows_of(keys, vocabulary, 0)
        known = rows >= 0
        line = (1.0 + np.log(counts[known])) * idf[rows[known]]
        norm = np.linalg.norm(line)
        columns.append(rows[known])
        values.append(line / norm if norm else line)
        starts.append(starts[-1] + int(known.sum()))
    shape = (len(bags), len(vocabulary))
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(columns), starts), shape=shape)


def _fit(
    stories: Sequence[LabelledStory], bags: Sequence[_Bag], classes: Sequence[str], config: TopicConfig
) -> _Model:
    keys, texts = np.unique(np.concatenate([keys for keys, _ in bags]), return_counts=True)
    kept = texts >= config.least_texts
    vocabulary, idf = keys[kept], np.log((1 + len(bags)) / (1 + texts[kept])) + 1.0
    features = _matrix(bags, vocabulary, idf)
    sample = np.array([story.weight for story in stories])
    weights = np.zeros((len(vocabulary), len(classes)))
    bias = np.zeros(len(classes))
    for place, code in enumerate(classes):
        wanted = np.array([code in story.labels for story in stories])
        if wanted.any() and not wanted.all():
            svm: Any = LinearSVC(C=config.regularisation, random_state=config.seed)
            svm.fit(features, wanted, sample_weight=sample)
            weights[:, place], bias[place] = svm.coef_[0], svm.intercept_[0]
        else:
            bias[place] = -2.0
    if len(vocabulary) > config.most_ngrams:
        telling = np.argsort(-np.abs(weights).max(axis=1), kind="stable")[: config.most_ngrams]
        at = np.sort(telling)
        return _Model(vocabulary[at], idf[at], weights[at], bias)
    return _Model(vocabulary, idf, weights, bias)


def _cross_validated(
    stories: Sequence[LabelledStory],
    extra: Sequence[LabelledStory],
    bags: Sequence[_Bag],
    classes: Sequence[str],
    config: TopicConfig,
    progress: Progress,
) -> Floats:
    scores = np.zeros((len(stories), len(classes)))
    folds = KFold(config.folds, shuffle=True, random_state=config.seed)
    extra_bags = list(bags[len(stories) :])
    for done, (train, test) in enumerate(folds.split(stories)):
        progress("cross-validation", done, config.folds)
        known = [stories[i] for i in train]
        model = _fit([*known, *extra], [*(bags[i] for i in train), *extra_bags], classes, config)
        scores[test] = model.scores([bags[i] for i in test])
    progress("cross-validation", config.folds, config.folds)
    return scores


def _platt(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """One slope and offset for all classes (Platt 1999), fitted on held-out scores."""
    fitted = LogisticRegression(C=1e6).fit(scores.reshape(-1, 1), truth.reshape(-1))
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _write(
    model: _Model,
    classes: Sequence[str],
    config: TopicConfig,
    stories: Sequence[LabelledStory],
    extra: Sequence[LabelledStory],
    slope: float,
    offset: float,
    threshold: float,
    metrics: dict[str, float],
    intervals: dict[str, list[float]],
) -> dict[str, Any]:
    config.out.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, npt.NDArray[Any]] = {
        "vocabulary": model.vocabulary.astype(np.int64),
        "idf": model.idf.astype(np.float16),
        "weights": model.weights.astype(np.float16),
        "bias": model.bias.astype(np.float32),
    }
    save_file(tensors, config.out / "weights.safetensors")
    settings = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(config).items()}
    card = {
        "kind": "topics",
        "name": config.name,
        "version": config.version,
        "made_at": datetime.now(UTC).date().isoformat(),
        "what": "Linear model over TF-IDF of character n-grams (1 to 3), one SVM a class, Platt calibration.",
        "classes": list(classes),
        "calibration": {"slope": slope, "offset": offset},
        "threshold": threshold,
        "data": {
            "stories": len(stories),
            "stories_sha256": sha256_of(config.stories),
            "headlines": len(extra),
            "note": "Labels given by reading; texts belong to their publishers (CCTV, People's Daily, Sina, "
            "Toutiao) and are not part of this product.",
        },
        "metrics": metrics,
        "intervals": intervals,
        "measured_on": f"{config.folds}-fold cross-validation over the labelled stories",
        "settings": {k: v for k, v in settings.items() if k not in ("out", "stories", "headlines")},
    }
    write_card(config.out, card, files=["weights.safetensors"])
    return card
