"""What to change in a forward pass, passed in as values (`edits=`); no module is patched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from torch import Tensor

StackName = Literal["encoder", "decoder"]
Part = Literal["self_attention", "cross_attention", "feed_forward", "layer", "position"]
How = Literal["zero", "mean"]


class Ablate(NamedTuple):
    """Remove what a head, a sublayer or a whole layer adds to the residual stream, or the position scheme of a stack.

    `head` narrows an attention part to one head (what it mixes, before the output projection). "zero" replaces it by 0;
    "mean" by its mean over the batch at each position (mean ablation as in Wang et al. 2022, arXiv:2211.00593), which
    needs at least two examples. A `layer` is skipped. Without its "position" scheme a stack embeds, rotates and adds to
    scores nothing that tells a place. Of these two only "zero" is defined.
    """

    stack: StackName
    layer: int | None
    """None: of the position scheme, which the layers of a stack share."""
    part: Part = "self_attention"
    head: int | None = None
    how: How = "zero"
    expert: int | None = None
    """Narrows a feed-forward part to one expert of a mixture: what it would add is 0, the router stays as it is."""


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
    layer: int
    part: Part
    """A sublayer: what it adds to the residual stream. "layer": the stream after it."""
    at_BT: Tensor
    """True at the examples and positions that are given it."""
    source: int = 0
    """The example that it is taken from."""
    head: int | None = None
    """Narrows an attention part to what one head mixes."""


class Resume(NamedTuple):
    """Begin a stack before one of its layers, with this residual stream: what comes earlier is not computed, and its
    records are empty. Behind the last layer, only the final norm is left.
    """

    stack: StackName
    layer: int
    stream_BTD: Tensor
    """As recorded of the block before (`LayerRecord.stream_BTD`); of layer 0, with positions added."""


Edit = Ablate | Force | Patch | Resume


def replaced(y: Tensor, how: str) -> Tensor:
    """`y` (batch first) with every example's values replaced by 0 or by the mean over the batch."""
    if how == "zero":
        return y * 0
    if y.shape[0] < 2:
        raise ValueError("Mean ablation replaces a value by its mean over the batch: give at least 2 examples, got 1.")
    return y.mean(dim=0, keepdim=True).expand_as(y)


def changed(y: Tensor, edit: Ablate | Patch) -> Tensor:
    """`y` (B, T, channels) as the edit of this very part leaves it."""
    if isinstance(edit, Ablate):
        return replaced(y, edit.how)
    if edit.at_BT.shape != y.shape[:2] or not 0 <= edit.source < len(y):
        raise ValueError(
            f"A patch of the {edit.stack} says of {tuple(edit.at_BT.shape)} examples and positions which to change, by "
            f"example {edit.source}; there are {tuple(y.shape[:2])}."
        )
    return y[edit.source].where(edit.at_BT[..., None], y)


def of_layer(edits: Sequence[Edit], stack: str, layer: int) -> tuple[Edit, ...]:
    """The edits that concern one layer."""
    return tuple(e for e in edits if e.stack == stack and e.layer == layer and not isinstance(e, Resume))


def of_part(edits: Sequence[Edit], part: str, *, heads: bool = False) -> tuple[Ablate | Patch, ...]:
    """Those that replace what a part adds as a whole, or, if `heads`, what single heads of it mix."""
    found = (e for e in edits if isinstance(e, (Ablate, Patch)) and e.part == part)
    return tuple(e for e in found if (e.head is not None) == heads and getattr(e, "expert", None) is None)


def unplaced(edits: Sequence[Edit], stack: str) -> bool:
    """Whether a stack goes without its position scheme."""
    return any(isinstance(e, Ablate) and e.part == "position" and e.stack == stack for e in edits)


def resumed(edits: Sequence[Edit], stack: str, x_BTD: Tensor) -> Resume | None:
    """Where a stack that embeds `x_BTD` begins instead."""
    for e in edits:
        if isinstance(e, Resume) and e.stack == stack:
            if e.stream_BTD.shape != x_BTD.shape:
                got, expected = tuple(e.stream_BTD.shape), tuple(x_BTD.shape)
                raise ValueError(f"The {stack} resumes with a stream of {got}, and what it reads is {expected}.")
            return e
    return None
