"""What comparing presets showed: every rival trained over five seeds, and the sentence that follows from the numbers.

`python -m playground.findings.verdicts [preset ...]` trains them anew and writes static/verdicts.json: nothing is typed
in.
"""

from __future__ import annotations

import json
import math
import sys
from functools import cache
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch
from pydantic import ValidationError

from models.config import put
from models.mixture import MoE
from playground.measures.routing import dropped, evenness, first_choice
from playground.runs.run import Run, RunConfig
from playground.settings import presets
from playground.tasks.forward import forward
from playground.wording import percent

FILE = Path(__file__).resolve().parents[2] / "static" / "verdicts.json"
SEEDS = range(5)
LAST = 50  # updates over which the largest load is taken, update by update
SURE = 2.78  # standard errors from which a difference is called one: 5 % of Student's t with 4 degrees of freedom


def trained(name: str, changes: dict[str, Any], seed: int) -> dict[str, float]:
    """One rival with one seed: loss on held-out examples, the largest load, tokens that a rounding moves, and, where
    seats are limited, the share of dropped choices.
    """
    run = Run(presets.changed(name, {**changes, "seed": seed, "training.precision": "fp32"}))
    for _ in run.train():
        pass
    found = {"loss": run.evaluate().loss}
    last = run.history.loads.updates[-LAST:]
    if last:
        found["largest"] = fmean(evenness(one.demand_E).largest for update in last for one in update.layers)
        found["moved"] = moved(run)
    mixture = run.now.model.feed_forward
    if last and isinstance(mixture, MoE) and mixture.capacity.factor:
        found["dropped"] = fmean(dropped(one.demand_E, one.load_E) for update in last for one in update.layers)
    return found


@torch.no_grad()
def moved(run: Run) -> float:
    """Share of held-out tokens whose first-choice expert in the first layer differs between a float32 and a bfloat16
    router, at the same weights.
    """
    kept = run.now.model
    if not isinstance(kept.feed_forward, MoE) or not hasattr(kept.feed_forward.router, "precision"):
        return 0.0
    chosen = []
    for precision in ("float32", "bfloat16"):
        run.model.retune(put(kept, "feed_forward.router.precision", precision))
        output = forward(run.model, run.held_out)
        routing = (output.encoder + output.decoder)[0].routing
        assert routing is not None
        chosen.append(first_choice(routing))
    run.model.retune(kept)
    return (chosen[0] != chosen[1]).float().mean().item()


def record(names: list[str]) -> None:
    """Train and write, preset by preset."""
    torch.set_num_threads(1)
    for name in names:
        preset = presets.PRESETS[name]
        rivals = {label: [trained(name, changes, seed) for seed in SEEDS] for label, changes in preset.rivals}
        entry = {"config": preset.config.model_dump_json(), "steps": preset.config.training.steps}
        entry |= {"changes": dict(preset.rivals), "rivals": rivals}
        FILE.write_text(json.dumps({**stored(), name: entry}, indent=1) + "\n", "utf-8")
        stored.cache_clear()
        print(f"{name}: {' '.join(told(name))}", flush=True)


@cache
def stored() -> dict[str, Any]:
    """What was measured, by preset."""
    return json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}


def told(name: str) -> list[str]:
    """A sentence for each rival against the first one, and what the routers did; empty where nothing is stored or the
    preset, or what its rivals change, is no longer what was measured.
    """
    entry = stored().get(name)
    preset = presets.PRESETS[name]
    if entry is None or _config(entry) != preset.config or entry["changes"] != dict(preset.rivals):
        return []
    rivals: dict[str, list[dict[str, float]]] = entry["rivals"]
    (first, mine), *others = ((label, [run["loss"] for run in runs]) for label, runs in rivals.items())
    seeds = len(mine)
    found = [f"Loss on held-out examples after {entry['steps']:,} steps, mean of {seeds} seeds: "]
    found[0] += ", ".join(f"{label} {fmean(run['loss'] for run in runs):.3f}" for label, runs in rivals.items()) + "."
    found += [compared(first, mine, label, theirs) for label, theirs in others]
    loads = {label: [run["largest"] for run in runs if "largest" in run] for label, runs in rivals.items()}
    spoken = ", ".join(f"{label} {fmean(found):.2f}" for label, found in loads.items() if found)
    found.append(f"Largest load ÷ mean, averaged over the last {LAST} updates: {spoken}.")
    lost = {label: [run["dropped"] for run in runs if "dropped" in run] for label, runs in rivals.items()}
    if any(lost.values()):
        spoken = ", ".join(f"{label} {percent(fmean(found))}" for label, found in lost.items() if found)
        found.append(f"Choices dropped, averaged over the last {LAST} updates: {spoken}.")
    shares = [run["moved"] for runs in rivals.values() for run in runs if run.get("moved")]
    if name == "bf16-router" and shares:
        found.append(
            f"At the same weights, {100 * min(shares):.2f} to {100 * max(shares):.2f} % of the first layer's tokens "
            "have another first expert."
        )
    return found


def _config(entry: dict[str, Any]) -> RunConfig | None:
    """What was measured: a setting that there was not yet has its default. None where one is no more."""
    try:
        return RunConfig.model_validate_json(entry["config"])
    except ValidationError:
        return None


def compared(first: str, mine: list[float], label: str, theirs: list[float]) -> str:
    """Which of two wins, paired by seed: by how much, or that no difference is to be seen."""
    gaps = [b - a for a, b in zip(mine, theirs, strict=True)]
    mean, error = fmean(gaps), stdev(gaps) / math.sqrt(len(gaps))
    wins = max(sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps))
    if abs(mean) <= SURE * error:
        return f"No difference seen between {first} and {label}: {mean:+.3f} ± {error:.3f} (standard error)."
    better, worse = (first, label) if mean > 0 else (label, first)
    return f"{better} wins over {worse} by {abs(mean):.3f} ± {error:.3f} nats, on {wins} of {len(gaps)} seeds."


if __name__ == "__main__":
    record(sys.argv[1:] or [name for name, preset in presets.PRESETS.items() if preset.rivals])
