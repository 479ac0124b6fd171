"""The lens's sentence where loads tell nothing: soft routing, expert choice, and a probe too small to ask everyone."""

from __future__ import annotations

import numpy as np

from playground.findings.finding import Finding
from playground.measures.routing import Evenness, evenness, unchosen
from playground.runs.history import History
from playground.runs.loads import Routed
from playground.wording import percent

ALIKE = 2.0  # times the mean gate, up to which gates count as alike


def soft(name: str, gates_E: np.ndarray) -> Finding:
    """By the mean gates."""
    even, experts, heaviest = evenness(gates_E), len(gates_E), int(gates_E.argmax())
    largest = f"{even.largest:.1f} times its share of the weight"
    all_compute = "Soft routing: every expert computes every token, and its gate says how much that counts."
    if even.dead:
        return Finding(
            f"{even.dead} of {experts} experts of {name} hardly count; E{heaviest} has {largest}", all_compute
        )
    if even.largest <= ALIKE:
        return Finding(f"{name} weighs its {experts} experts alike; E{heaviest} has {largest}", all_compute)
    return Finding(f"The gates of {name} are uneven: E{heaviest} has {largest}", all_compute)


def choosing(seen: Routed, layer: int, alone: str) -> Finding:
    """How many tokens no expert chose. `alone`: what such a token has."""
    routing, name = seen.layers[layer], seen.names[layer]
    keep_BS = seen.batch.keep_BS if seen.places[layer][0] == "encoder" else None
    without, tokens = unchosen(routing, None if keep_BS is None else keep_BS.flatten())
    each = (
        f"Every expert takes the {int(routing.demand_E.max()):,} tokens that score highest for it, so loads are equal."
    )
    if not without:
        return Finding(f"Every one of {tokens:,} tokens is chosen by an expert of {name}", each)
    title = f"No expert of {name} chose {without:,} of {tokens:,} tokens, {percent(without / tokens)}"
    return Finding(title, f"A token that none chose {alone}. {each}")


def idle(history: History, seen: Routed, layer: int, step: int, even: Evenness) -> Finding:
    """Experts that a probe does not ask for, and how many of them the training asks for."""
    demand_E = seen.layers[layer].demand_E.cpu().numpy()
    experts, asked, fullest = len(demand_E), int((demand_E > 0).sum()), int(demand_E.argmax())
    title = f"{asked} of {experts} experts of {seen.names[layer]} are asked; E{fullest} takes {even.largest:.1f} times"
    before = [u for u in history.loads.updates if u.step <= step]
    if not before:
        return Finding(f"{title} its share", "No update has taught any expert yet.")
    dead = evenness(before[-1].layers[layer].demand_E).dead
    there = f"{dead} of the {experts} experts are dead" if dead else "no expert is dead"
    taught = f"Experts learn from the training batch: at step {before[-1].step:,} {there} there."
    return Finding(f"{title} its share", taught)
