"""One stack seen through a probe: weights, what they were scored by, and who may see whom."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models import Transformer
from models.attention import mask
from models.edits import place
from models.records import Scored
from playground.runs.probe import maps
from playground.tasks.base import Batch
from playground.visitors.session import Posed

CELLS = 2**21  # weights that one picture reads


class Looked(NamedTuple):
    """What distances are measured on. On the CPU."""

    weights: tuple[Tensor, ...]
    """One (B, H, T, S) per layer."""
    seen_BTS: Tensor
    """Which pairs count: those the mask allows, of queries that are no padding. One example for all where it can be."""
    scored: tuple[Scored, ...]
    """One per layer; none where there are no scores, or none are kept."""
    bias_HTS: Tensor | None
    """What the stack's positions add to the scores of every layer: ALiBi, T5."""


def looked(posed: Posed, which: str, *, kept: bool) -> Looked | None:
    """The attention of one stack to itself; None where there is none. `kept`: of the step looked back to, whose first
    example's weights are all that is there.
    """
    if kept and posed.kept is not None:
        if which not in posed.kept.maps:
            return None
        layers = torch.from_numpy(posed.kept.maps[which]).float()
        seen_BTS = allowed(posed.model, posed.probe.batch, which)
        return Looked(tuple(layers[:, None]), seen_BTS[: min(len(seen_BTS), posed.example + 1)][-1:], (), None)
    return _looked(posed, which)


@torch.no_grad()
def _looked(posed: Posed, which: str) -> Looked | None:
    model, batch = posed.model, posed.probe.batch
    cells = batch.ids_BT.shape[1] ** 2 * max(1, model.config.attention.query_heads()) * model.config.layers
    few = max(1, min(len(batch.ids_BT), CELLS // cells))
    batch = batch._replace(**{name: t[:few] for name, t in batch._asdict().items() if t is not None})
    output = posed.recorded(batch)
    weights = maps(output).get(which)
    if not weights:
        return None
    records = output.encoder if which == "encoder" else output.decoder
    scored = [r.scored for r in records if r.scored is not None] if which != "cross" else []
    queries, keys = weights[0].shape[-2:]
    stack = model.encoder if which == "encoder" else model.decoder
    placed = stack is not None and which != "cross" and f"{which}.position" not in map(place, posed.edits)
    bias_HTS = stack.position.bias(queries, keys) if stack is not None and placed else None
    return Looked(
        tuple(w.float().cpu() for w in weights),
        allowed(model, batch, which),
        tuple(_here(s) for s in scored),
        None if bias_HTS is None else bias_HTS.float().cpu(),
    )


def _here(scored: Scored) -> Scored:
    """On the CPU, in float32."""
    relative_BHTS = None if scored.relative_BHTS is None else scored.relative_BHTS.float().cpu()
    return scored._replace(
        q_BHTC=scored.q_BHTC.float().cpu(), k_BGSC=scored.k_BGSC.float().cpu(), relative_BHTS=relative_BHTS
    )


def allowed(model: Transformer, batch: Batch, which: str) -> Tensor:
    """(1 or B, T, S) True where a query of the stack, which is no padding, may look."""
    config, reads = model.config, batch.ids_BT
    if which == "encoder" and batch.source_BS is not None:
        reads = batch.source_BS
    length, keep_BS = reads.shape[1], None if which == "decoder" and batch.source_BS is not None else batch.keep_BS
    seen = mask(
        length,
        length,
        device=torch.device("cpu"),
        causal=which == "decoder",
        window=config.attention.sees(),
        prefix_B=batch.prefix_B if config.prefix and which == "decoder" else None,
        keep_BS=keep_BS,
    ).written(length, length, torch.device("cpu"))
    seen_BTS = (torch.ones(1, length, length, dtype=torch.bool) if seen is None else seen).reshape(-1, length, length)
    return seen_BTS if keep_BS is None else seen_BTS & keep_BS[:, :, None]
