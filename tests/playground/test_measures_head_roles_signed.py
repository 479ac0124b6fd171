"""Heads whose rows are no probability distributions (linear attention with rotated keys): measures stay true."""

from __future__ import annotations

import math

import pytest
import torch

from playground.measures.head_roles import distributions, heads, self_cells
from tests.playground.test_measures_head_roles import IDS, LOOKS, B, T, even, slowly, weights

SIGNED = torch.randn(2, B, 3, T, T, generator=torch.Generator().manual_seed(1)).tril()


def test_rows_of_a_softmax_are_distributions_and_others_are_not():
    w_LBHTS = weights(causal=True)
    empty = w_LBHTS.clone()
    empty[0, 0, :, 3] = 0  # a query that sees nothing
    assert distributions(w_LBHTS)
    assert distributions(empty)
    assert not distributions(w_LBHTS * 1.01)  # positive, and too much
    turned = w_LBHTS.clone()
    turned[1, 1, 2, 9, :2] += torch.tensor([-0.5, 0.5])  # sums to 1, with a weight below 0
    assert not distributions(turned)


@pytest.mark.parametrize("role", ["previous token", "first token", "induction"])
def test_scores_of_rows_with_signs_are_shares_of_their_absolute_weight_where_that_is_above_1(role):
    cells = self_cells(IDS, causal=True)
    measured = heads(list(SIGNED), cells)
    assert not measured.distributions
    assert measured.bits.shape == (2, 3)
    assert all(math.isnan(bits) for bits in measured.bits.ravel())
    at = measured.roles.index(role)
    slow = slowly(
        lambda b, t: SIGNED[1, b, 2, t] / max(1, sum(abs(w) for w in SIGNED[1, b, 2, t].tolist())),
        LOOKS[role], IDS.tolist(), range(T), causal=True,
    )  # fmt: skip
    assert measured.scores[1, 2, at] == pytest.approx(slow, abs=1e-6)
    apart = [
        sum(abs(w) * abs(t - s) for s, w in enumerate(row)) / sum(abs(w) for w in row)
        for example in SIGNED[1, :, 2].tolist()
        for t, row in enumerate(example)
    ]
    assert measured.distance[1, 2] == pytest.approx(sum(apart) / len(apart), abs=1e-5)


def test_a_head_that_subtracts_a_token_does_not_bear_the_name_of_one_that_reads_it():
    looks = torch.eye(T).roll(1, 0).tril() + 0.01 * torch.eye(T)
    cells, looks_BHTS = self_cells(IDS, causal=True), looks.expand(B, 1, T, T)
    broad_BHTS = even(causal=True)[0]  # whoever looks everywhere shows what may be seen
    adds, subtracts = heads([broad_BHTS, 3 * looks_BHTS], cells), heads([broad_BHTS, -3 * looks_BHTS], cells)
    assert adds.role(1, 0) == ("previous token", pytest.approx(1, abs=0.02))
    assert subtracts.scores.min() == pytest.approx(-1, abs=0.02)
    assert subtracts.role(1, 0)[0] in ("broad", "recent tokens")
    assert all(math.isfinite(n) for n in (*subtracts.scores.ravel(), *subtracts.chance, *subtracts.distance.ravel()))


def test_a_head_whose_rows_come_to_little_hardly_looks_and_bears_no_role():
    looks = torch.eye(T).roll(1, 0).tril()
    cells, looks_BHTS = self_cells(IDS, causal=True), looks.expand(B, 1, T, T)
    broad_BHTS = 2 * even(causal=True)[0]  # rows sum to 2
    quiet, loud = heads([broad_BHTS, 0.05 * looks_BHTS], cells), heads([broad_BHTS, 0.9 * looks_BHTS], cells)
    assert quiet.role(1, 0) == ("hardly looks", pytest.approx(0.05, abs=0.005))
    assert loud.role(1, 0) == ("previous token", pytest.approx(0.9, abs=0.01))
    assert quiet.total.ravel() == pytest.approx([2, 0.05 * (T - 1) / T], abs=1e-4)
    assert heads([even(causal=True)[0]], cells).total is None
