"""The configs every property is tested on: the product of the registries, and the options that are no registry."""

from itertools import product
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from models import Transformer, TransformerConfig
from models.attention import ATTENTIONS, GQA, MHA, MLA, MQA, LinearAttention
from models.config import problems
from models.embedding import Embedding, Head
from models.feedforward import Dense, NoFeedForward
from models.init import Init
from models.mixture import MoE
from models.moe import ROUTERS, DeepSeekMoE, DeepSeekV3, ExpertChoice, Hash, NoisyTopK, Random, Soft, Switch, TopK
from models.norm import Norm
from models.position import POSITIONS, T5, ALiBi, Learned, NoPosition, RoPE, Scaling, Shaw, Sinusoidal, TransformerXL

TOPOLOGIES = ("decoder-only", "encoder-only", "encoder-decoder")
PLACES = ("pre", "post")
LENGTH, SOURCE = 9, 7
BASE: dict[str, Any] = {
    "width": 16,
    "vocab": 13,
    "context": 12,
    "feed_forward": Dense(hidden=24, activation="gelu"),
    "init": Init(zero_head=False, residual_gain=1.0),  # a zero head would hide everything below it
}


def small(**fields: Any) -> TransformerConfig:
    """A two-layer config of width 16 with these fields changed."""
    return TransformerConfig.model_validate(BASE | fields)


PRODUCT: dict[str, TransformerConfig] = {}
"""All that the registries make, a new line of one included. Names are the four choices with a space between."""
REFUSED: dict[str, dict[str, str]] = {}
"""What of it the core refuses: {field: sentence}."""
for attention, position, topology, place in product(ATTENTIONS, POSITIONS, TOPOLOGIES, PLACES):
    name, kinds = f"{attention} {position} {topology} {place}", {"attention": attention, "position": position}
    try:
        slots = {slot: {"kind": kind} for slot, kind in kinds.items()}
        PRODUCT[name] = small(**slots, topology=topology, norm={"place": place})
    except ValidationError as error:
        REFUSED[name] = problems(error, TransformerConfig)


def even(name: str) -> bool:
    """Half of the product, in which any three of its choices still meet: places of the norm alternate."""
    attention, position, topology, place = name.split(" ")
    chosen = (ATTENTIONS, attention), (POSITIONS, position), (TOPOLOGIES, topology), (PLACES, place)
    return sum(list(names).index(each) for names, each in chosen) % 2 == 0


REGISTRIES = {name: config for name, config in PRODUCT.items() if even(name)}
"""What every property is tested on."""

ONE_BY_ONE = {"group": "sequence"}  # else experts choose from the whole batch


def mixed(router: Any, **fields: Any) -> MoE:
    return MoE.model_validate({"hidden": 12, "experts": 4, "activation": "gelu", "router": router, **fields})


MIXTURES: dict[str, TransformerConfig] = {
    "MoE top-k": small(feed_forward=mixed(TopK(), every=2), norm=Norm(kind="LayerNorm")),
    "MoE top-k encoder": small(feed_forward=mixed(TopK(), gated=True), topology="encoder-only", parallel=True),
    "MoE top-k first of two": small(feed_forward=mixed(TopK(), every=2, which=1)),
    "MoE Switch": small(feed_forward=mixed(Switch(), bias=True, skip=1), topology="encoder-decoder"),
    "MoE noisy top-k": small(feed_forward=mixed(NoisyTopK()), prefix=True),
    "MoE soft": small(feed_forward=mixed(Soft(), stacks="decoder"), topology="encoder-decoder"),
    "MoE expert choice": small(
        feed_forward=mixed(ExpertChoice(), capacity=ONE_BY_ONE), topology="encoder-only", norm=Norm(place="post")
    ),
    "MoE expert choice encoder-decoder": small(
        feed_forward=mixed(ExpertChoice(), capacity=ONE_BY_ONE, stacks="encoder"), topology="encoder-decoder"
    ),
    "MoE DeepSeekMoE": small(feed_forward=mixed(DeepSeekMoE(), split=2, shared=1), attention=GQA()),
    "MoE DeepSeek-V3": small(feed_forward=mixed(DeepSeekV3(groups=2), shared=1, gated=True), norm=Norm(place="post")),
    "MoE hash": small(feed_forward=mixed(Hash())),
    "MoE random": small(feed_forward=mixed(Random(k=2)), topology="encoder-only"),
}
MIXTURES |= {
    f"MoE {kind}": small(feed_forward=mixed(router()), topology="decoder-only" if router.causal else "encoder-only")
    for kind, router in ROUTERS.items()
    if f"MoE {kind}" not in MIXTURES
}
"""Every router, without a limit of seats: with one, a token's output depends on those that sit already."""

SIZES: dict[str, int] = {"head_dim": 5, "rope_dim": 4, "value_dim": 7, "latent": 6, "query_latent": 9}

