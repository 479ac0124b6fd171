"""How RoPE weakens with distance: RoFormer's bound."""

from __future__ import annotations

import numpy as np
import torch

from models.position import RoPE
from models.position.rope import decay_bound


def bound(position: RoPE, head_dim: int, distance: int) -> np.ndarray:
    """RoFormer's bound on similarity (sec. 3.4.3, eq. 37, arXiv:2104.09864) at distances 0 to `distance`."""
    return decay_bound(torch.arange(distance + 1), position.base, position.rotated(head_dim)).numpy()
