"""What the experts of a mixture were asked for and took: the last update in full, and the loads of every one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.feedforward import FeedForwardConfig
from models.mixture import MoE
from models.records import LayerRecord, Routing
from playground.measures.routing import Information
from playground.tasks.base import Batch

Stack = Literal["encoder", "decoder"]
OVERHEAD = 600  # bytes of the objects around one layer's numbers
BUDGET = 12 * 2**20  # bytes of all loads that a run keeps
LOSSES = ("auxiliary", "device", "communication", "z")


class Routed(NamedTuple):
    """One forward pass through a mixture: its tokens, and the routing of each layer that has experts."""

    step: int
    batch: Batch
    names: tuple[str, ...]
    """"L1"; in an encoder-decoder "encoder L1" and "decoder L1"."""
    layers: tuple[Routing, ...]
    places: tuple[tuple[Stack, int], ...]
    """Stack and layer of each."""
    mixture: MoE | None = None
    """The settings that it was routed by; live ones may have changed since."""

    def ids(self, layer: int) -> Tensor:
        """(B, T) the tokens that a layer reads: the source's in the encoder of an encoder-decoder."""
        source_BS = self.batch.source_BS
        return source_BS if source_BS is not None and self.places[layer][0] == "encoder" else self.batch.ids_BT


def penalties(records: Sequence[LayerRecord]) -> Tensor | None:
    """What all routers together add to the loss; None without a mixture."""
    found = [record.routing.penalty for record in records if record.routing is not None]
    return torch.stack(found).sum() if found else None


def routed(records: Sequence[LayerRecord], batch: Batch, step: int, *, encoders: int, by: FeedForwardConfig) -> Routed:
    """Keep what the layers reported, without what a backward pass would need. `encoders`: how many come first; `by`:
    the settings.
    """
    both = 0 < encoders < len(records)
    names: list[str] = []
    layers: list[Routing] = []
    places: list[tuple[Stack, int]] = []
    for i, record in enumerate(records):
        if record.routing is None:
            continue
        place: tuple[Stack, int] = ("encoder", i) if i < encoders else ("decoder", i - encoders)
        places.append(place)
        names.append(f"{place[0]} L{place[1]}" if both else f"L{place[1]}")
        layers.append(detached(record.routing))
    return Routed(step, batch, tuple(names), tuple(layers), tuple(places), by if isinstance(by, MoE) else None)


def compact(seen: Routed) -> Routed:
    """What a picture needs, in less memory: no scores, probabilities in 16 bits."""
    layers = tuple(r._replace(logits_NE=r.logits_NE[:0].clone(), probs_NE=r.probs_NE.half()) for r in seen.layers)
    return seen._replace(layers=layers)


def size(seen: Routed) -> int:
    """Bytes of the tensors."""
    tensors = [t for r in seen.layers for t in r if isinstance(t, Tensor)]
    return sum(t.numel() * t.element_size() for t in (*tensors, *seen.batch) if t is not None)


def detached(routing: Routing) -> Routing:
    """The same numbers, holding on to no graph."""
    losses = {name: loss.detach() for name, loss in routing.losses.items()}
    tensors = {name: t.detach() for name, t in routing._asdict().items() if isinstance(t, Tensor)}
    return routing._replace(**tensors, losses=losses)


class Load(NamedTuple):
    """One layer in one update."""

    demand_E: np.ndarray
    """How many choices asked for each expert."""
    load_E: np.ndarray
    """How many it took."""
    losses: tuple[float, ...]
    """Unweighted, in the order of LOSSES; empty for a router that learns nothing."""


class Update(NamedTuple):
    """What the experts of all layers did in one update."""

    step: int
    layers: tuple[Load, ...]
    informed: tuple[Mapping[str, Information], ...] = ()
    """Per layer, how much the first-choice expert tells of each way to name tokens; empty where not measured."""


@dataclass
class Loads:
    """Every update, or where memory runs out every second one: an average would hide how loads swing."""

    names: tuple[str, ...] = ()
    updates: list[Update] = field(default_factory=list)
    stride: int = 1

    def keep(self, seen: Routed, informed: tuple[Mapping[str, Information], ...] = ()) -> None:
        """Add an update."""
        self.names = seen.names
        if seen.step % self.stride:
            return
        self.updates.append(Update(seen.step, tuple(_load(routing) for routing in seen.layers), informed))
        if len(self.updates) * sum(OVERHEAD + 8 * len(one.load_E) for one in self.updates[-1].layers) > BUDGET:
            self.stride *= 2
            self.updates = [u for u in self.updates if u.step % self.stride == 0]

    def until(self, step: int) -> Loads:
        """Those of the first `step` updates."""
        return Loads(self.names, [u for u in self.updates if u.step <= step], self.stride)

    def demand(self, layer: int, until: int, most: int) -> tuple[list[int], np.ndarray]:
        """At most `most` steps up to `until`, evenly picked, and (steps, E) what was asked for in them."""
        kept = [u for u in self.updates if u.step <= until]
        at = np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int)) if kept else []
        picked = [kept[i] for i in at]
        return [u.step for u in picked], np.array([u.layers[layer].demand_E for u in picked], dtype=float)


def _load(routing: Routing) -> Load:
    demand_E, load_E = (t.cpu().numpy().astype(np.uint32) for t in (routing.demand_E, routing.load_E))
    return Load(demand_E, load_E, tuple(float(routing.losses[name]) for name in LOSSES if routing.losses))
