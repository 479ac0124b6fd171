"""Whether updates in bfloat16 learn what updates in fp32 learn: final losses over seeds, on three tasks.

`python -m tests.benchmarks precision` prints a Markdown table. The difference of the means is set against the spread of
fp32 over the seeds, which is what another seed alone would change.
"""

from __future__ import annotations

import math
from statistics import mean, stdev

from playground.runs.run import Run
from playground.settings.presets import changed

TASKS = {"copy": 80, "induction": 250, "text": 300}  # preset -> updates
SEEDS = range(5)


def final(preset: str, steps: int, seed: int, precision: str) -> float:
    """Mean loss of the last tenth of a run, in nats."""
    run = Run(changed(preset, {"training.precision": precision, "seed": seed, "training.steps": steps}))
    losses = [metrics.loss for metrics in run.train(steps)]
    return mean(losses[-steps // 10 :])


def main(_: list[str]) -> None:
    """Print the table."""
    print(f"### loss at the end, mean and standard deviation over {len(SEEDS)} seeds\n")
    print("| preset | updates | fp32 | bf16 | same seed, mean difference | difference / spread of fp32 |")
    print("|--|--:|--:|--:|--:|--:|")
    for preset, steps in TASKS.items():
        found = {p: [final(preset, steps, seed, p) for seed in SEEDS] for p in ("fp32", "bf16")}
        apart = mean(found["bf16"]) - mean(found["fp32"])
        noise = stdev(found["fp32"]) * math.sqrt(2 / len(SEEDS))
        cells = [f"{mean(losses):.4f} ± {stdev(losses):.4f}" for losses in found.values()]
        print(f"| {preset} | {steps} | {' | '.join(cells)} | {apart:+.4f} | {apart / noise:+.2f} |", flush=True)
