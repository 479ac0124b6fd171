"""The sums of routing, with the numbers of this update."""

from __future__ import annotations

import math

from models.mixture import MoE
from models.moe.capacity import ROUNDINGS
from models.records import Routing
from playground.lenses.experts.balance import equal
from playground.wording import percent

SIGNS = {"up": "⌈⌉", "down": "⌊⌋", "nearest": "[]"}
SHOWN = 16  # shares written out


def lines(routing: Routing, mixture: MoE, groups: int, *, training: bool, causal: bool) -> list[list[str]]:
    """[name, html] of each line; <em> marks a live setting."""
    demand_E = routing.demand_E.tolist()
    experts, k, total = len(demand_E), routing.experts_NK.shape[1], sum(demand_E)
    return [
        *_capacity(routing, mixture, experts, groups, training=training),
        *_order(routing, mixture, causal=causal),
        *_dropped(demand_E, routing.load_E.tolist(), routing.capacity, groups),
        ["Share f", _mono(" ".join(_short(d / max(1, total)) for d in demand_E[:SHOWN]) + _rest(experts))],
        *_losses(routing, mixture, experts, k),
    ]


def _capacity(routing: Routing, mixture: MoE, experts: int, groups: int, *, training: bool) -> list[list[str]]:
    tokens, k = len(routing.experts_NK) // groups, routing.experts_NK.shape[1]
    if routing.capacity is None:
        if mixture.router.picks == "experts":
            factor, split = getattr(mixture.router, "factor", 1.0), mixture.split
            words = "⌈ tokens ÷ experts × average" + (" × parts ⌉" if split > 1 else " ⌉")
            sums = f"⌈ {tokens:,} ÷ {experts} × <em>{factor:g}</em>" + (f" × {split} ⌉" if split > 1 else " ⌉")
            asked = math.ceil(round(tokens * factor * split / experts, 6))
            bound = f"; there are {tokens:,}" if asked > tokens else ""
            return [["Capacity", f"{_mono(words)}<br>{_mono(f'{sums} = <b>{asked:,}</b>')} tokens per expert{bound}"]]
        return [["Capacity", "No limit: every choice is computed, nothing is dropped."]]
    factor = mixture.capacity.factor if training else mixture.capacity.evaluation
    left, right = SIGNS[mixture.capacity.rounding]
    words = f"{left} k × tokens ÷ experts × factor {right}"
    exact = round(tokens * k / experts * factor, 6) if factor else 0.0
    asked, seats = ROUNDINGS[mixture.capacity.rounding](exact), routing.capacity
    sums = f"{left} {k} × {tokens:,} ÷ {experts} × <em>{factor:g}</em> {right} = <b>{asked:,}</b>"
    bound = f"at least the minimum, {seats:,}" if seats > asked else f"at most one for each token, {seats:,}"
    each = " per expert" if groups == 1 else " per expert and sequence"
    told = f"{_mono(sums)} slots{each}" + (f"; {bound}" if seats != asked else "")
    if not training and mixture.capacity.factor != mixture.capacity.evaluation:
        trained = f"{mixture.capacity.factor:g}" if mixture.capacity.factor else "unlimited one"
        told += f". A probe is evaluated: with factor {mixture.capacity.evaluation:g}, not the {trained} of training"
    return [["Capacity", f"{_mono(words)}<br>{told}"]]


def _order(routing: Routing, mixture: MoE, *, causal: bool) -> list[list[str]]:
    if routing.capacity is None or mixture.capacity.priority == "position":
        return []
    first = {
        "choice": "First choices fill the slots before any second ones",
        "probability": "The most probable choices fill the slots first",
    }
    leak = "; here that leaks the future" if causal else ""
    told = f"<em>{first[mixture.capacity.priority]}</em>: a later token may take an earlier one’s slot{leak}."
    return [["Order", told]]


def _dropped(demand_E: list[int], load_E: list[int], capacity: int | None, groups: int) -> list[list[str]]:
    if capacity is None:
        return []
    over = [(d, took) for d, took in zip(demand_E, load_E, strict=True) if d > took]
    lost, total = sum(d - took for d, took in over), sum(demand_E)
    if not over:
        return [["Dropped", "0: every expert has slots left, or just enough."]]
    if groups > 1 or len(over) > 4:
        return [["Dropped", f"{_mono(f'<b>{lost:,}</b>')} of {total:,}, {percent(lost / total)}"]]
    sums = " + ".join(f"({d:,} − {took:,})" for d, took in over)
    return [["Dropped", f"{_mono(f'{sums} = <b>{lost:,}</b>')} of {total:,}, {percent(lost / total)}"]]


def _losses(routing: Routing, mixture: MoE, experts: int, k: int) -> list[list[str]]:
    if not routing.losses:
        return [["Loss", "None: this router learns nothing."]]
    balance = mixture.balance
    mean_E = routing.probs_NE.float().mean(dim=0).tolist()
    found = [["Prob. P", _mono(" ".join(_short(p) for p in mean_E[:SHOWN]) + _rest(experts))]]
    times = f"{k} × " if balance.unit == "uniform = k" else ""
    value = float(routing.losses["auxiliary"])
    where = ", mean over sequences" if balance.over == "sequence" else ""
    sums = f"{times}{experts} × Σ f·P = <b>{value:.3f}</b>{where}; <em>{balance.auxiliary:g}</em> × {value:.3f}"
    constant = equal(mixture)  # then no loss of balance moves anything
    if not constant:
        found.append(["Auxiliary", _mono(f"{sums} = <b>{balance.auxiliary * value:.4f}</b>")])
    for name, label, weight in (
        ("z", "z-loss", balance.z),
        ("device", "Device", balance.device),
        ("communication", "Commun.", balance.communication),
    ):
        if weight and (name == "z" or not constant):
            value = float(routing.losses[name])
            found.append([label, _mono(f"<em>{weight:g}</em> × {value:.3f} = <b>{weight * value:.4f}</b>")])
    if mixture.router.balances:
        found.append(["Bias", mixture.router.balances])
    if balance.bias_speed and not constant:
        found.append(
            ["Bias", f"every update moves each expert's bias by {_mono(f'± <em>{balance.bias_speed:g}</em>')}"]
        )
    return found


def _short(share: float) -> str:
    return f"{share:.2f}".removeprefix("0")


def _rest(experts: int) -> str:
    return f" … {experts - SHOWN} more" if experts > SHOWN else ""


def _mono(text: str) -> str:
    return f"<span class='mono'>{text}</span>"
