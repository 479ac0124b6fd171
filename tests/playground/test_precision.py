"""What updates are computed in, how it is chosen, and that one buffer updates as many do."""

from __future__ import annotations

import copy
from functools import lru_cache

import pytest
import torch
from torch.nn import functional as F
from torch.overrides import _get_current_function_mode_stack

from models import PRESETS, Transformer
from models.attention import MHA
from models.kernels.onednn import routed
from models.mixture import MoE
from playground.compute import precision
from playground.compute.precision import choose
from playground.runs.run import Run, RunConfig
from playground.runs.training import Training, optimizers, tune

CPU = torch.device("cpu")
CONFIG = PRESETS["fast"].but(width=16, attention=MHA(heads=2), context=8, vocab=11)
LATE = CONFIG.but(layers=3, feed_forward=MoE(experts=4, hidden=8, skip=2))
SMALL = {
    "model": {"layers": 1, "width": 32, "attention": {"kind": "MHA", "heads": 2}},
    "task": {"kind": "copy", "length": 5},
    "training": {"batch": 16, "examples": 16, "lr": 0.01},
}


@pytest.fixture
def timed(monkeypatch):
    """Make the probe take given times; returns how often it ran."""
    asked = []

    def use(exact, short):
        monkeypatch.setattr(precision, "_routes", lambda: False)
        monkeypatch.setattr(precision, "_probe", lru_cache(lambda *key: asked.append(key) or (exact, short)))
        return asked

    return use


@pytest.mark.parametrize(("exact", "short", "name"), [(2.0, 1.0, "bf16"), (1.0, 1.0, "fp32"), (1.0, 2.0, "fp32")])
def test_the_faster_one_is_taken_and_says_why(timed, exact, short, name):
    timed(exact, short)
    chosen = choose("auto", CONFIG, 4, CPU)
    assert chosen.name == name
    assert chosen.sentence.startswith(name)
    assert f"{exact / short:.1f}" in chosen.sentence


def test_the_one_layer_of_the_probe_has_the_experts_of_a_mixture_that_begins_later(timed):
    asked = timed(1.0, 1.0)
    choose("auto", LATE, 4, CPU)
    ((layer, *_),) = asked
    assert layer.layers == 1
    assert layer.feed_forward.at(0, "decoder").kind == "MoE"


def test_a_shape_is_probed_once(timed):
    asked = timed(2.0, 1.0)
    for same in (CONFIG, CONFIG.but(layers=3), CONFIG):
        choose("auto", same, 4, CPU)
    assert len(asked) == 1  # more layers of the same shape tell nothing new
    choose("auto", CONFIG.but(width=32), 4, CPU)
    assert len(asked) == 2


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_a_wish_is_granted_without_a_probe(timed, name):
    asked = timed(1.0, 1.0)
    assert choose(name, CONFIG, 4, CPU).name == name
    assert not asked


@pytest.mark.parametrize("preset", ["fast", "bert-mini", "t5-mini"])
def test_the_real_probe_runs_every_topology(preset):
    assert choose("auto", PRESETS[preset].but(context=8, vocab=11), 4, CPU).name in {"fp32", "bf16"}


def test_weights_and_gradients_stay_in_fp32_and_the_loss_is_near():
    runs = {
        name: Run(RunConfig.model_validate({**SMALL, "training": {**SMALL["training"], "precision": name}}))
        for name in ("fp32", "bf16")
    }
    losses = {name: [m.loss for m in run.train(40)] for name, run in runs.items()}
    assert all(p.dtype == torch.float32 and p.grad.dtype == torch.float32 for p in runs["bf16"].model.parameters())
    assert losses["bf16"] != losses["fp32"]  # it was used
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.05)
    assert losses["bf16"][-1] < 0.9 * losses["bf16"][0]


def test_what_is_shown_is_computed_in_fp32_whatever_updates_are():
    config = {**SMALL, "training": {**SMALL["training"], "precision": "bf16"}}
    run = Run(RunConfig.model_validate(config))
    expected = run.model(run.held_out.ids_BT).logits_BTV
    loss = F.cross_entropy(expected.flatten(0, 1), run.held_out.targets_BT.flatten())
    assert run.evaluate().loss == pytest.approx(loss.item(), rel=1e-6)


def test_a_route_changes_no_result_beyond_rounding():
    model, ids_BT = Transformer(CONFIG.but(init={"zero_head": False})), torch.arange(16).view(2, 8) % 11
    plain = model(ids_BT).logits_BTV
    with routed():
        other = model(ids_BT).logits_BTV
    assert (plain - other).abs().max() < 1e-5 * plain.abs().max()


def test_a_route_ends_with_its_context():
    with routed():
        assert _get_current_function_mode_stack()
    with pytest.raises(ValueError, match="inside"), routed():
        raise ValueError("inside")
    assert not _get_current_function_mode_stack()


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD"])
def test_one_buffer_updates_as_a_parameter_at_a_time_does(optimizer):
    training = Training(optimizer=optimizer, weight_decay=0.1, lr=0.01)
    model = Transformer(CONFIG)
    plain = copy.deepcopy(model)
    kinds = {"AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}
    groups = [
        {"params": [p for p in plain.parameters() if p.ndim >= 2], "decays": True},
        {"params": [p for p in plain.parameters() if p.ndim < 2], "decays": False},
    ]
    options = {"betas": (training.beta1, training.beta2)} if optimizer == "AdamW" else {"momentum": training.beta1}
    built = {model: optimizers(model, training), plain: [kinds[optimizer](groups, lr=training.lr, **options)]}
    ids_BT = torch.arange(24).view(3, 8) % 11
    for step in range(5):
        for each, its in built.items():
            tune(its, training, step)
            its[0].zero_grad(set_to_none=each is plain)
            F.cross_entropy(each(ids_BT).logits_BTV.flatten(0, 1), ids_BT.flatten()).backward()
            its[0].step()
    for p, q in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(p, q, rtol=0, atol=1e-6)  # a step is 5e-4 and more
