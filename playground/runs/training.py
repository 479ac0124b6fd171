"""How a model is trained: the settings, the learning rate of a step, and the optimizers."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import nn

from models.config import Config, knob
from playground.compute.precision import PrecisionName

MUON = hasattr(torch.optim, "Muon")
ADAMW = ("Loshchilov and Hutter 2019", "https://arxiv.org/abs/1711.05101")


class Training(Config):
    """Settings of the training loop. Those marked live may change in the middle of a run."""

    lr: float = knob(
        0.003, "Learning rate", "Size of one step, read at every step.", live=True, log=True, ge=1e-6, le=10.0, most=1.0
    )
    steps: int = knob(
        1000, "Steps", "Where the run stops; schedules end here.", live=True, ge=1, le=1_000_000, most=5000
    )
    batch: int = knob(32, "Batch size", "Examples in one step.", ge=1, le=4096, most=256)
    optimizer: Literal["AdamW", "SGD", "Muon"] = knob(
        "AdamW",
        "Optimizer",
        "SGD has momentum; Muon orthogonalises the updates of matrices and leaves the rest to AdamW.",
        advanced=True,
        paper=("Jordan et al. 2024 (Muon)", "https://kellerjordan.github.io/posts/muon/"),
    )
    precision: PrecisionName = knob(
        "auto",
        "Precision",
        "What updates are computed in. Auto: bf16 where a short probe finds it faster, else fp32. Pictures and "
        "validation are always fp32.",
        advanced=True,
        paper=("Micikevicius et al. 2018", "https://arxiv.org/abs/1710.03740"),
    )
    schedule: Literal["constant", "cosine", "linear"] = knob(
        "constant",
        "Schedule",
        "After the warm-up: constant, a cosine to a tenth, or a line to zero.",
        live=True,
        advanced=True,
    )
    warmup: int = knob(
        20,
        "Warm-up",
        "The learning rate rises in a line over this many steps.",
        ge=0,
        le=100_000,
        most=1000,
        unit="steps",
        advanced=True,
    )
    weight_decay: float = knob(
        0.01,
        "Weight decay",
        "Matrices shrink by this much times the learning rate at each step; with SGD it goes through "
        "the momentum, which makes it 1 / (1 − momentum) times as much.",
        live=True,
        ge=0.0,
        le=10.0,
        most=3.0,
        advanced=True,
        paper=ADAMW,
    )
    beta1: float = knob(
        0.9,
        "β₁ (momentum)",
        "How long gradients are remembered; also the momentum of SGD and Muon.",
        ge=0.0,
        le=0.9999,
        advanced=True,
    )
    beta2: float = knob(0.98, "β₂", "How long their squares are remembered.", ge=0.0, le=0.99999, advanced=True)
    clip: float = knob(
        0.0,
        "Gradient clipping",
        "A longer gradient is shortened to this norm; 0: off.",
        live=True,
        ge=0.0,
        le=1000.0,
        most=100.0,
        advanced=True,
        paper=("Pascanu et al. 2013", "https://arxiv.org/abs/1211.5063"),
    )
    label_smoothing: float = knob(
        0.0,
        "Label smoothing",
        "This share of the target is spread over all tokens. Losses are shown without it.",
        live=True,
        ge=0.0,
        le=0.9,
        advanced=True,
        paper=("Szegedy et al. 2016", "https://arxiv.org/abs/1512.00567"),
    )
    evaluate_every: int = knob(
        20,
        "Validate every",
        "Steps between two looks at held-out examples.",
        ge=1,
        le=10_000,
        most=1000,
        unit="steps",
        advanced=True,
    )
    examples: int = knob(
        256,
        "Validation examples",
        "Held-out examples of one look; the same ones at every look.",
        ge=8,
        le=65_536,
        most=512,
        advanced=True,
    )
    record_every: int = knob(
        10,
        "Record every",
        "Steps between two kept pictures of the probe.",
        ge=1,
        le=10_000,
        most=500,
        unit="steps",
        advanced=True,
    )


def learning_rate(training: Training, step: int) -> float:
    """The rate of update number `step`, counted from 0: warm-up, then the schedule up to `training.steps`."""
    if step < training.warmup:
        return training.lr * (step + 1) / training.warmup
    done = min(1.0, (step - training.warmup) / max(1, training.steps - training.warmup))
    if training.schedule == "cosine":
        return training.lr * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))
    return training.lr * (1 - done) if training.schedule == "linear" else training.lr


def optimizers(model: nn.Module, training: Training) -> list[torch.optim.Optimizer]:
    """The optimizers of a model; the matrices (two axes or more) are what weight decay and Muon act on.

    Parameters that are updated number by number move into one buffer per group. Gradients have to stay in theirs:
    clear them with `zero_grad(set_to_none=False)`.
    """
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    inner: list[nn.Parameter] = []
    if training.optimizer == "Muon":
        if not MUON:
            raise ValueError(f"Muon came with torch 2.9, and this is torch {torch.__version__}. Choose AdamW or SGD.")
        inner = [p for name, p in model.named_parameters() if p.ndim == 2 and ".blocks." in name]
        matrices = [p for p in matrices if not any(p is q for q in inner)]
    groups: list[dict[str, Any]] = [
        {"params": [in_one_buffer(members)], "decays": decays}
        for members, decays in ((matrices, True), (rest, False))
        if members
    ]
    if training.optimizer == "SGD":
        return [torch.optim.SGD(groups, lr=training.lr, momentum=training.beta1)]
    built: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=training.lr, betas=(training.beta1, training.beta2), fused=True)
    ]
    if inner:
        decayed = [{"params": inner, "decays": True}]
        muon = torch.optim.Muon(decayed, lr=training.lr, momentum=training.beta1, adjust_lr_fn="match_rms_adamw")
        built.insert(0, muon)
    return built


@torch.no_grad()
def in_one_buffer(members: list[nn.Parameter]) -> nn.Parameter:
    """One parameter over the memory of several, which become views of it, as do their gradients: one update, and one
    norm, instead of one for each.
    """
    whole = nn.Parameter(torch.cat([p.flatten() for p in members]))
    whole.grad = torch.zeros_like(whole)
    start = 0
    for p in members:
        place = slice(start, start := start + p.numel())
        p.data, p.grad = whole.data[place].view_as(p), whole.grad[place].view_as(p)
    return whole


def tune(built: list[torch.optim.Optimizer], training: Training, step: int) -> float:
    """Write this step's learning rate and weight decay into the optimizers; returns the rate."""
    rate = learning_rate(training, step)
    for optimizer in built:
        for group in optimizer.param_groups:
            group["lr"] = rate
            group["weight_decay"] = training.weight_decay if group["decays"] else 0.0
    return rate
