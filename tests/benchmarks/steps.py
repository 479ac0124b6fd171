"""Training steps against the peers, each in its better one of fp32 and bfloat16, and the floor: products alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

import torch

from tests.benchmarks import ours, peers
from tests.benchmarks.harness import Case
from tests.benchmarks.peers import SIZES, Maker, Size

PLANS: dict[str, tuple[Mapping[str, Maker], tuple[str, ...]]] = {
    "decoder": (peers.DECODERS, ("fast", "GPT-2 shape", "LLaMA shape")),
    "encoder": (peers.ENCODERS, ("fast, encoder-only", "BERT shape")),
    "encoder-decoder": (peers.BOTH, ("fast, encoder-decoder", "T5 shape")),
}


def floor(size: Size, dtype: torch.dtype) -> Callable[[], object]:
    """The products of one decoder step and nothing else: each linear forward and twice backward, attention's two
    batched products forward and twice backward.
    """
    d, n = size.width, size.batch * size.tokens
    linears = [(d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)] * size.layers + [(d, size.vocab)]
    rows = [torch.randn(n, i).to(dtype) for i, _ in linears]
    matrices = [torch.randn(i, o).to(dtype) for i, o in linears]
    back = [torch.randn(n, o).to(dtype) for _, o in linears]
    heads, c = size.batch * size.heads, d // size.heads
    q, scores = torch.randn(heads, size.tokens, c).to(dtype), torch.randn(heads, size.tokens, size.tokens).to(dtype)

    def go() -> None:
        for x, w, g in zip(rows, matrices, back, strict=True):
            _ = x @ w, g @ w.T, x.T @ g
        for _ in range(3 * size.layers):
            _ = torch.bmm(q, q.mT), torch.bmm(scores, q)

    return go


def cases() -> Iterator[Case]:
    """Every plan at both sizes; the ratio is to the peer's step."""
    for kind, (makers, shapes) in PLANS.items():
        for name, size in SIZES.items():
            ids_BT = torch.randint(0, size.vocab, (size.batch, size.tokens))
            candidates: dict[str, Callable[[], object]] = {}
            for peer, maker in makers.items():
                for bf16 in (False, True):
                    label = f"{peer}, {'bf16' if bf16 else 'fp32'}"
                    candidates[label] = peers.step(maker, size, ids_BT, bf16=bf16)
            for shape in shapes:
                for mode in get_args(ours.Mode):
                    candidates[f"ours: {shape}, {mode}"] = ours.step(ours.shaped(shape, size), ids_BT, mode)
            if kind == "decoder":
                candidates["floor, fp32"] = floor(size, torch.float32)
                candidates["floor, bf16"] = floor(size, torch.bfloat16)
            yield Case(f"{kind}, {name}: one training step", "the fastest peer", candidates, tuple(makers))
