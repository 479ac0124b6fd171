"""Load per expert, now and over training, and the measures of balance."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from models.mixture import MoE
from models.records import Routing
from playground.lenses.experts.balance import equal, gates
from playground.measures.routing import DEAD, Evenness, dropped, even_bits, evenness
from playground.runs.loads import Loads
from playground.wording import percent

COLUMNS = 240  # steps drawn of the heat map: more are not seen at this size
TOLD = {
    "largest": "Load of the fullest expert ÷ mean load.",
    "variation": "Standard deviation of the loads ÷ their mean.",
    "entropy": "−Σ f log₂ f over the experts' shares f of all choices.",
    "dead": "Experts that almost no token chose in this update.",
    "dropped": "Choices beyond the capacity: the expert adds nothing for them.",
    "auxiliary": "E Σ f P: f counted before drops, P the mean probability.",
    "z": "Mean of (ln Σ exp scores)² over the tokens.",
}
OF_GATES = {
    "largest": "Mean gate of the heaviest expert ÷ mean of all: every expert computes every token.",
    "variation": "Standard deviation of the mean gates ÷ their mean.",
    "entropy": "−Σ P log₂ P over the experts' mean gates P.",
    "dead": "Experts whose mean gate is next to nothing.",
}
TOP = 2.0  # times the uniform load, where the scale ends


def bars(routing: Routing, groups: int) -> dict[str, Any]:
    """Asked for and taken per expert, the capacity of all groups together, the uniform load."""
    demand_E, load_E = routing.demand_E.tolist(), routing.load_E.tolist()
    asked_N = (routing.seats_NK >= 0).any(dim=1)
    chosen = bool((routing.seats_NK < 0)[asked_N].any())  # by the experts: a token may have any number, or none
    tokens = len(asked_N) if chosen else int(asked_N.sum())
    return {
        "demand": demand_E,
        "load": load_E,
        "capacity": None if routing.capacity is None else routing.capacity * groups,
        "probs": [round(p, 4) for p in routing.probs_NE.float().mean(dim=0).tolist()],
        "uniform": sum(demand_E) / len(demand_E),
        "tokens": tokens,
        "choices": round(sum(demand_E) / max(1, tokens), 1) if chosen else routing.experts_NK.shape[1],
    }


def heat(loads: Loads, layer: int, until: int) -> dict[str, Any]:
    """(E, columns) uint8: demand ÷ uniform, 0 to 2 as 0 to 254; single updates, never averages, which hide swings."""
    steps, rows_SE = loads.demand(layer, until, COLUMNS)
    if not steps:
        return {"cells": "", "steps": []}
    relative_SE = rows_SE / np.maximum(rows_SE.mean(axis=1, keepdims=True), 1e-9)
    cells = np.rint(np.clip(relative_SE / TOP, 0, 1) * 254).astype(np.uint8)
    return {"cells": packed(cells.T), "steps": steps}


def packed(cells: np.ndarray) -> str:
    """base64 of the bytes, row by row."""
    return base64.b64encode(np.ascontiguousarray(cells).tobytes()).decode()


def measures(routing: Routing, mixture: MoE, *, training: bool) -> list[list[str]]:
    """[name, value, unit, small print, definition] of each."""
    demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
    gates_E = gates(routing, mixture)
    even: Evenness = evenness(demand_E if gates_E is None else gates_E)
    experts, total = len(demand_E), int(demand_E.sum())
    lost = total - int(load_E.sum())
    factor = mixture.capacity.factor if training else mixture.capacity.evaluation
    limit = f"drops above the factor, {factor:g}" if routing.capacity is not None and factor else "nothing is dropped"
    what, told = ("load", TOLD) if gates_E is None else ("gate", TOLD | OF_GATES)
    share = percent(dropped(demand_E, load_E)).removesuffix(" %")
    found = [
        ["Largest ÷ mean", f"{even.largest:.2f}", "uniform 1", limit, told["largest"]],
        ["Variation", f"{even.variation:.2f}", "uniform 0", f"deviation ÷ mean {what}", told["variation"]],
        [
            "Entropy",
            f"{even.bits:.2f}",
            f"of {even_bits(experts):.3g} bits",
            f"evenness of the {what}",
            told["entropy"],
        ],
        ["Dead experts", f"{even.dead}", f"of {experts}", f"{what} below {percent(DEAD, 0)} of uniform", told["dead"]],
        ["Dropped", share, "%", f"{lost:,} of {total:,} choices", TOLD["dropped"]],
    ]
    for name, weight, uniform in (("auxiliary", mixture.balance.auxiliary, "uniform 1"), ("z", mixture.balance.z, "")):
        if name in routing.losses and not (name == "auxiliary" and equal(mixture)):
            value = float(routing.losses[name])
            label = "Auxiliary loss" if name == "auxiliary" else "z-loss"
            found.append([label, f"{value:.2f}", uniform, _added(weight, value), TOLD[name]])
    return found


def _added(weight: float, value: float) -> str:
    return f"× {weight:g} adds {weight * value:.4f} to the loss" if weight else "weight 0: measured, not trained for"
