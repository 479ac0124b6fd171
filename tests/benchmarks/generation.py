"""Tokens one after the other, batch 1, with a cache: ours beside `generate` of the peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from models import Transformer
from models.generate import generate
from tests.benchmarks import ours, peers
from tests.benchmarks.harness import Case
from tests.benchmarks.peers import SIZES, Size

PROMPT, LENGTH = 8, 256


def _theirs(make: Callable[..., Any], size: Size, prompt_1T: Tensor) -> Callable[[], object]:
    model = make(size)[0].eval()
    options = {"max_new_tokens": LENGTH, "min_new_tokens": LENGTH, "do_sample": False, "pad_token_id": 0}
    return lambda: model.generate(prompt_1T, attention_mask=torch.ones_like(prompt_1T), **options)


def _ours(shape: str, size: Size, prompt_1T: Tensor) -> Callable[[], object]:
    model = Transformer(ours.shaped(shape, size))
    return lambda: list(generate(model, prompt_1T, LENGTH))


def cases() -> Iterator[Case]:
    """Greedy, 8 tokens given, 256 made."""
    for name, size in SIZES.items():
        size = size._replace(tokens=PROMPT + LENGTH)
        prompt_1T = torch.randint(0, size.vocab, (1, PROMPT))
        calls = {f"HF {kind}": torch.no_grad()(_theirs(make, size, prompt_1T)) for kind, make in MAKERS.items()}
        calls |= {f"ours: {kind} shape": _ours(f"{kind} shape", size, prompt_1T) for kind in MAKERS}
        yield Case(f"{LENGTH} tokens, {name}", "the faster peer", calls, ("HF",))


MAKERS = {"GPT-2": peers.gpt2, "LLaMA": peers.llama}
