"""The tabs with experiments that compute for a while: what each runs, what it draws, what it says meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from models.config import Config
from playground.experiments import convergence, cost, extrapolation
from playground.experiments.base import NAMES, SCHEMES
from playground.experiments.extrapolation import WAYS
from playground.findings.lenses import Finding
from playground.settings.rows import rows


class Trial(NamedTuple):
    """One experiment. `module` has figures, frame, finding and python."""

    title: str
    config: type[Config]
    module: Any
    charts: dict[str, tuple[str, str]]
    """Figure -> (heading, small print)."""
    settings: tuple[str, ...]
    choices: dict[str, tuple[str, dict[str, str]]]
    """Field -> (label, {option: as it is shown}), of which any number may be chosen."""
    first: Finding
    """Before anything has run."""
    words: Callable[[Any], str]
    """Where it is, in words."""
    seen: Callable[[Any], bool]
    """Whether there is anything to draw."""
    tries: tuple[tuple[str, dict[str, Any], str], ...]

    def rows(self) -> list[dict[str, Any]]:
        return [{**row, "advanced": False} for row in rows(self.config, only=self.settings)]


def _reading(now: extrapolation.Progress) -> str:
    schemes = now.config.schemes
    if now.training:
        place = schemes.index(now.training) + 1  # type: ignore[arg-type]
        return f"Training {NAMES[now.training]}, {place} of {len(schemes)}: step {now.step:,}, loss {now.loss:.2f}"
    return f"{len(now.points)} lengths read"


def _learning(now: convergence.Progress) -> str:
    runs = len(now.config.schemes) * now.config.seeds
    if len(now.curves) < runs:
        return f"Building {runs} models"
    return f"Step {now.step:,} of {now.config.steps:,} in each of {runs} runs"


def _timing(now: cost.Progress) -> str:
    done = min(now.round + 1, now.config.rounds)
    return f"Round {done} of {now.config.rounds}, {len(now.points)} of {3 * len(now.config.lengths())} cases seen"


ALL = {"schemes": ("Schemes", {name: NAMES[name] for name in SCHEMES})}
TRIALS = {
    "length": Trial(
        "Length",
        extrapolation.Extrapolation,
        extrapolation,
        {
            "schemes": ("Accuracy by length", "the same characters, with ever more text before them"),
            "scalings": ("RoPE with stretched angles", "the same trained model, read with other angles"),
        },
        ("length", "steps", "examples", "seed"),
        ALL | {"ways": ("Stretched RoPE", {way: way for way in WAYS})},
        Finding(
            "Trained on short texts, read on long ones",
            "Each scheme learns from texts of one length, then reads the same characters with up to eight times as "
            "much text before them. Press Run: about a minute for all schemes.",
        ),
        _reading,
        lambda now: bool(now.points),
        (
            ("Train on 16 characters", {"length": 16}, "less to learn from, farther to go"),
            ("Four schemes", {"schemes": ["learned", "RoPE", "ALiBi", "T5"]}, "done in half the time"),
        ),
    ),
    "convergence": Trial(
        "Convergence",
        convergence.Convergence,
        convergence,
        {"loss": ("Loss on held-out text", "mean of the seeds; band from the lowest seed to the highest")},
        ("objective", "seeds", "steps", "length", "seed"),
        ALL,
        Finding(
            "Does RoPE learn faster?",
            "RoFormer's claim (Su et al. 2021, §4.2): the same model, seeds and batches with each scheme, side by "
            "side. Press Run: all schemes advance together, so that the curves can be compared from the first steps; "
            "about a minute and a half for four schemes of three seeds.",
        ),
        _learning,
        lambda now: now.told() > 1,
        (
            ("Masked", {"objective": "masked"}, "as BERT learns: without order from a causal mask"),
            ("One seed", {"seeds": 1}, "quick, and without a band to judge by"),
        ),
    ),
    "cost": Trial(
        "Cost",
        cost.AttentionCost,
        cost,
        {
            "time": ("Time of one layer", "measured here and now, on one core; both axes logarithmic"),
            "memory": ("Memory of one layer", "highest point above its inputs"),
            "cache": ("Kept while generating", "from the configs alone"),
        },
        ("causal", "backward", "longest", "heads", "width", "rounds"),
        {},
        Finding(
            "Softmax against linear attention as texts grow",
            "Linear attention (Katharopoulos et al. 2020) never compares every two tokens. Press Run to time both on "
            "this machine, up to the longest text: about ten seconds.",
        ),
        _timing,
        lambda now: any(point.seconds for point in now.points),
        (
            ("Forward alone", {"backward": False}, "as while reading a prompt"),
            ("Up to 8,192 tokens", {"longest": 8192}, "where the written-out weights no longer fit"),
        ),
    ),
}
