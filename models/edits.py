"""What to change in a forward pass, passed in as values (`edits=`); no module is patched. Each acts at a place of the
pass (`models/tap.py` names them all).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import torch
from torch import Tensor

if TYPE_CHECKING:
    from models.position import PositionConfig

StackName = Literal["encoder", "decoder"]
Part = Literal["self_attention", "cross_attention", "feed_forward", "layer", "position"]
"""What parts of a layer are called for short; any place of `tap.PLACES` may stand in their stead."""
How = Literal["zero", "mean"]
PARTS, HOWS = get_args(Part), get_args(How)


class Ablate(NamedTuple):
    """Remove what a head, a sublayer or a whole layer adds to the residual stream, the position scheme of a stack, or
    what stands at any other place.

    `head` narrows an attention part to one head (what it mixes, before the output projection), `unit` to one number of
    the last axis, such as a neuron of "feed_forward.post". "zero" replaces it by 0; "mean" by its mean over the real
    tokens of the batch at each position, which needs at least two examples, or over those of `reference` (mean ablation
    as in Wang et al. 2022, arXiv:2211.00593, whose reference is another distribution of prompts). A `layer` is skipped,
    a "attention.norm" left out, or the last "norm" of a stack. Without its "position" scheme a stack embeds, rotates
    and adds to scores nothing that tells a place. For these three there is no mean.
    """

    stack: StackName
    layer: int | None
    """None: of what the layers of a stack share, such as its position scheme or "embedding"."""
    part: Part | str = "self_attention"
    head: int | None = None
    how: How = "zero"
    expert: int | None = None
    """Narrows a feed-forward part to one expert of a mixture: what it would add is 0, the router stays as it is."""
    unit: int | None = None
    reference: Tensor | None = None
    """Values of this place from other examples, which come first: the mean is over them."""


class Force(NamedTuple):
    """Send tokens to an expert: it is their first choice, with the gate that the router would give it there."""

    stack: StackName
    layer: int
    expert: int
    position: int | None = None
    """Of the token in its sequence; None: every token."""


class Patch(NamedTuple):
    """Give examples what another example of the batch has in the same place: activation patching (Meng et al. 2022,
    arXiv:2202.05262, sec. 2.1), also called an interchange intervention (Geiger et al. 2021, arXiv:2106.02997).
    """

    stack: StackName
    layer: int | None
    part: Part | str
    """A sublayer: what it adds to the residual stream. "layer": the stream after it. Else the name of a place."""
    at_BT: Tensor
    """True at the examples and positions that are given it."""
    source: int = 0
    """The example that it is taken from."""
    head: int | None = None
    """Narrows an attention part to what one head mixes."""
    unit: int | None = None
    values: Tensor | None = None
    """Given instead of an example's, broadcastable to the place."""


class Resume(NamedTuple):
    """Begin a stack before one of its layers, with this residual stream: what comes earlier is not computed, and its
    records are empty. Behind the last layer, only the final norm is left.
    """

    stack: StackName
    layer: int
    stream_BTD: Tensor
    """As recorded of the block before (`LayerRecord.stream_BTD`); of layer 0, with positions added."""


class Swap(NamedTuple):
    """Run a stack with another position scheme, or the same with other settings: RoPE of another base, say. It has to
    be one without parameters, as none has been trained. `NoPosition()` is what `Ablate` of "position" comes to.
    """

    stack: StackName
    position: PositionConfig
    layer: None = None


class Hide(NamedTuple):
    """Hide tokens from attention: no other query may attend to their keys (attention knockout: Geva et al. 2023,
    arXiv:2304.14767, sec. 4, where single edges are cut). A token still sees itself, so that it attends to something.
    """

    stack: StackName
    at_BS: Tensor
    """True at the tokens that are hidden, of the source if `cross`."""
    layer: int | None = None
    """None: in every layer."""
    cross: bool = False
    """Whether they are hidden from cross-attention, in place of self-attention."""


Edit = Ablate | Force | Patch | Resume | Swap | Hide


