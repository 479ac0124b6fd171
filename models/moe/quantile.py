"""Quantile balancing (Su 2026, kexue.fm/archives/11619): the bias of each expert is not moved but computed, so that its
share of the tokens would just have chosen it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch

from models.moe.base import Room, Router
from models.moe.top_k import TopK, TopKRouter
from models.records import Routing


class Quantile(TopK):
    """Each token goes to the k experts of its highest probabilities plus bias. After each update all biases are set so
    that just each expert's share of the batch would have chosen it: there is no speed to tune, and no loss.

    The bias selects and is in no gate. An auxiliary loss may act beside it; the source uses none. It lags an update
    behind: where the router changes fast, loads are uneven all the same (docs/log.md).
    """

    kind: Literal["quantile"] = "quantile"  # pyright: ignore[reportIncompatibleVariableOverride] - another key, the same fields
    paper = ("Su 2026", "https://kexue.fm/archives/11619")
    selects = False
    balances: ClassVar[str] = "every update sets each expert's bias: just its share of the batch would have chosen it"

    def build(self, room: Room) -> Router:
        return QuantileRouter(self, room)


class QuantileRouter(TopKRouter):
    """Of n tokens and E experts, each is to have q = n k / E tokens. s: probabilities, b: the bias they met.

    alpha_i = the (k + 1)-th highest of s_i + b: what an expert must exceed for token i to choose it
    b_j = -(the (q + 1)-th highest of s_ij - alpha_i): q tokens then exceed it at expert j
    """

    def after_update(self, routing: Routing, speed: float) -> None:
        """One step of that alternation. Only differences of biases count: their mean stays 0."""
        probs_NE, k = routing.probs_NE.detach(), routing.experts_NK.shape[1]
        experts = probs_NE.shape[1]
        if k == experts:
            return  # every token goes to every expert
        real_N = routing.seats_NK[:, 0] >= 0
        alpha_N = (probs_NE + self.bias_E).topk(k + 1, dim=-1).values[:, -1]
        margin_NE = (probs_NE - alpha_N[:, None]).masked_fill(~real_N[:, None], -torch.inf)
        share_1 = (real_N.sum() * k // experts).view(1)
        bias_E = -margin_NE.sort(dim=0, descending=True).values.index_select(0, share_1)[0]
        self.bias_E.copy_(bias_E - bias_E.mean())
