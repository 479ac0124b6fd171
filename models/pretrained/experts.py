"""The tensors of a mixture by their published names, and the layers that have one."""

from __future__ import annotations

from typing import Any, NamedTuple

from models.mixture import MoE
from models.pretrained.base import Entry


class Names(NamedTuple):
    """How a family calls a mixture in its block, and the parts of one below that."""

    block: str = "mlp"
    router: str = "gate.weight"
    expert: str = "experts.{}"
    """One expert, by its number."""
    up: tuple[str, ...] = ("gate_proj", "up_proj")
    """What reads the stream; the gate first, where there is one. None: files have all experts in one tensor."""
    down: str = "down_proj"
    shared: str = "shared_experts"
    bias: str = ""
    """The bias that only selects; "": it is not published."""
    fused: tuple[str, str] = ("experts.gate_up_proj", "experts.down_proj")
    """All experts in one tensor, as some files have them."""


def mixture(moe: MoE, width: int, ours: str, block: str, names: Names) -> list[Entry]:
    """The entries of one mixture, that of their `block`."""
    count, hidden, theirs = moe.expert_count(), moe.expert_hidden(), f"{block}.{names.block}"
    experts = [f"{theirs}.{names.expert.format(e)}" for e in range(count)]
    up, down = (f"{theirs}.{fused}" for fused in names.fused)
    ups = tuple(f"{expert}.{part}.weight" for expert in experts for part in names.up)
    downs = tuple(f"{expert}.{names.down}.weight" for expert in experts)
    bias = (f"{theirs}.{names.bias}",) if names.bias else ()
    table = [
        Entry(f"{ours}.router.router.weight", (f"{theirs}.{names.router}",)),
        Entry(f"{ours}.router.bias_E", bias, () if bias else (count,)),
    ]
    if names.up:
        table += [
            Entry(f"{ours}.experts.up.weight", ups, (hidden,) * len(ups), experts=count, fused=up),
            Entry(f"{ours}.experts.down.weight", downs, (width,) * count, experts=count, fused=down),
        ]
    else:
        table += [Entry(f"{ours}.experts.up.weight", (up,)), Entry(f"{ours}.experts.down.weight", (down,))]
    if moe.shared:
        shared, rows = f"{theirs}.{names.shared}", (moe.shared * hidden,) * len(names.up)
        parts = tuple(f"{shared}.{part}.weight" for part in names.up)
        table.append(Entry(f"{ours}.shared.up.weight", parts, rows))
        table.append(Entry(f"{ours}.shared.down.weight", (f"{shared}.{names.down}.weight",)))
    return table


def layers(*stacks: list[bool]) -> dict[str, Any]:
    """The fields of a mixture whose layers, in each stack, have experts where these say so.

    Raises ValueError where they follow no pattern that ours has.
    """
    longest = max(stacks, key=len)
    first, *others = [i for i, mixes in enumerate(longest) if mixes] or [0]
    every = others[0] - first if others else max(1, len(longest) - first)
    skip = max(0, first + 1 - every)
    which = first + 1 - skip
    moe = MoE(every=every, skip=skip, which=None if which == every else which)
    if any(stack != [moe.mixes(i) for i in range(len(stack))] for stack in stacks):
        raise ValueError(
            "config.json: the layers that have experts follow no pattern: one in every n, behind the first few."
        )
    return {"every": every, "skip": skip, "which": moe.which}
