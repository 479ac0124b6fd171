"""Attention with sinks equals gpt-oss': weights and what they mix, with and without a window."""

from typing import Any

import pytest
import torch
import transformers as hf
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssAttention, GptOssRotaryEmbedding

from models.attention import Sinks, mask
from models.attention.base import FIRST
from models.attention.sinks import SinkAttention
from models.position import Room, RoPE
from models.tap import Pass, Tap

SIZES: dict[str, Any] = {"hidden_size": 24, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 10}


@pytest.mark.parametrize("window", [None, 3])
def test_sinks_take_what_no_key_gets_as_in_gpt_oss(window: int | None):
    rope: Any = {"rope_type": "default", "rope_theta": 50.0}
    kinds = ["full_attention" if window is None else "sliding_attention"]
    config = hf.GptOssConfig(
        **SIZES, num_hidden_layers=1, layer_types=kinds, sliding_window=window, rope_parameters=rope
    )
    config._attn_implementation = "eager"
    theirs, generator = GptOssAttention(config, 0).eval(), torch.Generator().manual_seed(0)
    fields: dict[str, Any] = {"heads": 6, "kv_heads": 2, "head_dim": 10, "qkv_bias": True, "out_bias": True}
    ours: Any = SinkAttention(Sinks(**fields, window=window), 24, FIRST)
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(0.0, 0.5, generator=generator)
        w = theirs.state_dict()
        for kind in ("weight", "bias"):
            getattr(ours.qkv, kind).copy_(torch.cat([w[f"{letter}_proj.{kind}"] for letter in "qkv"]))
            getattr(ours.out, kind).copy_(w[f"o_proj.{kind}"])
        ours.sink_H.copy_(w["sinks"])
    x_BTD = torch.randn(2, 9, 24, generator=generator)
    seen = mask(9, 9, device=x_BTD.device, causal=True, window=window, keep_BS=torch.ones(2, 9, dtype=torch.bool))
    angles = GptOssRotaryEmbedding(config)(x_BTD, torch.arange(9)[None])
    expected, weights = theirs(x_BTD, angles, seen.added(torch.float32))
    position, tap = RoPE(base=50.0).build(Room(24, 6, 10, 9, bidirectional=False)), Tap(record=["*"])
    p = Pass(tap, mask=seen, position=position, tables=position.tables(0, 9))
    got, _ = ours(x_BTD, p)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(tap.kept[f"{ours.place}.pattern"], weights, rtol=0, atol=1e-5)
    assert weights.sum(-1).min() < 0.5  # the sinks take something
