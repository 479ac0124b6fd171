"""What can be out of balance: loads where tokens choose experts; else the gates, or nothing."""

from __future__ import annotations

import numpy as np

from models.mixture import MoE
from models.records import Routing


def equal(mixture: MoE | None) -> bool:
    """Whether every expert has the same load by rule, so that losses of balance are constant."""
    return mixture is not None and mixture.router.picks != "tokens"


def gates(routing: Routing, mixture: MoE | None) -> np.ndarray | None:
    """(E,) each expert's mean gate in soft routing, which is its mean probability P; None for other routers."""
    if mixture is None or mixture.router.picks != "nobody":
        return None
    return routing.probs_NE.float().mean(dim=0).cpu().numpy()
