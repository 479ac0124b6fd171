"""What to change in a forward pass, passed in as values (`edits=`); no module is patched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from torch import Tensor

Part = Literal["self_attention", "cross_attention", "feed_forward", "layer"]
How = Literal["zero", "mean"]


class Ablate(NamedTuple):
    """Remove what a head, a sublayer or a whole layer adds to the residual stream.

    `head` narrows an attention part to one head (what it mixes, before the output projection). "zero" replaces it by 0;
    "mean" by its mean over the batch at each position (mean ablation as in Wang et al. 2022, arXiv:2211.00593), which
    needs at least two examples. A `layer` is skipped: only "zero" is defined.
    """

    stack: Literal["encoder", "decoder"]
    layer: int
    part: Part = "self_attention"
    head: int | None = None
    how: How = "zero"
    expert: int | None = None
    """Narrows a feed-forward part to one expert of a mixture: what it would add is 0, the router stays as it is."""


class Force(NamedTuple):
    """Send tokens to an expert: it is their first choice, with the gate that the router would give it there."""

    stack: Literal["encoder", "decoder"]
    layer: int
    expert: int
    position: int | None = None
    """Of the token in its sequence; None: every token."""


Edit = Ablate | Force


def replaced(y: Tensor, how: str) -> Tensor:
    """`y` (batch first) with every example's values replaced by 0 or by the mean over the batch."""
    if how == "zero":
        return y * 0
    if y.shape[0] < 2:
        raise ValueError("Mean ablation replaces a value by its mean over the batch: give at least 2 examples, got 1.")
    return y.mean(dim=0, keepdim=True).expand_as(y)


def of_layer(edits: Sequence[Edit], stack: str, layer: int) -> tuple[Edit, ...]:
    """The edits that concern one layer."""
    return tuple(e for e in edits if e.stack == stack and e.layer == layer)


def check(
    edits: Sequence[Edit],
    depths: dict[str, int],
    heads: int,
    *,
    feeds_forward: bool,
    experts: dict[str, list[int]] | None = None,
) -> None:
    """Raise ValueError for an edit that would change nothing: an absent stack, layer, part, head or expert.

    `experts`: how many each layer of a stack has.
    """
    for e in edits:
        if not 0 <= e.layer < depths.get(e.stack, 0):
            raise ValueError(f"{e}: the {e.stack} has {depths.get(e.stack, 0)} layers, counted from 0.")
        if e.expert is not None:
            there = experts[e.stack][e.layer] if experts else 0
            if not 0 <= e.expert < there:
                raise ValueError(f"{e}: this layer has {there} experts, counted from 0.")
        if isinstance(e, Force) and e.position is not None and e.position < 0:
            raise ValueError(f"{e}: positions are counted from 0.")
        if isinstance(e, Ablate):
            _check_ablation(e, heads, feeds_forward=feeds_forward, crosses="encoder" in depths)


def _check_ablation(e: Ablate, heads: int, *, feeds_forward: bool, crosses: bool) -> None:
    if e.part not in get_args(Part) or e.how not in get_args(How):
        raise ValueError(f"{e}: parts are {', '.join(get_args(Part))}; how is one of {', '.join(get_args(How))}.")
    if e.head is not None and (not 0 <= e.head < heads or not e.part.endswith("attention")):
        raise ValueError(f"{e}: heads 0 to {heads - 1} exist, in an attention part.")
    if e.expert is not None and (e.part != "feed_forward" or e.how != "zero"):
        raise ValueError(f"{e}: an expert is part of a feed_forward, and can be replaced by zero.")
    if e.part == "cross_attention" and (e.stack != "decoder" or not crosses):
        raise ValueError(f"{e}: only the decoder of an encoder-decoder has cross-attention.")
    if (e.part == "self_attention" and not heads) or (e.part == "feed_forward" and not feeds_forward):
        raise ValueError(f"{e}: the blocks of this model have no {e.part.replace('_', '-')} part.")
    if e.part == "layer" and e.how != "zero":
        raise ValueError(f"{e}: a skipped layer has no mean; use how='zero'.")
