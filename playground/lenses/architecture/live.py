"""What the run measures at the blocks of its picture: norms of the stream, and the loads of experts."""

from __future__ import annotations

from playground.runs.history import Snapshot
from playground.runs.loads import Routed

PARTS = {"attention": "attention", "cross_attention": "cross", "feed_forward": "feed_forward"}
"""Name of a sublayer in ids of blocks -> that of what it adds in a snapshot."""


def live(seen: Snapshot, routed: Routed | None) -> dict[str, dict[str, float]]:
    """Id of a layer ("decoder.0") -> {before, after}, norms of the stream; of a block ("decoder.0.attention") ->
    {added}, the norm of what it adds, and of a mixture {largest, dropped}: largest load ÷ mean, share of choices
    without a slot, where a pass was `routed`. Norms are means over the tokens of the example that the maps show.
    """
    found: dict[str, dict[str, float]] = {}
    if seen.vectors is not None:
        for stack, states_NTD in seen.vectors.states.items():
            norm_N = (states_NTD.astype("float32") ** 2).sum(-1) ** 0.5
            norm_N = [float(norm) for norm in norm_N.mean(-1)]
            found |= {f"{stack}.{i}": {"before": norm_N[i], "after": norm_N[i + 1]} for i in range(len(norm_N) - 1)}
        for stack, added in seen.vectors.added.items():
            for name, part in PARTS.items():
                for i, norm_T in enumerate(added.get(part, ())):
                    found[f"{stack}.{i}.{name}"] = {"added": float(norm_T.mean())}
    for at, loads in _loads(routed).items() if routed is not None else ():
        found[at] = found.get(at, {}) | loads
    return found


def _loads(routed: Routed) -> dict[str, dict[str, float]]:
    found = {}
    for (stack, layer), of in zip(routed.places, routed.layers, strict=True):
        load_E, asked = of.load_E.float(), max(1.0, float(of.demand_E.sum()))
        largest = float(load_E.max() / load_E.mean().clamp(min=1e-9))
        found[f"{stack}.{layer}.feed_forward"] = {"largest": largest, "dropped": 1 - float(load_E.sum()) / asked}
    return found
