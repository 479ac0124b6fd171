"""Rotary angles stretched for contexts beyond the one trained on. A way is one function plus one line in `WAYS`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from models.config import Config, knob, refuse

YARN = ("Peng et al. 2023", "https://arxiv.org/abs/2309.00071")
FAST = {"YaRN": 32.0, "llama3": 4.0}


def inverse_frequencies(base: float, rotated: int) -> Tensor:
    """theta_i = base^(-2i/r) in radians per position: (r/2,) float64, on the CPU (accelerators may lack float64)."""
    return base ** (-torch.arange(0, rotated, 2, dtype=torch.float64) / rotated)


class Scaling(Config):
    """How the angles of RoPE are stretched."""

    way: Literal["none", "linear", "NTK", "YaRN", "llama3"] = knob(
        "none",
        "Stretched angles",
        "Turn slower, to read further than was trained: every pair (linear), the slower the more (NTK), or slow pairs "
        "alone (YaRN, llama3).",
        advanced=True,
        paper=YARN,
    )
    factor: float = knob(
        4.0, "Stretch factor", "How many times longer the context becomes.", ge=1.0, le=1024.0, most=64.0, advanced=True
    )
    trained: int = knob(
        64,
        "Trained context",
        "Of the plain angles; YaRN and llama3 count turns in it (Llama 3.1: 8,192).",
        ge=1,
        le=1_000_000,
        most=512,
        unit="tokens",
        advanced=True,
    )
    fast: float | None = knob(
        None,
        "Fast",
        "Pairs with more turns in the trained context stay; empty: 32 in YaRN, 4 in llama3.",
        gt=0.0,
        le=1000.0,
        most=64.0,
        empty="auto",
        advanced=True,
    )
    slow: float = knob(
        1.0,
        "Slow",
        "Pairs with fewer turns in the trained context are divided by the whole factor.",
        gt=0.0,
        le=1000.0,
        most=64.0,
        advanced=True,
    )
    sharpness: float | None = knob(
        None,
        "YaRN's sharpness",
        "Rotated queries and keys are multiplied with this; empty: 0.1 ln(factor) + 1.",
        gt=0.0,
        le=10.0,
        most=2.0,
        empty="auto",
        advanced=True,
        paper=YARN,
    )

    def frequencies(self, base: float, rotated: int) -> Tensor:
        """Radians per position of each pair: (r/2,) float64."""
        return WAYS[self.way](self, base, rotated)

    def amplitude(self) -> float:
        """What cosines and sines are multiplied with, and rotated scores by its square."""
        if self.way != "YaRN":
            return 1.0
        return 0.1 * math.log(self.factor) + 1.0 if self.sharpness is None else self.sharpness

    def most_turns(self) -> float:
        """`fast`, or the way's own."""
        return FAST.get(self.way, math.inf) if self.fast is None else self.fast

    def check(self) -> None:
        """Raise `Refused` where its numbers do not fit together."""
        if self.way in FAST and self.most_turns() <= self.slow:
            refuse(
                "scaling.fast", f"Fast pairs turn more often than slow ones, and those {self.slow:g} times. Use more."
            )


def _plain(scaling: Scaling, base: float, rotated: int) -> Tensor:
    return inverse_frequencies(base, rotated)


def _linear(scaling: Scaling, base: float, rotated: int) -> Tensor:
    """Position interpolation: theta / factor (Chen et al. 2023, arXiv:2306.15595)."""
    return inverse_frequencies(base, rotated) / scaling.factor


def _ntk(scaling: Scaling, base: float, rotated: int) -> Tensor:
    """NTK-aware: base x factor^(r/(r-2)), so that the slowest pair is divided by the whole factor and the fastest stays
    (Peng et al. 2023, arXiv:2309.00071, eq. 16).
    """
    return inverse_frequencies(base * scaling.factor ** (rotated / max(rotated - 2, 1)), rotated)


def _yarn(scaling: Scaling, base: float, rotated: int) -> Tensor:
    """A ramp over the pairs, from those that turn `fast` times to those that turn `slow` times in the trained context
    (Peng et al. 2023, arXiv:2309.00071, sec. 3.2, with the code's rounding of both ends to whole pairs).
    """

    def pair(turns: float) -> float:
        return rotated * math.log(scaling.trained / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = max(math.floor(pair(scaling.most_turns())), 0), min(math.ceil(pair(scaling.slow)), rotated - 1)
    at = torch.arange(rotated // 2, dtype=torch.float64)
    divided = ((at - low) / max(high - low, 0.001)).clamp(0.0, 1.0)
    theta = inverse_frequencies(base, rotated)
    return theta / scaling.factor * divided + theta * (1 - divided)


def _llama3(scaling: Scaling, base: float, rotated: int) -> Tensor:
    """A ramp over the turns themselves (Llama 3.1: `apply_scaling` in Meta's llama-models)."""
    theta = inverse_frequencies(base, rotated)
    turns = scaling.trained * theta / (2 * math.pi)
    kept = ((turns - scaling.slow) / (scaling.most_turns() - scaling.slow)).clamp(0.0, 1.0)
    return theta * ((1 - kept) / scaling.factor + kept)


WAYS: dict[str, Callable[[Scaling, float, int], Tensor]] = {
    "none": _plain,
    "linear": _linear,
    "NTK": _ntk,
    "YaRN": _yarn,
    "llama3": _llama3,
}
