"""The error of a paired difference is that of examples drawn at random, long ones and short ones."""

from __future__ import annotations

import math

import pytest
import torch

from playground.runs.paired import Change, Scores, change, ratio


def test_the_error_of_equal_examples_is_that_of_a_mean():
    x = torch.tensor([0.5, 2.0, -1.0, 0.25], dtype=torch.float64)
    mean, error = ratio(3 * x, torch.full((4,), 3.0, dtype=torch.float64))
    assert mean == pytest.approx(x.mean().item())
    assert error == pytest.approx(x.std().item() / 2)
    assert math.isnan(ratio(x[:1], torch.ones(1))[1])


def test_the_error_of_unequal_examples_is_what_leaving_one_out_shows():
    drawn = torch.Generator().manual_seed(0)
    n = torch.randint(1, 12, (400,), generator=drawn).double()
    x = n * torch.randn(400, generator=drawn, dtype=torch.float64) + 3 * n  # long examples have larger sums
    r, error = ratio(x, n)
    without = torch.stack([(x.sum() - x[i]) / (n.sum() - n[i]) for i in range(400)])
    assert error == pytest.approx(math.sqrt(399 / 400 * (without - without.mean()).square().sum()), rel=0.02)
    assert r == pytest.approx(x.sum() / n.sum())


def test_what_is_hard_for_both_is_no_noise():
    hard = torch.tensor([0.0, 10.0, 20.0, 5.0], dtype=torch.float64)
    ones = torch.ones(4, dtype=torch.float64)
    found = change(Scores(hard, ones, ones), Scores(hard + 1, 0 * ones, ones))
    assert found == Change(1.0, 0.0, -1.0, 0.0)
