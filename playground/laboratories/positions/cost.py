"""The tab "Cost": time and memory of one layer of attention, softmax and linear."""

from __future__ import annotations

from playground.experiments import cost
from playground.findings.finding import Finding
from playground.laboratories.positions.experiment import Experiment
from playground.laboratories.positions.experiment_tab import lens


def _timing(now: cost.Progress) -> str:
    done = min(now.round + 1, now.config.rounds)
    return f"Round {done} of {now.config.rounds}, {len(now.points)} of {3 * len(now.config.lengths())} cases seen"


EXPERIMENT = Experiment(
    name="cost",
    title="Cost",
    config=cost.AttentionCost,
    module=cost,
    charts={
        "time": ("Time of one layer", "measured here and now, on one core; both axes logarithmic"),
        "memory": ("Memory of one layer", "highest point above its inputs"),
        "cache": ("Kept while generating", "from the configs alone"),
    },
    settings=("causal", "backward", "longest", "heads", "width", "rounds"),
    first=Finding(
        "Softmax against linear attention as texts grow",
        "Linear attention (Katharopoulos et al. 2020) never compares every two tokens. Press Run to time both on "
        "this machine, up to the longest text: about ten seconds.",
    ),
    words=_timing,
    seen=lambda now: any(point.seconds for point in now.points),
    tries=(
        ("Forward alone", {"backward": False}, "as while reading a prompt"),
        ("Up to 8,192 tokens", {"longest": 8192}, "where the written-out weights no longer fit"),
    ),
)
LENS = lens(EXPERIMENT)