EXTRAS: dict[str, TransformerConfig] = {
    "window": small(attention=MHA(window=3)),
    "window encoder": small(attention=MHA(window=3), position=T5(), topology="encoder-only"),
    "window encoder-decoder": small(attention=GQA(window=3), topology="encoder-decoder"),
    "window in some layers": small(attention=GQA(window=3, pattern="LG", scale=0.3), layers=3),
    "window in some layers encoder-decoder": small(
        attention=MHA(window=3, pattern="GGL"), topology="encoder-decoder", encoder_layers=3, position=T5()
    ),
    "softcap": small(attention=GQA(softcap=2.0), position=ALiBi()),
    "qk_norm head": small(attention=GQA(qk_norm="head", qk_eps=1e-3)),
    "qk_norm full": small(attention=GQA(qk_norm="full"), topology="encoder-decoder"),
    "biases": small(
        attention=MHA(qkv_bias=True, out_bias=True),
        feed_forward=Dense(hidden=24, bias=True),
        norm=Norm(kind="LayerNorm"),
        head=Head(bias=True),
    ),
    "gated biases": small(feed_forward=Dense(hidden=24, activation="silu", gated=True, bias=True)),
    "parallel": small(parallel=True, norm=Norm(kind="LayerNorm")),
    "parallel encoder": small(parallel=True, attention=GQA(), topology="encoder-only"),
    "prefix": small(prefix=True),
    "prefix window": small(prefix=True, attention=MHA(window=3), position=Learned()),
    "prefix softcap": small(prefix=True, attention=GQA(softcap=2.0, qk_norm="head"), position=ALiBi()),
    "prefix T5": small(prefix=True, position=T5(buckets=8, furthest=16)),
    "prefix Shaw": small(prefix=True, position=Shaw(clip=2)),
    "prefix Transformer-XL": small(prefix=True, attention=GQA(), position=TransformerXL()),
    "prefix linear": small(prefix=True, attention=LinearAttention()),
    "window Shaw": small(attention=MHA(window=3), position=Shaw(clip=2), topology="encoder-only"),
    "softcap Transformer-XL": small(attention=MQA(softcap=2.0, scale=1.0), position=TransformerXL()),
    "own head dimension linear": small(attention=LinearAttention(heads=2, head_dim=6), topology="encoder-decoder"),
    "own dimensions MLA": small(attention=MLA(heads=3, **SIZES), topology="encoder-decoder"),
    "own dimensions MLA Shaw": small(attention=MLA(heads=3, **SIZES), position=Shaw(clip=2)),
    "prefix MLA": small(attention=MLA(), prefix=True),
    "YaRN MLA": small(attention=MLA(), position=RoPE(base=100.0, scaling=Scaling(way="YaRN", trained=32, fast=8.0))),
    "own head dimension": small(attention=GQA(heads=3, kv_heads=1, head_dim=6)),
    "unscaled": small(attention=MQA(scale=1.0), position=T5()),
    "partial interleaved RoPE": small(position=RoPE(fraction=0.5, pairing="interleaved")),
    "YaRN": small(position=RoPE(base=100.0, scaling=Scaling(way="YaRN", trained=32, fast=8.0))),
    "YaRN linear": small(
        attention=LinearAttention(),
        position=RoPE(base=100.0, scaling=Scaling(way="YaRN", trained=32, fast=8.0, sharpness=1.0)),
    ),
    "llama3": small(position=RoPE(base=100.0, fraction=0.5, scaling=Scaling(way="llama3", trained=8))),
    "segments and embedding norm": small(
        topology="encoder-only", embedding=Embedding(segments=2, norm=True), norm=Norm(place="post")
    ),
    "embedding norm encoder-decoder": small(topology="encoder-decoder", embedding=Embedding(norm=True, scaled=True)),
    "transform head": small(head=Head(tied=True, bias=True, transform="gelu")),
    "scaled tied head": small(head=Head(tied=True, scaled=True), position=Sinusoidal()),
    "capped head": small(head=Head(softcap=0.5), embedding=Embedding(scaled=True)),
    "norm of outputs": small(norm=Norm(place="output"), attention=GQA(qk_norm="full"), position=NoPosition()),
    "norm of outputs encoder-decoder": small(norm=Norm(place="output"), topology="encoder-decoder"),
    "norms on both sides": small(norm=Norm(place="both", kind="LayerNorm", bias=False), attention=MHA(softcap=2.0)),
    "norms on both sides encoder-decoder": small(norm=Norm(place="both", final=False), topology="encoder-decoder"),
    "two bases": small(
        attention=MHA(window=3, pattern="LG"), position=RoPE(base=100.0, local_base=5.0, scaling=Scaling(way="linear"))
    ),
    "two bases encoder": small(
        attention=GQA(window=3, pattern="GL"), position=RoPE(local_base=5.0, fraction=0.5), topology="encoder-only"
    ),
    "multipliers": small(
        residual=0.3, embedding=Embedding(multiplier=3.0), head=Head(divisor=4.0), attention=GQA(scale=0.4)
    ),
    "no norm": small(norm=Norm(kind="none")),
    "no final norm": small(norm=Norm(final=False)),
    "no feed-forward": small(feed_forward=NoFeedForward(), position=NoPosition()),
    "unequal depths": small(topology="encoder-decoder", layers=1, encoder_layers=3),
}

EXTRAS |= MIXTURES

VARIANTS = REGISTRIES | EXTRAS


def noisy(model: Transformer, seed: int = 5) -> Transformer:
    """The model with noise on every vector: initial norms of 1 and biases of 0 would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim == 1:
                p += 0.3 * torch.randn(p.shape, generator=generator)
    return model


def inputs(config: TransformerConfig, batch: int = 3, length: int = LENGTH, seed: int = 1) -> dict[str, Tensor]:
    """Arguments of a forward pass that fit the topology."""
    generator = torch.Generator().manual_seed(seed)
    given = {"ids_BT": torch.randint(config.vocab, (batch, length), generator=generator)}
    if config.topology == "encoder-decoder":
        given["source_BS"] = torch.randint(config.vocab, (batch, SOURCE), generator=generator)
    if config.prefix:
        given["prefix_B"] = torch.tensor([2, 3, 4] * batch)[:batch]
    if config.embedding.segments and config.topology != "encoder-decoder":
        given["segments_BT"] = torch.randint(config.embedding.segments, (batch, length), generator=generator)
    return given
