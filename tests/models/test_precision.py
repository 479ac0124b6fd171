"""Numbers that low precision or a carelessly placed epsilon would spoil."""

import math
from typing import Any

import pytest
import torch

from models import Transformer
from models.attention import MHA
from models.norm import Norm
from models.position import Room, RoPE
from tests.models.properties import layers
from tests.models.variants import inputs, small


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_recorded_rows_sum_to_one_in_float32_whatever_the_model_computes_in(dtype: torch.dtype):
    config = small(topology="encoder-decoder")
    output = Transformer(config).to(dtype)(**inputs(config), record=True)
    for weights_BHTS in (w for one in layers(output) for w in one[:2] if w is not None):
        assert weights_BHTS.dtype == torch.float32
        torch.testing.assert_close(weights_BHTS.sum(-1), torch.ones(weights_BHTS.shape[:-1]), rtol=0, atol=1e-6)


def test_rotation_is_exact_far_out():
    scheme = RoPE(base=10_000.0).build(Room(width=8, heads=1, head_dim=8, context=16, bidirectional=False))
    turned = scheme.rotate(torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0]).view(1, 1, 1, 8), 100_003).flatten().tolist()
    for i in range(4):
        angle = 100_003 * 10_000.0 ** (-i / 4)
        assert turned[i] == pytest.approx(math.cos(angle), abs=1e-6)
        assert turned[i + 4] == pytest.approx(math.sin(angle), abs=1e-6)


@pytest.mark.parametrize("kind", ["RMSNorm", "LayerNorm"])
@pytest.mark.parametrize("eps", [1e-6, 1e-2])
def test_a_norm_adds_its_own_epsilon_under_the_root(kind: Any, eps: float):
    x = torch.tensor([[0.03, -0.01, 0.02, -0.04]])  # as many plus as minus: their mean is 0
    expected = x / (x.square().mean() + eps).sqrt()
    torch.testing.assert_close(Norm(kind=kind, eps=eps).build(4)(x), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("eps", [1e-6, 1e-4])
def test_qk_norms_add_their_own_epsilon_under_the_root(eps: float):
    """Whatever that of the other norms."""
    model: Any = Transformer(small(attention=MHA(qk_norm="head", qk_eps=eps), norm=Norm(eps=1e-2)))
    x = torch.tensor([0.001, -0.002, 0.003, 0.0005])
    for norm in (model.decoder.blocks[0].attention.norm_q, model.decoder.blocks[0].attention.norm_k):
        torch.testing.assert_close(norm(x), x / (x.square().mean() + eps).sqrt(), rtol=1e-4, atol=1e-6)
