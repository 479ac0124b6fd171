"""Mixture of experts: many feed-forward networks, of which each token passes through a few (Shazeer et al. 2017,
arXiv:1701.06538).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from models.config import knob, refuse
from models.feedforward import Dense, FeedForward, FeedForwardConfig, NoFeedForward
from models.mixture_layer import MixtureFeedForward
from models.moe import AnyRouter, Balance, Capacity, TopK
from models.moe.base import Room


class MoE(Dense):
    """Each token passes through the few experts that a router chooses for it."""

    kind: Literal["MoE"] = "MoE"  # pyright: ignore[reportIncompatibleVariableOverride] - another key, the same fields
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
        paper=("Fedus et al. 2021, sec. 2.2", "https://arxiv.org/abs/2101.03961"),
    )
    router: AnyRouter = TopK()
    capacity: Capacity = Capacity()
    balance: Balance = Balance()

    def room(self, width: int) -> Room:
        """What the router is told."""
        return Room(width, self.experts * self.split, self.split)

    def expert_hidden(self) -> int:
        """Hidden width of one expert, after the split."""
        return self.hidden // self.split

    def chosen(self) -> float:
        """Experts of one token, shared ones not counted; in expert choice on average."""
        return self.router.average(self.room(1))

    def at(self, layer: int, layers: int, stack: str) -> FeedForwardConfig:
        """A mixture in the layers that have one, else a dense feed-forward."""
        mixes = layer >= self.skip and (layer - self.skip + 1) % min(self.every, layers) == 0
        return self if mixes and self.stacks in ("both", stack) else self._dense()

    def _dense(self) -> Dense:
        work = round(self.expert_hidden() * (self.chosen() + self.shared))
        shape = {name: getattr(self, name) for name in ("activation", "gated", "bias")}
        return Dense(hidden=self.dense_hidden or max(1, work), **shape)

    def build(self, width: int) -> FeedForward:
        return MixtureFeedForward(self, width)

    def network(self, hidden: int) -> Dense:
        """A dense network of this width, otherwise like an expert."""
        return Dense(hidden=hidden, activation=self.activation, gated=self.gated, bias=self.bias)

    def matrix_weights(self, width: int) -> int:
        work = self.expert_hidden() * (self.chosen() + self.shared)
        return self.router.parameters(self.room(width)) + round((2 + self.gated) * width * work)

    def parameters(self, width: int) -> int:
        return self._numbers(width, self.experts * self.split)

    def active_parameters(self, width: int) -> int:
        return self._numbers(width, self.chosen())

    def _numbers(self, width: int, experts: float) -> int:
        one, shared = self.network(self.expert_hidden()), self.shared
        always = self.network(shared * self.expert_hidden()).parameters(width) if shared else 0
        return self.router.parameters(self.room(width)) + always + round(experts * one.parameters(width))

    def check(self, width: int, topology: str) -> None:
        """Refuse what does not fit."""
        room = self.room(width)
        if self.hidden % self.split:
            refuse("split", f"A hidden width of {self.hidden} cannot be split into {self.split} equal parts.")
        if room.experts % self.devices:
            refuse("devices", f"{room.experts} experts cannot be spread evenly over {self.devices} devices.")
        self.router.check(room)
        absent = {"decoder-only": "encoder", "encoder-only": "decoder"}.get(topology)
        if self.stacks == absent:
            refuse("stacks", f"This model is {topology}: it has no {absent}, and would have no mixture. Use both.")
        stacks = {"decoder-only": "decoder", "encoder-only": "encoder"}.get(topology, self.stacks)
        if not self.router.causal and stacks != "encoder":
            refuse(
                "router.kind",
                "In expert choice an expert picks its tokens from the whole sequence, later ones included: a decoder "
                "would see its own future. Use an encoder-only model, or mixtures in the encoder alone.",
            )
        if self.balance.bias_speed and not self.router.selects:
            refuse(
                "balance.bias_speed",
                f"{self.router.kind} routing selects by no score that a bias could move. Set it to 0 or use top-k.",
            )


FEED_FORWARDS: dict[str, type[FeedForwardConfig]] = {"dense": Dense, "MoE": MoE, "none": NoFeedForward}

if TYPE_CHECKING:
    AnyFeedForward = FeedForwardConfig
else:
    AnyFeedForward = Annotated[Union[tuple(FEED_FORWARDS.values())], Field(discriminator="kind")]  # noqa: UP007 - made from the registry
