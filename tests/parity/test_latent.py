"""Our latent attention computes what the published implementations compute with the same numbers: whole, and decoding
token by token with their cache and with ours.
"""

import math
from typing import Any, NamedTuple

import pytest
import torch
import transformers as hf
from torch import Tensor
from transformers.models.deepseek_v2 import modeling_deepseek_v2 as v2
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as v3

from models.attention import MLA, mask
from models.position import RoPE, Scaling
from models.tap import Pass
from tests.models.variants import small

WIDTH, HEADS, PLAIN, ROPE, VALUE, LATENT, T = 24, 3, 6, 4, 5, 8, 11
SIZE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS,
    "qk_nope_head_dim": PLAIN,
    "qk_rope_head_dim": ROPE,
    "v_head_dim": VALUE,
    "kv_lora_rank": LATENT,
    "max_position_embeddings": 40,
    "attn_implementation": "eager",
}
DEFAULT: dict[str, Any] = {"rope_type": "default", "rope_theta": 50.0}
YARN: dict[str, Any] = {
    "rope_type": "yarn",
    "rope_theta": 50.0,
    "factor": 4.0,
    "original_max_position_embeddings": 10,
    "beta_fast": 4.0,
    "beta_slow": 0.5,
    "mscale": 0.707,
    "mscale_all_dim": 0.707,
}
STRETCHED = Scaling(way="YaRN", factor=4.0, trained=10, fast=4.0, slow=0.5, sharpness=0.1 * 0.707 * math.log(4.0) + 1)
MODULES: dict[str, tuple[Any, Any, Any]] = {
    "V2": (v2.DeepseekV2Attention, v2.DeepseekV2RotaryEmbedding, hf.DeepseekV2Config),
    "V3": (v3.DeepseekV3Attention, v3.DeepseekV3RotaryEmbedding, hf.DeepseekV3Config),
}


class Pair(NamedTuple):
    theirs: Any
    angles: Any
    ours: Any
    rotary: Any


def first_turning(rows: Tensor, plain: int) -> Tensor:
    """Rows of each head as they have them, those that turn behind `plain` others, as ours."""
    return torch.cat((rows[..., plain:, :], rows[..., :plain, :]), dim=-2)


def pair(version: str, query: int | None, stretched: bool, interleaved: bool = True) -> Pair:
    module, angles, config_class = MODULES[version]
    more = {"rope_interleave": interleaved} if version == "V3" else {}
    config = config_class(**SIZE, q_lora_rank=query, rope_parameters=YARN if stretched else DEFAULT, **more)
    theirs, generator = module(config, 0).eval(), torch.Generator().manual_seed(0)
    for p in theirs.parameters():
        p.data.normal_(float(p.ndim == 1), 0.3, generator=generator)
    attention = MLA(heads=HEADS, head_dim=PLAIN, rope_dim=ROPE, value_dim=VALUE, latent=LATENT, query_latent=query)
    pairing = "interleaved" if interleaved else "half-split"
    scheme = RoPE(base=50.0, pairing=pairing, scaling=STRETCHED if stretched else Scaling())
    whole = small(width=WIDTH, attention=attention, position=scheme)
    ours: Any = attention.build(WIDTH)
    given = theirs.state_dict()
    of_query = given["q_b_proj.weight" if query else "q_proj.weight"].unflatten(0, (HEADS, -1))
    state = {
        "query.weight": first_turning(of_query, PLAIN).flatten(0, 1),
        "latent.weight": first_turning(given["kv_a_proj_with_mqa.weight"], LATENT),
        "norm_latent.weight": given["kv_a_layernorm.weight"],
        "made.weight": given["kv_b_proj.weight"],
        "out.weight": given["o_proj.weight"],
    }
    if query:
        state |= {"query_latent.weight": given["q_a_proj.weight"], "norm_query.weight": given["q_a_layernorm.weight"]}
    ours.load_state_dict(state)
    return Pair(theirs, angles(config), ours, whole.position.build(whole.room("decoder")))


def theirs(pair: Pair, x_BTD: Tensor, chunks: list[int]) -> tuple[Tensor, int]:
    """What their module adds, and how many numbers it caches."""
    cache, outs, at = hf.DynamicCache(), [], 0
    for length in chunks:
        x, places = x_BTD[:, at : at + length], torch.arange(at, at + length)[None]
        hidden = torch.full((length, at + length), -torch.inf).triu(1 + at)[None, None]
        given: dict[str, Any] = {"position_embeddings": pair.angles(x, places), "attention_mask": hidden}
        outs.append(pair.theirs(x, **given, cache=cache)[0])
        at += length
    return torch.cat(outs, 1), sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)


def ours(pair: Pair, x_BTD: Tensor, chunks: list[int]) -> tuple[Tensor, int]:
    cached, outs, at = None, [], 0
    for length in chunks:
        seen = mask(length, at + length, start=at, device=x_BTD.device, causal=True)
        tables = pair.rotary.tables(at, length)
        p = Pass(mask=seen, start=at, behind=at, position=pair.rotary, tables=tables)
        out_BTD, cached = pair.ours(x_BTD[:, at : at + length], p, cached)
        outs.append(out_BTD)
        at += length
    assert cached is not None
    return torch.cat(outs, 1), sum(t.numel() for t in cached.tensors)


@pytest.mark.parametrize("version", MODULES)
@pytest.mark.parametrize("query", [None, 7], ids=["plain queries", "compressed queries"])
@pytest.mark.parametrize("stretched", [False, True], ids=["plain angles", "YaRN"])
@torch.no_grad()
def test_latent_attention_equals_the_published_one_whole_and_decoding(version: str, query: int | None, stretched: bool):
    both = pair(version, query, stretched)
    x_BTD = torch.randn(2, T, WIDTH, generator=torch.Generator().manual_seed(1))
    expected, _ = theirs(both, x_BTD, [T])
    assert expected.std() > 0.1
    for chunks in ([T], [1] * T, [6, 1, 1, 3]):
        got, kept = ours(both, x_BTD, chunks)
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
        decoded, their_kept = theirs(both, x_BTD, chunks)
        torch.testing.assert_close(got, decoded, rtol=1e-5, atol=1e-5)
        assert kept == their_kept == 2 * T * (LATENT + ROPE)


@torch.no_grad()
def test_pairs_that_lie_in_halves_turn_as_in_the_published_one():
    both = pair("V3", None, stretched=True, interleaved=False)
    x_BTD = torch.randn(2, T, WIDTH, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours(both, x_BTD, [T])[0], theirs(both, x_BTD, [T])[0], rtol=1e-5, atol=1e-5)
    other = pair("V3", None, stretched=True)
    assert not torch.allclose(ours(other, x_BTD, [T])[0], theirs(both, x_BTD, [T])[0], atol=1e-3)
