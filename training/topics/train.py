"""``tianfu train tagger``: labelled stories in, the topic tagger's artefact out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from sklearn.model_selection import KFold

from tianfu.embeddings.artefact import load_artefact, sha256_of, write_card
from tianfu.embeddings.encoder.loading import open_encoder
from tianfu.eval.tagging_measures import best_threshold
from tianfu.model.ports import Encoder
from tianfu.model.vocab.topics import load_topics
from tianfu.training.pages import write_page
from tianfu.training.progress import Progress
from tianfu.training.topics.calibration import cross_fitted, fit_platt_by_class
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.data import LabelledStory, read_headlines, read_labelled
from tianfu.training.topics.features import Floats, Space, bag_of
from tianfu.training.topics.learning import Known, Texts, learn
from tianfu.training.topics.linear import Linear
from tianfu.training.topics.measure import tagging_metrics
from tianfu.training.topics.references import joined, read_references, read_unlabelled

ENCODED_AT_ONCE = 200
WEIGHTS = "weights.safetensors"
TOLD: Mapping[str, Any] = {
    "good_at": [
        "Stories with a title and a lead, of the kinds that newsrooms file every day.",
        "Saying why: each n-gram's share in a class is exact.",
        "Probabilities that mean what they say, on stories like those it was measured on.",
    ],
    "bad_at": [
        "Headlines alone that name no subject; wit and allusion.",
        "Second and third classes: it finds the primary class more surely than the others.",
        "Words that came up after its texts were written.",
    ],
    "sources": [
        "Stories labelled by reading for this product: CCTV, People's Daily, Sina, NLPCC 2017 and Toutiao;"
        " the texts are their publishers' property and none is contained.",
        "Headlines of public sets whose classes are nearly ours; opinions of a teacher on further stories of"
        " the same sources.",
    ],
    "licence": "Weights: Apache-2.0; whoever trains again needs the right to the texts used.",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    measured: list[LabelledStory]
    more: list[LabelledStory]
    headlines: list[LabelledStory]
    unlabelled: list[LabelledStory]


def train_topics(
    config: TopicConfig, progress: Progress = lambda _name, _done, _total: None
) -> dict[str, Any]:
    """Train, calibrate, measure by cross-validation, and write the artefact; returns its card.

    The figures in the card are of stories that neither trained nor calibrated the fold's model.

    Raises:
        UnreadableFile: The labelled stories cannot be read.
        ArtefactInvalid: The teacher's encoder cannot be opened.
    """
    given = _read(config)
    classes = load_topics().codes
    encoder = _teacher(config)
    measured = _known(given.measured, classes, encoder, progress, "labelled stories")
    others = _known([*given.more, *given.headlines], classes, encoder, progress, "more labels and headlines")
    unlabelled = _texts(given.unlabelled, encoder, progress, "unlabelled stories")
    scores = _cross_validated(measured, others, unlabelled, config, progress)
    slope, offset = fit_platt_by_class(scores, measured.truth)
    likely = cross_fitted(scores, measured.truth, seed=config.seed)
    threshold = best_threshold(likely, measured.truth)
    primary = np.array([classes.index(story.labels[0]) for story in given.measured])
    metrics, intervals = tagging_metrics(
        likely, measured.truth, primary, threshold=threshold, seed=config.seed
    )
    progress("final model", 0, 1)
    space, model = _pruned(*learn(measured.with_(others), unlabelled, config), most=config.most_ngrams)
    _write_weights(config.out, space, model)
    card = _card(config, given, classes) | {
        "calibration": {"slope": _rounded(slope), "offset": _rounded(offset)},
        "threshold": threshold,
        "metrics": metrics,
        "intervals": intervals,
    }
    write_card(config.out, card, files=[WEIGHTS])
    write_page(config.out, card)
    progress("final model", 1, 1)
    return card


def _read(config: TopicConfig) -> _Given:
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
    return _Given(
        measured,
        [story for story in more if story.title not in titles],
        headlines,
        [LabelledStory(title=title, body=lead, labels=()) for title, lead in drawn],
    )


def _teacher(config: TopicConfig) -> Encoder | None:
    """The transformer's own numbers of the teacher's encoder; a companion's words are known already."""
    if config.teacher is None:
        return None
    artefact = load_artefact(config.teacher, kind="encoder")
    own = artefact.card["encoder"].get("prefixes", [None])[0]
    return open_encoder(artefact, dimension=own, threads=2)


