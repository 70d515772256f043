"""A few steps on a tiny random net, by as many processes as were started; see ``training/test_team.py``."""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from tianfu.training.encoder.losses import contrast
from tianfu.training.loop import Pace, optimise
from tianfu.training.team import join
from tianfu.training.transformer.net import SentenceNet

LETTERS = "昭化利州朝天青川旺苍剑阁梓潼平武北春茶开采夜间门诊通村道修机器人大赛获奖"
BATCH = 9


@dataclass
class Run:
    """What the loop wants to know."""

    work: Path
    steps: int
    seed: int = 5
    tasks: dict[str, float] = field(default_factory=lambda: {"pairs": 1.0})


class Pairs:
    """Two halves of one text belong together; keeps its losses."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def loss(self, net: SentenceNet, config: Run, rng: np.random.Generator) -> torch.Tensor:
        texts = ["".join(rng.choice(list(LETTERS), 12)) for _ in range(BATCH)]
        left, right = net([text[:8] for text in texts]), net([text[4:] for text in texts])
        found = contrast(left, right, torch.arange(BATCH), temperature=5.0)
        self.losses.append(float(found.detach()))
        return found


def a_net() -> SentenceNet:
    words = ["[PAD]", "[UNK]", *LETTERS]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    torch.manual_seed(3)
    shape = BertConfig(
        vocab_size=len(words), hidden_size=24, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, pad_token_id=0, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    bert = BertModel(shape, add_pooling_layer=False)
    return SentenceNet(bert, tokenizer, max_pieces=16, classes={}, team=join())


def main(work: Path, steps: int) -> None:
    torch.set_num_threads(1)
    work.mkdir(parents=True, exist_ok=True)
    net, pairs = a_net(), Pairs()
    groups = [{"params": list(net.bert.parameters()), "peak": 3e-3}]
    optimiser = torch.optim.AdamW(groups, lr=3e-3)
    run = Run(work=work, steps=6)
    stop = Stop(steps)
    pace = Pace(warm_up=1, checkpoint=3, max_norm=1.0)
    with suppress(KeyboardInterrupt):
        optimise(net, {"pairs": [pairs]}, run, optimiser, pace, key="k", progress=stop, team=net.team)
    if net.team.leads:
        (work / "losses.json").write_text(json.dumps({"losses": pairs.losses}), encoding="utf-8")


class Stop:
    """Ends a run in the step after so many, as somebody at the keyboard would."""

    def __init__(self, after: int) -> None:
        self._after = after

    def __call__(self, _name: str, done: int, total: int) -> None:
        if done > self._after and done < total:
            raise KeyboardInterrupt


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
