"""Which edits a model can take: one that would change nothing is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from models.edits import Ablate, Edit, Force, How, Part, Patch, Resume


def check(
    edits: Sequence[Edit],
    depths: dict[str, int],
    heads: int,
    *,
    feeds_forward: bool,
    places: bool,
    experts: dict[str, list[int]] | None = None,
) -> None:
    """Raise ValueError for an edit that would change nothing: an absent stack, layer, part, head or expert, or what
    lies before the layer where a stack resumes.

    `places`: whether there is a position scheme. `experts`: how many each layer of a stack has.
    """
    begins: dict[str, int] = {}
    for e in edits:
        if isinstance(e, Resume):
            if not 0 <= e.layer <= depths.get(e.stack, -1):
                last = depths.get(e.stack, 0)
                raise ValueError(f"Resume at layer {e.layer}: the {e.stack} has {last} layers, counted from 0.")
            if e.stack in begins:
                raise ValueError(f"The {e.stack} can resume at one layer, not at {begins[e.stack]} and {e.layer}.")
            begins[e.stack] = e.layer
    for e in edits:
        if not isinstance(e, Resume):
            _check_one(e, depths, experts)
            if e.stack in begins and (e.layer is None or e.layer < begins[e.stack]):
                raise ValueError(f"{_said(e)}: the {e.stack} resumes at layer {begins[e.stack]}, behind it.")
        if isinstance(e, (Ablate, Patch)):
            _check_part(e, heads, feeds_forward=feeds_forward, places=places, crosses="encoder" in depths)


def _check_one(e: Ablate | Force | Patch, depths: dict[str, int], experts: dict[str, list[int]] | None) -> None:
    whole = isinstance(e, Ablate) and e.part == "position"
    if whole and (e.layer is not None or e.stack not in depths):
        raise ValueError(f"{_said(e)}: a position scheme belongs to a whole stack: layer=None, of {', '.join(depths)}.")
    if not whole and (e.layer is None or not 0 <= e.layer < depths.get(e.stack, 0)):
        raise ValueError(f"{_said(e)}: the {e.stack} has {depths.get(e.stack, 0)} layers, counted from 0.")
    expert = None if isinstance(e, Patch) else e.expert
    if expert is not None:
        there = experts[e.stack][e.layer] if experts and e.layer is not None else 0
        if not 0 <= expert < there:
            raise ValueError(f"{_said(e)}: this layer has {there} experts, counted from 0.")
    if isinstance(e, Force) and e.position is not None and e.position < 0:
        raise ValueError(f"{_said(e)}: positions are counted from 0.")


def _check_part(e: Ablate | Patch, heads: int, *, feeds_forward: bool, places: bool, crosses: bool) -> None:
    how = e.how if isinstance(e, Ablate) else "zero"
    parts = [p for p in get_args(Part) if isinstance(e, Ablate) or p != "position"]
    if e.part not in parts or how not in get_args(How):
        raise ValueError(f"{_said(e)}: parts are {', '.join(parts)}; how is one of {', '.join(get_args(How))}.")
    if e.head is not None and (not 0 <= e.head < heads or not e.part.endswith("attention")):
        raise ValueError(f"{_said(e)}: heads 0 to {heads - 1} exist, in an attention part.")
    if isinstance(e, Ablate) and e.expert is not None and (e.part != "feed_forward" or how != "zero"):
        raise ValueError(f"{_said(e)}: an expert is part of a feed_forward, and can be replaced by zero.")
    if e.part == "cross_attention" and (e.stack != "decoder" or not crosses):
        raise ValueError(f"{_said(e)}: only the decoder of an encoder-decoder has cross-attention.")
    if (e.part == "self_attention" and not heads) or (e.part == "feed_forward" and not feeds_forward):
        raise ValueError(f"{_said(e)}: the blocks of this model have no {e.part.replace('_', '-')} part.")
    if e.part == "position" and not places:
        raise ValueError(f"{_said(e)}: this model has no position scheme.")
    if e.part == "position" and how != "zero":
        raise ValueError(f"{_said(e)}: positions are switched off, and have no mean; use how='zero'.")
    if e.part == "layer" and how != "zero":
        raise ValueError(f"{_said(e)}: a skipped layer has no mean; use how='zero'.")


def _said(e: Edit) -> str:
    """Without the numbers of its tensors."""
    return f"Patch of the {e.stack}, layer {e.layer}, {e.part}" if isinstance(e, Patch) else str(e)
