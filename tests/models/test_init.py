"""Initial values are what the table in `init.py` says, from one generator."""

from typing import Any

import pytest
import torch

from models import Transformer, TransformerConfig
from models.attention import MHA
from models.embedding import Embedding, Head
from models.feedforward import Dense
from models.init import Init
from models.norm import Norm
from models.position import T5, Learned

WIDE: dict[str, Any] = {  # wide enough for a standard deviation to be measured within a few per cent
    "layers": 2,
    "width": 128,
    "vocab": 300,
    "context": 200,
    "feed_forward": Dense(hidden=256, bias=True),
    "norm": Norm(kind="LayerNorm"),
    "embedding": Embedding(segments=16),
    "topology": "encoder-only",
}


def build(init: Init, seed: int = 0, **fields) -> dict[str, torch.Tensor]:
    return Transformer(TransformerConfig.model_validate(WIDE | fields | {"init": init}), seed=seed).state_dict()


def close(tensor: torch.Tensor, std: float) -> bool:
    return abs(float(tensor.std()) / std - 1) < 0.06 and abs(float(tensor.mean())) < 0.12 * std


@pytest.mark.parametrize("scheme", ["fan-in", "normal"])
@pytest.mark.parametrize("deep", [False, True], ids=["flat", "depth-scaled"])
def test_every_parameter_starts_as_stated(scheme: Any, deep: bool):
    drawn = {"std": 0.03} if scheme == "normal" else {}
    init = Init(scheme=scheme, **drawn, embedding_std=0.4, residual_gain=0.6, depth_scaled=deep, zero_head=False)
    state = build(init, attention=MHA(heads=2, qkv_bias=True, out_bias=True), position=Learned())
    residual = 0.6 / (2 if deep else 1)  # √(2 x 2 layers)
    matrix = {"fan-in": lambda inputs: inputs**-0.5, "normal": lambda inputs: 0.03}[scheme]
    assert close(state["embedding.tokens"], 0.4)
    assert close(state["embedding.segments"], 0.4)
    assert close(state["encoder.position.table"], 0.4)
    for i in range(2):
        block = f"encoder.blocks.{i}."
        assert close(state[block + "attention.qkv.weight"], matrix(128))
        assert close(state[block + "attention.out.weight"], residual * matrix(128))
        assert close(state[block + "feed_forward.up.weight"], matrix(128))
        assert close(state[block + "feed_forward.down.weight"], residual * matrix(256))
    assert close(state["head.weight"], matrix(128))
    for name, value in state.items():
        if value.ndim == 1:
            assert torch.equal(value, torch.full_like(value, float(name.endswith("weight")))), name


def test_depth_scaling_counts_the_layers_of_both_stacks():
    init = Init(depth_scaled=True, residual_gain=1.0)
    state = build(init, topology="encoder-decoder", layers=3, encoder_layers=5)
    for name in (n for n in state if n.endswith("out.weight")):
        assert close(state[name], 128**-0.5 / 4), name


def test_a_zero_head_predicts_every_token_alike():
    ids_BT = torch.zeros(1, 3, dtype=torch.long)
    for zero in (True, False):
        config = TransformerConfig.model_validate(WIDE | {"init": Init(zero_head=zero)})
        assert (not Transformer(config)(ids_BT).logits_BTV.any()) == zero
    assert close(build(Init(zero_head=True), head=Head(tied=True))["embedding.tokens"], 0.5)


def test_queries_of_unscaled_attention_start_smaller_in_both_attentions():
    fields = {"attention": MHA(heads=8, scale=1.0), "position": T5(buckets=128), "topology": "encoder-decoder"}
    state = build(Init(), **fields)
    for name in ("encoder.blocks.0.attention.", "decoder.blocks.1.attention.", "decoder.blocks.1.cross_attention."):
        q, k, v = state[name + "qkv.weight"].chunk(3)
        assert close(q, 128**-0.5 / 4)
        assert close(k, 128**-0.5)
        assert close(v, 128**-0.5)
    assert close(state["decoder.position.bias_table"], 128**-0.5)
    assert close(build(Init(scheme="normal"), **fields)["decoder.position.bias_table"], 0.02)


def test_a_seed_decides_every_value():
    one, same, other = (build(Init(zero_head=False), seed=s) for s in (0, 0, 1))
    assert all(torch.equal(one[n], same[n]) for n in one)
    assert all(not torch.equal(one[n], other[n]) for n in one if one[n].ndim > 1)
