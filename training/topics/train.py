"""``tianfu train tagger``: labelled stories in, the topic tagger's artefact out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from sklearn.model_selection import GroupKFold, KFold

from tianfu.embeddings.artefact import load_artefact, write_card
from tianfu.embeddings.encoder.loading import open_encoder
from tianfu.eval.tagging_measures import best_threshold
from tianfu.model.ports import Encoder
from tianfu.model.vocab.topics import load_topics
from tianfu.training.pages import write_page
from tianfu.training.progress import Progress
from tianfu.training.topics.calibration import cross_fitted, fit_platt_by_class, probability
from tianfu.training.topics.config import TopicConfig
from tianfu.training.topics.data import LabelledStory
from tianfu.training.topics.features import Floats, Space, bag_of
from tianfu.training.topics.given import Given, fold_groups, read_given
from tianfu.training.topics.learning import Known, Texts, learn
from tianfu.training.topics.linear import Linear, Truth
from tianfu.training.topics.measure import tagging_metrics
from tianfu.training.topics.references import joined
from tianfu.training.topics.start import Start, correct, open_start

ENCODED_AT_ONCE = 200
WEIGHTS = "weights.safetensors"
DECIDED = ["Stories of the newsrooms, with what their editors decided."]
TOLD: Mapping[str, Any] = {
    "good_at": [
        "Stories with a title and a lead, of the kinds that newsrooms file every day.",
        "Saying why: each n-gram's share in a class is exact.",
        "Probabilities that mean what they say, on stories like those it was measured on: some 37 in 100 of"
        " them were chosen by keywords, so that rare classes occur.",
    ],
    "bad_at": [
        "Headlines alone that name no subject; wit and allusion.  A few letters are told with less"
        " confidence.",
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


def train_topics(
    config: TopicConfig, progress: Progress = lambda _name, _done, _total: None
) -> dict[str, Any]:
    """Train, calibrate, measure, and write the artefact; returns its card.

    The figures in the card are of stories that neither trained nor calibrated what answered them: out of
    fold, or with editors' decisions on newer ones.  The same data and seed give the same weights.

    Raises:
        UnreadableFile: The labelled stories cannot be read, editors decided too little, or the tagger to
            start from learnt from what is to be measured on.
        SnapshotInvalid: The snapshot of editors' decisions is not whole.
        ArtefactInvalid: The teacher's encoder, or the tagger to start from, cannot be opened.
    """
    given = read_given(config)
    classes = load_topics().codes
    start = _start(config, given, classes)
    asked = start is None and len(given.measured) < config.teacher_below
    encoder = _teacher(config) if asked else None
    measured = _known(given.measured, classes, encoder, progress, "labelled stories")
    others = _known([*given.more, *given.headlines], classes, encoder, progress, "more labels and headlines")
    unlabelled = _texts(given.unlabelled if encoder else [], encoder, progress, "unlabelled stories")
    groups = fold_groups(given.measured)

    def learnt(known: Known) -> tuple[Space, Linear]:
        if start is not None:
            return correct(start, known, strength=config.start_strength, seed=config.seed)
        return learn(known, unlabelled, config)

    scores = _cross_validated(measured, others, learnt, groups, config, progress)
    slope, offset = fit_platt_by_class(scores, measured.truth)
    likely = cross_fitted(scores, measured.truth, seed=config.seed)
    threshold = best_threshold(likely, measured.truth)
    progress("final model", 0, 1)
    space, model = _pruned(*learnt(measured.with_(others)), most=config.most_ngrams)
    if given.held:
        answered = model.scores(space.matrix([bag_of(story) for story in given.held]))
        likely = probability(answered, slope, offset)
    metrics, intervals = _metrics(likely, given.held or given.measured, classes, threshold, config)
    _write_weights(config.out, space, model)
    card = (
        _card(config, given, classes, taught=encoder is not None)
        | _started(start, given)
        | {
            "calibration": {"slope": _rounded(slope), "offset": _rounded(offset)},
            "threshold": threshold,
            "metrics": metrics,
            "intervals": intervals,
        }
    )
    write_card(config.out, card, files=[WEIGHTS])
    write_page(config.out, card)
    progress("final model", 1, 1)
    return card


def _teacher(config: TopicConfig) -> Encoder | None:
    """The transformer's own numbers of the teacher's encoder; a companion's words are known already."""
    if config.teacher is None:
        return None
    artefact = load_artefact(config.teacher, kind="encoder")
    own = artefact.card["encoder"].get("prefixes", [None])[0]
    return open_encoder(artefact, dimension=own, threads=2)


