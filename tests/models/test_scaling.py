"""Stretched rotations against published values, and what each way keeps; the decay that RoFormer proves."""

import math

import pytest
import torch
from pydantic import ValidationError

from models import Transformer
from models.position import Room, RoPE, Scaling
from models.position.rope import decay_bound
from models.position.scaling import WAYS, inverse_frequencies
from tests.models.variants import inputs, noisy, small

ROOM = Room(width=32, heads=4, head_dim=8, context=16, bidirectional=False)
ALL = {name: Scaling.model_validate({"way": name}) for name in WAYS}
DECAY = {
    **{0: 32.5, 1: 31.5382, 2: 28.956, 5: 20.8454, 10: 17.9541, 20: 15.2424, 30: 13.2457, 40: 11.9574, 50: 12.6295},
    **{75: 10.4416, 100: 10.2273, 125: 9.4677, 150: 7.5885, 175: 7.8792, 200: 7.2448, 225: 8.2883, 250: 6.5482},
}


def test_llama_3_1_has_its_published_frequencies():
    plain, got = inverse_frequencies(5e5, 128), Scaling(way="llama3", factor=8, trained=8192).frequencies(5e5, 128)
    assert torch.equal(got[:29], plain[:29])
    torch.testing.assert_close(got[35:], plain[35:] / 8)
    between = got[29:35] / plain[29:35]
    assert ((between < 1) & (between > 1 / 8)).all()
    expected = {29: 0.002166570764, 30: 0.001371893568, 34: 0.0001785078128, 35: 9.556212354e-5, 63: 3.068925989e-7}
    assert got[list(expected)].tolist() == pytest.approx(list(expected.values()), rel=1e-6)


def test_llama_3_2_has_its_published_frequencies():
    got = Scaling(way="llama3", factor=32, trained=8192).frequencies(5e5, 64)
    expected = {14: 0.003211446, 15: 0.0012905479, 17: 9.7082878e-5, 18: 1.9461638e-5}
    assert got[list(expected)].tolist() == pytest.approx(list(expected.values()), rel=1e-6)
    assert got[14] == inverse_frequencies(5e5, 64)[14]


def test_yarn_keeps_fast_pairs_divides_slow_ones_and_sharpens():
    way, plain = Scaling(way="YaRN", factor=40, trained=4096), inverse_frequencies(1e4, 64)
    assert way.amplitude() == pytest.approx(1.36889, abs=1e-5)
    assert Scaling(way="YaRN", sharpness=0.5).amplitude() == 0.5
    got, turns = way.frequencies(1e4, 64), 4096 * plain / (2 * math.pi)
    share = (plain - got) / (plain - plain / 40)
    assert (share[turns > 36] == 0).all()  # the ends of the ramp are rounded to whole pairs
    torch.testing.assert_close(share[turns < 0.8], torch.ones_like(share[turns < 0.8]))
    ramp = share[10:24]  # floor and ceil of the pairs with 32 turns and with 1
    torch.testing.assert_close(ramp, torch.arange(14, dtype=torch.float64) / 13)


def test_interpolation_divides_every_angle_and_ntk_only_the_slowest_by_the_whole_factor():
    plain = inverse_frequencies(1e4, 16)
    torch.testing.assert_close(Scaling(way="linear", factor=3.0).frequencies(1e4, 16), plain / 3)
    ratio = plain / Scaling(way="NTK", factor=3.0).frequencies(1e4, 16)
    torch.testing.assert_close(ratio, 3.0 ** (torch.arange(8, dtype=torch.float64) / 7))


@pytest.mark.parametrize("way", ALL.values(), ids=ALL.keys())
def test_a_factor_of_1_changes_nothing(way: Scaling):
    one = way.but(factor=1.0)
    for rotated in (2, 4, 64):
        torch.testing.assert_close(one.frequencies(100.0, rotated), inverse_frequencies(100.0, rotated))
    assert one.amplitude() == 1.0


