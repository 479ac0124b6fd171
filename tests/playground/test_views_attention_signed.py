"""Weights that may be negative: as bytes within their error, and said to be no distributions."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from playground.lenses.attention import frames
from playground.runs.probe import maps
from playground.tasks.forward import forward
from tests.playground.drawn import shown, unpacked
from tests.playground.small import trained

RNG = np.random.default_rng(0)
SEEN = np.tri(10, 12, 2, dtype=bool)
SIGNED = (RNG.normal(size=(2, 3, 10, 12)) * 0.4).astype(np.float16)


@pytest.mark.parametrize("top", [2.0, 4.0])
def test_signed_weights_are_right_to_half_a_step_on_both_sides_of_zero(top):
    cells = unpacked(frames.packed_signed(SIGNED, SEEN, top), "u1", SIGNED.shape)
    assert ((cells == frames.MASKED) == ~SEEN).all()
    w = SIGNED.astype(np.float32)
    error = np.abs((cells - 127.0) / 127 - np.sign(w) * np.sqrt(np.abs(w) / top))[..., SEEN]
    assert error.max() <= 0.5 / 127 + 1e-6
    large = unpacked(frames.precise_signed(SIGNED[1, 2], SEEN, top), "<u2", (10, 12))
    assert ((large == frames.MASKED_LARGE) == ~SEEN).all()
    assert np.abs((large - 32_767.0) / 32_767 * top - w[1, 2])[SEEN].max() <= top / 65_534 + 1e-6


@pytest.mark.parametrize(
    ("largest", "top"), [(0.0, 1), (-0.4, 1), (1.0005, 1), (1.2, 2), (-2.5, 4), (np.inf, 65_536)], ids=str
)
def test_a_signed_scale_ends_at_a_power_of_two(largest, top):
    weights = np.array([[0.01, largest]], np.float16)
    assert frames.end(weights) == top
    assert unpacked(frames.packed_signed(weights, np.ones((1, 2), bool), top), "u1", (2,))[1] <= 254


LINEAR = {"model.attention.kind": "linear", "task.length": 12}


@pytest.mark.parametrize(
    ("position", "topology", "which", "signed"),
    [
        ("RoPE", "decoder-only", "decoder", True),
        ("RoPE", "encoder-decoder", "encoder", True),
        ("RoPE", "encoder-decoder", "cross", False),  # source and target positions are not compared: nothing turns
        ("learned", "decoder-only", "decoder", False),
    ],
)
def test_linear_attention_is_drawn_with_its_signs_where_its_keys_are_rotated(position, topology, which, signed):
    session = trained(5, "copy", **LINEAR, **{"model.position.kind": position, "model.topology": topology})
    session.which = which
    output = forward(session.run.model, session.run.probe.batch, record=True)
    truth = torch.stack([w[0] for w in maps(output)[which]]).detach().numpy()
    value, small, large = shown(session)
    future = np.triu(np.ones(truth.shape[-2:], bool), 1) if which == "decoder" else np.zeros(truth.shape[-2:], bool)
    assert ((small == 255) == future).all()
    assert "signed" in value if signed else "signed" not in value
    sums = truth.sum(-1)
    assert bool(np.abs(sums - 1).max() > 0.01) is signed
    if signed:
        top = value["signed"]
        shares = (small - 127.0) / 127
        assert np.abs(np.sign(shares) * shares**2 * top - truth)[..., ~future].max() < 0.01 * top
        told = (large - 32_767.0) / 32_767 * top
    else:
        told = large / 65_534
    assert np.abs(told - truth[value["layer"], value["head"]])[~future].max() < 2e-3
    info = json.loads(value["info"])
    assert all((head["bits"] is None) is signed for head in info)
    assert all(np.isfinite(head["back"]) for head in info)
    assert ("not probability distributions" in value["finding"]) is signed


def test_a_weight_below_zero_shows_that_a_query_may_look_there():
    session = trained(0, "copy", **LINEAR, **{"model.prefix": True})
    maps = np.zeros((1, 1, 5, 5), np.float16)
    maps[0, 0, 0, 3] = -0.5  # within the prompt, which is seen from both sides
    seen = frames.visible(session.run, "decoder", maps)
    assert seen[0, 3]
    assert not seen[0, 4]


def test_a_look_at_negative_weights_finds_some():
    session = trained(5, "copy", **LINEAR, **{"model.position.kind": "RoPE"})
    small = shown(session)[1]
    assert (small < 127).any()
