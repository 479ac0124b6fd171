"""What the presets of mixtures do, over five fresh seeds, judged update by update.

`python -m tests.benchmarks routing` prints a Markdown table: what each preset says, the measurement, and on how many
seeds it came true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from playground.measures.routing import dropped, evenness
from playground.runs.run import Run
from playground.settings import presets

SEEDS = range(10, 15)  # not those that the presets were chosen on
AUXILIARY = "model.feed_forward.balance.auxiliary"
ROUTER = "model.feed_forward.router.kind"


class Seen(NamedTuple):
    """A number that a run showed, and whether it is what the preset says."""

    text: str
    true: bool


def loads(run: Run) -> list[str]:
    return [f"{evenness(one.demand_E).largest:.1f}" for one in run.history.loads.updates[-1].layers]


def lost(run: Run) -> float:
    """Mean share dropped of the layers, in the last update."""
    layers = run.history.loads.updates[-1].layers
    return sum(dropped(one.demand_E, one.load_E) for one in layers) / len(layers)


def collapse(run: Run) -> Seen:
    """At step 200 the second layer sends at least 6 x the mean to one expert and leaves 2 of 16 dead."""
    list(run.train(200))
    even = evenness(run.history.loads.updates[-1].layers[1].demand_E)
    return Seen(f"{even.largest:.1f} x, {even.dead} dead", even.largest >= 6 and even.dead >= 2)


def recover(run: Run) -> Seen:
    """Within 60 steps of auxiliary loss 0.1, turned on at step 200, both layers are <= 2 x with none dead."""
    list(run.train(200))
    run.retune({AUXILIARY: 0.1})
    for _ in run.train(60):
        layers = [evenness(one.demand_E) for one in run.history.loads.updates[-1].layers]
        if all(even.largest <= 2 and not even.dead for even in layers):
            return Seen(f"after {run.step - 200}", True)
    return Seen(f"not in 60: {' | '.join(loads(run))}", False)


def balanced(run: Run) -> Seen:
    """Dropped: above 20 % at step 20, below 3 % by step 120."""
    list(run.train(20))
    early, low = lost(run), None
    for _ in run.train(100):
        if lost(run) < 0.03:
            low = run.step
            break
    return Seen(f"{100 * early:.0f} %, < 3 % at {low}", early > 0.2 and low is not None)


def unbalanced(run: Run) -> Seen:
    """Without the auxiliary loss: above 30 % dropped at step 300."""
    list(run.train(300))
    return Seen(f"{100 * lost(run):.0f} %", lost(run) > 0.3)


def specialists(run: Run) -> Seen:
    """Task information of at least .5 in the first layer by step 300."""
    list(run.train(300))
    told = max(u.informed[0]["task"].share for u in run.history.loads.updates if u.informed)
    return Seen(f"{told:.2f}", told >= 0.5)


CLAIMS: list[tuple[str, dict[str, Any], Callable[[Run], Seen]]] = [
    ("collapse", {}, collapse),
    ("collapse", {}, recover),
    ("capacity", {}, balanced),
    ("capacity", {AUXILIARY: 0.0}, unbalanced),
    ("specialists", {}, specialists),
]


def main(_: list[str]) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(
        "### presets of mixtures, five seeds\n\n| preset | what it says | " + " | ".join(map(str, SEEDS)) + " | true |"
    )
    print("|--|--|" + "--|" * len(SEEDS) + "--:|")
    for name, changes, claim in CLAIMS:
        found = [claim(Run(presets.changed(name, {**changes, "seed": seed}))) for seed in SEEDS]
        true = sum(seen.true for seen in found)
        said = (claim.__doc__ or "").strip()
        print(f"| {name} | {said} | {' | '.join(seen.text for seen in found)} | {true} of {len(found)} |", flush=True)
    print()
