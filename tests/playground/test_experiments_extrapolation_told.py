"""What is said of length extrapolation follows from the numbers."""

from __future__ import annotations

import math

import pytest

from playground.experiments.extrapolation import Extrapolation, Point, Progress, finding


def made(**changes: float) -> Progress:
    """A progress in which each scheme goes from .5 to .5 + change at four times the length, give or take .01."""
    points = []
    for name, change in changes.items():
        points += [Point(name, m, 0.5 + c, 0.02, 2.0, 0.1, c, 0.01) for m, c in ((1.0, 0.0), (4.0, change))]
    return Progress(Extrapolation(), tuple(points))


@pytest.mark.parametrize(
    ("known", "title"),
    [
        (made(ALiBi=0.0, RoPE=-0.2), "ALiBi reads as well {}; RoPE loses 20 points"),
        (made(ALiBi=-0.01, T5=0.0, RoPE=-0.3), "T5 and ALiBi read as well {}; RoPE loses 30 points"),
        (made(ALiBi=0.0, RoPE=-0.01), "No scheme reads worse {}"),
        (made(ALiBi=-0.1, RoPE=-0.3), "Every scheme reads worse {}: ALiBi loses least, RoPE most"),
        (made(RoPE=-0.3), "RoPE loses 30 points {}"),
        (made(RoPE=0.0), "RoPE does not read worse {}"),
        (Progress(Extrapolation()), "Nothing compared yet"),
    ],
)
def test_the_title_follows_from_the_numbers(known, title):
    assert finding(known).title == title.format("at 4 times the trained length")


def test_the_best_stretched_angles_are_named_only_where_they_help():
    helped = made(RoPE=-0.3, **{"RoPE, YaRN": -0.1, "RoPE, linear": -0.2})
    assert "YaRN keeps most, 40.0 %, 20.0 points more" in finding(helped).html
    assert f"(± {100 * math.hypot(0.02, 0.02):.1f} at most" in finding(helped).html
    assert "None of the stretched angles helps" in finding(made(RoPE=-0.1, **{"RoPE, YaRN": -0.2})).html
    assert "stretched" not in finding(made(RoPE=-0.1)).html
