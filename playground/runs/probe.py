"""One look at the model through a probe: attention maps, head measures, likeliest tokens, all on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models import Output, Transformer
from models.edits import Edit
from playground.measures.head_roles import cross_cells, heads, self_cells
from playground.runs.history import Snapshot
from playground.runs.loads import Routed, routed
from playground.runs.vectors import vectors
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to


class Probe(NamedTuple):
    """A fixed batch to look at, and what its tokens make each head role look for."""

    batch: Batch
    cells: dict[str, dict[str, Tensor]]
    """Stack name -> role -> (B, T, S)."""


def probe(batch: Batch) -> Probe:
    """Prepare a batch to be looked at."""
    own = {"decoder": self_cells(batch.ids_BT, causal=True, wanted_BT=batch.targets_BT)}
    if batch.source_BS is None:
        return Probe(batch, {**own, "encoder": self_cells(batch.ids_BT, causal=False, wanted_BT=batch.targets_BT)})
    cross = cross_cells(batch.targets_BT, batch.source_BS)
    return Probe(batch, {**own, "encoder": self_cells(batch.source_BS, causal=False), "cross": cross})


def maps(output: Output) -> dict[str, list[Tensor]]:
    """Stack name -> one (B, H, T, S) of attention weights per layer, for the stacks that attend."""
    found = {
        "decoder": [r.self_attention_BHTS for r in output.decoder],
        "encoder": [r.self_attention_BHTS for r in output.encoder],
        "cross": [r.cross_attention_BHTS for r in output.decoder],
    }
    return {
        name: [w for w in layers if w is not None]
        for name, layers in found.items()
        if any(w is not None for w in layers)
    }


@torch.no_grad()
def route(model: Transformer, batch: Batch, step: int, *, edits: Sequence[Edit] = ()) -> Routed | None:
    """Which experts the tokens of a batch go to, as when evaluated; None for a model without experts."""
    batch = to(batch, next(model.parameters()).device)
    output = forward(model, batch, edits=edits)
    records, by = output.encoder + output.decoder, model.config.feed_forward
    found = routed(records, batch, step, encoders=len(output.encoder), by=by)
    return found if found.layers else None


@torch.no_grad()
def look(model: Transformer, seen: Probe, step: int, *, edits: Sequence[Edit] = (), example: int = 0) -> Snapshot:
    """What the probe shows after `step` updates; the maps are those of one example."""
    device = next(model.parameters()).device
    output = forward(model, to(seen.batch, device), edits=edits, record=True)
    recorded = maps(output)
    top = output.logits_BTV.float().softmax(dim=-1).topk(min(5, output.logits_BTV.shape[-1]), dim=-1)
    return Snapshot(
        step=step,
        maps={
            name: torch.stack([w[example] for w in layers]).half().cpu().numpy() for name, layers in recorded.items()
        },
        heads={name: heads(layers, seen.cells[name]) for name, layers in recorded.items()},
        top=top.indices.to(torch.int32).cpu().numpy(),
        top_probs=top.values.cpu().numpy().astype(np.float16),
        vectors=vectors(model, output, example),
    )
