"""What a model is, as a value: the config of a whole transformer, and which of its parts fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import model_validator
from typing_extensions import Self

from models import idle
from models.attention import MHA, AnyAttention, AttentionConfig
from models.config import Config, Refused, knob, refuse
from models.embedding import POWER, Embedding, Head, head_parameters
from models.feedforward import Dense, FeedForwardConfig
from models.init import Init
from models.mixture import AnyFeedForward
from models.norm import Norm
from models.position import AnyPosition, Room, RoPE

Topology = Literal["decoder-only", "encoder-only", "encoder-decoder"]


class TransformerConfig(Config):
    """A whole model as a value."""

    builds: ClassVar[bool] = True
    """False: known for its cost alone."""

    topology: Topology = knob(
        "decoder-only",
        "Topology",
        "Which stacks there are, and who sees whom.",
        paper=("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762"),
    )
    layers: int = knob(
        2, "Layers", "Blocks one after another; in an encoder-decoder, those of the decoder.", ge=1, le=256, most=12
    )
    encoder_layers: int = knob(
        2, "Encoder layers", "Blocks of the encoder of an encoder-decoder.", ge=1, le=256, most=12
    )
    width: int = knob(
        64, "Width", "Numbers in the residual stream at each position.", ge=1, le=65_536, most=256, step=8
    )
    prefix: bool = knob(
        False,
        "Prefix-LM",
        "Decoder-only: the prompt is seen from both sides, only what follows is causal.",
        advanced=True,
        paper=("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683"),
    )
    parallel: bool = knob(
        False,
        "Parallel residual",
        "Attention and feed-forward read the same stream (GPT-J, GPT-NeoX). Needs pre-norm and both sublayers.",
        advanced=True,
        paper=("Black et al. 2022", "https://arxiv.org/abs/2204.06745"),
    )
    residual: float = knob(
        1.0,
        "Residual multiplier",
        "What a sublayer adds to the stream is multiplied by this (Granite: 0.22).",
        gt=0.0,
        le=100.0,
        most=2.0,
        advanced=True,
        paper=POWER,
    )
    dropout: float = knob(
        0.0,
        "Dropout",
        "Share of values zeroed in training: embeddings, attention weights, sublayer outputs.",
        ge=0.0,
        le=0.9,
        step=0.05,
        advanced=True,
    )
    vocab: int = knob(64, "Vocabulary", "Number of tokens; the task decides.", ge=2, le=1_000_000)
    context: int = knob(64, "Context", "Longest sequence; the task decides.", ge=1, le=1_000_000)
    attention: AnyAttention = MHA()
    position: AnyPosition = RoPE()
    feed_forward: AnyFeedForward = Dense()
    norm: Norm = Norm()
    embedding: Embedding = Embedding()
    head: Head = Head()
    init: Init = Init()

    def room(self, stack: Literal["encoder", "decoder"]) -> Room:
        """What a position scheme is told of a stack."""
        both, attention, maps = stack == "encoder", self.attention, self.attention.maps
        heads, c = maps * attention.query_heads(), attention.channels(self.width) // maps
        sees = {"bidirectional": both, "prefix": self.prefix and not both}
        u, rope = attention.value_channels(self.width), attention.rope_channels(self.width)
        return Room(self.width, heads, c, self.context, **sees, value_dim=u, maps=maps, rope_dim=rope)

    def head_numbers(self) -> tuple[int, int]:
        """Parameters of the output side beyond a tied matrix, and how many of them multiply each token."""
        dense = self.width**2 if self.head.transform != "none" else 0
        return head_parameters(self.head, self.norm, self.vocab, self.width), self.vocab * self.width + dense

    def feed_forwards(self) -> dict[str, list[FeedForwardConfig]]:
        """The feed-forward of each layer of each stack."""
        return {
            stack: [self.feed_forward.at(i, stack) for i in range(layers)] for stack, layers in self.depths().items()
        }

    def attentions(self) -> dict[str, list[AttentionConfig]]:
        """The attention of each layer of each stack; cross-attention is like it."""
        return {stack: [self.attention.at(i, stack) for i in range(layers)] for stack, layers in self.depths().items()}

    def depths(self) -> dict[str, int]:
        """Layers of each stack there is."""
        return {
            "decoder-only": {"decoder": self.layers},
            "encoder-only": {"encoder": self.layers},
            "encoder-decoder": {"encoder": self.encoder_layers, "decoder": self.layers},
        }[self.topology]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        attends = self.attention.query_heads() > 0
        _under("attention", self.attention.check, self.width)
        if not attends and self.position.acts_in_attention:
            refuse(
                "position.kind",
                f"{self.position.kind} acts on attention, and this model has none. Use learned, sinusoidal or none.",
            )
        if self.position.acts_on_scores and not self.attention.scores:
            refuse(
                "position.kind",
                f"{self.position.kind} adds to the scores before a softmax, and {self.attention.kind} attention has "
                "none: its keys are summed before any query looks at them. Use RoPE, sinusoidal, learned or none.",
            )
        if self.position.sharpness() != 1 and not self.attention.scores:
            refuse(
                "position.scaling.sharpness",
                f"YaRN sharpens a softmax, and {self.attention.kind} attention has none: all its weights would grow "
                "alike. Set YaRN's sharpness to 1, or stretch the angles in another way.",
            )
        _under("position", self.position.check, self.room("decoder"))
        _under("feed_forward", lambda width: self.feed_forward.check(width, self.depths()), self.width)
        if not attends and self.topology == "encoder-decoder":
            refuse(
                "attention.kind", "An encoder-decoder joins its stacks by cross-attention. Choose an attention variant."
            )
        if not attends and not self.feed_forward.there:
            refuse("feed_forward.kind", "A block needs attention, a feed-forward, or both. Switch one of them on.")
        if self.parallel and (
            self.norm.place != "pre" or not attends or not self.feed_forward.there or self.topology == "encoder-decoder"
        ):
            refuse(
                "parallel",
                "The parallel residual needs pre-norm, attention and a feed-forward, and no cross-attention. "
                "Switch it off or change those.",
            )
        if self.prefix and self.topology != "decoder-only":
            refuse("prefix", f"A prefix-LM is a decoder-only model, and this one is {self.topology}. Switch it off.")
        if self.head.scaled and not self.head.tied:
            refuse("head.scaled", "Scaling by 1/√width belongs to a tied head. Tie the head or switch the scaling off.")
        idle.check(self)
        return self


def _under(name: str, check: Callable[[Any], None], argument: Any) -> None:
    """Run a slot's own check, and name the field below that slot in what it refuses."""
    try:
        check(argument)
    except Refused as error:
        inside = "attention.head_dim" if error.field == "head_dim" else f"{name}.{error.field}"
        raise Refused(inside, error.sentence) from None
