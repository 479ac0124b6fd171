"""Optimizers and the learning rate of a step (schedules and parameter groups in a run: test_run.py)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.config import live
from playground.runs import training as module
from playground.runs.training import Training, learning_rate, optimizers, tune


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))


def test_warm_up_rises_in_a_line_from_the_first_step():
    training = Training(lr=1.0, warmup=4, steps=10)
    assert [learning_rate(training, step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_no_warm_up_starts_at_the_full_rate():
    assert learning_rate(Training(lr=0.5, warmup=0), 0) == 0.5


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_no_schedule_leaves_its_bounds_or_rises_after_the_warm_up(schedule):
    training = Training(lr=1.0, warmup=5, steps=50, schedule=schedule)
    rates = [learning_rate(training, step) for step in range(5, 80)]
    assert rates == sorted(rates, reverse=True)
    assert min(rates) >= 0.0
    assert rates[-1] == pytest.approx({"constant": 1.0, "cosine": 0.1, "linear": 0.0}[schedule])


def test_weight_decay_touches_matrices_alone(model):
    built = optimizers(model, Training(weight_decay=0.5))
    tune(built, Training(weight_decay=0.5), 100)
    decays = {p.numel(): group["weight_decay"] for o in built for group in o.param_groups for p in group["params"]}
    assert decays == {16: 0.5, 4 + 4 + 4: 0.0}


def test_tuning_writes_the_rate_of_the_step_into_every_group(model):
    training = Training(lr=1.0, warmup=10)
    built = optimizers(model, training)
    assert tune(built, training, 4) == 0.5
    assert {group["lr"] for o in built for group in o.param_groups} == {0.5}


@pytest.mark.parametrize("name", ["AdamW", "SGD"])
def test_the_momenta_are_those_of_the_settings(model, name):
    (built,) = optimizers(model, Training(optimizer=name, beta1=0.7, beta2=0.8))
    group = built.param_groups[0]
    assert group["betas"] == (0.7, 0.8) if name == "AdamW" else group["momentum"] == 0.7
    assert type(built).__name__ == name


def test_muon_is_refused_with_a_sentence_where_torch_has_none(model, monkeypatch):
    monkeypatch.setattr(module, "MUON", False)
    with pytest.raises(ValueError, match=f"this is torch {torch.__version__.split('+')[0]}.*Choose AdamW or SGD"):
        optimizers(model, Training(optimizer="Muon"))


def test_what_is_live_is_what_an_optimizer_built_before_can_follow():
    assert live(Training()) == {"lr", "steps", "schedule", "weight_decay", "clip", "label_smoothing"}
