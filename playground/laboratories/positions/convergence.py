"""The tab "Convergence": the same models and batches with each scheme, side by side."""

from __future__ import annotations

from playground.experiments import convergence
from playground.findings.finding import Finding
from playground.laboratories.positions.experiment import EVERY_SCHEME, Experiment
from playground.laboratories.positions.experiment_tab import lens


def _learning(now: convergence.Progress) -> str:
    runs = len(now.config.schemes) * now.config.seeds
    if len(now.curves) < runs:
        return f"Building {runs} models"
    return f"Step {now.step:,} of {now.config.steps:,} in each of {runs} runs"


EXPERIMENT = Experiment(
    name="convergence",
    title="Convergence",
    config=convergence.Convergence,
    module=convergence,
    charts={"loss": ("Loss on held-out text", "mean of the seeds; band from the lowest seed to the highest")},
    settings=("objective", "seeds", "steps", "length", "seed"),
    choices=EVERY_SCHEME,
    first=Finding(
        "Does RoPE learn faster?",
        "RoFormer's claim (Su et al. 2021, §4.2): the same model, seeds and batches with each scheme, side by "
        "side. Press Run: all schemes advance together, so that the curves can be compared from the first steps; "
        "about a minute and a half for four schemes of three seeds.",
    ),
    words=_learning,
    seen=lambda now: now.told() > 1,
    tries=(
        ("Masked", {"objective": "masked"}, "as BERT learns: without order from a causal mask"),
        ("One seed", {"seeds": 1}, "quick, and without a band to judge by"),
    ),
)
LENS = lens(EXPERIMENT)
