"""Routers of a mixture of experts, the seats they compete for, and what keeps them balanced. A router is one file plus
one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.config import slot
from models.moe.balance import Balance
from models.moe.base import Router, RouterConfig
from models.moe.capacity import Capacity
from models.moe.deepseek import DeepSeekMoE, DeepSeekV3
from models.moe.expert_choice import ExpertChoice
from models.moe.hashed import Hash, Random
from models.moe.noisy import NoisyTopK
from models.moe.quantile import Quantile
from models.moe.soft import Soft
from models.moe.switch import Switch
from models.moe.top_k import TopK

ROUTERS: dict[str, type[RouterConfig]] = {
    "top-k": TopK,
    "Switch": Switch,
    "noisy top-k": NoisyTopK,
    "quantile": Quantile,
    "soft": Soft,
    "expert choice": ExpertChoice,
    "DeepSeekMoE": DeepSeekMoE,
    "DeepSeek-V3": DeepSeekV3,
    "hash": Hash,
    "random": Random,
}

if TYPE_CHECKING:
    AnyRouter = RouterConfig
else:
    AnyRouter = slot(ROUTERS)

__all__ = [
    "ROUTERS",
    "AnyRouter",
    "Balance",
    "Capacity",
    "DeepSeekMoE",
    "DeepSeekV3",
    "ExpertChoice",
    "Hash",
    "NoisyTopK",
    "Quantile",
    "Random",
    "Router",
    "RouterConfig",
    "Soft",
    "Switch",
    "TopK",
]
