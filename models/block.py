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
BEHIND = {"output": ("", "norm"), "both": ("_out", "post_norm")}  # norm of what a sublayer gives: its name, its place
NORMS = {"attention": "norm_attention", "cross_attention": "norm_cross", "feed_forward": "norm_feed_forward"}


class Block(nn.Module):
    """Pre-norm: x + f(norm(x)). Post-norm: norm(x + f(x)). Parallel: x + attention(norm(x)) + ffn(norm'(x)).
    Output: x + norm(f(x)). Both: x + norm'(f(norm(x))). Each f, or what is made of it, times the residual multiplier.

    x -+- norm - f -+- +          x -+- f -+- + - norm          x -+- norm - attention ---+- +
       +------------+                +-----+                       +- norm' - ffn --------+
          pre-norm                     post-norm                   +----- parallel -------+
    """

    def __init__(self, config: TransformerConfig, stack: Literal["encoder", "decoder"], layer: int):
        super().__init__()
        width, where, build, at = config.width, Where(layer, stack), config.norm.build, config.norm.place
        self.place, self.parallel, self.residual = f"{stack}.{layer}", config.parallel, config.residual
        self.before, self.behind, self.after = config.norm.before(), BEHIND.get(at), at == "post"
        crosses = stack == "decoder" and config.topology == "encoder-decoder"
        attention = config.attentions()[stack][layer]
        self.attention = attention.build(width, where)
        self.feed_forward = config.feed_forward.at(layer, stack).build(width, f"{self.place}.feed_forward")
        self.relative = config.position.relative(config.room(stack)) if self.attention else None
        self.cross_attention = attention.build(width, where._replace(cross=True)) if crosses else None
        for part, name in NORMS.items():
            self.add_module(name, build(width) if getattr(self, part) else None)
            self.add_module(f"{name}_out", build(width) if getattr(self, part) and at == "both" else None)

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
        f, norm, place = getattr(self, part), getattr(self, NORMS[part]), f"{self.place}.{part}"
        out_BTD, more = f(normed(norm, x_BTD, p.tap, f"{place}.norm") if self.before else x_BTD, p, *cached)
        out_BTD = self._weighed(part, out_BTD, p) if self.behind or self.residual != 1.0 else out_BTD
        y_BTD = y_BTD + p.tap(f"{place}.out", p.dropout(out_BTD, p.rate))
        return (normed(norm, y_BTD, p.tap, f"{place}.norm") if self.after else y_BTD), more

    def _weighed(self, part: str, out_BTD: Tensor, p: Pass) -> Tensor:
        end, place = self.behind or ("", "")
        norm = getattr(self, NORMS[part] + end) if place else None
        return self.residual * (normed(norm, out_BTD, p.tap, f"{self.place}.{part}.{place}") if norm else out_BTD)
