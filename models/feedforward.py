"""The network applied to each position by itself: plain or gated (Shazeer 2020, arXiv:2002.05202)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import torch
from pydantic import BeforeValidator
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, knob
from models.kernels.recompute import recomputed
from models.kernels.squared_relu import squared_relu
from models.kernels.swiglu import swiglu
from models.linear import Linear
from models.records import Routing
from models.tap import IDLE, Pass

Activation = Annotated[
    Literal["relu", "relu2", "gelu", "gelu-tanh", "silu"],
    BeforeValidator(lambda name: "relu2" if name == "relu²" else name),  # as it was spelled, in links and files
]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "relu2": squared_relu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}


class FeedForward(nn.Module):
    """Transforms each token by itself."""

    def forward(self, x_BTD: Tensor, p: Pass = IDLE) -> tuple[Tensor, Routing | None]:
        """The sublayer's output (B, T, D), and the routing where there is one."""
        raise NotImplementedError

    def retune(self, config: FeedForwardConfig) -> None:
        """Take another config's live settings."""

    def after_update(self, routing: Routing | None) -> None:
        """What follows an update of the parameters, by the routing of its batch."""


class FeedForwardConfig(Config):
    """A feed-forward sublayer as a value."""

    there: ClassVar[bool] = True
    """Whether a block has the sublayer at all."""
    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, width: int, place: str = "feed_forward") -> FeedForward | None:
        """The module, or None for a block of attention alone. `place`: what the names of its places begin with."""
        raise NotImplementedError

    def at(self, layer: int, stack: str) -> FeedForwardConfig:
        """The sublayer of one layer of a stack: not every layer has the same in a mixture of experts."""
        return self

    def check(self, width: int, depths: Mapping[str, int]) -> None:
        """Raise `Refused` for what does not fit; `depths`: layers of each stack there is."""

    def parameters(self, width: int) -> int:
        """Parameters of one sublayer."""
        return 0

    def matrix_weights(self, width: int) -> int:
        """Parameters that each token is multiplied with: two FLOPs each."""
        return 0

    def expert_count(self) -> int:
        """E: experts that tokens are sent to."""
        return 0

    def active_parameters(self, width: int) -> int:
        """Parameters that take part in one token's forward pass."""
        return self.parameters(width)


class Network(FeedForwardConfig):
    """The shape of a network of two (or, gated, three) matrices: the only one of a layer, or each of many experts."""

    hidden: int = knob(
        256,
        "Hidden width",
        "Numbers between the two matrices; 4 x width is usual, about 8/3 when gated.",
        ge=1,
        le=262_144,
        most=1024,
    )
    activation: Activation = knob(
        "relu2",
        "Activation",
        "The non-linearity between the matrices.",
        paper=("So et al. 2021 (relu²)", "https://arxiv.org/abs/2109.08668"),
    )
    gated: bool = knob(
        False,
        "Gated",
        "Multiply by a second projection: SwiGLU with silu, GEGLU with gelu.",
        paper=("Shazeer 2020", "https://arxiv.org/abs/2002.05202"),
    )
    bias: bool = knob(False, "Biases", "Add a trained bias after each matrix.", advanced=True)


class Dense(Network):
    """Every token passes through the same two (or, gated, three) matrices."""

    kind: Literal["dense"] = "dense"

    def build(self, width: int, place: str = "feed_forward") -> FeedForward:
        return DenseFeedForward(self, width, place)

    def matrix_weights(self, width: int) -> int:
        return (2 + self.gated) * width * self.hidden

    def parameters(self, width: int) -> int:
        return self.matrix_weights(width) + self.bias * ((1 + self.gated) * self.hidden + width)


class NoFeedForward(FeedForwardConfig):
    """Attention alone, as in the two-layer models where induction heads were first described (Elhage et al. 2021)."""

    there = False
    kind: Literal["none"] = "none"

    def build(self, width: int, place: str = "feed_forward") -> FeedForward | None:
        return None


class DenseFeedForward(FeedForward):
    """y = W_down act(W_up x), or W_down (act(W_gate x) * W_up x); gate and up are one matrix."""

    def __init__(self, config: Dense, width: int, place: str):
        super().__init__()
        self.place, self.gated, self.activation = place, config.gated, ACTIVATIONS[config.activation]
        self.cheap = not config.gated and config.activation == "relu2"  # relu's result is kept anyway
        self.swiglu = config.gated and config.activation == "silu"
        self.up = Linear(width, (1 + config.gated) * config.hidden, bias=config.bias)
        self.down = Linear(config.hidden, width, bias=config.bias)

    def forward(self, x_BTD: Tensor, p: Pass = IDLE) -> tuple[Tensor, Routing | None]:
        pre_BTU = p.tap(f"{self.place}.pre", self.up(x_BTD))
        post_BTF = p.tap(f"{self.place}.post", self._post(pre_BTU))
        with recomputed(post_BTF, lambda: self._post(pre_BTU)) if self.cheap and p.tap.idle else nullcontext():
            return self.down(post_BTF), None

    def _post(self, pre_BTU: Tensor) -> Tensor:
        if not self.gated:
            return self.activation(pre_BTU)
        if self.swiglu and torch.is_grad_enabled():
            return swiglu(pre_BTU)
        gate_BTF, up_BTF = pre_BTU.chunk(2, dim=-1)
        return self.activation(gate_BTF.contiguous()) * up_BTF  # of a half, silu takes up to twice as long on a CPU
