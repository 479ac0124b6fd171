"""Attention rollout is the product of the layers' maps, half of each the residual stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.attention import LinearAttention, NoAttention
from models.position import NoPosition, RoPE
from playground.findings import interventions as findings
from playground.interventions.rollout import frame, rollout, rollouts
from playground.tasks.forward import forward
from tests.playground.intervened import batch_of, model_of

WORDS = [*"abcdefghijkl", "<"]


def slow_rollout(layers: list[list[list[list[float]]]]) -> list[list[list[float]]]:
    """Layer, head, query, key: of one example, in loops."""
    size, found = len(layers[0][0]), []
    before = [[float(i == j) for j in range(size)] for i in range(size)]
    for heads in layers:
        mixed = [
            [0.5 * sum(h[i][j] for h in heads) / len(heads) + 0.5 * (i == j) for j in range(size)] for i in range(size)
        ]
        before = [[sum(mixed[i][k] * before[k][j] for k in range(size)) for j in range(size)] for i in range(size)]
        found.append(before)
    return found


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
def test_rollout_multiplies_the_maps_of_each_stack(topology: Any):
    model = model_of(topology=topology, layers=3)
    batch = batch_of(model.config)
    with torch.no_grad():
        output = forward(model, batch, record=True)
    got = rollouts(output)
    assert got.keys() == model.config.depths().keys()
    for name, rolled in got.items():
        weights: Any = [record.self_attention_BHTS for record in getattr(output, name)]
        for b in (0, 4):
            expected = slow_rollout([w[b].tolist() for w in weights])
            assert np.allclose(rolled[:, b].numpy(), expected, atol=1e-6)
        assert torch.allclose(rolled.sum(-1), torch.ones(()).double(), atol=1e-6)
        if name == "decoder":
            assert rolled.triu(1).abs().max() == 0
        table = frame(rolled, example=4)
        assert len(table) == rolled[:, 0].numel()
        row = table[(table.layer == 1) & (table.position == 3) & (table.token == 2)]
        assert row.share.item() == pytest.approx(rolled[1, 4, 3, 2].item())


def test_rollout_of_heads_that_look_back_by_one_counts_paths():
    back = torch.eye(4).roll(-1, 1)
    back[0] = torch.tensor([1.0, 0, 0, 0])
    back[1:, :3] = torch.eye(3)
    back[1:, 3] = 0
    rolled = rollout([back.expand(1, 2, 4, 4)] * 2)
    assert rolled[1, 0, 3].tolist() == [0, 0.25, 0.5, 0.25]  # Pascal's triangle
    assert rolled[1, 0, 0].tolist() == [1, 0, 0, 0]
    told = findings.rollout(rolled, WORDS, [4, 5, 6, 7], position=3)
    assert told.title == "Position 3 draws most on position 2 (g)"
    assert "50 % comes from there, 25 % from its own token" in told.html
    assert "at least 25.0 % stays" in told.html
    assert (
        findings.rollout(rolled, WORDS, [4, 5, 6, 7], position=0).title == "Position 0 is made of its own token alone"
    )


def test_a_query_that_sees_nothing_stays_what_it_is():
    rolled = rollout([torch.zeros(1, 1, 3, 3)])
    assert torch.equal(rolled[0, 0], torch.eye(3).double())


def test_rollout_of_what_is_no_distribution_is_refused():
    model = model_of(attention=LinearAttention(), position=RoPE())
    with torch.no_grad():
        turned = forward(model, batch_of(model.config), record=True)
    with pytest.raises(ValueError, match="rows of attention for shares, and those of this model are none"):
        rollouts(turned)
    with torch.no_grad():
        blind = model_of(attention=NoAttention(), position=NoPosition())
        output = forward(blind, batch_of(blind.config), record=True)
    with pytest.raises(ValueError, match="this stack has none"):
        rollouts(output)
