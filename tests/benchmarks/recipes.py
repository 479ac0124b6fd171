"""How fast the presets learn: CPU seconds of training, one thread, until held-out examples are mostly right, over three
seeds.

`python -m tests.benchmarks.recipes [preset ...]` prints a Markdown table. The time is that of the updates alone:
looking at held-out examples and recording pictures is not training, and is left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from playground.runs.run import Evaluation, Run
from playground.settings import presets
from playground.settings.forms import change, plain, read


class Goal(NamedTuple):
    """A preset, what counts as reached, and the bar: CPU seconds, or steps where `steps` is given."""

    preset: str
    what: str
    reached: Callable[[Run, Evaluation], bool]
    seconds: float
    steps: int | None = None
    changes: dict[str, Any] = {}  # noqa: RUF012  (a NamedTuple has no mutable default: it is never written)


def right(share: float) -> Callable[[Run, Evaluation], bool]:
    return lambda run, seen: seen.accuracy >= share


def induction(run: Run, seen: Evaluation) -> bool:
    from playground.runs.probe import look

    heads = look(run.model, run.probe, run.step).heads["decoder"]
    return heads.scores[..., heads.roles.index("induction")].max() > 0.5


EVERY = 10  # updates between two looks at held-out examples
THREE = ("decoder-only", "encoder-only", "encoder-decoder")
GOALS = [
    Goal("copy", "95 %", right(0.95), 1.5),
    Goal("reverse", "95 %", right(0.95), 1.5),
    Goal("sort", "95 %", right(0.95), 4.0),
    Goal("modular_addition", "95 %", right(0.95), 4.0),
    Goal("brackets", "95 %", right(0.95), 7.0),
    Goal("induction", "95 %", right(0.95), 8.0),
    Goal("induction", "head > 0.5, RoPE base 100", induction, 8.0, 650),
    Goal("induction", "head > 0.5, ALiBi", induction, 8.0, 300, {"model.position.kind": "ALiBi"}),
    Goal("text", "< 2.5 bits per character", lambda run, seen: seen.loss < 2.5 * 0.6931, 10.0),
    *(Goal("topologies", f"reverse 5, 99 %, {t}", right(0.99), 4.0, 60, {"model.topology": t}) for t in THREE),
    *(
        Goal("topologies", f"sort 5, 90 %, {t}", right(0.90), 4.0, 350, {"model.topology": t, "task.kind": "sort"})
        for t in THREE
    ),
]


def train(goal: Goal, seed: int) -> tuple[bool, int, float]:
    """(reached, steps, CPU seconds of updates)."""
    raw = plain(presets.PRESETS[goal.preset].config)
    for path, value in {
        **goal.changes,
        "seed": seed,
        "training.evaluate_every": 1000,
        "training.record_every": 500,
    }.items():
        raw = change(raw, path, value)
    if goal.changes.get("model.topology", "encoder-decoder") != "encoder-decoder":
        raw = change(raw, "model.layers", 2)
    config, problems = read(raw)
    if config is None:
        raise ValueError(problems)
    run, spent = Run(config), 0.0
    while spent < 2 * goal.seconds:
        began = time.process_time()
        run.advance()
        spent += time.process_time() - began
        if run.step % EVERY == 0 and goal.reached(run, run.evaluate()):
            return True, run.step, spent
    return False, run.step, spent


def main(names: list[str]) -> None:
    print("| preset | goal | steps, seeds 0 1 2 | CPU s, seeds 0 1 2 | bar |\n|---|---|---|---|---|")
    for goal in GOALS:
        if names and goal.preset not in names:
            continue
        runs = [train(goal, seed) for seed in (0, 1, 2)]
        steps = " ".join(f"{s}{'' if ok else ' (not reached)'}" for ok, s, _ in runs)
        bar = f"{goal.steps} steps" if goal.steps else f"{goal.seconds:g} s"
        print(
            f"| {goal.preset} | {goal.what} | {steps} | {' '.join(f'{t:.2f}' for *_, t in runs)} | {bar} |", flush=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
