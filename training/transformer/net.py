"""The network that is trained: a BERT with mean pooling, and a head for each set of classed headlines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from tianfu.embeddings.text.normalise import normalise
from tianfu.model.errors import UnreadableFile
from tianfu.training.team import ALONE, Team


class SentenceNet(nn.Module):
    """Texts to vectors of unit length, with scratch heads for classes.

    Args:
        bert: Changed by training.
        tokenizer: Of that BERT; padding and cutting are set.
        max_pieces: Longer texts are cut.
        classes: Number of classes of each headline set.
        team: Who shares the texts of a batch.
    """

    def __init__(
        self,
        bert: BertModel,
        tokenizer: Tokenizer,
        *,
        max_pieces: int,
        classes: Mapping[str, int],
        team: Team = ALONE,
    ) -> None:
        super().__init__()
        self.bert = bert
        self.heads = nn.ModuleDict(
            {name: nn.Linear(bert.config.hidden_size, n) for name, n in classes.items()}
        )
        self.head_scale = nn.Parameter(torch.tensor(12.0))
        self.tokenizer = tokenizer
        self.tokenizer.enable_truncation(max_pieces)
        self.tokenizer.enable_padding(pad_id=bert.config.pad_token_id)
        self.team = team

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """Encode texts to float32, shape (len(texts), hidden), rows of unit length."""
        encoded = self.tokenizer.encode_batch([normalise(text) for text in self.team.share(texts)])
        ids = torch.tensor([e.ids for e in encoded], device=self.head_scale.device)
        mask = torch.tensor([e.attention_mask for e in encoded], device=self.head_scale.device)  # (B, T)
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        own = nn.functional.normalize((states * weight).sum(dim=1) / weight.sum(dim=1), dim=1)
        return self.team.whole(own, len(texts))

    def logits(self, source: str, vectors: torch.Tensor) -> torch.Tensor:
        """Class scores of vectors, shape (B, classes of the source)."""
        scores: torch.Tensor = self.heads[source](vectors * self.head_scale)
        return scores


def open_bert(folder: Path, *, layers: int, frozen: int) -> BertModel:
    """Read a BERT, keep ``layers`` of its layers (0: all) evenly spread, and freeze the lowest.

    Raises:
        UnreadableFile: Every layer would be frozen.
    """
    bert: BertModel = BertModel.from_pretrained(
        folder, add_pooling_layer=False, attn_implementation="sdpa", attention_probs_dropout_prob=0.0
    )
    if layers:
        there = len(bert.encoder.layer)
        at = [round(i * (there - 1) / (layers - 1)) for i in range(layers)] if layers > 1 else [0]
        bert.encoder.layer = nn.ModuleList(bert.encoder.layer[i] for i in at)
        bert.config.num_hidden_layers = layers
    if frozen >= len(bert.encoder.layer):
        raise UnreadableFile(
            f"With {frozen} frozen layers of {len(bert.encoder.layer)} there is nothing to train.",
            advice="Lower frozen_layers.",
        )
    bert.embeddings.requires_grad_(False)
    for layer in bert.encoder.layer[:frozen]:
        layer.requires_grad_(False)
    return bert
