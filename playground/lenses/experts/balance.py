"""What can be out of balance: loads where tokens choose experts; else the gates, or nothing."""

from __future__ import annotations

import numpy as np

from models.mixture import MoE
from models.records import Routing

EQUAL = ("soft", "expert choice")  # routers whose experts all have the same load: losses of balance are constant


def equal(mixture: MoE | None) -> bool:
    """Whether every expert has the same load by rule."""
    return mixture is not None and mixture.router.kind in EQUAL


def gates(routing: Routing, mixture: MoE | None) -> np.ndarray | None:
    """(E,) each expert's mean gate in soft routing, which is its mean probability P; None for other routers."""
    if mixture is None or mixture.router.kind != "soft":
        return None
    return routing.probs_NE.float().mean(dim=0).cpu().numpy()
