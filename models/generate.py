"""Text from a model: greedy, temperature, top-k and top-p, with a key/value cache passed in and returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from models.decoding import reader
from models.input_checks import mask_of
from models.records import Cache
from models.transformer import Transformer


class Sampling(NamedTuple):
    """How the next token is drawn. temperature 0 is greedy; top_k keeps the k likeliest; top_p (nucleus sampling,
    Holtzman et al. 2020, arXiv:1904.09751) the fewest tokens whose probabilities reach it."""

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0

    def check(self) -> None:
        """Raise ValueError outside temperature >= 0, top_k >= 1, 0 < top_p <= 1."""
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or more, got {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {self.top_k}")
        if not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top_p must be above 0 and at most 1, got {self.top_p}")


GREEDY = Sampling()


class Token(NamedTuple):
    """One generated position: ids (B,) and the model's own probabilities (B, V) before any filtering."""

    ids_B: Tensor
    probs_BV: Tensor


def filtered(logits_BV: Tensor, sampling: Sampling) -> Tensor:
    """Probabilities (B, V) after temperature, top-k and top-p; temperature must be positive."""
    logits_BV = (logits_BV - logits_BV.amax(dim=-1, keepdim=True)) / sampling.temperature  # no overflow
    if sampling.top_k is not None and sampling.top_k < logits_BV.shape[-1]:
        least_B1 = logits_BV.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < least_B1, -torch.inf)
    probs_BV = logits_BV.softmax(dim=-1)
    if sampling.top_p < 1.0:
        ordered_BV, order_BV = probs_BV.sort(dim=-1, descending=True)
        before_BV = ordered_BV.cumsum(dim=-1) - ordered_BV
        ordered_BV = ordered_BV.masked_fill(before_BV >= sampling.top_p, 0.0)
        probs_BV = torch.zeros_like(probs_BV).scatter(-1, order_BV, ordered_BV)
    return probs_BV / probs_BV.sum(dim=-1, keepdim=True)


def begun(ids: Tensor, keep: Tensor | None) -> tuple[Tensor, Cache]:
    """Prompts (B, T), whose real tokens are moved to the right in their order, and a cache that says where they begin.

    Raises ValueError where `keep`, True at real tokens, has another shape or leaves a prompt none.
    """
    keep = mask_of("keep", keep)
    if keep is None:
        return ids, Cache()
    if keep.shape != ids.shape or not keep.any(dim=1).all():
        raise ValueError(f"keep must mark the real tokens of every prompt, {tuple(ids.shape)}, one at least.")
    begins_B, order = (~keep).sum(dim=1), keep.int().argsort(dim=1, stable=True)
    first = int(begins_B.min())
    return ids.gather(1, order)[:, first:], Cache(begins_B=begins_B - first if begins_B.max() > first else None)


@torch.inference_mode()
def generate(
    model: Transformer,
    ids_BT: Tensor,
    length: int,
    *,
    source_BS: Tensor | None = None,
    keep_BS: Tensor | None = None,
    keep_BT: Tensor | None = None,
    sampling: Sampling = GREEDY,
    generator: torch.Generator | None = None,
) -> Iterator[Token]:
    """Yield `length` tokens that continue `ids_BT`, one at a time.

    An encoder-decoder reads `source_BS` and starts from its start token in `ids_BT`. A prefix-LM sees the whole prompt
    from both sides. keep_BS: which tokens are real, of the source if there is one, else of the prompts; keep_BT: of the
    prompts of an encoder-decoder. Prompts of unequal length may be padded on either side. Sampling needs a generator.
    Raises ValueError for an encoder-only model, which has no next token.
    """
    sampling.check()
    if model.config.topology == "encoder-only":
        raise ValueError("An encoder-only model fills in masks; it does not continue a text.")
    if sampling.temperature > 0 and generator is None:
        raise ValueError("Sampling needs an explicit generator, so that the same seed gives the same text.")
    if keep_BT is not None and source_BS is None:
        raise ValueError("keep_BT marks the prompts of an encoder-decoder; of a decoder alone, keep_BS does.")
    now, cache = begun(ids_BT, keep_BS if source_BS is None else keep_BT)
    prefix_B = torch.full((now.shape[0],), now.shape[1], device=now.device) if model.config.prefix else None
    if prefix_B is not None and cache.begins_B is not None:
        prefix_B = prefix_B - cache.begins_B
    keep_BS = None if source_BS is None else keep_BS
    output = model(now, source_BS=source_BS, keep_BS=keep_BS, prefix_B=prefix_B, cache=cache)
    assert output.cache is not None
    logits_BV, further = output.logits_BTV[:, -1], reader(model, output.cache)
    for left in reversed(range(length)):
        logits_BV = logits_BV.to(torch.promote_types(logits_BV.dtype, torch.float32))
        if sampling.temperature == 0:
            next_B = logits_BV.argmax(dim=-1)
        else:
            next_B = torch.multinomial(filtered(logits_BV, sampling), 1, generator=generator)[:, 0]
        yield Token(next_B, logits_BV.softmax(dim=-1))
        if left:
            logits_BV = further(next_B)
