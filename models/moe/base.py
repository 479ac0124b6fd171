"""What a router is: it scores experts for each token, and says which of them the token is sent to, and how much each
counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, knob
from models.dropout import uniform
from models.linear import Linear
from models.records import Routing
from models.tap import IDLE, Pass


class Room(NamedTuple):
    """What a router is told of the mixture it routes for."""

    width: int
    experts: int
    split: int = 1
    """How many parts each expert was split into: so many times as many are chosen (DeepSeekMoE)."""


class Asked(NamedTuple):
    """The tokens of one forward pass, flattened, example after example."""

    x_ND: Tensor
    keep_N: Tensor | None = None
    """False: padding."""
    ids_N: Tensor | None = None
    at_N: Tensor | None = None
    """Position in the sequence."""
    groups: int = 1
    """How many equal stretches of N the experts' seats are counted in."""
    p: Pass = IDLE
    forced_N: Tensor | None = None
    """The expert a token has to go to; -1: as the router finds."""
    examples: int = 1
    place: str = "feed_forward.router.logits"


class Choice(NamedTuple):
    """What a router decided."""

    logits_NE: Tensor
    """Before softmax or sigmoid; float32."""
    probs_NE: Tensor
    """The share of each expert, rows sum to 1: what balance losses take for P."""
    experts_NK: Tensor
    weights_NK: Tensor
    """The gates: what an expert's output is multiplied by."""
    counted_NK: Tensor
    """The experts that balance losses count as chosen."""
    chosen_NK: Tensor | None = None
    """False where an expert of `experts_NK` was not asked for; None: all were."""


class Router(nn.Module):
    """Sends tokens to experts."""

    def forward(self, asked: Asked) -> Choice:
        """Raises ValueError for a forced expert where tokens cannot be forced."""
        raise NotImplementedError

    def retune(self, config: RouterConfig) -> None:
        """Take the live settings of another config of the same kind."""
        self.config: Any = config

    def after_update(self, routing: Routing, speed: float) -> None:
        """What follows an update, by what its forward pass reported. `speed`: how far a bias moves."""


class RouterConfig(Config):
    """A routing rule as a value."""

    learns: ClassVar[bool] = True
    """Whether it has logits that balance losses can move."""
    selects: ClassVar[bool] = True
    """Whether each token goes to the experts of its best scores, and a bias on them moves at a speed that is set."""
    causal: ClassVar[bool] = True
    """Whether a token's experts depend on no later token."""
    picks: ClassVar[Literal["tokens", "experts", "nobody"]] = "tokens"
    """Who chooses: tokens their experts, whose slots a capacity may limit; experts their tokens, and then all have the
    same load; or nobody, because every expert computes every token.
    """
    paper: ClassVar[tuple[str, str] | None] = None
    """Who proposed it and where, and the address."""
    balances: ClassVar[str] = ""
    """What it does after each update to keep the loads even, in words of the page; "": nothing of its own."""
    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, room: Room) -> Router:
        """The module."""
        raise NotImplementedError

    def choices(self, room: Room) -> int:
        """K: how many experts a token's output is made of, at most."""
        raise NotImplementedError

    def average(self, room: Room) -> float:
        """How many experts a token's output is made of on average."""
        return self.choices(room)

    def reach(self, room: Room, devices: int) -> int:
        """On how many devices a token's experts can be, at most."""
        return min(self.choices(room), devices)

    def parameters(self, room: Room) -> int:
        """Parameters; each token is multiplied with all of them."""
        return room.width * room.experts if self.learns else 0

    def check(self, room: Room) -> None:
        """Refuse what does not fit."""


class Learned(RouterConfig):
    """What routers with a trained matrix share."""

    jitter: float = knob(
        0.0,
        "Jitter",
        "In training, what the router reads (and nothing else) is multiplied by random numbers in 1 ± this.",
        live=True,
        ge=0.0,
        le=0.99,
        most=0.5,
        advanced=True,
        paper=("Fedus et al. 2021", "https://arxiv.org/abs/2101.03961"),
    )
    precision: Literal["float32", "bfloat16"] = knob(
        "float32",
        "Router precision",
        "What the router computes its scores in; float32 in an otherwise rounded model is called selective precision.",
        live=True,
        advanced=True,
        paper=("Fedus et al. 2021, sec. 2.4", "https://arxiv.org/abs/2101.03961"),
    )


class LearnedRouter(Router):
    """Scores are a linear map of the token, without bias."""

    def __init__(self, config: Learned, room: Room):
        super().__init__()
        self.config, self.room = config, room
        self.router = Linear(room.width, room.experts, bias=False)

    def logits(self, asked: Asked) -> Tensor:
        """(N, E) scores, float32 (float64 in a model of float64), as they are edited."""
        logits_NE = self.scored(asked)
        if asked.p.tap.idle:
            return logits_NE
        return asked.p.tap(asked.place, logits_NE.unflatten(0, (asked.examples, -1))).flatten(0, 1)

    def scored(self, asked: Asked) -> Tensor:
        """(N, E) scores."""
        return self.scores(self.reads(asked), self.router.weight)

    def reads(self, asked: Asked) -> Tensor:
        """What the router sees of the tokens: jittered in training. The experts see them as they are."""
        x_ND, jitter = asked.x_ND, self.config.jitter
        if not asked.p.training or not jitter:
            return x_ND
        x_ND = x_ND.to(torch.promote_types(x_ND.dtype, torch.float32))  # bfloat16 has no number between 1 and 1.007
        return x_ND * (1 - jitter + 2 * jitter * uniform(x_ND, asked.p.noise()))

    def scores(self, x_ND: Tensor, weight_ED: Tensor) -> Tensor:
        """A product in the router's own precision, whatever the rest computes in."""
        exact = torch.promote_types(x_ND.dtype, torch.float32)
        dtype = exact if self.config.precision == "float32" else torch.bfloat16
        with torch.autocast(x_ND.device.type, enabled=False):
            return F.linear(x_ND.to(dtype), weight_ED.to(dtype)).to(exact)


def select(scores_NE: Tensor, k: int, forced_N: Tensor | None) -> Tensor:
    """(N, K) the experts of the k highest scores, best first; a forced expert comes first."""
    if forced_N is not None:
        forced_NE = F.one_hot(forced_N.clamp(min=0), scores_NE.shape[1]).bool() & (forced_N >= 0)[:, None]
        scores_NE = scores_NE.masked_fill(forced_NE, torch.inf)
    return scores_NE.topk(k, dim=-1).indices
