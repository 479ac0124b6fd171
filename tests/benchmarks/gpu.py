"""Training steps on a GPU: peers eager and compiled, ours eager and captured as CUDA graphs.

Where there is no GPU it says so.

"10 x eager" of docs/log.md is the last row against ours eager.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch.nn import functional as F

from models import Transformer
from playground.compute.capture import captured
from playground.compute.precision import Precision
from playground.runs.training import Training, optimizers
from playground.tasks.base import Batch
from tests.benchmarks import ours, peers
from tests.benchmarks.harness import Case, measure, table
from tests.benchmarks.peers import SIZES, Size

SHAPES = ("fast", "GPT-2 shape", "LLaMA shape")


def graphed(shape: str, size: Size, ids_BT: torch.Tensor) -> Callable[[], object]:
    """One update as a run makes it on CUDA: forward and backward as graphs, in bfloat16."""
    device = ids_BT.device
    model = Transformer(ours.shaped(shape, size)).to(device)
    built, batch = optimizers(model, Training(lr=1e-3)), Batch(ids_BT, ids_BT)
    passed = captured(model, Precision("bf16", ""), device, None, lambda: batch).passed

    def go() -> None:
        for optimizer in built:
            optimizer.zero_grad(set_to_none=False)
        F.cross_entropy(passed(batch).logits_BTV.flatten(0, 1), ids_BT.flatten()).backward()
        for optimizer in built:
            optimizer.step()

    return go


def cases(device: torch.device, *, compiled: bool = True) -> Iterator[Case]:
    """Decoder steps at both sizes; the ratio is to the fastest eager peer."""
    for name, size in SIZES.items():
        ids_BT = torch.randint(0, size.vocab, (size.batch, size.tokens), device=device)
        candidates: dict[str, Callable[[], object]] = {}
        for peer, maker in peers.DECODERS.items():
            for bf16 in (False, True):
                candidates[f"eager {peer}, {'bf16' if bf16 else 'fp32'}"] = peers.step(maker, size, ids_BT, bf16=bf16)
            if compiled:
                candidates[f"compiled {peer}, bf16"] = peers.step(maker, size, ids_BT, bf16=True, compiled=True)
        for shape in SHAPES:
            for mode in ("fp32", "bf16"):
                candidates[f"ours: {shape}, {mode}"] = ours.step(ours.shaped(shape, size), ids_BT, mode)
            candidates[f"ours: {shape}, bf16, graphs"] = graphed(shape, size, ids_BT)
        yield Case(
            f"decoder on {device.type}, {name}: one training step", "the fastest eager peer", candidates, ("eager",)
        )


def main(argv: list[str]) -> None:
    """Print a table for each size, in wall time with the device at rest at both ends of a sample."""
    if not torch.cuda.is_available():
        print("No GPU here, so nothing of it is measured.")
        return
    device = torch.device("cuda")

    def clock() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    for case in cases(device):
        print(table(case, measure(case, clock=clock)), end="\n\n", flush=True)
