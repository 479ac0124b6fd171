"""What every attention variant is: a config that builds a module, and the call that all modules answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from torch import Tensor, nn

from models.config import Config, knob, refuse
from models.linear import Linear
from models.records import Scored
from models.tap import Pass


class Where(NamedTuple):
    """Which attention of a model it is."""

    layer: int = 0
    stack: str = "decoder"
    cross: bool = False

    @property
    def place(self) -> str:
        """What its places begin with: `decoder.0.attention`."""
        return f"{self.stack}.{self.layer}.{'cross_attention' if self.cross else 'attention'}"


FIRST = Where()


class Attention(nn.Module):
    """Moves information between positions."""

    def forward(self, x_BTD: Tensor, p: Pass, cached: Any = None) -> tuple[Tensor, Any]:
        """What attending from x adds to the stream (B, T, D), and what to pass in as `cached` with the next tokens.

        Self-attention attends to x and to what is cached, cross-attention to `p.source_BSD`, where positions play no
        part: what it keeps of a source is computed once, and with `cached` the source is no longer needed. What is
        cached is this attention's own affair: nobody else reads it but `decoding`, the twin of one.
        """
        raise NotImplementedError

    def scored(self, q_BHTC: Tensor, k_BGSC: Tensor, relative_BHTS: Tensor | None, /) -> Scored | None:
        """What the scores are made of, of self-attention that has some."""
        return None


class AttentionConfig(Config):
    """An attention variant as a value."""

    scores: ClassVar[bool] = True
    """Whether weights are made of scores, so that a position scheme can act on the scores."""
    maps: ClassVar[int] = 1
    """How many queries stand side by side in a head, each with scores of its own: so many times as many heads have the
    places of scores (`tap.MAPPED`) and the position schemes.
    """
    paper: ClassVar[tuple[str, str] | None] = None
    """Who proposed it and where, and the address."""
    rows: ClassVar[str] = ""
    """What its rows are where they are no probability distributions, in a sentence of html for the page."""
    unscored: ClassVar[str] = ""
    """Why no scores of its can be shown, in sentences; "": they can."""

    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, width: int, where: Where = FIRST) -> Attention | None:
        """The module of one layer, or None for a block without attention."""
        raise NotImplementedError

    def at(self, layer: int, stack: str) -> AttentionConfig:
        """The attention of one layer of a stack: not every layer need see as far, for example."""
        return self

    def check(self, width: int) -> None:
        """Raise `Refused` where the variant does not fit the model's width."""

    def query_heads(self) -> int:
        """Heads that have an attention pattern."""
        return 0

    def key_value_heads(self) -> int:
        """G: heads of keys and values."""
        return self.query_heads()

    def channels(self, width: int) -> int:
        """Channels of one head, C."""
        return 0

    def value_channels(self, width: int) -> int:
        """Channels of what one head mixes."""
        return self.channels(width)

    def rope_channels(self, width: int) -> int:
        """Channels of each query, its first, that a rotation may turn."""
        return self.channels(width) // self.maps

    def sees(self) -> int | None:
        """Width of the sliding window of every layer in tokens; None where some layer has none."""
        return None

    def parameters(self, width: int) -> int:
        """Parameters of one attention sublayer."""
        return 0

    def matrix_weights(self, width: int) -> int:
        """Parameters that each token is multiplied with: two FLOPs each."""
        return 0

    def looks(self, width: int, keys: int) -> int:
        """FLOPs of the scores and the mix of one query: 2 per key and channel of each head."""
        return 2 * self.query_heads() * (self.channels(width) + self.value_channels(width)) * keys

    def cache_elements(self, width: int) -> int:
        """Numbers that one layer keeps for each token it may still look at while generating."""
        return 0

    def state_elements(self, width: int) -> int:
        """Numbers that one layer keeps however many tokens it has read."""
        return 0


class Headed(AttentionConfig):
    """What variants with heads share."""

    heads: int = knob(
        4,
        "Query heads",
        "Each head has its own pattern of attention.",
        ge=1,
        le=256,
        most=16,
        paper=("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762"),
    )
    head_dim: int | None = knob(
        None,
        "Head dimension",
        "Channels of each head; empty: width divided by query heads.",
        ge=1,
        le=512,
        most=128,
        empty="auto",
    )

    def query_heads(self) -> int:
        return self.heads

    def channels(self, width: int) -> int:
        return self.head_dim or width // self.heads

    def check(self, width: int) -> None:
        if self.head_dim is None and width % self.heads:
            fits = ", ".join(str(n) for n in range(1, 17) if width % n == 0)
            refuse(
                "heads",
                f"{self.heads} heads do not divide width {width} evenly. Use {fits}, or set the head dimension.",
            )


class Heads(Attention):
    """H heads of queries, G of keys and values, made by one matrix."""

    def __init__(self, where: Where, heads: int, kv_heads: int, c: int, width: int, *, qkv_bias: bool, out_bias: bool):
        super().__init__()
        self.place, self.cross, self.heads, self.kv_heads = where.place, where.cross, heads, kv_heads
        self.sizes = (heads * c, kv_heads * c, kv_heads * c)
        self.qkv = Linear(width, sum(self.sizes), bias=qkv_bias)
        self.out = Linear(heads * c, width, bias=out_bias)

    def _project(self, x: Tensor, which: int) -> Tensor:
        """One of query, key, value: rows of the joint matrix."""
        rows = slice(sum(self.sizes[:which]), sum(self.sizes[: which + 1]))
        return nn.functional.linear(x, self.qkv.weight[rows], None if self.qkv.bias is None else self.qkv.bias[rows])
