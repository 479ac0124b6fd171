"""What a visitor may ask of a shared machine."""

from __future__ import annotations

import pytest

from models import Transformer
from models.cost import cost
from playground.runs.run import RunConfig
from playground.settings import limits
from playground.settings.limits import excess, step_flops
from playground.settings.presets import PRESETS, changed


def config(**sections) -> RunConfig:
    return RunConfig.model_validate(sections)


def test_a_modest_run_may_start():
    assert excess(RunConfig()) == {}


def test_every_value_above_the_pages_bound_is_named():
    found = excess(config(model={"layers": 13}, training={"batch": 257, "lr": 2.0}))
    assert set(found) == {"model.layers", "training.batch", "training.lr"}
    assert "up to 256 on this page; got 257" in found["training.batch"]


def test_the_bound_itself_is_allowed():
    assert "training.batch" not in excess(config(model={"layers": 1, "width": 8}, training={"batch": 256}))


def test_too_many_parameters_are_refused_by_their_true_number():
    large = config(model={"layers": 12, "width": 256, "feed_forward": {"kind": "dense", "hidden": 1024, "gated": True}})
    count = sum(p.numel() for p in Transformer(large.model).parameters())
    assert count > limits.PARAMETERS
    assert f"{count:,} parameters" in excess(large)["model.width"]


def test_a_step_that_takes_too_long_is_refused():
    slow = config(model={"layers": 8, "width": 256}, task={"kind": "text", "length": 128}, training={"batch": 256})
    assert cost(slow.model).parameters < limits.PARAMETERS
    assert "GFLOP" in excess(slow)["training.batch"]
    assert step_flops(slow) == 3 * cost(slow.model).flops_per_token * 256 * slow.model.context


def test_attention_weights_that_take_too_much_memory_are_refused(monkeypatch):
    tall = config(model={"layers": 2}, training={"batch": 16})
    weights = 4 * 2 * 16 * 4 * tall.model.context**2
    monkeypatch.setattr(limits, "ATTENTION_BYTES", weights)
    assert excess(tall) == {}
    monkeypatch.setattr(limits, "ATTENTION_BYTES", weights - 1)
    assert "GiB" in excess(tall)["training.batch"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_within_the_limits(name):
    assert excess(PRESETS[name].config) == {}


def test_a_preset_made_too_large_is_not():
    with pytest.raises(ValueError, match="on this page"):
        changed("gpt2", {"model.layers": 13})
