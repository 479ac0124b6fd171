"""Mixture of experts: many feed-forward networks, of which each token passes through a few (Shazeer et al. 2017,
arXiv:1701.06538).

It is long because the config and its module stand together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from models.config import knob, refuse, slot
from models.edits import Ablate, Force
from models.feedforward import ACTIVATIONS, Dense, FeedForward, FeedForwardConfig, Network, NoFeedForward
from models.moe import AnyRouter, Balance, Capacity, TopK
from models.moe.base import Asked, Choice, Room
from models.moe.capacity import seat
from models.moe.experts import Experts
from models.position.base import places
from models.records import Routing
from models.tap import IDLE, Pass


class MoE(Network):
    """Each token passes through the few experts that a router chooses for it."""

    kind: Literal["MoE"] = "MoE"
    experts: int = knob(8, "Experts", "How many networks there are to choose from.", ge=1, le=4096, most=64)
    shared: int = knob(
        0,
        "Shared experts",
        "Experts that every token passes through, beside the chosen ones.",
        ge=0,
        le=64,
        most=8,
        paper=("Dai et al. 2024", "https://arxiv.org/abs/2401.06066"),
    )
    split: int = knob(
        1,
        "Fine-grained",
        "Split each expert into so many narrower ones, and choose so many times as many: the same work, more ways to "
        "combine.",
        ge=1,
        le=64,
        most=8,
        paper=("Dai et al. 2024", "https://arxiv.org/abs/2401.06066"),
    )
    every: int = knob(
        1, "Every n-th layer", "Layers between have a dense feed-forward.", ge=1, le=256, most=12, advanced=True
    )
    which: int | None = knob(
        None,
        "Which of n",
        "Of every n layers, the one that has experts, counted from 1; empty: the last.",
        empty="last",
        ge=1,
        le=256,
        most=12,
        advanced=True,
    )
    skip: int = knob(
        0, "Dense layers first", "So many layers before the first mixture.", ge=0, le=256, most=11, advanced=True
    )
    stacks: Literal["both", "encoder", "decoder"] = knob(
        "both", "In which stack", "Where an encoder-decoder has its mixtures.", advanced=True
    )
    dense_hidden: int | None = knob(
        None,
        "Hidden width of dense layers",
        "Of the layers without a mixture; empty: as wide as the experts of one token together.",
        empty="equal work",
        ge=1,
        le=262_144,
        most=1024,
        advanced=True,
    )
    devices: int = knob(
        1, "Devices", "The experts are spread over so many simulated devices, in order.", ge=1, le=256, most=16
    )
    expert_dropout: float = knob(
        0.0,
        "Expert dropout",
        "Share of the hidden numbers inside experts zeroed in training; for fine-tuning, where few examples meet "
        "many parameters.",
        live=True,
        ge=0.0,
        le=0.9,
        advanced=True,
        paper=("Fedus et al. 2021, sec. 2.4", "https://arxiv.org/abs/2101.03961"),
    )
    router: AnyRouter = TopK()
    capacity: Capacity = Capacity()
    balance: Balance = Balance()

    def room(self, width: int) -> Room:
        """What the router is told."""
        return Room(width, self.expert_count(), self.split)

    def expert_count(self) -> int:
        return self.experts * self.split

    def expert_hidden(self) -> int:
        """Hidden width of one expert, after the split."""
        return self.hidden // self.split

    def chosen(self) -> float:
        """Experts of one token, shared ones not counted; in expert choice on average."""
        return self.router.average(self.room(1))

    def at(self, layer: int, stack: str) -> FeedForwardConfig:
        """A mixture in the layers that have one, else a dense feed-forward."""
        return self if self.mixes(layer) and self.stacks in ("both", stack) else self._dense()

    def mixes(self, layer: int) -> bool:
        """Whether a layer of a stack that has mixtures is one."""
        return layer >= self.skip and (layer - self.skip + 1 - self._first()) % self.every == 0

    def _first(self) -> int:
        """The first mixture behind the layers that are skipped, counted from 1."""
        return self.which or self.every

    def _dense(self) -> Dense:
        work = round(self.expert_hidden() * (self.chosen() + self.shared))
        return self.network(self.dense_hidden or max(1, work))

    def build(self, width: int, place: str = "feed_forward") -> FeedForward:
        return MixtureFeedForward(self, width, place)

    def network(self, hidden: int) -> Dense:
        """A dense network of this width, otherwise like an expert."""
        return Dense(hidden=hidden, activation=self.activation, gated=self.gated, bias=self.bias)

    def matrix_weights(self, width: int) -> int:
        work = self.expert_hidden() * (self.chosen() + self.shared)
        return self.router.parameters(self.room(width)) + round((2 + self.gated) * width * work)

    def parameters(self, width: int) -> int:
        return self._numbers(width, self.expert_count())

    def active_parameters(self, width: int) -> int:
        return self._numbers(width, self.chosen())

    def _numbers(self, width: int, experts: float) -> int:
        one, shared = self.network(self.expert_hidden()), self.shared
        always = self.network(shared * self.expert_hidden()).parameters(width) if shared else 0
        return self.router.parameters(self.room(width)) + always + round(experts * one.parameters(width))

    def check(self, width: int, depths: Mapping[str, int]) -> None:
        room = self.room(width)
        if self.hidden % self.split:
            refuse("split", f"A hidden width of {self.hidden} cannot be split into {self.split} equal parts.")
        if room.experts % self.devices:
            refuse("devices", f"{room.experts} experts cannot be spread evenly over {self.devices} devices.")
        if self.which is not None and self.which > self.every:
            refuse(
                "which", f"Of every {self.every} layers there is no number {self.which}. Lower this, or leave it empty."
            )
        self.router.check(room)
        stacks = [stack for stack in depths if self.stacks in ("both", stack)]
        if not stacks:
            refuse("stacks", f"This model has no {self.stacks}, and would have no mixture. Use both.")
        for stack in stacks:
            if depths[stack] < self.skip + self._first():  # the first mixture lies beyond the last layer
                field = "skip" if depths[stack] <= self.skip else "every"
                has = f"The {stack} has {depths[stack]}, so no layer is left for the experts."
                refuse(field, f"{has} Lower this, or add layers.")
        if not self.router.causal and stacks != ["encoder"]:
            refuse(
                "router.kind",
                "In expert choice an expert picks its tokens from the whole sequence, later ones included: a decoder "
                "would see its own future. Use an encoder-only model, or mixtures in the encoder alone.",
            )


class MixtureFeedForward(FeedForward):
    """Route, seat, compute, mix; the shared experts are one wider network (exactly their sum)."""

    def __init__(self, config: MoE, width: int, place: str = "feed_forward"):
        super().__init__()
        self.config, self.room, self.place = config, config.room(width), place
        self.router = config.router.build(self.room)
        shape = {"gated": config.gated, "bias": config.bias}
        self.experts = Experts(
            self.room.experts, width, config.expert_hidden(), ACTIVATIONS[config.activation], **shape
        )
        hidden = config.shared * config.expert_hidden()
        self.shared = config.network(hidden).build(width, f"{place}.shared") if hidden else None

    def forward(self, x_BTD: Tensor, p: Pass = IDLE) -> tuple[Tensor, Routing]:
        edits = p.tap.at(f"{self.place}.router")
        asked = self._asked(x_BTD, p, [e for e in edits if isinstance(e, Force)])
        choice = self._tapped(self.router(asked), x_BTD, p)
        routing = self._seated(choice, asked, len(x_BTD))
        every = choice.chosen_NK is None and asked.keep_N is None and routing.capacity is None
        kept_NK = None if every else routing.kept_NK
        removed = [e.expert for e in edits if isinstance(e, Ablate) and e.expert is not None]
        if removed:
            gone = torch.tensor(removed, device=x_BTD.device)
            kept_NK = routing.kept_NK & ~torch.isin(routing.experts_NK, gone)
        y_BTD = self._mixed(x_BTD, routing, kept_NK, p._replace(rate=self.config.expert_dropout)).to(x_BTD.dtype)
        return (y_BTD if self.shared is None else y_BTD + self.shared(x_BTD, p)[0]), routing

    def _mixed(self, x_BTD: Tensor, routing: Routing, kept_NK: Tensor | None, p: Pass) -> Tensor:
        """(B, T, D): each token's experts, weighted by their gates; one by one where they are looked at."""
        x_ND, experts_NK, weights_NK, name = x_BTD.flatten(0, 1), *routing[2:4], f"{self.place}.experts"
        if not p.tap.wants(name):
            return self.experts(x_ND, experts_NK, weights_NK, kept_NK, p).view_as(x_BTD)
        y_NKD = self.experts.each(x_ND, experts_NK, kept_NK, p)
        y_NKD = p.tap(name, y_NKD.unflatten(0, x_BTD.shape[:2])).flatten(0, 1)
        weights_NK = weights_NK if kept_NK is None else weights_NK * kept_NK
        return (y_NKD * weights_NK.to(y_NKD.dtype)[..., None]).sum(dim=1).view_as(x_BTD)

    def _tapped(self, choice: Choice, x_BTD: Tensor, p: Pass) -> Choice:
        """What the router decided, its gates as they are edited."""
        gates_BTK = choice.weights_NK.unflatten(0, x_BTD.shape[:2])
        return choice._replace(weights_NK=p.tap(f"{self.place}.router.gates", gates_BTK).flatten(0, 1))

    def _asked(self, x_BTD: Tensor, p: Pass, forces: list[Force]) -> Asked:
        """The batch, example after example."""
        examples, length = x_BTD.shape[:2]
        at_N = places(p.start, length, x_BTD.device).expand(examples, length).flatten()
        forced_N = torch.full_like(at_N, -1) if forces else None
        for e in forces:
            assert forced_N is not None
            there_N = torch.ones_like(at_N, dtype=torch.bool) if e.position is None else at_N == e.position
            forced_N = forced_N.masked_fill(there_N, e.expert)
        return Asked(
            x_BTD.flatten(0, 1),
            None if p.keep_BT is None else p.keep_BT.flatten(),
            None if p.ids_BT is None else p.ids_BT.flatten(),
            at_N,
            examples if self.config.capacity.group == "sequence" else 1,
            p,
            forced_N,
            examples,
            f"{self.place}.router.logits",
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
        capacity = None
        if config.router.picks == "tokens":
            capacity = config.capacity.seats(count // asked.groups, k, experts, training=asked.p.training)
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

    def retune(self, config: FeedForwardConfig) -> None:
        assert isinstance(config, MoE)
        self.config = config
        self.router.retune(config.router)

    def after_update(self, routing: Routing | None) -> None:
        """Move the bias that keeps the balance, by what the routing of the update's batch asked for."""
        if routing is not None:
            self.router.after_update(routing, self.config.balance.bias_speed)


FEED_FORWARDS: dict[str, type[FeedForwardConfig]] = {"dense": Dense, "MoE": MoE, "none": NoFeedForward}

if TYPE_CHECKING:
    AnyFeedForward = FeedForwardConfig
else:
    AnyFeedForward = slot(FEED_FORWARDS)
