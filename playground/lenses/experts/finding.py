"""The sentence at the top of the Experts lens, by stated rules."""

from __future__ import annotations

from models.mixture import MoE
from models.records import Routing
from playground.findings.finding import Finding
from playground.lenses.experts.balance import equal, gates
from playground.lenses.experts.unloaded import choosing, idle, soft
from playground.measures.routing import Evenness, dropped, evenness
from playground.runs.history import History
from playground.runs.loads import Routed
from playground.wording import percent

COLLAPSED = 4.0  # times the mean, from which one expert has taken over
EVEN = 2.0  # times the mean, up to which the load counts as even
FULL = 0.01  # share of dropped choices from which experts are called full
TELLS = 0.4  # share of the task's entropy from which experts are called specialists


def finding(history: History, seen: Routed, layer: int, step: int, *, training: bool = True) -> Finding:
    """Dropped choices, else dead experts, else one expert with most of the load, else specialists, else even. Soft
    routing is judged by its gates, expert choice by the tokens that no expert chose.

    `training` False: a probe is seen, which teaches no expert.
    """
    routing, name, mixture = seen.layers[layer], seen.names[layer], seen.mixture
    if equal(mixture):
        weighed = gates(routing, mixture)
        return choosing(seen, layer, alone(name, mixture)) if weighed is None else soft(name, weighed)
    even = evenness(routing.demand_E.cpu().numpy())
    if not training:
        found = _full(routing, name, mixture) or (idle(history, seen, layer, step, even) if even.dead else None)
        found = found or _loaded(routing, name, even, None)
        return found._replace(title=f"On the probe: {found.title}")
    told = next((u.informed[layer] for u in reversed(history.loads.updates) if u.informed and u.step <= step), {})
    task = told.get("task")
    found = _full(routing, name, mixture) or _loaded(routing, name, even, task and (task.share, task.chance))
    since = _since(history, layer, step, even)
    if found.html == IDLE_NONE and since:
        return found._replace(html=since)
    return found._replace(html=f"{found.html} {since}".strip())


IDLE_NONE = "Nothing is dropped, nothing is idle."


def alone(name: str, mixture: MoE | None) -> str:
    """What a token has that no routed expert computes."""
    if mixture is not None and mixture.shared > 0:
        return f"has only the shared experts of {name}"
    return f"gets nothing from the experts of {name}; the residual carries it on"


def _full(routing: Routing, name: str, mixture: MoE | None) -> Finding | None:
    demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
    lost, full = dropped(demand_E, load_E), int((demand_E > load_E).sum())
    if lost <= FULL:
        return None
    title = f"{full} of {len(demand_E)} experts of {name} are full; {percent(lost)} of the choices are dropped"
    return Finding(title, f"A token without a slot {alone(name, mixture)}.")


def _loaded(routing: Routing, name: str, even: Evenness, task: tuple[float, float] | None) -> Finding:
    """By the loads. `task`: how much of it the expert tells, and by chance."""
    demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
    experts, fullest = len(demand_E), int(demand_E.argmax())
    kept = "Hardly a choice is dropped" if dropped(demand_E, load_E) else "Nothing is dropped"
    if even.dead:
        none = (demand_E == 0).sum() == even.dead
        why = "No token chooses them, so nothing" if none else "Hardly a token chooses them, so next to nothing"
        dead = f"{even.dead} of {experts} experts of {name} are dead"
        return Finding(f"{dead}; E{fullest} takes {even.largest:.1f} times its share", f"{why} teaches them.")
    if even.largest >= COLLAPSED:
        title = f"E{fullest} of {name} takes {even.largest:.1f} times its share"
        return Finding(title, f"The other {experts - 1} experts divide the rest.")
    if task and task[0] >= TELLS:
        title = f"{name} sorts by task: the expert tells {percent(task[0], 0)} of it"
        return Finding(title, f"By chance it would tell {percent(task[1], 0)}.")
    if even.largest <= EVEN:
        title = f"All {experts} experts of {name} are busy; the fullest has {even.largest:.1f} times its share"
        return Finding(title, f"{kept}, nothing is idle.")
    title = f"The load of {name} is uneven: E{fullest} has {even.largest:.1f} times its share"
    return Finding(title, f"{kept}, and no expert is dead.")


def _since(history: History, layer: int, step: int, now: Evenness) -> str:
    """What the last live changes of the model, all those of one step, did to the largest load."""
    made = zip(history.changes, history.marks, strict=False)  # every change leaves a mark
    found = [mark for (s, path, _), mark in made if path.startswith("model.feed_forward.") and s < step]
    at = found[-1].step if found else 0
    before = [u for u in history.loads.updates if u.step <= at]
    if not before:
        return ""
    text = ", ".join(mark.text for mark in found if mark.step == at)
    was = evenness(before[-1].layers[layer].demand_E)
    return (
        f'Since <a data-do="step:{at}">step {at:,}</a> ({text}) the largest load went from {was.largest:.1f} to '
        f"{now.largest:.1f} times the mean, dead experts from {was.dead} to {now.dead}."
    )
