"""Which edits a model can take: one that would change nothing is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import ValidationError

from models.architecture import TransformerConfig
from models.config import problems
from models.edits import HOWS, PARTS, Ablate, Edit, Force, Hide, Patch, Resume, Swap, place
from models.tap import MAPPED, PLACES, SHARED

WHOLE = ("position", "logits", "norm", *SHARED)
"""What a stack has once, without a layer."""


def check(edits: Sequence[Edit], config: TransformerConfig, *, cached: bool, filled: bool) -> None:
    """Raise ValueError for an edit that would change nothing: an absent stack, layer, part, head or expert, or what
    lies before the layer where a stack resumes. `cached`: the pass has a cache, which is `filled` if not new.
    """
    depths, begins = config.depths(), _resumes(edits, config.depths())
    if cached and begins:
        raise ValueError("A stack that resumes has no keys of its earlier layers: give no cache.")
    for e in edits:
        if filled and e.stack == "encoder":
            raise ValueError(f"{said(e)}: the encoder has been read into the cache, and does not run again.")
        if isinstance(e, Resume):
            continue
        if place(e) == f"{e.stack}.position" and sum(place(other) == place(e) for other in edits) > 1:
            raise ValueError(f"{said(e)}: a stack has one position scheme, and another edit changes it too.")
        if isinstance(e, Swap):
            _check_swap(e, config)
        if isinstance(e, Hide):
            _check_hidden(e, config, cached=cached)
        if isinstance(e, (Ablate, Patch)):
            _check_part(e, config)
        shared = e.layer is None and (
            isinstance(e, (Swap, Hide)) or (isinstance(e, (Ablate, Patch)) and e.part in WHOLE)
        )
        if e.stack not in depths or not (shared or (e.layer is not None and 0 <= e.layer < depths[e.stack])):
            raise ValueError(f"{said(e)}: the {e.stack} has {depths.get(e.stack, 0)} layers, counted from 0.")
        if e.stack in begins and (e.layer is None or e.layer < begins[e.stack]) and not _behind(e):
            raise ValueError(f"{said(e)}: the {e.stack} resumes at layer {begins[e.stack]}, behind it.")
        if isinstance(e, (Ablate, Force)) and e.expert is not None:
            _check_expert(e, config)


def _check_swap(e: Swap, config: TransformerConfig) -> None:
    if e.stack not in config.depths():
        raise ValueError(f"{said(e)}: this model has no {e.stack}.")
    if e.position == config.position:
        raise ValueError(f"{said(e)}: the model has these positions.")
    room = config.room(e.stack)
    if e.position.parameters(room) or e.position.layer_parameters(room):
        raise ValueError(f"{said(e)}: {e.position.kind} positions have parameters, which nobody has trained here.")
    try:
        config.but(position=e.position)
    except ValidationError as error:
        raise ValueError(f"{said(e)}: {' '.join(problems(error, TransformerConfig).values())}") from None


def _check_hidden(e: Hide, config: TransformerConfig, *, cached: bool) -> None:
    if not config.attention.query_heads():
        raise ValueError(f"{said(e)}: this model has no attention to hide tokens from.")
    if e.cross and (e.stack != "decoder" or config.topology != "encoder-decoder"):
        raise ValueError(f"{said(e)}: only the decoder of an encoder-decoder has cross-attention.")
    if cached:
        raise ValueError(f"{said(e)}: what was read into a cache cannot be hidden afterwards: give no cache.")
    if e.at_BS.dtype != torch.bool or not bool(e.at_BS.any()):
        raise ValueError(f"{said(e)}: at_BS is True at the tokens to hide, one at least.")


def _behind(e: Ablate | Force | Patch | Swap | Hide) -> bool:
    """Whether it acts in the last layer or after it."""
    if isinstance(e, Hide):
        return e.layer is None
    return isinstance(e, (Ablate, Patch)) and (e.part == "logits" or e.part.split(".")[0] == "norm")


def _resumes(edits: Sequence[Edit], depths: dict[str, int]) -> dict[str, int]:
    """At which layer each stack resumes."""
    begins: dict[str, int] = {}
    for e in edits:
        if isinstance(e, Resume):
            if not 0 <= e.layer <= depths.get(e.stack, -1):
                last = depths.get(e.stack, 0)
                raise ValueError(f"Resume at layer {e.layer}: the {e.stack} has {last} layers, counted from 0.")
            if e.stack in begins:
                raise ValueError(f"The {e.stack} can resume at one layer, not at {begins[e.stack]} and {e.layer}.")
            begins[e.stack] = e.layer
    return begins


def _check_expert(e: Ablate | Force, config: TransformerConfig) -> None:
    assert e.layer is not None
    there = config.feed_forwards()[e.stack][e.layer].expert_count()
    if e.expert is not None and not 0 <= e.expert < there:
        raise ValueError(f"{said(e)}: this layer has {there} experts, counted from 0.")
    if isinstance(e, Force) and e.position is not None and e.position < 0:
        raise ValueError(f"{said(e)}: positions are counted from 0.")


def _check_part(e: Ablate | Patch, config: TransformerConfig) -> None:
    how = e.how if isinstance(e, Ablate) else "zero"
    heads, parts = config.attention.query_heads(), [p for p in PARTS if isinstance(e, Ablate) or p != "position"]
    norms = [name.removesuffix(".scale") for name in PLACES if name.endswith("norm.scale")]
    removed = norms if isinstance(e, Ablate) else []
    if e.part not in (*parts, *PLACES, *removed) or how not in HOWS:
        known = f"parts are {', '.join(parts)}; or a place of models.tap.PLACES; how is one of {', '.join(HOWS)}"
        raise ValueError(f"{said(e)}: {known}.")
    axes = PLACES.get(e.part, "BTD")
    headed = e.part in ("self_attention", "cross_attention") or axes[1] in "HG"
    here = config.attention.key_value_heads() if axes[1] == "G" else heads
    here *= config.attention.maps if e.part.partition(".")[2] in MAPPED else 1
    if e.head is not None and not (headed and 0 <= e.head < here):
        raise ValueError(f"{said(e)}: heads 0 to {here - 1} exist, in an attention part.")
    if isinstance(e, Ablate) and e.expert is not None and (e.part != "feed_forward" or how != "zero"):
        raise ValueError(f"{said(e)}: an expert is part of a feed_forward, and can be replaced by zero.")
    if e.part.startswith("cross_attention") and (e.stack != "decoder" or config.topology != "encoder-decoder"):
        raise ValueError(f"{said(e)}: only the decoder of an encoder-decoder has cross-attention.")
    none = (e.part == "self_attention" and not heads) or (e.part == "feed_forward" and not config.feed_forward.there)
    if none:
        raise ValueError(f"{said(e)}: the blocks of this model have no {e.part.replace('_', '-')} part.")
    if e.part == "position" and (e.layer is not None or e.stack not in config.depths()):
        whole = f"a position scheme belongs to a whole stack: layer=None, of {', '.join(config.depths())}"
        raise ValueError(f"{said(e)}: {whole}.")
    if e.part == "position" and not config.position.tells:
        raise ValueError(f"{said(e)}: this model has no position scheme.")
    if how != "zero" and e.part in ("position", "layer", *removed):
        what = {"position": "positions are switched off, and have", "layer": "a skipped layer has"}
        raise ValueError(f"{said(e)}: {what.get(e.part, 'a norm is left out, and has')} no mean; use how='zero'.")


def said(e: Edit) -> str:
    """Ablate of the decoder, layer 1, self_attention, head 2: without the numbers of its tensors."""
    given = e._asdict()
    parts = [f"{type(e).__name__} of the {e.stack}, layer {e.layer}", str(given.get("part") or "")]
    parts += [f"{name} {given[name]}" for name in ("head", "expert", "unit") if given.get(name) is not None]
    return ", ".join(filter(None, parts))
