"""The parts of a model that can be ablated, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from models import Ablate, TransformerConfig
from models.edits import How, Part, StackName
from models.mixture import MoE

Kind = Literal["head", "cross head", "expert", "self-attention", "cross-attention", "feed-forward", "layer", "position"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STACKS: tuple[StackName, ...] = get_args(StackName)
ZERO_ONLY = ("expert", "layer", "position")
"""Kinds that have no mean."""
PARTS: dict[Kind, Part] = {
    "head": "self_attention",
    "cross head": "cross_attention",
    "expert": "feed_forward",
    "self-attention": "self_attention",
    "cross-attention": "cross_attention",
    "feed-forward": "feed_forward",
    "layer": "layer",
    "position": "position",
}


def parts(config: TransformerConfig, kinds: Sequence[Kind] | None = None, how: How = "zero") -> tuple[Ablate, ...]:
    """One ablation for each part of these kinds, in the order of the kinds, encoder first; None: all that there are.

    Raises ValueError for a kind that the model does not have, or that `how` is not defined for.
    """
    found = {kind: tuple(_of(config, kind, how)) for kind in KINDS}
    if kinds is None:
        return tuple(e for kind, every in found.items() for e in every if how == "zero" or kind not in ZERO_ONLY)
    for kind in kinds:
        if not found.get(kind):
            has = ", ".join(k for k in KINDS if found[k])
            raise ValueError(f"This model has no {kind} to ablate. It has: {has}.")
        if how != "zero" and kind in ZERO_ONLY:
            raise ValueError(f"A {kind} has no mean over the examples to take its place. Use how='zero'.")
    return tuple(e for kind in kinds for e in found[kind])


def _of(config: TransformerConfig, kind: Kind, how: How) -> Iterator[Ablate]:
    heads, part, depths = config.attention.query_heads(), PARTS[kind], config.depths()
    for stack in STACKS:
        if depths.get(stack) is None or (kind.startswith("cross") and (stack == "encoder" or len(depths) == 1)):
            continue
        if kind == "position":
            yield from [Ablate(stack, None, part)] if config.position.kind != "none" else ()
            continue
        for layer, feed in enumerate(config.feed_forwards()[stack]):
            if kind.endswith("head"):
                yield from (Ablate(stack, layer, part, head, how) for head in range(heads))
            elif kind == "expert":
                experts = feed.room(config.width).experts if isinstance(feed, MoE) else 0
                yield from (Ablate(stack, layer, part, expert=e) for e in range(experts))
            elif (heads or not kind.endswith("attention")) and (feed.kind != "none" or kind != "feed-forward"):
                yield Ablate(stack, layer, part, how=how)


def coupled(config: TransformerConfig) -> bool:
    """Whether the examples of a batch compete for seats at experts when evaluated, so that one changes another."""
    feeds = (feed for layers in config.feed_forwards().values() for feed in layers)
    return any(
        isinstance(feed, MoE)
        and feed.capacity.group == "batch"
        and (feed.capacity.evaluation is not None or not feed.router.causal)
        for feed in feeds
    )


def kind(edit: Ablate) -> Kind:
    """Which kind of part an edit ablates."""
    if edit.expert is not None:
        return "expert"
    if edit.head is not None:
        return "cross head" if edit.part == "cross_attention" else "head"
    return next(k for k, part in PARTS.items() if part == edit.part and k not in ("head", "cross head", "expert"))


def name(edit: Ablate, *, both: bool = False) -> str:
    """L1 H2, cross L1 H2, L0 E3, L1 feed-forward, positions; `both`: of an encoder-decoder, whose stacks are named."""
    stack, which = f"{edit.stack} " if both else "", kind(edit)
    if which == "position":
        return f"{stack}positions"
    if which in ("head", "cross head", "expert"):
        unit = f"E{edit.expert}" if which == "expert" else f"H{edit.head}"
        return f"{'cross ' if which == 'cross head' else stack}L{edit.layer} {unit}"
    return f"{stack}L{edit.layer}{'' if which == 'layer' else f' {which}'}"
