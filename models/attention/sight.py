"""Which keys each query may look at: causal, prefix, sliding window, padding, in one additive bias per forward pass."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Sight(NamedTuple):
    """What all layers of a stack may see.

    `bias` (broadcastable to B, H, T, S) is added to the scores; `causal` alone needs none.
    """

    causal: bool
    bias: Tensor | None

    def seen(self, queries: int, keys: int, device: torch.device) -> Tensor | None:
        """True where a query may look (broadcastable to B, H, T, S); None: everywhere."""
        if self.causal:
            return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
        return None if self.bias is None else self.bias > torch.finfo(self.bias.dtype).min

    def plus(self, bias_BHTS: Tensor) -> Sight:
        """The same view with something more added to the scores."""
        seen = self.seen(bias_BHTS.shape[-2], bias_BHTS.shape[-1], bias_BHTS.device)
        bias_BHTS = bias_BHTS if self.bias is None else bias_BHTS + self.bias
        hidden = torch.finfo(bias_BHTS.dtype).min
        return Sight(causal=False, bias=bias_BHTS if seen is None else bias_BHTS.where(seen, hidden))


def sight(
    queries: int,
    keys: int,
    *,
    device: torch.device,
    start: int = 0,
    causal: bool = False,
    window: int | None = None,
    prefix_B: Tensor | None = None,
    keep_BS: Tensor | None = None,
    position_bias_HTS: Tensor | None = None,
    cross: bool = False,
) -> Sight:
    """Fold every rule of visibility into one `Sight`.

    `keep_BS` is True where a key is a real token; `prefix_B` is how many leading keys every query may see (prefix-LM,
    Raffel et al. 2020). A query always sees itself, so that no row of a padded query is empty.
    """
    whole = window is None and prefix_B is None and keep_BS is None
    if whole and position_bias_HTS is None and (not causal or (start == 0 and queries == keys) or queries == 1):
        return Sight(causal=causal and queries > 1, bias=None)
    at_T1 = torch.arange(start, start + queries, device=device)[:, None]
    at_1S = torch.arange(keys, device=device)[None]
    seen = torch.ones(1, queries, keys, dtype=torch.bool, device=device)
    if causal:
        seen = seen & (at_1S <= at_T1)
    if window is not None:
        seen = seen & ((at_T1 - at_1S).abs() < window)
    if prefix_B is not None:
        seen = seen | (at_1S < prefix_B[:, None, None])
    if keep_BS is not None:
        seen = seen & keep_BS[:, None, :]
    if not cross:
        seen = seen | (at_1S == at_T1)
    bias = torch.zeros((), device=device) if position_bias_HTS is None else position_bias_HTS
    # The lowest finite number, not -inf: a row that sees nothing (a source of padding only) stays finite everywhere.
    return Sight(causal=False, bias=torch.where(seen[:, None], bias, torch.finfo(bias.dtype).min))
