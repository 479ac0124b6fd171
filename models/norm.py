"""LayerNorm (Ba et al. 2016, arXiv:1607.06450) and RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from models.config import Config, knob
from models.kernels.rms_norm import Rescaled
from models.tap import Tap


class Norm(Config):
    """Which normalisation, and where it stands relative to the residual."""

    kind: Literal["RMSNorm", "LayerNorm", "none"] = knob(
        "RMSNorm",
        "Normalisation",
        "RMSNorm scales to unit root mean square; LayerNorm also subtracts the mean and adds a bias.",
        advanced=True,
        paper=("Zhang and Sennrich 2019", "https://arxiv.org/abs/1910.07467"),
    )
    place: Literal["pre", "post", "output", "both"] = knob(
        "pre",
        "Norm placement",
        "Pre: before each sublayer, the residual stays untouched. Post: after each addition, as in the original paper "
        "and BERT. Output: behind each sublayer, before its addition (OLMo 2). Both: before and behind (Gemma 2).",
        advanced=True,
        paper=("Xiong et al. 2020", "https://arxiv.org/abs/2002.04745"),
    )
    eps: float = knob(1e-5, "Norm epsilon", "Added under the square root.", ge=1e-12, le=1e-2, log=True, advanced=True)
    bias: bool = knob(True, "LayerNorm's bias", "Off: LayerNorm has a weight alone (nanoGPT's default).", advanced=True)
    final: bool = knob(True, "Final norm", "One more norm after the last block, if not post-norm.", advanced=True)

    def before(self) -> bool:
        """Whether a sublayer reads a normed stream."""
        return self.place in ("pre", "both")

    def ends(self) -> bool:
        """Whether a norm stands after the last block."""
        return self.final and self.place != "post"

    def build(self, width: int) -> nn.Module:
        """A norm over the last axis of size `width`."""
        if self.kind == "LayerNorm":
            return nn.LayerNorm(width, eps=self.eps, bias=self.bias)
        return RMSNorm(width, eps=self.eps) if self.kind == "RMSNorm" else nn.Identity()

    def parameters(self, width: int) -> int:
        """Parameters of one norm."""
        return {"none": 0, "RMSNorm": width, "LayerNorm": (1 + self.bias) * width}[self.kind]


class RMSNorm(nn.RMSNorm):
    """y = w x / sqrt(mean(x^2) + eps) over the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        eager = torch.is_grad_enabled() and not torch.compiler.is_compiling()
        if eager and x.device.type == "cpu" and x.dtype == torch.float32:
            return Rescaled.apply(x, self.weight, self.eps)[0]
        return super().forward(x)


def normed(norm: nn.Module, x: Tensor, tap: Tap, place: str) -> Tensor:
    """norm(x), (..., D), with its places: the "scale" it multiplies by, 1/sqrt(mean(x^2) + eps) of x or of x less its
    mean, and its "output". Ablated at `place` itself, it is left out.
    """
    return norm(x) if tap.idle else _looked_at(norm, x, tap, place)


def _looked_at(norm: nn.Module, x: Tensor, tap: Tap, place: str) -> Tensor:
    if tap.at(place):
        return x
    if isinstance(norm, nn.RMSNorm | nn.LayerNorm) and tap.wants(f"{place}.scale"):
        centred = x - x.mean(dim=-1, keepdim=True) if isinstance(norm, nn.LayerNorm) else x
        scale = tap(f"{place}.scale", (centred.square().mean(dim=-1, keepdim=True) + (norm.eps or 0.0)).rsqrt())
        y = centred * scale * norm.weight
        y = y + norm.bias if isinstance(norm, nn.LayerNorm) and norm.bias is not None else y
    else:
        y = norm(x)
    return tap(f"{place}.output", y)
