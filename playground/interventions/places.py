"""The places of a model that an edit can act at: those that a pass of it comes to, and why it has no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, get_args

import torch

from models import Transformer, TransformerConfig
from models.edits import StackName
from models.tap import PLACES

ATTENTION = {
    "norm.scale": "norm scale",
    "norm.output": "norm output",
    "q": "queries q",
    "k": "keys k",
    "v": "values v",
    "q.rotated": "queries q, rotated",
    "k.rotated": "keys k, rotated",
    "relative": "relative scores",
    "scores": "scores",
    "pattern": "pattern",
    "z": "mix z of a head",
    "result": "result of a head",
    "post_norm.scale": "second norm scale",
    "post_norm.output": "second norm output",
    "out": "output",
}
LABELS: dict[str, str] = {
    "embedding": "Embedding",
    "positioned": "Embedding with positions",
    "residual.before": "Stream before layer",
    **{f"attention.{name}": f"Self-attention: {label}" for name, label in ATTENTION.items()},
    "residual.middle": "Stream after self-attention",
    **{
        f"cross_attention.{name}": f"Cross-attention: {label}"
        for name, label in ATTENTION.items()
        if f"cross_attention.{name}" in PLACES
    },
    "residual.crossed": "Stream after cross-attention",
    "feed_forward.norm.scale": "Feed-forward: norm scale",
    "feed_forward.norm.output": "Feed-forward: norm output",
    "feed_forward.pre": "Feed-forward: before activation",
    "feed_forward.post": "Feed-forward: neurons",
    "feed_forward.router.logits": "Router: logits",
    "feed_forward.router.gates": "Router: gates",
    "feed_forward.experts": "Experts: output of each choice",
    "feed_forward.shared.pre": "Shared experts: before activation",
    "feed_forward.shared.post": "Shared experts: neurons",
    "feed_forward.post_norm.scale": "Feed-forward: second norm scale",
    "feed_forward.post_norm.output": "Feed-forward: second norm output",
    "feed_forward.out": "Feed-forward: output",
    "residual.after": "Stream after layer",
    "norm.scale": "Final norm: scale",
    "norm.output": "Final norm: output",
    "logits": "Logits",
}
"""What places are called on the page, in the order in which a pass comes to them."""
UNITS = {"D": "dimension", "C": "channel", "U": "neuron", "F": "neuron", "E": "expert", "K": "choice", "V": "token"}
"""What one number of the last axis is called; a key's position (S) is a token of its own."""


def called(part: str) -> str:
    """A place within a sentence: self-attention queries q."""
    name = LABELS[part].replace(":", "")
    return f"{name[0].lower()}{name[1:]}"


class Place(NamedTuple):
    """A place of a stack of some model."""

    stack: StackName
    part: str
    layers: tuple[int, ...]
    """That have it; none: it belongs to the stack as a whole."""
    heads: int
    """That it has an axis for: of keys and values those that groups of heads share. 0: none."""
    units: int
    """Numbers of its last axis; 0 where that is one of positions, or a single number."""

    @property
    def axes(self) -> str:
        """Letters as in `models.records`, batch first."""
        return PLACES[self.part]

    @property
    def label(self) -> str:
        return LABELS[self.part]

    @property
    def of_source(self) -> bool:
        """Whether its positions are those of what cross-attention reads."""
        return self.part.startswith("cross_attention.") and self.axes[2] == "S"


@torch.no_grad()
def places(model: Transformer) -> dict[StackName, dict[str, Place]]:
    """Stack -> part -> place, the encoder first, in the order of `LABELS`: as a recorded pass of one token meets them.
    Logits belong to the stack that predicts.
    """
    device, config = next(model.parameters()).device, model.config
    one_BT = torch.zeros(1, 1, dtype=torch.long, device=device)
    source_BS = one_BT if config.topology == "encoder-decoder" else None
    prefix_B = torch.ones(1, dtype=torch.long, device=device) if config.prefix else None
    met = model(one_BT, source_BS=source_BS, prefix_B=prefix_B, record=["*"]).places
    shapes = {name: y.shape for name, y in met.items()}
    return {stack: _of(config, stack, shapes) for stack in get_args(StackName) if stack in config.depths()}


def _of(config: TransformerConfig, stack: StackName, met: Mapping[str, torch.Size]) -> dict[str, Place]:
    depth, predicts = config.depths()[stack], list(config.depths())[-1] == stack
    found = {}
    for part in LABELS:
        layers = tuple(i for i in range(depth) if f"{stack}.{i}.{part}" in met)
        name = f"{stack}.{layers[0]}.{part}" if layers else part if part == "logits" else f"{stack}.{part}"
        if name in met and (part != "logits" or predicts):
            axes, shape = PLACES[part], met[name]
            heads = shape[1] if axes[1] in "HG" else 0
            found[part] = Place(stack, part, layers, heads, shape[-1] if axes[-1] in UNITS else 0)
    return found


def absent(config: TransformerConfig, stack: StackName, part: str) -> str:
    """Why a stack lacks a place, in a few words."""
    feeds = config.feed_forwards()[stack]
    if part == "logits":
        return "the decoder predicts"
    if ".post_norm." in part:
        return "no norm behind the sublayers here"
    if part.startswith("cross_attention") or part == "residual.crossed":
        return "only the decoder of an encoder-decoder reads a source"
    if part.startswith("attention") or part == "residual.middle" or part.endswith(".scores"):
        return _no_attention(config, part)
    if "shared" in part:
        return "no shared experts here"
    if "router" in part or part.endswith("experts"):
        return "this router has none" if any(feed.expert_count() for feed in feeds) else "no experts here"
    if part in ("feed_forward.pre", "feed_forward.post") and all(feed.expert_count() for feed in feeds):
        return "every layer has experts instead"
    if part.startswith("feed_forward") and not any(feed.there for feed in feeds):
        return "no feed-forward part here"
    return "no norm here" if config.norm.kind == "none" else "no final norm here"


def _no_attention(config: TransformerConfig, part: str) -> str:
    if not config.attention.query_heads():
        return "no attention here"
    if part.endswith("relative"):
        return "only Shaw’s and Transformer-XL’s positions have them"
    return "linear attention has no softmax" if part.endswith("scores") else "no norm here"
