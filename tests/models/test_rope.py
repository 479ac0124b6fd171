"""Rotary positions: what the paper claims of them, each claim with a null check."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models.position import Room, RoPE

ROOM = Room(width=32, heads=4, head_dim=8, context=16, bidirectional=False)
PAIRINGS = pytest.mark.parametrize("pairing", ["half-split", "interleaved"])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@PAIRINGS
def test_rope_scores_depend_on_the_distance_only(pairing: Any):
    scheme, q, k = RoPE(pairing=pairing).build(ROOM), random(1, 4, 1, 8), random(1, 4, 1, 8, seed=1)

    def score(m: int, n: int) -> Tensor:
        return (scheme.rotate(q, m) * scheme.rotate(k, n)).sum(-1)

    for shift in (1, 10, 100, 1000, 10_000):
        torch.testing.assert_close(score(5 + shift, 2 + shift), score(5, 2), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(score(5, 3), score(5, 2), atol=1e-2)  # the null checks: both sides are turned
    assert not torch.allclose(score(6, 2), score(5, 2), atol=1e-2)
    assert not torch.allclose(score(2, 5), score(5, 2), atol=1e-2)


@PAIRINGS
def test_rope_turns_pairs_by_position_times_frequency(pairing: Any):
    scheme, x = RoPE(base=100.0, pairing=pairing).build(ROOM), random(2, 4, 6, 8)
    turned = scheme.rotate(x, 9)
    for i in range(4):
        a, b = (i, i + 4) if pairing == "half-split" else (2 * i, 2 * i + 1)
        angle = torch.arange(9, 15) * 100.0 ** (-2 * i / 8)
        expected = torch.complex(x[..., a], x[..., b]) * torch.polar(torch.ones(6), angle)
        torch.testing.assert_close(torch.complex(turned[..., a], turned[..., b]), expected, rtol=1e-5, atol=1e-5)


@PAIRINGS
def test_rope_keeps_lengths_and_leaves_position_zero_alone(pairing: Any):
    scheme, x = RoPE(pairing=pairing).build(ROOM), random(2, 4, 6, 8)
    torch.testing.assert_close(scheme.rotate(x, 3).norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(scheme.rotate(x, 0)[..., 0, :], x[..., 0, :], rtol=0, atol=0)
    assert ((scheme.rotate(x, 0) - x)[..., 1:, :].norm(dim=-1) > 1e-2).all()


def test_both_pairings_are_one_scheme_up_to_the_order_of_channels():
    x, order = random(2, 4, 6, 8), [0, 2, 4, 6, 1, 3, 5, 7]
    half, inter = (RoPE.model_validate({"pairing": p}).build(ROOM) for p in ("half-split", "interleaved"))
    torch.testing.assert_close(half.rotate(x[..., order], 3), inter.rotate(x, 3)[..., order])
    assert not torch.allclose(half.rotate(x, 3), inter.rotate(x, 3), atol=1e-2)


@PAIRINGS
def test_partial_rope_leaves_the_rest_alone_and_its_frequencies_follow_the_part(pairing: Any):
    x = random(2, 4, 6, 8)
    part = RoPE(fraction=0.5, pairing=pairing).build(ROOM).rotate(x, 2)
    assert torch.equal(part[..., 4:], x[..., 4:])
    whole = RoPE(pairing=pairing).build(ROOM._replace(head_dim=4))
    torch.testing.assert_close(part[..., :4], whole.rotate(x[..., :4], 2))
    assert not torch.allclose(part[..., :4], x[..., :4], atol=1e-2)


@PAIRINGS
def test_rope_goes_on_far_beyond_the_context(pairing: Any):
    short, long = (RoPE(pairing=pairing).build(ROOM._replace(context=n)) for n in (16, 6000))
    x = random(1, 4, 30, 8)
    for start in (0, 10, 16, 5000):
        torch.testing.assert_close(short.rotate(x, start), long.rotate(x, start), rtol=0, atol=0)
    assert not torch.allclose(short.rotate(x, 5000), short.rotate(x, 5001), atol=1e-2)
