"""Training the static encoder from end to end: data folder in, checked artefact out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from tianfu.embeddings.artefact import CARD, load_artefact, write_card
from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.lexical import LexicalEncoder, rarity_steps
from tianfu.embeddings.encoder.loading import KIND, encoder_fingerprint
from tianfu.embeddings.encoder.ngrams import Keys
from tianfu.eval.core import SuiteResult
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.checkpoint import Standing
from tianfu.training.encoder.card import card_page, card_values, suite_values
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.corpus import Corpus, read_corpus
from tianfu.training.encoder.export import FILES, MAX_CHARS, export_encoder
from tianfu.training.encoder.measure import measure_encoder
from tianfu.training.encoder.tasks import build_tasks
from tianfu.training.encoder.vocabulary import choose_vocabulary
from tianfu.training.loop import Pace, optimise
from tianfu.training.progress import Progress
from tianfu.training.runlog import log_run

UNKNOWN_SCALE = 9.0
"""Length at which rows of n-grams outside the vocabulary start: rare ones tell much."""
SAMPLE = 60_000
"""Stories, and headlines, that the vocabulary is counted on."""
PAGE = "card.md"
WARM_UP_STEPS = 20
CHECKPOINT_STEPS = 100


def train_encoder(
    config: EncoderConfig,
    progress: Progress = lambda _name, _done, _total: None,
) -> Path:
    """Train, measure and write the artefact; go on from a checkpoint of the same run if there is one.

    Every run, a failed one too, adds a line to ``config.log``.

    Args:
        config: Of the run.
        progress: Told what is done.

    Returns:
        The artefact's folder.

    Raises:
        UnreadableFile: The data cannot be read.
        NonFiniteLoss: Training went astray; nothing was written to ``config.out``.
    """
    torch.set_num_threads(config.threads)
    corpus = read_corpus(config.data, development_from=config.development_from)
    try:
        net, features, words, standing = learn(corpus, config, progress)
        export_encoder(config.out, net.table.detach().numpy(), features, words)
        write_card(config.out, card_values(config, features, corpus, standing), files=FILES)
        progress("measuring", 0, 1)
        suites = renew_card(config.out, corpus, config.data)
    except Exception as failure:
        log_run(config.log, config.name, config.as_dict(), corpus.sha256, 0.0, f"failed: {failure}")
        raise
    log_run(config.log, config.name, config.as_dict(), corpus.sha256, standing.seconds, told(suites))
    progress("measuring", 1, 1)
    return config.out


def learn(
    corpus: Corpus, config: EncoderConfig, progress: Progress
) -> tuple[NgramBag, NgramFeatures, LexicalEncoder | None, Standing]:
    """Choose the vocabulary, read the texts, optimise.

    Returns:
        The learned rows, how texts are read, the hashed words beside them, and the cost.
    """
    progress("choosing the vocabulary", 0, 1)
    keys, counts, total = choose_vocabulary(corpus, size=config.vocabulary, sample=SAMPLE, seed=config.seed)
    features = NgramFeatures(keys, config.buckets, config.unknown_weight)
    progress("reading the texts", 0, 1)
    words = _hashed_words(corpus, config)
    tasks = build_tasks(corpus, features, config, words)
    net = NgramBag(len(keys) + config.buckets, config.dimension)
    net.start(_row_lengths(counts, total, config.buckets), seed=config.seed)
    key = hashlib.sha256(f"{json.dumps(config.as_dict(), sort_keys=True)} {corpus.sha256}".encode())
    groups = [{"params": list(net.parameters()), "peak": config.learning_rate}]
    optimiser = torch.optim.Adam(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)
    pace = Pace(warm_up=WARM_UP_STEPS, checkpoint=CHECKPOINT_STEPS)
    standing = optimise(net, tasks, config, optimiser, pace, key=key.hexdigest(), progress=progress)
    return net, features, words, standing


def _hashed_words(corpus: Corpus, config: EncoderConfig) -> LexicalEncoder | None:
    if not config.lexical:
        return None
    texts = [f"{r.title} {r.body[: config.rest_chars]}" for r in corpus.stories]
    return LexicalEncoder(rarity=rarity_steps(texts), dimension=config.lexical, max_chars=MAX_CHARS)


def _row_lengths(counts: Keys, total: int, buckets: int) -> torch.Tensor:
    lengths = np.full(len(counts) + buckets, UNKNOWN_SCALE, dtype=np.float32)
    lengths[: len(counts)] = np.log(total / counts) + 1
    return torch.from_numpy(lengths)


def renew_card(folder: Path, corpus: Corpus, data: Path) -> Mapping[str, SuiteResult]:
    """Measure an artefact as it serves now and write its card again, with fingerprint and figures.

    Needed after a run, and whenever the text normalisation or a suite has changed.
    """
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    files = list(card.pop("files"))
    suites = measure_encoder(folder, corpus, data, tuple(card["encoder"]["prefixes"]))
    artefact = load_artefact(folder, kind=KIND)
    card["fingerprint"] = encoder_fingerprint(artefact, card["dimension"])
    card["metrics"] = suite_values(suites)
    write_card(folder, card, files=files)
    (folder / PAGE).write_text(card_page(card), encoding="utf-8")
    return suites


def told(suites: Mapping[str, SuiteResult]) -> str:
    """The figures that the log of runs shows."""
    wanted = [("retrieval", "recall_at_1"), ("retrieval", "recall_at_10"), ("sts", "spearman")]
    wanted += [(name, "probe_accuracy") for name in suites if name.startswith("headlines")]
    return ", ".join(f"{name} {metric} {suites[name].metrics[metric]:.3f}" for name, metric in wanted)
