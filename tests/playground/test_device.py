"""Where a run computes."""

from __future__ import annotations

import pytest
import torch

from playground.compute.device import choose


@pytest.fixture
def machine(monkeypatch):
    def has(*, cuda: bool = False, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA Something")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return has


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
    ids=["all three", "no cuda", "cpu alone"],
)
def test_auto_takes_the_best_device_there_is(machine, cuda, mps, chosen):
    machine(cuda=cuda, mps=mps)
    place = choose()
    assert place.device.type == chosen
    assert place.label == chosen.upper()
    assert place.sentence == ""


def test_a_wish_is_followed_even_if_there_is_something_faster(machine):
    machine(cuda=True)
    assert choose("cpu")[1:] == ("CPU", "1 thread", "")


@pytest.mark.parametrize("wish", ["cuda", "mps"])
def test_a_wish_that_cannot_be_had_is_answered_with_the_cpu_and_a_sentence(machine, wish):
    machine()
    place = choose(wish)
    assert place.device == torch.device("cpu")
    assert place.label == "CPU"
    assert f"no {wish.upper()} device" in place.sentence


def test_a_gpu_is_shown_by_its_name(machine):
    machine(cuda=True)
    assert choose("cuda").detail == "NVIDIA Something"
