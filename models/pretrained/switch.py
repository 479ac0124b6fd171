"""Switch Transformers (Fedus et al. 2021, arXiv:2101.03961): a T5 v1.0 with one expert per token in every n-th layer.

Their experts take at most so many tokens of one sequence, in evaluation too: left to right, and what comes after is
dropped. A model of ours that is to drop nothing has no largest capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.mixture import MoE
from models.moe import Capacity, Switch
from models.pretrained import t5
from models.pretrained.base import Entry, integer, refuse_unless
from models.pretrained.experts import Names, layers, mixture

NAMES = Names(router="router.classifier.weight", expert="experts.expert_{}", up=("wi",), down="wo", fused=("", ""))
DEFAULTS: dict[str, Any] = {
    "num_layers": 12,
    "num_decoder_layers": 12,
    "num_experts": 8,
    "expert_capacity": 64,
    "num_sparse_encoder_layers": 3,
    "num_sparse_decoder_layers": 3,
}
"""What a config.json may leave out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """SwitchTransformersConfig -> ours."""
    refuse_unless(given, "dense_act_fn", "relu")
    refuse_unless(given, "router_bias", False)
    refuse_unless(given, "router_dtype", "float32")
    given = DEFAULTS | dict(given)
    like = t5.config(given)
    where = layers(*(_sparse(given, stack, depth) for stack, depth in like.depths().items()))
    moe = MoE(
        hidden=integer(given, "d_ff"),
        activation="relu",
        experts=integer(given, "num_experts"),
        router=Switch(),
        capacity=Capacity(maximum=integer(given, "expert_capacity"), group="sequence"),
        **where,
    )
    return like.but(feed_forward=moe)


def _sparse(given: Mapping[str, Any], stack: str, depth: int) -> list[bool]:
    """Which layers have experts, by the rule of transformers, where none wanted is one of them all the same."""
    wanted = given[f"num_sparse_{stack}_layers"]
    if not isinstance(wanted, int) or wanted > depth:
        raise ValueError(f"config.json: num_sparse_{stack}_layers is {wanted!r:.40}, of {depth} layers.")
    step = depth // wanted if wanted > 0 else depth
    return [i % step == 1 or step == 1 for i in range(depth)]


def entries(config: TransformerConfig) -> list[Entry]:
    """T5's table, with mixtures in place of some of its networks."""
    moe = config.feed_forward
    assert isinstance(moe, MoE)
    table = t5.entries(config.but(feed_forward=moe.network(moe.hidden)))
    table = [e._replace(theirs=tuple(n.replace("DenseReluDense", "mlp") for n in e.theirs)) for e in table]
    for stack, feeds in config.feed_forwards().items():
        last = 2 if stack == "decoder" else 1
        for i in (i for i, part in enumerate(feeds) if part is moe):
            ours = f"{stack}.blocks.{i}.feed_forward"
            table = [entry for entry in table if not entry.ours.startswith(f"{ours}.")]
            table += mixture(moe, config.width, ours, f"{stack}.block.{i}.layer.{last}", NAMES)
    return table


SWITCH = t5.T5._replace(config=config, entries=entries)
