"""Numbers on circles: shares of the variance are Parseval's, a circle is found where there is one, noise is none."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from playground.measures.circles import circles, plane, powers


def on_circles(numbers: int, radii: dict[int, float], width: int = 16) -> torch.Tensor:
    """Numbers that turn at each frequency in a plane of its own, off the origin."""
    angle_P = 2 * math.pi * torch.arange(numbers, dtype=torch.float64) / numbers
    x_PD = torch.ones(numbers, width, dtype=torch.float64)
    for i, (turns, radius) in enumerate(radii.items()):
        x_PD[:, 2 * i] += radius * (turns * angle_P).cos()
        x_PD[:, 2 * i + 1] += radius * (turns * angle_P).sin()
    return x_PD.float()


@pytest.mark.parametrize("numbers", [7, 10, 31])
def test_shares_are_those_of_a_slow_transform(numbers):
    x_PD = torch.randn(numbers, 3, generator=torch.Generator().manual_seed(1)).double()
    centred = (x_PD - x_PD.mean(0)).tolist()
    whole = sum(value**2 for row in centred for value in row)
    for k, share in enumerate(powers(x_PD).tolist(), 1):
        power = 0.0
        for d in range(3):
            coefficient = sum(centred[n][d] * cmath.exp(-2j * math.pi * k * n / numbers) for n in range(numbers))
            power += abs(coefficient) ** 2 / numbers * (1 if 2 * k == numbers else 2)
        assert share == pytest.approx(power / whole, rel=1e-5)
    assert float(powers(x_PD).sum()) == pytest.approx(1, abs=1e-6)


def test_the_fewest_circles_that_hold_enough_are_named_strongest_first():
    found = circles(on_circles(31, {3: 1.0, 8: 2.0, 10: 1.0, 5: 0.5}))
    assert found.frequencies == (8,)  # 4 of 6.25
    assert found.share == pytest.approx(0.64, abs=1e-6)
    assert found.chance == pytest.approx(1 / 15)
    assert found.found()
    assert circles(on_circles(31, {3: 1.0, 8: 1.1, 10: 0.9})).frequencies == (8, 3)


def test_noise_lies_on_no_circle():
    for seed in range(20):
        noise_PD = torch.randn(31, 64, generator=torch.Generator().manual_seed(seed))
        assert not circles(noise_PD).found()
        assert not circles(torch.randn(10, 64, generator=torch.Generator().manual_seed(seed))).found()


def test_its_plane_shows_the_circle_with_number_0_on_the_right():
    x_PD = on_circles(13, {4: 2.0, 2: 1.0})
    axes_D2 = plane(x_PD, 4)
    torch.testing.assert_close(axes_D2.T @ axes_D2, torch.eye(2), atol=1e-6, rtol=0)
    places = ((x_PD - x_PD.mean(0)) @ axes_D2).tolist()
    for n, (x, y) in enumerate(places):
        angle = 2 * math.pi * 4 * n / 13
        assert (x, y) == pytest.approx((2 * math.cos(angle), 2 * math.sin(angle)), abs=1e-5)