def place(edit: Edit) -> str:
    """Where in the pass it acts: `decoder.0.attention.out`. A stack, a layer, their position scheme and their routers
    are places too, which the modules ask for by themselves.
    """
    if isinstance(edit, Resume):
        return edit.stack
    if isinstance(edit, Swap):
        return f"{edit.stack}.position"
    if isinstance(edit, Hide):
        return f"{edit.stack}.mask" if edit.layer is None else f"{edit.stack}.{edit.layer}.mask"
    if isinstance(edit, Force) or (isinstance(edit, Ablate) and edit.expert is not None):
        return f"{edit.stack}.{edit.layer}.feed_forward.router"
    part = edit.part
    if part in ("self_attention", "cross_attention", "feed_forward"):
        name = "attention" if part == "self_attention" else part
        part = f"{name}.{'out' if edit.head is None else 'z'}"
    elif part == "layer":
        part = "residual.after" if isinstance(edit, Patch) else ""
    where = edit.stack if edit.layer is None else f"{edit.stack}.{edit.layer}"
    return "logits" if part == "logits" else f"{where}.{part}".rstrip(".")


def resumed(edits: Sequence[Edit], x_BTD: Tensor) -> tuple[int, Tensor]:
    """The first layer of a stack and what it reads: 0 and `x_BTD`, unless one of its edits resumes it elsewhere."""
    for e in edits:
        if isinstance(e, Resume):
            if e.stream_BTD.shape != x_BTD.shape:
                got, expected = tuple(e.stream_BTD.shape), tuple(x_BTD.shape)
                raise ValueError(f"The {e.stack} resumes with a stream of {got}, and what it reads is {expected}.")
            return e.layer, e.stream_BTD
    return 0, x_BTD


def changed(y: Tensor, edit: Ablate | Patch, axes: str, keep_BT: Tensor | None = None) -> Tensor:
    """`y` as an edit leaves it; `axes` are its letters, batch first. `keep_BT`: which tokens are real."""
    if edit.head is None and edit.unit is None:
        return _whole(y, edit, axes, keep_BT)
    y, one = y.clone(), (slice(None), slice(None) if edit.head is None else edit.head)
    one = one if edit.unit is None else (*one, ..., edit.unit)
    left = axes if edit.head is None else axes[0] + axes[2:]
    y[one] = _whole(y[one], edit, left if edit.unit is None else left[:-1], keep_BT)
    return y


def _whole(y: Tensor, edit: Ablate | Patch, axes: str, keep_BT: Tensor | None) -> Tensor:
    at = next((i for i, letter in enumerate(axes) if letter in "TS"), 1)
    if isinstance(edit, Ablate):
        return _ablated(y, edit, at, keep_BT)
    if edit.at_BT.shape != (len(y), y.shape[at]) or not 0 <= edit.source < len(y):
        raise ValueError(
            f"A patch of the {edit.stack} says of {tuple(edit.at_BT.shape)} examples and positions which to change, by "
            f"example {edit.source}; there are {(len(y), y.shape[at])}."
        )
    values = y[edit.source] if edit.values is None else edit.values.to(y)
    return values.where(_spread(edit.at_BT.bool(), y, at), y)


def _ablated(y: Tensor, edit: Ablate, at: int, keep_BT: Tensor | None) -> Tensor:
    if edit.how == "zero":
        return y * 0
    if edit.reference is not None:
        return edit.reference.to(y).mean(dim=0, keepdim=True).expand_as(y)
    if y.shape[0] < 2:
        raise ValueError("Mean ablation replaces a value by its mean over the batch: give at least 2 examples, got 1.")
    if keep_BT is None:
        return y.mean(dim=0, keepdim=True).expand_as(y)
    real = _spread(keep_BT, y, at)
    total = y.where(real, torch.zeros((), dtype=y.dtype, device=y.device)).sum(dim=0, keepdim=True)
    return (total / real.sum(dim=0, keepdim=True).clamp(min=1)).expand_as(y)


def _spread(at_BT: Tensor, y: Tensor, at: int) -> Tensor:
    """(B, T) with axes of 1 for the others of `y`, whose positions are axis `at`."""
    return at_BT.view(len(y), *(n if i == at else 1 for i, n in enumerate(y.shape) if i))
