"""One layer, forward and backward: the mixture beside a dense feed-forward of the same work per token and beside other
libraries' mixtures. Every candidate sees the same few batches in turn, so that its loads vary. st-moe-pytorch drops
tokens, and HF's layers compute no losses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import cycle
from typing import Any, get_args

import torch
import transformers as hf
from torch import nn
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3MoE
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
from transformers.models.switch_transformers.modeling_switch_transformers import SwitchTransformersSparseMLP

from models.feedforward import Dense
from models.kernels.onednn import routed
from models.mixture import MoE
from models.moe import Switch, TopK
from tests.benchmarks.harness import Case
from tests.benchmarks.ours import Mode

WIDTH, HIDDEN, GATED, LENGTH = 128, 256, 168, 128  # GATED: as wide for a third matrix, in whole 16 bytes
BATCHES = 8
POINTS = [(tokens, experts, k) for tokens in (2048, 8192) for experts in (8, 32, 64) for k in (1, 2)]


class Nothing(nn.Module):
    """In place of DeepSeek's shared experts, which the others do not have."""

    def forward(self, x_BTD: torch.Tensor) -> float:
        return 0.0


def mixtral(experts: int, k: int, implementation: str) -> nn.Module:
    shape: dict[str, Any] = {"hidden_size": WIDTH, "intermediate_size": GATED, "num_local_experts": experts}
    config = hf.MixtralConfig(**shape, num_experts_per_tok=k)
    config._experts_implementation = implementation
    return MixtralSparseMoeBlock(config)


def deepseek(experts: int, k: int) -> nn.Module:
    shape: dict[str, Any] = {"hidden_size": WIDTH, "moe_intermediate_size": GATED, "n_routed_experts": experts}
    config = hf.DeepseekV3Config(**shape, num_experts_per_tok=k, n_group=1, topk_group=1)
    config._experts_implementation = "grouped_mm"
    layer = DeepseekV3MoE(config)
    layer.shared_experts = Nothing()
    return layer


def switch(experts: int) -> nn.Module:
    shape: dict[str, Any] = {"d_model": WIDTH, "d_ff": HIDDEN, "num_experts": experts, "expert_capacity": LENGTH}
    return SwitchTransformersSparseMLP(hf.SwitchTransformersConfig(**shape, dropout_rate=0.0, router_jitter_noise=0.0))


def st_moe(experts: int) -> nn.Module:
    from st_moe_pytorch import MoE as StMoE

    return StMoE(WIDTH, experts, expert_hidden_mult=HIDDEN // WIDTH, gating_top_n=2)


def peers(tokens: int, experts: int, k: int) -> dict[str, nn.Module]:
    kinds = ["eager", "grouped_mm"] + ["batched_mm"] * ((tokens, experts, k) == POINTS[0])  # gigabytes at the others
    found = {f"HF Mixtral {kind}": mixtral(experts, k, kind) for kind in kinds}
    found["HF DeepSeek-V3 grouped_mm"] = deepseek(experts, k)
    return found | ({"HF Switch": switch(experts)} if k == 1 else {"st-moe-pytorch": st_moe(experts)})


def step(layer: nn.Module, tokens: int, mode: Mode) -> Callable[[], object]:
    """Forward and backward; gradients are made anew, those of the input too."""
    generator = torch.Generator().manual_seed(0)
    for weight in layer.parameters():
        nn.init.normal_(weight, std=weight.shape[-1] ** -0.5, generator=generator)
    shape = (tokens // LENGTH, LENGTH, WIDTH)
    batches = cycle([torch.randn(shape, generator=generator) for _ in range(BATCHES)])
    grad = {dtype: torch.randn(shape, generator=generator).to(dtype) for dtype in (torch.float32, torch.bfloat16)}

    def go() -> None:
        layer.zero_grad(set_to_none=True)
        x_BTD = next(batches).requires_grad_()
        x_BTD.grad = None
        with routed() if mode == "fp32" else nullcontext():
            with torch.autocast("cpu", torch.bfloat16) if mode == "bf16" else nullcontext():
                out = layer(x_BTD)
            y, *rest = out if isinstance(out, tuple) else (out,)
            losses = [getattr(one, "penalty", one) for one in rest[:1] if one is not None]
            torch.autograd.backward([y, *losses], [grad[y.dtype], *(None for _ in losses)])

    return go


def cases() -> Iterator[Case]:
    """The ratio is to the dense layer in fp32 as torch runs it by default."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "65536")  # else they evict each other's compiled kernels
    torch.empty(8_000_000)  # freed again, this makes glibc keep freed memory of any candidate, up to 64 MB
    for tokens, experts, k in POINTS:
        plain: tuple[Mode, Mode] = ("plain fp32", "bf16")
        dense = {f"dense, {mode}": step(Dense(hidden=k * HIDDEN).build(WIDTH), tokens, mode) for mode in get_args(Mode)}
        theirs = {
            f"{name}, {mode.removeprefix('plain ')}": step(layer, tokens, mode)
            for name, layer in peers(tokens, experts, k).items()
            for mode in plain[: 1 if "batched" in name else 2]
        }
        router, ours = (Switch() if k == 1 else TopK(k=k)), {}
        for name, shape in {"": {"hidden": HIDDEN}, " SwiGLU": {"hidden": GATED, "gated": True}}.items():
            layer = MoE(experts=experts, router=router, activation="silu" if name else "relu2", **shape).build(WIDTH)
            ours |= {f"ours{name}, {mode}": step(layer, tokens, mode) for mode in get_args(Mode)}
        yield Case(f"{tokens} tokens, {experts} experts, k = {k}", "dense, plain fp32", dense | theirs | ours)
