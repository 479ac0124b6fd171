"""Cross-attention is attention with keys and values from a source, where positions play no part."""

from typing import Any

import pytest
import torch

from models import Transformer
from models.attention import GQA, MHA, Mask, Where
from models.position import Room, RoPE
from models.tap import Pass, Tap
from tests.models.variants import inputs, noisy, small

ROOM = Room(width=16, heads=4, head_dim=4, context=12, bidirectional=True)
TURNING = RoPE().build(ROOM)


@pytest.mark.parametrize("qk_norm", ["none", "head", "full"])
@pytest.mark.parametrize("record", [False, True], ids=["fused", "recorded"])
def test_a_stream_that_is_its_own_source_is_attended_as_by_itself(qk_norm: Any, record: bool):
    """Whatever the position scheme: only self-attention rotates."""
    config = small(topology="encoder-decoder", attention=GQA(qkv_bias=True, out_bias=True, qk_norm=qk_norm))
    cross: Any = noisy(Transformer(config)).decoder.blocks[0].cross_attention
    self_attention: Any = config.attention.build(16, Where())
    self_attention.load_state_dict(cross.state_dict())
    x_BTD = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))
    p = Pass(Tap(record=record), mask=Mask(), source_mask=Mask(), source_BSD=x_BTD, caching=True)
    turning = p._replace(position=TURNING, tables=TURNING.tables(0, 5))
    own, source = self_attention(x_BTD, p), cross(x_BTD, turning)
    torch.testing.assert_close(source[0], own[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(source[1].tensors, own[1].tensors)
    assert not torch.allclose(self_attention(x_BTD, turning)[0], own[0], atol=1e-3)


def test_the_source_is_read_through_its_final_norm_once_for_all_layers():
    config = small(topology="encoder-decoder", attention=MHA())
    model: Any = noisy(Transformer(config))
    given = inputs(config)
    memory_BSD, _, _ = model.encoder(model.embedding(given["source_BS"]), Pass())
    read: list[torch.Tensor] = []
    for block in model.decoder.blocks:
        block.cross_attention.register_forward_pre_hook(lambda module, args: read.append(args[1].source_BSD))
    model(**given)
    assert len(read) == 2
    assert all(torch.equal(one, memory_BSD) for one in read)
    torch.testing.assert_close(memory_BSD, model.encoder.norm_final(model(**given, record=True).encoder[-1].stream_BTD))


@pytest.mark.parametrize("record", [False, True], ids=["fused", "recorded"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_a_source_of_padding_only_stays_finite(record: bool, dtype: torch.dtype):
    config = small(topology="encoder-decoder")
    model, given = Transformer(config).to(dtype), inputs(config)
    keep_BS = torch.ones_like(given["source_BS"], dtype=torch.bool)
    keep_BS[1] = False
    logits = model(**given, keep_BS=keep_BS, record=record).logits_BTV
    assert logits.isfinite().all()
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


HALVES = {torch.float32: 2e-5, torch.bfloat16: 0.1, torch.float16: 0.01}


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_who_sees_nothing_mixes_nothing_whichever_kernel_computes_it(monkeypatch, dtype: torch.dtype):
    """Example 1 has a source of padding only, example 2 two real tokens. torch's fused kernel is what CUDA takes."""
    monkeypatch.setattr("models.attention.softmax._fuses", lambda *qkv: True)
    config = small(topology="encoder-decoder")
    model, given = noisy(Transformer(config)).to(dtype), inputs(config)
    keep_BS = torch.ones_like(given["source_BS"], dtype=torch.bool)
    keep_BS[1], keep_BS[2, 2:] = False, False
    fused, recorded = (model(**given, keep_BS=keep_BS, record=record) for record in (False, True))
    torch.testing.assert_close(fused.logits_BTV, recorded.logits_BTV, rtol=0, atol=HALVES[dtype])
    for layer in recorded.decoder:
        assert layer.cross_BTD is not None
        assert layer.cross_attention_BHTS is not None
        assert layer.cross_BTD[1].count_nonzero() == layer.cross_attention_BHTS[1].count_nonzero() == 0
        assert layer.cross_BTD[2].count_nonzero() > 0
    other = model(**(given | {"source_BS": given["source_BS"] * 0}), keep_BS=keep_BS).logits_BTV
    assert torch.equal(fused.logits_BTV[1], other[1])
