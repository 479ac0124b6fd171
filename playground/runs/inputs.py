"""What the vectors that enter a stack are made of, and what the first norm makes of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import Transformer
from playground.runs.vectors import positions, stacks


class Part(NamedTuple):
    """One term of the sum."""

    name: str
    """ "token", "position" or "segment"."""
    vectors_TD: Tensor


class Normed(NamedTuple):
    """What a norm does to the vectors."""

    where: str
    """ "embedding": to what every block reads; else the part of the first block that reads it."""
    kind: str
    """RMSNorm or LayerNorm."""
    vectors_TD: Tensor


class Inputs(NamedTuple):
    """One sequence: the parts, their sum, the norm that meets it first, and what the first block reads."""

    parts: tuple[Part, ...]
    sum_TD: Tensor
    normed: Normed | None
    """None: nothing is normed before the first block's attention."""
    first_TD: Tensor


@torch.no_grad()
def inputs(model: Transformer, stack: str, ids_T: Tensor, segments_T: Tensor | None = None) -> Inputs:
    """The sum is taken in the model's order: token (scaled), segment, position (Devlin et al. 2019, arXiv:1810.04805,
    figure 2). `segments_T` is for a model with segment embeddings; without it all is segment 0.
    """
    embedding, reader = model.embedding, stacks(model)[stack]
    device, config = embedding.tokens.device, model.config
    ids_T = ids_T.to(device)
    parts = [Part("token", F.embedding(ids_T, embedding.tokens) * embedding.scale)]
    if embedding.segments is not None:
        segments_T = torch.zeros_like(ids_T) if segments_T is None else segments_T.to(device)
        parts.append(Part("segment", F.embedding(segments_T, embedding.segments)))
    at_TD = positions(reader, len(ids_T), config.width)
    if at_TD is not None:
        parts.append(Part("position", at_TD))
    sum_TD = parts[0].vectors_TD
    for part in parts[1:]:
        sum_TD = sum_TD + part.vectors_TD
    if reader.norm_embedding is not None:
        first_TD = reader.norm_embedding(sum_TD)
        normed = Normed("embedding", config.norm.kind, first_TD) if config.norm.kind != "none" else None
        return Inputs(tuple(parts), sum_TD, normed, first_TD)
    return Inputs(tuple(parts), sum_TD, _in_the_block(model, reader.blocks[0], sum_TD), sum_TD)


def _in_the_block(model: Transformer, block: nn.Module, sum_TD: Tensor) -> Normed | None:
    """The norm of a pre-norm model's first sublayer, where it norms at all."""
    config = model.config
    if not config.norm.before() or config.norm.kind == "none":
        return None
    for where in ("attention", "feed_forward"):
        norm = getattr(block, f"norm_{where}")
        if norm is not None:
            return Normed(where, config.norm.kind, norm(sum_TD))
    return None
