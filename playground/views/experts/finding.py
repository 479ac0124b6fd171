"""The sentence at the top of the Experts lens, by stated rules."""

from __future__ import annotations

from playground.findings import Finding
from playground.history import History
from playground.loads import Routed
from playground.measures.routing import Evenness, dropped, evenness
from playground.wording import percent

COLLAPSED = 4.0  # times the mean, from which one expert has taken over
EVEN = 2.0  # times the mean, up to which the load counts as even
FULL = 0.01  # share of dropped choices from which experts are called full
TELLS = 0.4  # share of the task's entropy from which experts are called specialists


def finding(history: History, seen: Routed, layer: int, step: int) -> Finding:
    """Dropped choices, else dead experts, else one expert with most of the load, else specialists, else even."""
    routing, name = seen.layers[layer], seen.names[layer]
    demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
    even, lost, experts = evenness(demand_E), dropped(demand_E, load_E), len(demand_E)
    fullest = int(demand_E.argmax())
    since = _since(history, layer, step, even)
    shared = seen.mixture is not None and seen.mixture.shared > 0
    kept = "Hardly a choice is dropped" if lost else "Nothing is dropped"
    if lost > FULL:
        full = int((demand_E > load_E).sum())
        title = f"{full} of {experts} experts of {name} are full; {percent(lost)} of the choices are dropped"
        alone = (
            f"has only the shared experts of {name}"
            if shared
            else f"gets nothing from the experts of {name}; the residual carries it on"
        )
        return Finding(title, f"A token without a seat {alone}. {since}")
    if even.dead:
        dead = f"{even.dead} of {experts} experts of {name} are dead"
        more = f"E{fullest} takes {even.largest:.1f} times its share"
        none = (demand_E == 0).sum() == even.dead
        why = "No token chooses them, so nothing" if none else "Hardly a token chooses them, so next to nothing"
        return Finding(f"{dead}; {more}", f"{why} teaches them. {since}")
    if even.largest >= COLLAPSED:
        title = f"E{fullest} of {name} takes {even.largest:.1f} times its share"
        return Finding(title, f"The other {experts - 1} experts divide the rest. {since}")
    told = next((u.informed[layer] for u in reversed(history.loads.updates) if u.informed and u.step <= step), None)
    if told and "task" in told and told["task"].share >= TELLS:
        title = f"{name} sorts by task: the expert tells {percent(told['task'].share, 0)} of it"
        return Finding(title, f"By chance it would tell {percent(told['task'].chance, 0)}. {since}")
    if even.largest <= EVEN:
        title = f"All {experts} experts of {name} are busy; the fullest has {even.largest:.1f} times its share"
        return Finding(title, since or f"{kept}, nothing is idle.")
    title = f"The load of {name} is uneven: E{fullest} has {even.largest:.1f} times its share"
    return Finding(title, f"{kept}, and no expert is dead. {since}")


def _since(history: History, layer: int, step: int, now: Evenness) -> str:
    """What the last live change of the model did to the largest load."""
    made = zip(history.changes, history.marks, strict=False)  # every change leaves a mark
    found = [mark for (s, path, _), mark in made if path.startswith("model.feed_forward.") and s < step]
    at, text = found[-1] if found else (0, "")
    before = [u for u in history.loads.updates if u.step <= at]
    if not before:
        return ""
    was = evenness(before[-1].layers[layer].demand_E)
    return (
        f'Since <a data-do="step:{at}">step {at:,}</a> ({text}) the largest load went from {was.largest:.1f} to '
        f"{now.largest:.1f} times the mean, dead experts from {was.dead} to {now.dead}."
    )
