"""Losses against hand-computed cases; one step moves the right way."""

import math

import numpy as np
import pytest
import torch

from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.encoder.bags import Bags
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.losses import alike_by_class, contrast, graded, shortened
from tianfu.training.encoder.tasks import Contrast
from tianfu.training.loop import NonFiniteLoss, rate_at, train_step


def test_contrast_by_hand() -> None:
    left = torch.eye(2)
    right = torch.eye(2)
    loss = contrast(left, right, torch.tensor([0, 1]), temperature=1.0)

    # each row: log(e^1 + e^0) - 1, both ways
    assert loss.item() == pytest.approx(math.log(math.e + 1) - 1)


def test_one_group_is_no_negative_of_itself() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(4, 8, generator=torch.Generator().manual_seed(0)))
    assert contrast(vectors, vectors, torch.zeros(4, dtype=torch.int64), temperature=5.0).item() == (
        pytest.approx(0.0, abs=1e-6)
    )


def test_graded_by_hand() -> None:
    loss = graded(torch.tensor([0.9, 0.2]), torch.tensor([0.0, 1.0]), temperature=2.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(2 * 0.7)))
    assert graded(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 1.0]), temperature=2.0).item() == 0.0


def test_alike_by_class_by_hand() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    loss = alike_by_class(vectors, torch.tensor([0, 0, 1]), temperature=1.0)

    # rows 0 and 1: log(e / (e + 1)); row 2 has no partner
    assert loss.item() == pytest.approx(-2 * math.log(math.e / (math.e + 1)) / 3)


def test_shortened_vectors_have_unit_length() -> None:
    assert torch.linalg.norm(shortened(torch.randn(5, 8), 3), dim=1).tolist() == pytest.approx([1.0] * 5)


def test_an_empty_bag_gives_zero_and_others_unit_length() -> None:
    net = NgramBag(4, 3)
    net.start(torch.ones(4), seed=1)
    found = net(torch.tensor([0, 1]), torch.ones(2), torch.tensor([0, 0, 2]))

    assert torch.linalg.norm(found, dim=1).tolist() == pytest.approx([0.0, 1.0, 0.0])


def bags(*texts: list[int]) -> Bags:
    offsets = np.cumsum([0, *(len(text) for text in texts)]).astype(np.int64)
    rows = np.array([row for text in texts for row in text], dtype=np.int32)
    return Bags(rows, np.ones(len(rows), np.float32), offsets)


def test_taking_texts_gives_their_features_in_order() -> None:
    rows, weights, offsets = bags([1, 2], [], [3]).take(np.array([2, 1, 0]))

    assert (rows.tolist(), offsets.tolist()) == ([3, 1, 2], [0, 1, 1])
    assert weights.tolist() == [1.0, 1.0, 1.0]


def test_dropout_leaves_out_about_its_share_and_keeps_texts_apart() -> None:
    many = bags(*[[text] * 100 for text in range(50)])
    rows, _, offsets = many.take(np.arange(50), rng=np.random.default_rng(0), dropout=0.3)

    assert len(rows) == pytest.approx(3_500, rel=0.05)
    bounds = [*offsets.tolist(), len(rows)]
    for text in range(50):
        assert set(rows[bounds[text] : bounds[text + 1]].tolist()) == {text}


def test_a_step_brings_partners_together() -> None:
    config = EncoderConfig(batch=3, prefixes=(2,), feature_dropout=0.0)
    task = Contrast(bags([0], [1], [2]), bags([3], [4], [5]), np.arange(3), in_time=False)
    net = NgramBag(6, 4)
    net.start(torch.ones(6), seed=0)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.05)
    rng = np.random.default_rng(0)
    losses = [train_step(net, task, optimiser, config, rng) for _ in range(60)]

    assert losses[-1] < losses[0] / 10


def test_a_loss_that_is_no_number_changes_nothing() -> None:
    net = NgramBag(6, 4)
    net.start(torch.full((6,), float("inf")), seed=0)
    before = net.table.detach().clone()
    task = Contrast(bags([0], [1]), bags([3], [4]), np.arange(2), in_time=False)

    with pytest.raises(NonFiniteLoss):
        train_step(net, task, torch.optim.SGD(net.parameters()), EncoderConfig(), np.random.default_rng(0))
    assert torch.equal(net.table.nan_to_num(), before.nan_to_num())


def test_the_rate_warms_up_and_falls_to_its_floor() -> None:
    rates = [rate_at(step, 1_000, warm_up=20) for step in range(1_000)]
    assert rates[0] < 0.06
    assert max(rates) == pytest.approx(0.98, abs=0.02)
    assert rates[-1] == pytest.approx(0.05, abs=0.01)
