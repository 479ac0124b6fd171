"""What the scores of the Positions lens are made of: content, what the position scheme adds, rotary pairs."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import Transformer, TransformerConfig
from models.position import RoPE
from playground.lenses.positions.looked import Looked
from playground.measures import distance as measure
from playground.visitors.session import Session

EXACT = 1e-3


def note(config: TransformerConfig) -> str:
    """How the model's position scheme enters its scores."""
    return config.position.sees


def why(session: Session, *, kept: bool) -> str:
    """Why there are no scores."""
    run = session.start()
    if run.config.model.attention.unscored:
        return run.config.model.attention.unscored
    if kept:
        return (
            "Scores are there for the newest step only; of earlier ones the weights of the probe’s first example are "
            f'kept. <a data-do="step:{run.step}">Go to step {run.step:,}</a>.'
        )
    return "There are no scores here."


def signed(weights_LHR: np.ndarray) -> float:
    """Where a linear scale of weights ends that run below 0, a power of two; 0 where none does."""
    largest = float(np.nanmax(np.abs(weights_LHR), initial=0.0))
    return 0.0 if np.nanmin(weights_LHR, initial=0.0) >= -EXACT else 2.0 ** math.ceil(math.log2(max(largest, 0.05)))


def terms(seen: Looked, layer: int) -> list[Tensor]:
    """(B, H, T, S) each, whose sum is what the softmax gets: content, and what the position scheme adds, if it does."""
    scored = seen.scored[layer]
    content = measure.content(scored)
    found = [content]
    if scored.relative_BHTS is not None:
        found.append(scored.relative_BHTS)
    if seen.bias_HTS is not None:
        found.append(seen.bias_HTS.expand_as(content))
    return found


def explained(seen: Looked) -> list[list[float]]:
    """R^2 of distance for the scores of every head of every layer; [] where there are no scores."""
    return [
        measure.moments(torch.stack(terms(seen, i)).sum(0), seen.seen_BTS).explained.tolist()
        for i in range(len(seen.scored))
    ]


def of_head(model: Transformer, seen: Looked, layer: int, head: int, where: slice) -> dict[str, Any]:
    """Mean score by distance with its spread, its terms, and what each rotary pair adds."""
    if not seen.scored:
        return {"terms": "[]", "scores": "", "spread": "", "pairs": "", "cells": ""}
    one = [term[:, head : head + 1] for term in terms(seen, layer)]
    whole = measure.moments(torch.stack(one).sum(0), seen.seen_BTS)
    parts = [measure.moments(term, seen.seen_BTS).mean[0] for term in one] if len(one) > 1 else []
    position = model.config.position
    product = "rotated q · k" if isinstance(position, RoPE) else "q · k"
    names = ["score", product, position.adds] if parts else [product]
    return {
        "terms": json.dumps(names),
        "scores": packed(np.stack([whole.mean[0], *parts])[:, where]),
        "spread": packed(whole.spread[0][where]),
        **_pairs(model, seen, layer, head, where),
    }


def _pairs(model: Transformer, seen: Looked, layer: int, head: int, where: slice) -> dict[str, Any]:
    """Rows [name, tokens per turn, mean |contribution|], and int16 cells: contribution / top * 32767."""
    position, scored = model.config.position, seen.scored[layer]
    channels = scored.q_BHTC.shape[-1]
    if not isinstance(position, RoPE):
        return {"pairs": "", "cells": ""}
    rotated = position.rotated(model.config.room("decoder").turning())
    interleaved = position.pairing == "interleaved"
    cells_PR = measure.pairs(scored, head, seen.seen_BTS, rotated, interleaved=interleaved)[:, where]
    turns = (2 * math.pi / position.scaling.frequencies(position.base, rotated)).tolist()
    count = measure.counts(seen.seen_BTS)[where]
    sizes = (np.abs(np.nan_to_num(cells_PR)) * count).sum(-1) / count.sum()
    named = [[f"{i}", turn] for i, turn in enumerate(turns)] + [["rest", None]] * (len(cells_PR) - len(turns))
    rows = [[*name, round(float(size), 4)] for name, size in zip(named, sizes, strict=True)]
    top = float(np.nanmax(np.abs(cells_PR), initial=1e-6))
    top = 2.0 ** math.ceil(math.log2(top))  # so that it seldom moves
    int16 = np.where(np.isnan(cells_PR), -32_768, np.rint(np.nan_to_num(cells_PR) / top * 32_767)).astype("<i2")
    return {
        "pairs": json.dumps({"rows": rows, "top": top, "untouched": channels - rotated}),
        "cells": base64.b64encode(int16.tobytes()).decode(),
    }


def packed(array: np.ndarray) -> str:
    """base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()
