"""Bytes are those held at once, and every kind of attention equals a loop and takes what its closed form says."""

from __future__ import annotations

import threading

import pytest
import torch
from torch.nn.functional import elu

from playground.experiments.cost.memory import peak_bytes
from playground.experiments.cost.methods import METHODS, Shape

MEGABYTES = 1000 * 1000 * 4


def test_peak_bytes_are_those_held_at_once():
    x = torch.ones(1000, 1000)
    assert peak_bytes(lambda: x @ x + x) == 2 * MEGABYTES  # the product and the sum
    assert peak_bytes(lambda: x.T) == 0

    def one_after_the_other() -> None:
        for _ in range(3):
            y = x + x
            del y

    assert peak_bytes(one_after_the_other) == MEGABYTES


def test_peak_bytes_leave_other_threads_out_and_survive_an_error():
    x, begun, ended = torch.ones(1000, 1000), threading.Event(), threading.Event()

    def elsewhere() -> None:
        begun.wait()
        _ = [x + x for _ in range(5)]
        ended.set()

    def here() -> None:
        begun.set()
        _ = x + x
        ended.wait()

    other = threading.Thread(target=elsewhere)
    other.start()
    assert peak_bytes(here) == MEGABYTES
    other.join()
    with pytest.raises(ZeroDivisionError):
        peak_bytes(lambda: 1 / 0)
    assert peak_bytes(lambda: x + x) == MEGABYTES


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("name", METHODS)
def test_every_method_equals_a_loop_over_queries_and_keys(name, causal):
    drawn = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, 2, 70, 3, generator=drawn) for _ in range(3))
    got = METHODS[name].mix(q, k, v, causal)
    for t in (0, 1, 66, 69):
        seen = t + 1 if causal else 70
        if name == "linear":
            weights = torch.stack([((1 + elu(q[:, :, t])) * (1 + elu(k[:, :, s]))).sum(-1) for s in range(seen)], -1)
        else:
            weights = torch.stack([(q[:, :, t] * k[:, :, s]).sum(-1) / 3**0.5 for s in range(seen)], -1).exp()
        want_BHC = torch.einsum("bhs,bhsc->bhc", weights / weights.sum(-1, keepdim=True), v[:, :, :seen])
        assert torch.allclose(got[:, :, t], want_BHC, atol=1e-5)


@pytest.mark.parametrize("backward", [True, False])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("name", METHODS)
def test_no_method_takes_less_than_its_closed_form_nor_many_times_more(name, causal, backward):
    torch.set_num_threads(1)
    method = METHODS[name]
    for tokens in (128, 512):
        shape = Shape(2, tokens, 16, causal, backward)
        call = method.call(shape)
        call()
        assert method.least(shape) <= peak_bytes(call) <= 6 * method.least(shape)


def test_closed_forms():
    shape = Shape(heads=2, tokens=10, channels=3, causal=True, backward=False)
    assert METHODS["softmax, written out"].least(shape) == 4 * (2 * 10 * 10 + 2 * 10 * 3)
    assert METHODS["softmax, fused"].least(shape) == 4 * (2 * 10 + 2 * 10 * 3)
    assert METHODS["linear"].least(shape) == 4 * (2 * 60 + 2 * 3 * 4 + 60)
    assert METHODS["linear"].least(shape._replace(backward=True)) == 4 * (2 * 60 + 24 + 4 * 60)
