"""One block: self-attention, optional cross-attention, feed-forward, each added to the residual stream."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn

from models.architecture import TransformerConfig
from models.attention import Where
from models.norm import normed
from models.records import LayerCache, Routing
from models.tap import Pass

EMPTY = LayerCache(None, None)
NORMS = {"attention": "norm_attention", "cross_attention": "norm_cross", "feed_forward": "norm_feed_forward"}


class Block(nn.Module):
    """Pre-norm: x + f(norm(x)). Post-norm: norm(x + f(x)). Parallel: x + attention(norm(x)) + ffn(norm'(x)).
    Output: x + norm(f(x)). Both: x + norm'(f(norm(x))).

    Each f times the residual multiplier.

    x -+- norm - f -+- +          x -+- f -+- + - norm          x -+- norm - attention ---+- +
       +------------+                +-----+                       +- norm' - ffn --------+
          pre-norm                     post-norm                   +----- parallel -------+
    """

    def __init__(self, config: TransformerConfig, stack: Literal["encoder", "decoder"], layer: int):
        super().__init__()
        width, where, build = config.width, Where(layer, stack), config.norm.build
        self.place, self.norm, self.parallel = f"{stack}.{layer}", config.norm, config.parallel
        self.residual = config.residual
        feed_forward = config.feed_forward.at(layer, stack)
        crosses = stack == "decoder" and config.topology == "encoder-decoder"
        attention = config.attentions()[stack][layer]
        self.attention = attention.build(width, where)
        self.feed_forward = feed_forward.build(width, f"{self.place}.feed_forward")
        self.relative = config.position.relative(config.room(stack)) if self.attention else None
        self.cross_attention = attention.build(width, where._replace(cross=True)) if crosses else None
        self.norm_attention = build(width) if self.attention else None
        self.norm_cross = build(width) if self.cross_attention else None
        self.norm_feed_forward = build(width) if self.feed_forward else None
        for part, name in NORMS.items():
            if config.norm.place == "both" and getattr(self, part):
                self.add_module(f"{name}_out", build(width))

    def forward(self, x_BTD: Tensor, p: Pass, cached: LayerCache = EMPTY) -> tuple[Tensor, Routing | None, LayerCache]:
        """The stream after this block (B, T, D), how a mixture routed, and the longer cache."""
        tap, at, own, cross, routing = p.tap, self.place, None, None, None
        x_BTD = y_BTD = tap(f"{at}.residual.before", x_BTD)
        if self.attention:
            y_BTD, own = self._add("attention", y_BTD, y_BTD, p, cached.own)
            y_BTD = tap(f"{at}.residual.middle", y_BTD)
        if self.cross_attention:
            y_BTD, cross = self._add("cross_attention", y_BTD, y_BTD, p, cached.cross)
            y_BTD = tap(f"{at}.residual.crossed", y_BTD)
        if self.feed_forward:
            y_BTD, routing = self._add("feed_forward", y_BTD, x_BTD if self.parallel else y_BTD, p)
        y_BTD = x_BTD if tap.at(at) else y_BTD  # a layer that is skipped
        return tap(f"{at}.residual.after", y_BTD), routing, LayerCache(own, cross)

    def _add(self, part: str, y_BTD: Tensor, x_BTD: Tensor, p: Pass, *cached: Any) -> tuple[Tensor, Any]:
        """y + f(norm(x)) or what else the norm's place makes of it, and what f returns besides."""
        f, norm, place, at = getattr(self, part), getattr(self, NORMS[part]), f"{self.place}.{part}", self.norm.place
        out_BTD, more = f(normed(norm, x_BTD, p.tap, f"{place}.norm") if self.norm.before() else x_BTD, p, *cached)
        out_BTD = normed(norm, out_BTD, p.tap, f"{place}.norm") if at == "output" else out_BTD
        if at == "both":
            out_BTD = normed(getattr(self, f"{NORMS[part]}_out"), out_BTD, p.tap, f"{place}.post_norm")
        out_BTD = out_BTD if self.residual == 1.0 else self.residual * out_BTD
        y_BTD = y_BTD + p.tap(f"{place}.out", p.dropout(out_BTD, p.rate))
        return (normed(norm, y_BTD, p.tap, f"{place}.norm") if at == "post" else y_BTD), more
