"""On CUDA, a run's forward and backward pass as CUDA graphs: each is launched as a whole, not kernel by kernel.

A graph replays the same kernels on the same memory (NVIDIA, CUDA programming guide, "CUDA Graphs"): a batch is copied
into place, the parameters stay where they are. The loss and the update are a few kernels more. Written without a GPU at
hand: only the parts around the capture have been run (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from models import Output, Transformer
from playground.compute.precision import Precision
from playground.tasks.base import Batch
from playground.tasks.forward import forward

READ = ("ids_BT", "source_BS", "keep_BS", "prefix_B")
Pass = Callable[[Batch], Output]
"""A forward pass on a batch, with logits in fp32."""


class Captured(NamedTuple):
    """How a run computes an update's forward pass, and why not as a graph (or empty)."""

    passed: Pass
    sentence: str


class LogitsOf(nn.Module):
    """The logits (B, T, V) in fp32 as a function of tensors alone, which is what a graph can replay."""

    def __init__(self, model: Transformer, precision: Precision, device: torch.device, names: tuple[str, ...]):
        super().__init__()
        self.model, self.precision, self.device, self.names = model, precision, device, names

    def forward(self, *tensors: Tensor) -> Tensor:
        given = dict(zip(self.names, tensors, strict=True))
        batch = Batch(**given, targets_BT=given["ids_BT"])
        with self.precision.cast(self.device, cache=False):
            return forward(self.model, batch).logits_BTV.float()


def plain(model: Transformer, precision: Precision, device: torch.device, noise: torch.Generator | None) -> Pass:
    """Kernel by kernel, as everywhere but on CUDA."""

    def passed(batch: Batch) -> Output:
        with precision.cast(device):
            output = forward(model, batch, generator=noise)
        return output._replace(logits_BTV=output.logits_BTV.float())

    return passed


def captured(
    model: Transformer,
    precision: Precision,
    device: torch.device,
    noise: torch.Generator | None,
    draw: Callable[[], Batch],
) -> Captured:
    """Capture the passes on a batch like `draw` makes; what cannot be captured is computed plainly, and said."""
    usual = plain(model, precision, device, noise)
    if device.type != "cuda":
        return Captured(usual, "")
    if model.config.feed_forward.kind == "MoE":
        return Captured(usual, "How many tokens an expert takes changes, so updates are not captured as a CUDA graph.")
    if noise is not None:
        return Captured(usual, "Dropout draws new numbers at each step, so updates are not captured as a CUDA graph.")
    sample = draw()
    names = tuple(name for name in READ if getattr(sample, name) is not None)
    tensors = tuple(getattr(sample, name) for name in names)
    try:
        graph: Any = torch.cuda.make_graphed_callables(LogitsOf(model, precision, device, names), tensors)
    except RuntimeError as error:
        return Captured(usual, f"Updates are not captured as a CUDA graph, and slower: {str(error).splitlines()[0]}")

    def passed(batch: Batch) -> Output:
        given = tuple(getattr(batch, name) for name in names)
        alike = all(t is not None and t.shape == s.shape for t, s in zip(given, tensors, strict=True))
        return Output(graph(*given), (), ()) if alike else usual(batch)

    return Captured(passed, "")
