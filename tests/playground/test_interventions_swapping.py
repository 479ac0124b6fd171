"""A swapped token is two forward passes, and what differs between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.findings import interventions as findings
from playground.interventions.moved import Moved
from playground.interventions.swapping import Swap, swap
from playground.tasks.base import IGNORE
from playground.tasks.forward import forward
from tests.playground.intervened import batch_of, model_of

WORDS = [*"abcdefghijkl", "<"]


@pytest.mark.parametrize(
    ("topology", "side"), [("decoder-only", "ids"), ("encoder-decoder", "source"), ("encoder-decoder", "ids")]
)
def test_a_swap_is_two_passes(topology: Any, side: Any):
    model = model_of(topology=topology)
    batch = batch_of(model.config)
    read = batch.ids_BT if side == "ids" else batch.source_BS
    assert read is not None
    old = int(read[2, 4])
    got = swap(model, batch, 4, (old + 1) % 13, example=2, side=side)
    other = read.clone()
    other[2, 4] = (old + 1) % 13
    changed = batch._replace(**{"ids_BT" if side == "ids" else "source_BS": other})
    with torch.no_grad():
        p, q = (forward(model, b).logits_BTV[2].double().softmax(-1).numpy() for b in (batch, changed))
    assert np.allclose(got.moved.kl_T, (p * np.log(p / q)).sum(-1), atol=1e-5)
    assert got.moved.top_before_T.tolist() == p.argmax(-1).tolist()
    assert got.moved.top_after_T.tolist() == q.argmax(-1).tolist()
    for t, target in enumerate(batch.targets_BT[2].tolist()):
        if target == IGNORE:
            assert np.isnan(got.moved.wanted_before_T[t])
        else:
            assert got.moved.wanted_before_T[t] == pytest.approx(p[t, target], abs=1e-6)
            assert got.moved.wanted_after_T[t] == pytest.approx(q[t, target], abs=1e-6)
    if side == "ids":
        assert (got.moved.kl_T[:4] == 0).all()  # a decoder has not read it yet
    assert got.moved.kl_T[4:].max() > 0.01
    assert (got.old, got.new) == (old, (old + 1) % 13)
    assert len(got.frame()) == 9
    assert torch.equal(batch.ids_BT, batch_of(model.config).ids_BT)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((9, 1), "5 examples of 9 tokens, counted from 0; got example 0, position 9"),
        ((-1, 1), "position -1"),
        ((0, 13), "numbers from 0 to 12; got 13"),
        ((0, -1), "got -1"),
    ],
)
def test_a_swap_that_is_none_is_refused(given: tuple[int, int], words: str):
    model = model_of()
    batch = batch_of(model.config)
    with pytest.raises(ValueError, match=words):
        swap(model, batch, *given)
    same = int(batch.ids_BT[0, 2])
    with pytest.raises(ValueError, match=f"Token {same} stands there already"):
        swap(model, batch, 2, same)
    with pytest.raises(ValueError, match="reads no source"):
        swap(model, batch, 2, same, side="source")


def test_the_finding_of_a_swap_counts_what_moves():
    moved = Moved(
        (5, 0, 3), (IGNORE, 2, 3), np.full(3, 0.5), np.full(3, 0.4), np.zeros(3), np.zeros(3), np.array([1, 2, 3]),
        np.array([1, 2, 12]), np.array([0.0, 0.02, 1.5])
    )  # fmt: skip
    found = Swap("ids", 1, 0, 12, moved)
    told = findings.swap(found, WORDS)
    assert told.title == "Putting < for a at position 1 changes 2 of 3 predictions"
    assert "Most at position 2 (1.50 nats): <b class='mono'>d</b> → <b class='mono'>&lt;</b>." in told.html
    assert "The likeliest token changes at 1 of 3 positions" in told.html
    still = findings.swap(found._replace(moved=moved._replace(kl_T=np.zeros(3)), side="source"), WORDS)
    assert still.title == "Putting < for a at position 1 of the source changes no prediction"
