"""What a run remembers: every step's numbers, marks of what was changed, and a bounded number of pictures of the
probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from playground.measures.head_roles import Heads
from playground.runs.loads import Loads, Routed, size
from playground.runs.vectors import Vectors

PUBLISHED = -1
"""The step of a published model: how many updates it has seen is not known here."""


class Metrics(NamedTuple):
    """One training step. `loss` in nats per scored token, before the update; `validation_*` only where it was
    measured.
    """

    step: int
    loss: float
    accuracy: float
    gradient_norm: float
    lr: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_exact: float | None = None
    penalty: float = 0.0
    """What the routers of a mixture add to the loss, weighted; 0 without one."""


class Mark(NamedTuple):
    """Something worth finding again on the time line."""

    step: int
    text: str


class Snapshot(NamedTuple):
    """The probe seen by the model after `step` updates."""

    step: int
    maps: Mapping[str, np.ndarray]
    """"decoder", "encoder", "cross": float16 (L, H, T, S), the first probe example's attention weights."""
    heads: Mapping[str, Heads]
    """The same stacks' head measures, over the whole probe batch."""
    top: np.ndarray
    """(B, T, 5) likeliest tokens, int32."""
    top_probs: np.ndarray
    """(B, T, 5) their probabilities, float16."""
    routed: Routed | None = None
    """Which experts the tokens of this step's update went to."""
    vectors: Vectors | None = None
    """Embeddings, and the residual stream of the example that the maps are of."""

    def size(self) -> int:
        """Bytes of the arrays."""
        arrays = [*self.maps.values(), self.top, self.top_probs]
        measures = [h.scores for h in self.heads.values()]
        parts = (size(self.routed) if self.routed else 0) + (self.vectors.size() if self.vectors else 0)
        return sum(a.nbytes for a in (*arrays, *measures)) + parts


@dataclass
class History:
    """Grows with the run; pictures thin themselves out when `budget` bytes are reached, the first and the newest
    stay.
    """

    budget: int = 32 * 2**20
    metrics: list[Metrics] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    changes: list[tuple[int, str, Any]] = field(default_factory=list)
    """(step, dotted path of a live setting, new value), in order: what the marks say, as values."""
    loads: Loads = field(default_factory=Loads)
    """Of the experts of a mixture, if the model has one."""
    snapshots: list[Snapshot] = field(default_factory=list)
    held: int = 0

    def keep(self, snapshot: Snapshot) -> None:
        """Add a picture (a newer one of the same step replaces it); halve their density where memory runs out."""
        if self.snapshots and self.snapshots[-1].step == snapshot.step:
            self.held -= self.snapshots.pop().size()
        self.snapshots.append(snapshot)
        self.held += snapshot.size()
        while self.held > self.budget and len(self.snapshots) > 2:
            inner = self.snapshots[1:-1]
            self.snapshots = [self.snapshots[0], *inner[1::2], self.snapshots[-1]]
            self.held = sum(s.size() for s in self.snapshots)

    def nearest(self, step: int) -> Snapshot | None:
        """The kept picture closest to a step."""
        return min(self.snapshots, key=lambda s: abs(s.step - step), default=None)

    def until(self, step: int) -> History:
        """What was remembered of the first `step` updates."""
        snapshots = [s for s in self.snapshots if s.step <= step]
        return History(
            self.budget,
            [m for m in self.metrics if m.step <= step],
            [m for m in self.marks if m.step <= step],
            [c for c in self.changes if c[0] <= step],
            self.loads.until(step),
            snapshots,
            sum(s.size() for s in snapshots),
        )

    def routed(self, step: int) -> Routed | None:
        """The kept update of a mixture closest to a step; before the first update there is none."""
        kept = [s.routed for s in self.snapshots if s.routed is not None]
        return min(kept, key=lambda seen: abs(seen.step - step), default=None)

    def frame(self) -> pd.DataFrame:
        """All metrics, one row per step."""
        return pd.DataFrame(self.metrics, columns=list(Metrics._fields))

    def validations(self) -> list[Metrics]:
        """The steps at which held-out examples were measured."""
        return [m for m in self.metrics if m.validation_loss is not None]

    def export(self) -> dict[str, Any]:
        """Metrics and marks as plain values."""
        return {"metrics": [m._asdict() for m in self.metrics], "marks": [m._asdict() for m in self.marks]}
