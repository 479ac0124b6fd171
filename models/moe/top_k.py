"""Top-k routing (Shazeer et al. 2017, arXiv:1701.06538; as in GShard, Mixtral and OLMoE): each token goes to the k
experts of its highest scores.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from models.config import knob, refuse
from models.moe.balance import move_bias
from models.moe.base import Asked, Choice, Learned, LearnedRouter, Room, Router, select
from models.records import Routing

ONE_GATE = (
    "With one expert per token a renormalised gate is always 1, and the router gets no gradient. "
    "Choose 2 experts or more, or leave the gate as it is (Switch)."
)


class Selecting(Learned):
    """What routers share that take the k best."""

    k: int = knob(
        2,
        "Experts per token",
        "Each token is sent to this many experts; its output is their weighted sum.",
        live=True,
        ge=1,
        le=256,
        most=64,
    )

    def choices(self, room: Room) -> int:
        return self.k * room.split

    def check(self, room: Room) -> None:
        chosen = self.choices(room)
        if chosen > room.experts:
            refuse("router.k", f"A token cannot go to {chosen} of {room.experts} experts. Lower k or add experts.")


class TopK(Selecting):
    """Each token goes to the k experts of its highest probabilities."""

    kind: Literal["top-k"] = "top-k"
    paper = ("Shazeer et al. 2017", "https://arxiv.org/abs/1701.06538")
    renormalise: bool = knob(
        True,
        "Renormalise gates",
        "The k gates are divided by their sum (Mixtral); off: they are plain probabilities (OLMoE).",
        live=True,
    )
    softmax: Literal["before selection", "after selection"] = knob(
        "before selection",
        "Softmax",
        "Over all experts, before k are selected; or over the k selected scores alone, which equals renormalising.",
        live=True,
        advanced=True,
        paper=("Jiang et al. 2024", "https://arxiv.org/abs/2401.04088"),
    )

    def build(self, room: Room) -> Router:
        return TopKRouter(self, room)

    def check(self, room: Room) -> None:
        super().check(room)
        if self.choices(room) == 1 and (self.renormalise or self.softmax == "after selection"):
            refuse("router.k", ONE_GATE)


class SelectingRouter(LearnedRouter):
    """Selects by probability plus bias; gates come from the probabilities alone."""

    bias_E: Tensor
    """Added to the scores when experts are selected, and never to their gates; `balance.move_bias` moves it."""

    def __init__(self, config: Learned, room: Room):
        super().__init__(config, room)
        self.register_buffer("bias_E", torch.zeros(room.experts))

    def forward(self, asked: Asked) -> Choice:
        logits_NE = self.logits(asked)
        probs_NE = logits_NE.softmax(dim=-1)
        experts_NK = select(probs_NE.detach() + self.bias_E, self.config.choices(self.room), asked.forced_N)
        return Choice(logits_NE, probs_NE, experts_NK, self.gates(logits_NE, probs_NE, experts_NK), experts_NK)

    def after_update(self, routing: Routing, speed: float) -> None:
        """Move the bias that keeps the balance, by what the update's batch asked for."""
        if speed:
            move_bias(self.bias_E, routing.demand_E, speed)

    def gates(self, logits_NE: Tensor, probs_NE: Tensor, experts_NK: Tensor) -> Tensor:
        """(N, K) what each chosen expert counts."""
        return probs_NE.gather(1, experts_NK)


def renormalised(gates_NK: Tensor) -> Tensor:
    """Divided by their sum; all 0 where a bias selected experts whose probabilities are too small for a number."""
    return gates_NK / (gates_NK.sum(dim=-1, keepdim=True) + 1e-20)


class TopKRouter(SelectingRouter):
    """Gates: probabilities, as they are or renormalised over the k."""

    config: TopK

    def gates(self, logits_NE: Tensor, probs_NE: Tensor, experts_NK: Tensor) -> Tensor:
        if self.config.softmax == "after selection":
            return logits_NE.gather(1, experts_NK).softmax(dim=-1)
        gates_NK = probs_NE.gather(1, experts_NK)
        return renormalised(gates_NK) if self.config.renormalise else gates_NK
