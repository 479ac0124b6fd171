"""The most memory that one decoder training step holds at once, beyond what it held before: activations, temporaries
and, where they are made anew at each step, gradients. `python -m tests.benchmarks memory` prints a Markdown table.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

from models.cost import cost
from tests.benchmarks import ours, peers
from tests.benchmarks.peers import SIZES


def peak(call: Callable[[], object]) -> int:
    """Bytes at the highest point of a call, above its start, from every allocation that torch reports."""
    for _ in range(2):
        call()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as run:
        call()
    events = [e for e in run.profiler.kineto_results.events() if e.name() == "[memory]"]  # pyright: ignore
    held = highest = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        highest = max(highest, held)
    return highest


def main(_: list[str]) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    for name, size in SIZES.items():
        ids_BT = torch.randint(0, size.vocab, (size.batch, size.tokens))
        print(f"### peak memory of a decoder step, {name}\n\n| | MB |\n|--|--:|")
        for peer, maker in peers.DECODERS.items():
            for bf16 in (False, True):
                bytes_ = peak(peers.step(maker, size, ids_BT, bf16=bf16))
                print(f"| {peer}, {'bf16' if bf16 else 'fp32'} | {bytes_ / 1e6:.1f} |", flush=True)
        for shape in ("fast", "GPT-2 shape", "LLaMA shape"):
            config = ours.shaped(shape, size)
            for mode in ("fp32", "bf16"):
                standing = 4 * cost(config).parameters  # its gradients stay in their buffer; the peers' are new
                bytes_ = peak(ours.step(config, ids_BT, mode)) + standing
                print(f"| ours: {shape}, {mode} | {bytes_ / 1e6:.1f} |", flush=True)
        print()
