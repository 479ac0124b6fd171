"""Tables of groups: experts by what their tokens are, and experts by device; the cost of each expert."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.mixture import MoE
from playground.lenses.experts.choices import Costs
from playground.measures.routing import Devices, devices, table, taken
from playground.runs.loads import Routed
from playground.runs.specialists import labels
from playground.tasks.base import Task
from playground.wording import at_step, percent

MOSTLY = 0.4  # share of an expert's tokens from which it is called theirs
COLUMNS = 8  # labels in the table


def specialisation(task: Task, seen: Routed, layer: int) -> dict[str, Any]:
    """Share of each expert's seats by label of the token: the task where there are tags, else the kind of token."""
    found = labels(task, seen, layer)
    name = "task" if "task" in found else "kind of token"
    names, of_N = found[name]
    routing = seen.layers[layer]
    experts_M, token_M = taken(routing)
    counts = table(experts_M, of_N[token_M], len(routing.load_E), len(names))
    there = [i for i in range(len(names)) if counts[:, i].sum()][:COLUMNS]
    rows = []
    for e, row in enumerate(counts):
        total = int(row.sum())
        shares = [round(float(row[i] / total), 3) if total else None for i in there]
        best = int(row.argmax())
        mostly = names[best] if total and row[best] / total >= MOSTLY else "–"
        rows.append([e, *shares, total, mostly])
    return {"by": name, "labels": [names[i] for i in there], "rows": rows}


def on_devices(seen: Routed, layer: int, mixture: MoE) -> dict[str, Any]:
    """Loads by simulated device, and what crosses between them."""
    routing, count = seen.layers[layer], mixture.devices
    found: Devices = devices(routing, len(seen.batch.ids_BT), count)
    total = max(1, int(found.load_D.sum()))
    each = len(routing.load_E) // count
    sentence = (
        "All experts stand on one device: nothing is sent. Set Devices in the form of the feed-forward, and restart."
        if count == 1
        else f"{percent(found.crossing)} of the choices are computed on another device than the one their example is "
        f"on. The fullest device has {found.slowest:.2f} times the mean load: all others wait for it, "
        f"and on average a device idles {percent(1 - 1 / found.slowest if found.slowest else 0.0)} of the time."
    )
    rows = [
        [d, f"E{d * each} to E{(d + 1) * each - 1}" if each > 1 else f"E{d}", int(n), round(float(n / total), 4)]
        for d, n in enumerate(found.load_D)
    ]
    return {"sentence": sentence, "rows": rows, "uniform": total / count}


def costs(found: Costs | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Change of the loss without each expert, and the largest, where the scale of colours ends."""
    if found is None:
        return {}
    top = float(np.abs(found.change_LE).max()) or 1e-6
    return {
        "values": [[round(float(v), 4) for v in row] for row in found.change_LE],
        "top": round(top, 4),
        "names": list(names),
        "said": f"Change of the loss on {found.examples} held-out examples without each expert"
        f"{at_step(found.step, ', ')} (with all of them: {found.before:.3f}).",
    }
