"""Training the transformer encoder from end to end: data folder in, sentence-transformers folder out."""

import hashlib
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.model.artifacts import shipped
from tianfu.training.checkpoint import Standing
from tianfu.training.encoder.corpus import STORIES, Corpus, read_corpus
from tianfu.training.encoder.train import renew_card, told
from tianfu.training.loop import Pace, optimise
from tianfu.training.pretrained.extract import extract_pretrained
from tianfu.training.progress import Progress
from tianfu.training.runlog import log_run
from tianfu.training.team import ALONE, Team, join
from tianfu.training.transformer.artefact import write_artefact
from tianfu.training.transformer.config import TransformerConfig
from tianfu.training.transformer.net import SentenceNet, open_bert
from tianfu.training.transformer.tasks import build_tasks, headline_sets

WARM_UP_SHARE = 0.06
WEIGHT_DECAY = 0.01
MAX_NORM = 1.0
CHECKPOINT_STEPS = 50


def silent(_name: str, _done: int, _total: int) -> None:
    """Tell nobody: the first process does."""


def train_transformer(
    config: TransformerConfig, progress: Progress = lambda _name, _done, _total: None
) -> Path:
    """Train, measure and write the artefact; go on from a checkpoint of the same run if there is one.

    Every run, a failed one too, adds a line to ``config.log``.  Of several processes (``accelerate launch``)
    the first writes; each has its share of every batch, see :mod:`tianfu.training.team`.

    Returns:
        The artefact's folder; ``SentenceTransformer`` loads it plainly, without the companion.

    Raises:
        UnreadableFile: The data or the start cannot be read.
        NonFiniteLoss: Training went astray; nothing was written to ``config.out``.
        ArtefactInvalid: The ONNX graph does not agree with torch.
    """
    torch.set_num_threads(config.threads)
    team = join()
    if not team.leads:
        learn(read_corpus(config.data, development_from=config.development_from), config, silent, team)
        return config.out
    progress("reading the texts", 0, 1)
    corpus = read_corpus(config.data, development_from=config.development_from)
    try:
        net, standing = learn(corpus, config, progress, team)
        progress("exporting", 0, 1)
        companion = config.companion or shipped("encoder")
        write_artefact(config, net, corpus, standing, companion=companion)
        progress("measuring", 0, 1)
        suites = renew_card(config.out, corpus, config.data)
    except Exception as failure:
        log_run(config.log, config.name, config.as_dict(), corpus.sha256, 0.0, f"failed: {failure}")
        raise
    log_run(config.log, config.name, config.as_dict(), corpus.sha256, standing.seconds, told(suites))
    progress("measuring", 1, 1)
    return config.out


def learn(
    corpus: Corpus, config: TransformerConfig, progress: Progress, team: Team = ALONE
) -> tuple[SentenceNet, Standing]:
    """Train, going on from a checkpoint of the same run if there is one.

    Returns:
        The net ready to measure, and what it cost.

    Raises:
        UnreadableFile: The start cannot be read.
        NonFiniteLoss: Training went astray.
    """
    torch.manual_seed(config.seed)
    start = config.start or _taken_out(config, progress)
    classes = {name: len({c for _, c in rows}) for name, rows in headline_sets(corpus).items()}
    net = SentenceNet(
        open_bert(start, layers=config.layers, frozen=config.frozen_layers),
        Tokenizer.from_file(str(start / "tokenizer.json")),
        max_pieces=config.max_pieces,
        classes=classes,
        team=team,
    ).to(team.device)
    companion = load_encoder(config.companion or shipped("encoder"))
    tasks = build_tasks(corpus, companion, config)
    made_of = f"{json.dumps(config.as_dict(), sort_keys=True)} {corpus.sha256} {companion.fingerprint}"
    key = hashlib.sha256(made_of.encode()).hexdigest()
    pace = Pace(warm_up=WARM_UP_SHARE * config.steps, checkpoint=CHECKPOINT_STEPS, max_norm=MAX_NORM)
    standing = optimise(
        net, tasks, config, _optimiser(net, config), pace, key=key, progress=progress, team=team
    )
    net.team = ALONE
    return net.cpu().eval(), standing


def _optimiser(net: SentenceNet, config: TransformerConfig) -> torch.optim.Optimizer:
    body = [values for values in net.bert.parameters() if values.requires_grad]
    heads = [*net.heads.parameters(), net.head_scale]
    groups = [
        {"params": body, "peak": config.learning_rate, "weight_decay": WEIGHT_DECAY},
        {"params": heads, "peak": config.head_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)


def _taken_out(config: TransformerConfig, progress: Progress) -> Path:
    start = config.work / "start"
    if not (start / "card.json").is_file():
        files = [config.data / name for name in (STORIES[0], STORIES[2])]
        extract_pretrained(start, corpus_files=files, progress=progress)
    return start
