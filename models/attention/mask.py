"""Which keys each query may attend to: causal, prefix, sliding window, padding. Booleans, until they meet the scores.

causal (decoder)      window of 2          prefix of 2          both ways (encoder)
t  s 0 1 2 3          s 0 1 2 3            s 0 1 2 3            s 0 1 2 3
0    x . . .            x . . .              x x . .              x x x x
1    x x . .            x x . .              x x . .              x x x x
2    x x x .            . x x .              x x x .              x x x x
3    x x x x            . . x x              x x x x              x x x x
"""

from __future__ import annotations

import torch
from torch import Tensor


class Mask:
    """The attention mask of one forward pass, and what positions add to the scores of every layer.

    visible: (B or 1, 1, T, S), True where a query may attend; None: everywhere, or, if `causal`, as far as itself.
    bias_BHTS: added to the scores, (B or 1, H, T, S), or None.
    sighted: broadcastable to (B, 1, T, 1), False where a query may attend to no key at all, and so mixes nothing; None:
    every query sees a key.
    """

    def __init__(
        self,
        visible: Tensor | None = None,
        bias_BHTS: Tensor | None = None,
        *,
        causal: bool = False,
        sighted: Tensor | None = None,
    ):
        self.visible, self.bias_BHTS, self.causal, self.sighted = visible, bias_BHTS, causal, sighted
        self.plain = visible is None and bias_BHTS is None
        """Whether there is nothing to add to the scores, but for the future that is hidden if `causal`."""
        self._added: dict[torch.dtype, Tensor] = {}

    def written(self, queries: int, keys: int, device: torch.device) -> Tensor | None:
        """`visible`, with the future hidden if `causal`; None: everything is visible."""
        if not self.causal:
            return self.visible
        return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)

    def added(self, dtype: torch.dtype) -> Tensor | None:
        """The bias where a key is visible, the lowest number of `dtype` elsewhere: (B or 1, H or 1, T, S),
        made once for all layers.

        The lowest finite number, not -inf: a softmax of nothing but -inf is no number, and its gradients neither.
        """
        if self.plain:
            return None
        if dtype not in self._added:
            self._added[dtype] = self._sum(dtype)
        return self._added[dtype]

    def hides(self, scores: Tensor) -> Tensor:
        """`scores` (..., T, S) where a key is visible, the lowest number of their type elsewhere."""
        visible = self.written(scores.shape[-2], scores.shape[-1], scores.device)
        return scores if visible is None else scores.where(visible, torch.finfo(scores.dtype).min)

    def seen(self, x: Tensor) -> Tensor:
        """`x`, patterns (B, H, T, S) or what they mix (B, H, T, C), with zeros in the rows of queries that see nothing:
        a source of padding only adds nothing, whichever kernel made them.
        """
        return x if self.sighted is None else x * self.sighted

    def plus(self, added_BHTS: Tensor) -> Mask:
        """The same mask with something more added to the scores."""
        visible = self.written(added_BHTS.shape[-2], added_BHTS.shape[-1], added_BHTS.device)
        added_BHTS = added_BHTS if self.bias_BHTS is None else added_BHTS + self.bias_BHTS
        return Mask(visible, added_BHTS, sighted=self.sighted)

    def without(self, hidden_BS: Tensor) -> Mask:
        """The mask of self-attention from which these keys are hidden, but for each query's own."""
        keys, device = hidden_BS.shape[1], hidden_BS.device
        own = torch.eye(keys, dtype=torch.bool, device=device)
        left, visible = ~hidden_BS[:, None, None] | own, self.written(keys, keys, device)
        return Mask(left if visible is None else left & visible, self.bias_BHTS, sighted=self.sighted)

    def _sum(self, dtype: torch.dtype) -> Tensor:
        lowest = torch.finfo(dtype).min
        if self.bias_BHTS is None:
            assert self.visible is not None
            return torch.zeros(self.visible.shape, dtype=dtype, device=self.visible.device).masked_fill_(
                ~self.visible, lowest
            )
        bias = self.bias_BHTS.clamp(min=max(lowest, torch.finfo(self.bias_BHTS.dtype).min)).to(dtype)
        return bias if self.visible is None else bias.where(self.visible, lowest)


ALL, CAUSAL = Mask(), Mask(causal=True)
"""Every query sees every key; or itself and what came before."""


def mask(
    queries: int,
    keys: int,
    *,
    device: torch.device,
    start: int = 0,
    causal: bool = False,
    window: int | None = None,
    prefix_B: Tensor | None = None,
    keep_BS: Tensor | None = None,
    bias_HTS: Tensor | None = None,
    cross: bool = False,
) -> Mask:
    """Fold every rule of visibility into one `Mask`; query t stands at start + t, key s at s.

    `keep_BS` is True where a key is a real token; `prefix_B` is how many leading keys every query may see (prefix-LM,
    Raffel et al. 2020). A query always sees itself, so that no row of a padded query is empty.
    """
    bias_1HTS = None if bias_HTS is None else bias_HTS[None]
    if causal and keep_BS is None and queries == 1 == keys - start and (window is None or keys <= window):
        return Mask(bias_BHTS=bias_1HTS)  # behind all keys, and near enough
    if window is None and prefix_B is None and keep_BS is None:
        if not causal:
            return Mask(bias_BHTS=bias_1HTS)
        if start == 0 and queries == keys and bias_HTS is None:
            return Mask(causal=True)
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
    sighted = seen[:, None].any(dim=-1, keepdim=True) if cross and keep_BS is not None else None
    return Mask(seen[:, None], bias_1HTS, sighted=sighted)
