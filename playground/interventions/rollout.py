"""Attention rollout: how much of each input token's vector reaches a position, if attention alone carried it (Abnar and
Zuidema 2020, arXiv:2005.00928, sec. 3).

A layer passes on half of what stands at a position, by the residual stream, and half of what its heads look at, on
average: A = W / 2 + I / 2, R_l = A_l R_(l-1). It knows nothing of values, of feed-forward networks or of norms.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from models import Output
from playground.measures.head_roles import distributions

RESIDUAL = 0.5


def rollout(layers: Sequence[Tensor]) -> Tensor:
    """(L, B, T, T) from the weights (B, H, T, T) of each layer, from the first on: row t of layer l says which tokens
    position t was made of after it. Rows sum to 1.

    Raises ValueError where there is no attention, or where its rows are not probability distributions.
    """
    if not layers:
        raise ValueError("Attention rollout multiplies the attention maps of the layers, and this stack has none.")
    if not all(distributions(w_BHTT) for w_BHTT in layers):
        raise ValueError(
            "Attention rollout takes the rows of attention for shares, and those of this model are none: weights may "
            "be negative, or a row need not sum to 1. Choose MHA, GQA or MQA, or linear attention without RoPE."
        )
    found: list[Tensor] = []
    for w_BHTT in layers:
        mean_BTT = w_BHTT.double().mean(dim=1)
        stays = torch.eye(mean_BTT.shape[-1], dtype=mean_BTT.dtype, device=mean_BTT.device)
        share_BTT = (1 - RESIDUAL) * mean_BTT + RESIDUAL * stays
        share_BTT = share_BTT / share_BTT.sum(dim=-1, keepdim=True)  # a query may see nothing, then all stays
        found.append(share_BTT @ found[-1] if found else share_BTT)
    return torch.stack(found)


def rollouts(output: Output) -> dict[str, Tensor]:
    """Of each stack of a recorded forward pass by itself: "encoder" and "decoder", (L, B, T, T) over its own tokens."""
    stacks = {"encoder": output.encoder, "decoder": output.decoder}
    return {
        name: rollout([r.self_attention_BHTS for r in records if r.self_attention_BHTS is not None])
        for name, records in stacks.items()
        if records
    }


def frame(rolled_LBTT: Tensor, *, example: int = 0) -> pd.DataFrame:
    """One row per layer, position and input token: layer, position, token (its position), share."""
    _, _, queries, tokens = rolled_LBTT.shape
    rolled = rolled_LBTT[:, example].cpu()
    index = pd.MultiIndex.from_product(
        [range(len(rolled)), range(queries), range(tokens)], names=["layer", "position", "token"]
    )
    return pd.DataFrame({"share": rolled.flatten().numpy()}, index=index).reset_index()
