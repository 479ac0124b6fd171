"""The module behind a mixture of experts: route, seat, compute, mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.edits import Ablate, Edit, Force
from models.feedforward import ACTIVATIONS, FeedForward
from models.moe.balance import move_bias
from models.moe.base import Asked, Choice
from models.moe.capacity import seat
from models.moe.experts import Experts
from models.moe.top_k import SelectingRouter
from models.records import Routing, Tokens

if TYPE_CHECKING:
    from models.mixture import MoE


class MixtureFeedForward(FeedForward):
    """Router, seats, experts; and the shared experts, which are one wider network (exactly their sum)."""

    def __init__(self, config: MoE, width: int):
        super().__init__()
        self.config, self.room = config, config.room(width)
        self.router = config.router.build(self.room)
        shape = {"gated": config.gated, "bias": config.bias}
        self.experts = Experts(
            self.room.experts, width, config.expert_hidden(), ACTIVATIONS[config.activation], **shape
        )
        hidden = config.shared * config.expert_hidden()
        self.shared = config.network(hidden).build(width) if hidden else None

    def forward(
        self, x_BTD: Tensor, tokens: Tokens | None = None, edits: tuple[Edit, ...] = ()
    ) -> tuple[Tensor, Routing | None]:
        tokens, examples = tokens or Tokens(), len(x_BTD)
        x_ND = x_BTD.flatten(0, 1)
        asked = self._asked(x_BTD, tokens, edits)
        choice = self.router(asked)
        routing = self._seated(choice, asked, examples)
        removed = [e.expert for e in edits if isinstance(e, Ablate) and e.expert is not None]
        every = choice.chosen_NK is None and asked.keep_N is None and routing.capacity is None
        kept_NK = None if every else routing.kept_NK
        if removed:
            gone = torch.tensor(removed, device=x_ND.device)
            kept_NK = routing.kept_NK & ~torch.isin(routing.experts_NK, gone)
        y_ND = self.experts(
            x_ND,
            routing.experts_NK,
            routing.weights_NK,
            kept_NK,
            rate=self.config.expert_dropout,
            generator=tokens.generator,
        )
        y_BTD = y_ND.view_as(x_BTD) if y_ND.dtype == x_BTD.dtype else y_ND.to(x_BTD.dtype).view_as(x_BTD)
        if self.shared is not None:
            y_BTD = y_BTD + self.shared(x_BTD, tokens)[0]
        return y_BTD, routing

    def _asked(self, x_BTD: Tensor, tokens: Tokens, edits: tuple[Edit, ...]) -> Asked:
        """The batch, example after example."""
        examples, length = x_BTD.shape[:2]
        at_T = torch.arange(tokens.start, tokens.start + length, device=x_BTD.device)
        at_N = at_T.repeat(examples)
        forced_N = None
        for e in edits:
            if isinstance(e, Force):
                there_N = torch.ones_like(at_N, dtype=torch.bool) if e.position is None else at_N == e.position
                forced_N = torch.full_like(at_N, -1) if forced_N is None else forced_N
                forced_N = forced_N.masked_fill(there_N, e.expert)
        return Asked(
            x_BTD.flatten(0, 1),
            None if tokens.keep_BT is None else tokens.keep_BT.flatten(),
            None if tokens.ids_BT is None else tokens.ids_BT.flatten(),
            at_N,
            examples if self.config.capacity.group == "sequence" else 1,
            tokens.generator,
            forced_N,
        )

    def _seated(self, choice: Choice, asked: Asked, examples: int) -> Routing:
        """Who gets a seat, and what the losses are."""
        config, experts = self.config, self.room.experts
        count, k = choice.experts_NK.shape
        asked_NK = choice.chosen_NK
        if asked.keep_N is not None:
            keep_NK = asked.keep_N[:, None].expand(count, k)
            asked_NK = keep_NK if asked_NK is None else asked_NK & keep_NK
        seats_NK, demand_XE = seat(
            choice.experts_NK, choice.weights_NK, asked_NK, asked.groups, experts, config.capacity.priority
        )
        limits = config.router.selects or config.router.kind in ("hash", "random")
        capacity = (
            config.capacity.seats(count // asked.groups, k, experts, training=asked.generator is not None)
            if limits
            else None
        )
        kept_NK = seats_NK >= 0 if capacity is None else (seats_NK >= 0) & (seats_NK < capacity)
        load_XE = demand_XE if capacity is None else demand_XE.clamp(max=capacity)
        reach = config.router.reach(self.room, config.devices)
        losses = (
            config.balance.losses(choice, asked.keep_N, examples, config.devices, reach) if config.router.learns else {}
        )
        return Routing(
            choice.logits_NE,
            choice.probs_NE,
            choice.experts_NK,
            choice.weights_NK,
            seats_NK,
            kept_NK,
            capacity,
            demand_XE.sum(0),
            load_XE.sum(0),
            losses,
            config.balance.weighted(losses) if losses else choice.probs_NE.new_zeros(()),
        )

    def retune(self, config: MoE) -> None:
        """Take another config's live settings."""
        self.config = config
        self.router.retune(config.router)

    def after_update(self, routing: Routing) -> None:
        """Move the bias that keeps the balance, by what the routing of the update's batch asked for."""
        if self.config.balance.bias_speed and isinstance(self.router, SelectingRouter):
            move_bias(self.router.bias_E, routing.demand_E, self.config.balance.bias_speed)
