"""Linear attention: its forms agree, its rotation is RoFormer's eq. 19, and its state is as large as is said."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from models import Transformer
from models.attention import LinearAttention
from models.attention.sums import TILE, Features, causal, phi, quadratic, summed, whole
from models.cost import cost
from models.position import Learned, NoPosition, Room, RoPE, Sinusoidal
from tests.models.variants import inputs, noisy, small

SHAPE = (2, 3, 150, 6)
ROOM = Room(width=18, heads=3, head_dim=6, context=16, bidirectional=False)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def rotated(position: Any = None) -> tuple[Features, Tensor]:
    scheme = (position or RoPE()).build(ROOM)
    q, k = (phi(random(*SHAPE, seed=n)) for n in (1, 2))
    return Features(q, k, scheme.rotate(q).double(), scheme.rotate(k).double()), random(*SHAPE, seed=3)


def test_features_are_elu_plus_one_and_stay_positive():
    x = torch.linspace(-10, 10, 101)
    torch.testing.assert_close(phi(x), F.elu(x) + 1, rtol=1e-5, atol=1e-6)
    assert (phi(torch.tensor([-30.0, -80.0])) > 0).all()
    assert phi(x.bfloat16()).dtype == torch.float32


def test_the_numerator_is_rotated_and_the_denominator_is_not():
    """A query at 2, keys at 0 and 1, a turn of 60 degrees from each position to the next."""
    q, k = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.6, 0.8]])

    def turn(x: Tensor, at: list[int]) -> Tensor:
        angle = torch.tensor(at) * math.pi / 3
        a, b = x.unbind(-1)
        return torch.stack((a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()), -1)

    f = Features(*(x[None, None] for x in (q, k, turn(q, [2]), turn(k, [0, 1]))))
    torch.testing.assert_close(f.turned_q_BHTC @ f.turned_k_BHSC.mT, torch.tensor([[[[-0.5, 0.992820]]]]))
    weights = quadratic(f, None)
    torch.testing.assert_close(weights, torch.tensor([[[[-0.3125, 0.620513]]]]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("tile", [1, 7, TILE, 200])
def test_the_recurrent_form_is_the_quadratic_one(tile: int):
    f, v = rotated()
    seen = torch.ones(150, 150, dtype=torch.bool).tril()
    weights = quadratic(f, seen)
    torch.testing.assert_close(causal(f, v, tile=tile)[0], weights @ v, rtol=1e-6, atol=1e-6)
    assert (weights < 0).any()
    assert (weights.sum(-1) - 1).abs().max() > 0.1  # no distribution
    plain = quadratic(f._replace(turned_q_BHTC=f.q_BHTC, turned_k_BHSC=f.k_BHSC), seen)
    assert not torch.allclose(plain @ v, weights @ v, atol=0.01)


def test_the_recurrent_form_is_a_loop_over_a_state_of_the_stated_size():
    f, v = rotated()
    state, total, out = torch.zeros(2, 3, 6, 6).double(), torch.zeros(2, 3, 6).double(), []
    for t in range(150):
        state = state + f.turned_k_BHSC[:, :, t, :, None] * v[:, :, t, None]
        total = total + f.k_BHSC[:, :, t]
        read = (f.turned_q_BHTC[:, :, t, :, None] * state).sum(-2)
        out.append(read / (f.q_BHTC[:, :, t] * total).sum(-1, keepdim=True))
    mixed, sums = causal(f, v)
    torch.testing.assert_close(mixed, torch.stack(out, 2), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(sums.state_BHCC, state, rtol=1e-6, atol=1e-6)
    config = LinearAttention(heads=3, head_dim=6)
    assert sum(kept[0].numel() for kept in sums) == config.state_elements(18)


def test_seeing_everything_the_two_forms_agree():
    f, v = rotated()
    torch.testing.assert_close(
        whole(f.q_BHTC, f.turned_q_BHTC, summed(f, v)), quadratic(f, None) @ v, rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("position", [NoPosition(), Sinusoidal(), Learned(), RoPE()], ids=lambda p: p.kind)
def test_rows_sum_to_1_unless_they_are_rotated(position: Any):
    model = noisy(Transformer(small(attention=LinearAttention(), position=position, layers=1)))
    weights = model(**inputs(model.config), record=True).decoder[0].self_attention_BHTS
    rotates = position.kind == "RoPE"
    assert torch.allclose(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-5) != rotates
    assert (weights >= 0).all() != rotates


def test_a_longer_text_than_a_tile_is_computed_alike_recorded_or_not():
    for topology in ("decoder-only", "encoder-only"):
        config = small(attention=LinearAttention(), context=3 * TILE, topology=topology)
        model = noisy(Transformer(config))
        given = inputs(config, length=2 * TILE + 9)
        fast, slow = model(**given).logits_BTV, model(**given, record=True).logits_BTV
        torch.testing.assert_close(fast, slow, rtol=1e-4, atol=1e-4)


def test_scores_of_rotated_features_depend_on_the_distance_only():
    scheme, q, k = RoPE().build(ROOM), phi(random(1, 1, 1, 6)), phi(random(1, 1, 1, 6, seed=1))
    near, far = ((scheme.rotate(q, 5 + n) * scheme.rotate(k, 2 + n)).sum() for n in (0, 1000))
    torch.testing.assert_close(near, far, rtol=1e-4, atol=1e-4)
    early = (phi(scheme.rotate(q, 5)) * phi(scheme.rotate(k, 2))).sum()
    late = (phi(scheme.rotate(q, 1005)) * phi(scheme.rotate(k, 1002))).sum()
    assert not torch.allclose(early, late, rtol=1e-2)  # rotating before phi is another thing


def test_dropout_thins_the_weights():
    config = small(attention=LinearAttention(), dropout=0.5, layers=1)
    model, given = noisy(Transformer(config)), inputs(config)
    one, two = (model(**given, generator=torch.Generator().manual_seed(n)).logits_BTV for n in (0, 1))
    assert not torch.allclose(one, two, atol=1e-2)


def test_a_state_costs_as_much_as_torch_counts_however_long_the_text():
    config = small(attention=LinearAttention(), topology="encoder-only")
    for context in (12, 48):
        longer = config.but(context=context)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            Transformer(longer)(torch.zeros(1, context, dtype=torch.long))
        assert cost(longer).flops_per_token * context == counter.get_total_flops()
    assert cost(config).flops_per_token == cost(config.but(context=48)).flops_per_token
    both = small(attention=LinearAttention(), topology="encoder-decoder")
    assert cost(both).flops_per_token == cost(both.but(context=48)).flops_per_token
