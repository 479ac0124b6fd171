"""What a variant's model does with the probe at one step, as small plain values that travel between processes."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from playground.comparison.word import answer, seen
from playground.runs.history import Snapshot
from playground.runs.probe import look
from playground.runs.run import Run
from playground.tasks.base import IGNORE, Batch

MASKED = 255


def picture(run: Run, step: int, layer: int = -1, head: int = 0, word: str = "") -> dict[str, Any]:
    """The kept picture nearest to a step: attention of one head, predictions, loads of the experts. With a word of the
    visitor's own, which no step has kept, the model as it is now.

    Layers count from the last where negative; layers and heads that a variant does not have are its last ones.
    """
    kept = run.history.nearest(step)
    assert kept is not None  # the first is kept when the run is built
    loads, batch = experts(kept, layer), run.probe.batch
    if word:
        through = seen(run, word)
        kept, batch = look(run.model, through, run.step), through.batch
    drawn, guessed = attention(run, batch, kept, layer, head), predictions(run, batch, kept)
    return {"step": kept.step, "own": bool(word), **drawn, **guessed, **loads}


def attention(run: Run, batch: Batch, kept: Snapshot, layer: int, head: int) -> dict[str, Any]:
    """One head's weights over all tokens that the model reads: those of a source first, then those of the answer.

    An encoder-decoder's picture has three parts: the encoder looks at the source, the decoder at source (cross) and
    itself, each with rows of its own. Weights beyond 1 are drawn as 1, and those below 0 without their sign.
    """
    stacks = kept.maps
    if not stacks:
        return {"layers": 0, "heads": 0}
    layers, heads = next(iter(stacks.values())).shape[:2]
    at, which = layer % layers if layer < 0 else min(layer, layers - 1), min(head, heads - 1)
    words = run.task.vocabulary
    own = [words[int(i)] for i in batch.ids_BT[0]]
    if "cross" in stacks:
        assert batch.source_BS is not None
        source = [words[int(i)] for i in batch.source_BS[0]]
        encoder, cross, decoder = (_of(stacks[name], at, which) for name in ("encoder", "cross", "decoder"))
        S, T = len(source), len(own)
        weights = np.zeros((S + T, S + T), np.float32)
        seen = np.zeros((S + T, S + T), bool)
        weights[:S, :S], seen[:S, :S] = encoder, True
        weights[S:, :S], seen[S:, :S] = cross, True
        weights[S:, S:], seen[S:, S:] = decoder, np.tril(np.ones((T, T), bool))
        tokens, cut = source + own, S
    else:
        name = next(iter(stacks))
        weights, tokens = _of(stacks[name], at, which), own
        lit = (stacks[name] != 0).any(axis=(0, 1))
        seen = np.ones_like(lit) if name == "encoder" else np.tril(np.ones_like(lit)) | lit
        cut = answer(batch)
    cells = np.where(seen, np.rint(np.sqrt(np.abs(weights).clip(max=1)) * 254), MASKED).astype(np.uint8)
    return {
        "layers": layers,
        "heads": heads,
        "layer": at,
        "head": which,
        "tokens": tokens,
        "cut": cut,
        "cells": base64.b64encode(cells.tobytes()).decode(),
    }


def _of(maps: np.ndarray, layer: int, head: int) -> np.ndarray:
    return maps[min(layer, len(maps) - 1), min(head, maps.shape[1] - 1)].astype(np.float32)


def predictions(run: Run, batch: Batch, kept: Snapshot) -> dict[str, Any]:
    """The likeliest token at each scored place of the first example, its probability, and the one wanted."""
    words, wanted = run.task.vocabulary, batch.targets_BT[0].tolist()
    if kept.top.size == 0:
        return {"predicted": []}
    rows = [
        [words[wanted[t]], words[int(kept.top[0, t, 0])], round(float(kept.top_probs[0, t, 0]), 3)]
        for t in range(len(wanted))
        if wanted[t] != IGNORE
    ]
    return {"predicted": rows}


def experts(kept: Snapshot, layer: int) -> dict[str, Any]:
    """What the experts of one layer were asked for and took; empty without a mixture."""
    if kept.routed is None or not kept.routed.layers:
        return {}
    at = layer % len(kept.routed.layers) if layer < 0 else min(layer, len(kept.routed.layers) - 1)
    routing = kept.routed.layers[at]
    return {
        "experts": {
            "name": kept.routed.names[at],
            "demand": routing.demand_E.tolist(),
            "load": routing.load_E.tolist(),
            "capacity": routing.capacity,
        }
    }
