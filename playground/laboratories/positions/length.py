"""The tab "Length": trained on short texts, read on long ones."""

from __future__ import annotations

from playground.experiments import extrapolation
from playground.experiments.base import NAMES
from playground.experiments.extrapolation import WAYS
from playground.findings.finding import Finding
from playground.laboratories.positions.experiment import EVERY_SCHEME, Experiment
from playground.laboratories.positions.experiment_tab import lens


def _reading(now: extrapolation.Progress) -> str:
    schemes = now.config.schemes
    if now.training:
        place = schemes.index(now.training) + 1
        return f"Training {NAMES[now.training]}, {place} of {len(schemes)}: step {now.step:,}, loss {now.loss:.2f}"
    return f"{len(now.points)} lengths read"


EXPERIMENT = Experiment(
    name="length",
    title="Length",
    config=extrapolation.Extrapolation,
    module=extrapolation,
    charts={
        "schemes": ("Accuracy by length", "the same characters, with ever more text before them"),
        "scalings": ("RoPE with stretched angles", "the same trained model, read with other angles"),
    },
    settings=("length", "steps", "examples", "seed"),
    choices=EVERY_SCHEME | {"ways": ("Stretched RoPE", {way: way for way in WAYS})},
    first=Finding(
        "Trained on short texts, read on long ones",
        "Each scheme learns from texts of one length, then reads the same characters with up to eight times as "
        "much text before them. Press Run: about a minute for all schemes.",
    ),
    words=_reading,
    seen=lambda now: bool(now.points),
    tries=(
        ("Train on 16 characters", {"length": 16}, "less to learn from, farther to go"),
        ("Four schemes", {"schemes": ["learned", "RoPE", "ALiBi", "T5"]}, "done in half the time"),
    ),
)
LENS = lens(EXPERIMENT)