def _start(config: TopicConfig, given: Given, classes: Sequence[str]) -> Start | None:
    if config.start is None:
        return None
    start = open_start(config.start, tuple(classes))
    start.must_be_older(given.cut)
    return start


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
    judged = np.array([[s.judged is None or code in s.judged for code in classes] for s in stories], bool)
    sample = np.array([story.weight for story in stories])
    return Known(
        _texts(stories, encoder, progress, name),
        _truth(stories, classes),
        judged.reshape(-1, len(classes)),
        sample,
    )


def _truth(stories: Sequence[LabelledStory], classes: Sequence[str]) -> Truth:
    truth = np.array([[code in story.labels for code in classes] for story in stories], dtype=np.bool_)
    return truth.reshape(-1, len(classes))


def _metrics(
    likely: Floats,
    stories: Sequence[LabelledStory],
    classes: Sequence[str],
    threshold: float,
    config: TopicConfig,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    primary = np.array([classes.index(story.labels[0]) for story in stories])
    return tagging_metrics(likely, _truth(stories, classes), primary, threshold=threshold, seed=config.seed)


def _cross_validated(
    measured: Known,
    others: Known,
    learnt: Callable[[Known], tuple[Space, Linear]],
    groups: Sequence[int] | None,
    config: TopicConfig,
    progress: Progress,
) -> Floats:
    scores = np.zeros(measured.truth.shape)
    kind = KFold if groups is None else GroupKFold
    folds = kind(config.folds, shuffle=True, random_state=config.seed)
    for done, (train, test) in enumerate(folds.split(measured.truth, groups=groups)):
        progress("cross-validation", done, config.folds)
        space, model = learnt(measured.at(train).with_(others))
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


def _decided(config: TopicConfig) -> list[str]:
    return [] if config.decisions is None else DECIDED


def _started(start: Start | None, given: Given) -> dict[str, Any]:
    """What a card tells otherwise where a tagger was corrected; what that learnt from, this one did too."""
    if start is None:
        return {}
    files = {name: value for name, value in start.card["data"].items() if name.endswith("_sha256")}
    return {
        "what": f"The linear model over TF-IDF of character n-grams (1 to 3) of {start.version}, corrected by"
        " one SVM a class that also reads its score; Platt calibration class by class.",
        "start": start.version,
        "data": {
            "stories": len(given.measured),
            **files,
            **given.data,
            "note": "The texts belong to their publishers and are not part of this product.",
        },
        "sources": list(dict.fromkeys([*start.card["sources"], *DECIDED])),
    }


def _card(config: TopicConfig, given: Given, classes: Sequence[str], *, taught: bool) -> dict[str, Any]:
    teacher = load_artefact(config.teacher, kind="encoder").version if taught and config.teacher else None
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
            **given.data,
            "more_labels": len(given.more),
            "headlines": len(given.headlines),
            "unlabelled": len(given.unlabelled) if taught else 0,
            "note": "The texts belong to their publishers and are not part of this product.",
        },
        **TOLD,
        "sources": [*(TOLD["sources"] if config.decisions != config.data else []), *_decided(config)],
        "measured_on": given.measured_on.format(folds=config.folds),
        "settings": config.as_dict(),
    }
