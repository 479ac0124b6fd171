"""The kinds of attention that are compared, and the least memory that each must take, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from models.attention.mask import Mask
from models.attention.softmax import attend
from models.attention.sums import Features, causal, phi, summed, whole
from models.tap import Pass, Tap

NUMBER = 4  # bytes in fp32


class Shape(NamedTuple):
    """Of queries, keys and values: one text, H heads, T tokens, C channels."""

    heads: int
    tokens: int
    channels: int
    causal: bool
    backward: bool

    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        """Random q, k, v (1, H, T, C), that gradients are asked of if there is a backward pass."""
        drawn = torch.Generator().manual_seed(0)
        q, k, v = (torch.randn(1, *self[:3], generator=drawn).requires_grad_(self.backward) for _ in range(3))
        return q, k, v

    def plane(self) -> int:
        """Numbers of a T x T matrix per head."""
        return self.heads * self.tokens**2

    def row(self) -> int:
        """Numbers of one (H, T, C)."""
        return self.heads * self.tokens * self.channels


class Method(NamedTuple):
    """A way to attend."""

    mix: Callable[[Tensor, Tensor, Tensor, bool], Tensor]
    """q, k, v (B, H, T, C) and whether it is causal -> mixed values (B, H, T, C)."""
    more: Callable[[Shape], int]
    """Numbers it must hold beside the result; the gradients of q, k, v come on top where there are any."""

    def least(self, shape: Shape) -> int:
        """Bytes that it cannot do without, beyond q, k and v."""
        return NUMBER * (self.more(shape) + shape.row() * (4 if shape.backward else 1))

    def call(self, shape: Shape) -> Callable[[], object]:
        """One pass, ready to be timed."""
        q, k, v = shape.inputs()
        ones = torch.ones_like(v)

        def forward() -> Tensor:
            with torch.set_grad_enabled(shape.backward):
                return self.mix(q, k, v, shape.causal)

        return (lambda: torch.autograd.grad(forward(), (q, k, v), ones)) if shape.backward else forward


def softmax(q: Tensor, k: Tensor, v: Tensor, causal: bool, *, written: bool) -> Tensor:
    """softmax(q k^T / sqrt(C)) v (Vaswani et al. 2017, arXiv:1706.03762, eq. 1). `written`: with its weights as one
    matrix, as when they are shown; else in torch's fused kernel, which never holds all of them (Dao et al. 2022,
    arXiv:2205.14135).
    """
    p = Pass(Tap(record=["attention.pattern"] if written else False))
    return attend(q, k, v, Mask(causal=causal), scale=q.shape[-1] ** -0.5, p=p)


def linear(q: Tensor, k: Tensor, v: Tensor, is_causal: bool) -> Tensor:
    """phi(q) (phi(k)^T v) over its sums (Katharopoulos et al. 2020, arXiv:2006.16236, eq. 6 and 9)."""
    q, k = phi(q), phi(k)
    features = Features(q, k, q, k)
    return causal(features, v)[0] if is_causal else whole(q, q, summed(features, v))


METHODS: dict[str, Method] = {
    "softmax, written out": Method(
        lambda q, k, v, causal: softmax(q, k, v, causal, written=True),
        lambda s: s.plane() * (2 if s.backward else 1),  # the weights, and their gradients
    ),
    "softmax, fused": Method(
        lambda q, k, v, causal: softmax(q, k, v, causal, written=False),
        lambda s: s.heads * s.tokens,  # the sum of each query's weights
    ),
    "linear": Method(
        linear,
        lambda s: 2 * s.row() + s.heads * s.channels * (s.channels + 1),  # features of q and k, and the state
    ),
}