@pytest.mark.parametrize("way", ALL.values(), ids=ALL.keys())
def test_frequencies_lie_between_plain_and_divided_ones_at_any_size(way: Scaling):
    for trained in (1, 8, 4096):
        sized = way.but(trained=trained)
        for rotated in (2, 6, 128):
            for base in (1.5, 1e4):
                plain, got = inverse_frequencies(base, rotated), sized.frequencies(base, rotated)
                assert (got <= plain * (1 + 1e-9)).all()
                assert (got >= plain / way.factor * (1 - 1e-9)).all()


@pytest.mark.parametrize("way", ALL.values(), ids=ALL.keys())
def test_rotation_takes_its_angles_and_its_amplitude_from_the_scaling(way: Scaling):
    x, plain = torch.ones(1, 1, 6, 8), RoPE(base=100.0).build(ROOM).rotate(torch.ones(1, 1, 6, 8), 3)
    turned = RoPE(base=100.0, scaling=way).build(ROOM).rotate(x, 3)
    angle = torch.arange(3, 9)[:, None] * way.frequencies(100.0, 8)
    expected = torch.complex(x[0, 0, :, :4], x[0, 0, :, 4:]) * torch.polar(torch.ones(6, 4), angle.float())
    torch.testing.assert_close(torch.complex(turned[0, 0, :, :4], turned[0, 0, :, 4:]), expected * way.amplitude())
    assert torch.allclose(turned, plain) == (way.way == "none")


def test_interpolated_logits_at_twice_the_distance_are_the_plain_ones():
    """What interpolation is: position 2m of the stretched model is position m of the plain one."""
    plain, stretched = (RoPE(scaling=way).build(ROOM) for way in (Scaling(), Scaling(way="linear", factor=2.0)))
    x = torch.randn(1, 2, 1, 8, generator=torch.Generator().manual_seed(0))
    for m in (1, 5, 30):
        torch.testing.assert_close(stretched.rotate(x, 2 * m), plain.rotate(x, m))


def test_scaling_changes_a_model():
    plain = noisy(Transformer(small()))
    given = inputs(plain.config)
    for name, way in ALL.items():
        model = noisy(Transformer(small(position=RoPE(scaling=way))))
        assert torch.allclose(model(**given).logits_BTV, plain(**given).logits_BTV) == (name == "none")


def test_the_decay_bound_is_the_papers_curve():
    at = torch.tensor(list(DECAY))
    assert decay_bound(at).tolist() == pytest.approx(list(DECAY.values()), abs=1e-4)
    curve = decay_bound(torch.arange(257))
    assert (float(curve.min()), int(curve.argmin())) == (pytest.approx(6.415, abs=1e-3), 236)
    means = curve[:256].unflatten(0, (8, 32)).mean(1)
    assert means.tolist() == pytest.approx([17.938, 12.020, 10.454, 9.586, 8.913, 8.389, 7.972, 7.797], abs=1e-3)
    assert curve[50] > curve[40]  # it is not monotone
    assert decay_bound(torch.zeros(1), rotated=30)[0] == pytest.approx((15 + 1) / 2)


def test_no_rotated_score_exceeds_the_bound():
    generator = torch.Generator().manual_seed(3)
    q, k = (torch.randn(50, 1, 1, 16, generator=generator) for _ in range(2))
    scheme = RoPE().build(ROOM._replace(head_dim=16))
    pairs = torch.complex(q[..., :8], q[..., 8:]) * torch.complex(k[..., :8], k[..., 8:]).conj()
    steps = (torch.nn.functional.pad(pairs, (0, 1)).diff(dim=-1)).abs().amax(-1).squeeze()
    for distance in (0, 1, 7, 60):
        score = (scheme.rotate(q, distance) * k).sum(-1).squeeze().abs()
        assert (score <= steps * 8 * decay_bound(torch.tensor([distance]), rotated=16) * (1 + 1e-5)).all()


def test_a_ramp_from_fast_to_slow_is_no_ramp_backwards():
    for way in ("YaRN", "llama3"):
        with pytest.raises(ValidationError, match="Fast pairs turn more often than slow ones, and those 1 times"):
            small(position={"kind": "RoPE", "scaling": {"way": way, "fast": 0.5}})
