"""The numbers that an update is computed in: fp32, or bfloat16 where a short probe finds it faster on this machine.

Only the update: what is shown of a model (attention, validation, predictions) is always computed in fp32.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch.nn import functional as F

from models import Transformer, TransformerConfig
from models.cost import cost
from models.kernels.onednn import routed
from models.mixture import MoE
from models.moe import Balance, Capacity
from playground.compute.remembered import Remembered

PrecisionName = Literal["auto", "fp32", "bf16"]
WORTH = 1.15  # bfloat16 rounds to three digits: it has to be this much faster
FLOPS = 2e9  # of one pass of the probe: some 20 ms
REPEATS = 3
EXACT = 1e-5  # relative error of a routed product; fp32 itself has about 1e-6, bfloat16 4e-3


class Precision(NamedTuple):
    """What updates are computed in, and why."""

    name: Literal["fp32", "bf16"]
    sentence: str
    routes: bool = False
    """Whether fp32 products of many rows go to oneDNN."""

    def route(self) -> AbstractContextManager[object]:
        """The context of whatever multiplies many rows, its backward pass included; for this thread alone."""
        return routed() if self.routes else nullcontext()

    def cast(self, device: torch.device, *, cache: bool = True) -> AbstractContextManager[object]:
        """The context of a forward pass; weights, their gradients and the optimizer stay in fp32. `cache`: keep the
        rounded weights until it is left, which a CUDA graph may not.
        """
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(device.type, torch.bfloat16, cache_enabled=cache)


def choose(wish: PrecisionName, config: TransformerConfig, batch: int, device: torch.device) -> Precision:
    """The precision wished for, or the faster one of one layer of this model, measured once per shape and device."""
    routes = device.type == "cpu" and _routes()
    if wish != "auto":
        return Precision(wish, f"{wish} was chosen.", routes)
    if device.type == "mps":
        return Precision("fp32", "fp32: bfloat16 is not tried on Apple GPUs.")
    mixture = {}
    if isinstance(config.feed_forward, MoE):  # the one layer has the experts; their balance costs nothing
        mixture = {"skip": 0, "every": 1, "dense_hidden": None}
        mixture |= {"balance": Balance(), "capacity": Capacity()}
    depths = {"layers": 1} | ({"encoder_layers": 1} if config.topology == "encoder-decoder" else {})
    layer = config.but(**depths, dropout=0.0, feed_forward=config.feed_forward.but(**mixture))
    most = FLOPS / (3 * cost(layer).flops_per_token * config.context)  # the backward pass costs two forward ones
    exact, short = _probe(layer, max(1, min(batch, int(most))), device.type, routes)  # pyright: ignore[reportArgumentType] - it hashes: frozen
    ratio = exact / short
    if ratio >= WORTH:
        return Precision("bf16", f"bf16: a probe of one layer ran {ratio:.1f} times as fast as in fp32 here.", routes)
    sentence = f"fp32: bf16 was no faster in a probe of one layer ({ratio:.2f} times as fast)."
    return Precision("fp32", sentence, routes)


MEASURED = Remembered()
"""What the probes of this machine found, where a file was named to keep it: then all processes choose alike."""


@lru_cache(maxsize=256)
def _probe(layer: TransformerConfig, batch: int, kind: str, routes: bool) -> tuple[float, float]:
    """Seconds of a forward and backward pass in fp32 and in bfloat16."""
    key = f"{layer.model_dump_json()} {batch} {kind} {routes}"
    known = MEASURED.get(key)
    if known is None:
        known = MEASURED.put(key, _timed(layer, batch, kind, routes))
    return known


def _timed(layer: TransformerConfig, batch: int, kind: str, routes: bool) -> tuple[float, float]:
    device = torch.device(kind)
    model = Transformer(layer).to(device)
    drawn = torch.Generator().manual_seed(0)  # different tokens: equal ones would all go to the same experts
    ids_BT = torch.randint(layer.vocab, (batch, layer.context), generator=drawn).to(device)
    source_BS = ids_BT if layer.topology == "encoder-decoder" else None
    prefix_B = torch.ones(batch, dtype=torch.int64, device=device) if layer.prefix else None

    def pass_in(name: Literal["fp32", "bf16"]) -> Callable[[], None]:
        precision = Precision(name, "", routes)

        def go() -> None:
            with precision.route():
                with precision.cast(device):
                    logits_BTV = model(ids_BT, source_BS=source_BS, prefix_B=prefix_B).logits_BTV
                F.cross_entropy(logits_BTV.float().flatten(0, 1), ids_BT.flatten()).backward()

        return go

    return _seconds(pass_in("fp32"), device), _seconds(pass_in("bf16"), device)


def _seconds(call: Callable[[], object], device: torch.device) -> float:
    """The fastest of a few calls after one to warm up; on the CPU in time of this thread, which other work does not
    lengthen.
    """
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    taken = []
    for _ in range(1 + REPEATS):
        start = clock()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(clock() - start)
    return max(1e-9, min(taken[1:]))


@lru_cache(maxsize=1)
def _routes() -> bool:
    """Whether oneDNN's fp32 products and their gradients are exact on this machine, and faster than torch's own."""
    generator = torch.Generator().manual_seed(0)
    x, weight, gradient = (torch.randn(n, 256, generator=generator) for n in (1024, 256, 1024))
    x, weight = x.requires_grad_(), weight.requires_grad_()

    def products() -> tuple[torch.Tensor, ...]:
        y = F.linear(x, weight)
        return y.detach(), *torch.autograd.grad(y, (x, weight), gradient)

    plain = _seconds(lambda: [products() for _ in range(4)], x.device)
    with routed():
        faster, found = _seconds(lambda: [products() for _ in range(4)], x.device), products()
    exactly = x.double() @ weight.double().mT, gradient.double() @ weight.double(), gradient.double().mT @ x.double()
    errors = [(one - two).abs().max() / two.abs().max() for one, two in zip(found, exactly, strict=True)]
    return max(errors).item() < EXACT and plain / faster >= WORTH
