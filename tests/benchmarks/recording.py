"""What it costs to keep every attention weight: of one sequence, and of a whole batch against `output_attentions`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import torch
from torch import Tensor

from models import Transformer
from models.kernels.onednn import routed
from tests.benchmarks import ours, peers
from tests.benchmarks.harness import Case
from tests.benchmarks.peers import SIZES, Size


def _theirs(make: Callable[..., tuple[torch.nn.Module, object]], size: Size, ids_BT: Tensor) -> Callable[[], object]:
    model = make(size, attn_implementation="eager")[0].eval()
    return lambda: model(input_ids=ids_BT, use_cache=False, output_attentions=True)


def _ours(shape: str, size: Size, ids_BT: Tensor, *, record: bool) -> Callable[[], object]:
    model = Transformer(ours.shaped(shape, size))

    def go() -> object:
        with routed() if len(ids_BT) > 1 else nullcontext():
            return model(ids_BT, record=record)

    return go


def _still(call: Callable[[], object]) -> Callable[[], object]:
    return torch.no_grad()(call)


def cases() -> Iterator[Case]:
    """One sequence beside its plain forward pass; a batch beside the peers that return their weights."""
    for name, size in SIZES.items():
        ids_BT = torch.randint(0, size.vocab, (size.batch, size.tokens))
        alone = {
            f"{shape}, {'recorded' if record else 'plain'}": _still(_ours(shape, size, ids_BT[:1], record=record))
            for shape in ("GPT-2 shape", "LLaMA shape")
            for record in (False, True)
        }
        yield Case(f"one sequence, {name}", "GPT-2 shape, plain", alone)
        whole = {f"HF {kind}": _still(_theirs(make, size, ids_BT)) for kind, make in MAKERS.items()}
        whole |= {f"ours: {k} shape": _still(_ours(f"{k} shape", size, ids_BT, record=True)) for k in MAKERS}
        yield Case(f"all weights of a batch, {name}", "the faster peer", whole, ("HF",))


MAKERS = {"GPT-2": peers.gpt2, "LLaMA": peers.llama}