def _texts(stories: Sequence[LabelledStory], encoder: Encoder | None, progress: Progress, name: str) -> Texts:
    bags = [bag_of(story) for story in stories]
    if encoder is None:
        return Texts(bags, None)
    wanted = joined([(story.title, story.body) for story in stories])
    vectors = np.zeros((len(wanted), encoder.dimension), dtype=np.float32)
    for start in range(0, len(wanted), ENCODED_AT_ONCE):
        progress(f"encoding {name}", start, len(wanted))
        vectors[start : start + ENCODED_AT_ONCE] = encoder.encode(wanted[start : start + ENCODED_AT_ONCE])
    progress(f"encoding {name}", len(wanted), len(wanted))
    return Texts(bags, vectors)


def _known(
    stories: Sequence[LabelledStory],
    classes: Sequence[str],
    encoder: Encoder | None,
    progress: Progress,
    name: str,
) -> Known:
    truth = np.array([[code in story.labels for code in classes] for story in stories])
    sample = np.array([story.weight for story in stories])
    return Known(_texts(stories, encoder, progress, name), truth.reshape(-1, len(classes)), sample)


def _cross_validated(
    measured: Known, others: Known, unlabelled: Texts, config: TopicConfig, progress: Progress
) -> Floats:
    scores = np.zeros(measured.truth.shape)
    folds = KFold(config.folds, shuffle=True, random_state=config.seed)
    for done, (train, test) in enumerate(folds.split(measured.truth)):
        progress("cross-validation", done, config.folds)
        space, model = learn(measured.at(train).with_(others), unlabelled, config)
        scores[test] = model.scores(space.matrix(measured.at(test).texts.bags))
    progress("cross-validation", config.folds, config.folds)
    return scores


def _pruned(space: Space, model: Linear, *, most: int) -> tuple[Space, Linear]:
    telling = np.argsort(-np.abs(model.weights).max(axis=1), kind="stable")[:most]
    at = np.sort(telling)
    return Space(space.vocabulary[at], space.idf[at]), Linear(model.weights[at], model.bias)


def _write_weights(out: Path, space: Space, model: Linear) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, npt.NDArray[Any]] = {
        "vocabulary": space.vocabulary.astype(np.int64),
        "idf": space.idf.astype(np.float16),
        "weights": model.weights.astype(np.float16),
        "bias": model.bias.astype(np.float32),
    }
    save_file(tensors, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)  # the library makes it private


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 5) for value in values]


def _card(config: TopicConfig, given: _Given, classes: Sequence[str]) -> dict[str, Any]:
    teacher = None if config.teacher is None else load_artefact(config.teacher, kind="encoder").version
    return {
        "kind": "topics",
        "name": config.name,
        "version": config.version,
        "made_at": datetime.now(UTC).date().isoformat(),
        "what": "Linear model over TF-IDF of character n-grams (1 to 3): one SVM a class, and logits learned"
        " from a teacher that also reads an encoder's vectors; Platt calibration class by class.",
        "classes": list(classes),
        "teacher": teacher,
        "data": {
            "stories": len(given.measured),
            "stories_sha256": sha256_of(config.data / config.stories),
            "more_labels": len(given.more),
            "more_labels_sha256": sha256_of(config.labels) if config.labels is not None else None,
            "headlines": len(given.headlines),
            "unlabelled": len(given.unlabelled),
            "note": "Labels given by reading; texts belong to their publishers (CCTV, People's Daily, Sina, "
            "Toutiao) and are not part of this product.",
        },
        **TOLD,
        "measured_on": f"{config.folds}-fold cross-validation over the labelled stories,"
        " calibrated by others than those measured",
        "settings": config.as_dict(),
    }
