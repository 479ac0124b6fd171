"""Where a loss fell, and since when a score has held."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.measures.training import SHARE, WINDOW, first_above, steepest_fall

NOISE = 0.03 * np.random.default_rng(0).standard_normal(400)
STEPS = np.arange(400)


def cliff(at: int, high: float = 3.0, low: float = 0.5) -> np.ndarray:
    return high + (low - high) / (1 + np.exp(-(STEPS - at) / 4.0))


@pytest.mark.parametrize("at", [60, 150, 300])
def test_a_plateau_and_a_cliff_is_found_where_it_is(at):
    fall = steepest_fall((cliff(at) + NOISE).tolist())
    assert fall is not None
    assert abs(fall.step - at) <= 3
    assert (fall.before, fall.after) == (pytest.approx(3.0, abs=0.4), pytest.approx(0.5, abs=0.4))


def test_the_losses_before_and_after_are_the_means_of_the_windows_around_the_step():
    curve = cliff(150) + NOISE
    fall = steepest_fall(curve.tolist())
    assert fall is not None
    assert fall.before == pytest.approx(curve[fall.step - WINDOW : fall.step].mean())
    assert fall.after == pytest.approx(curve[fall.step : fall.step + WINDOW].mean())


NO_FALL = {
    "noise": 3.0 + NOISE,
    "a line": 3.0 - STEPS / 200 + NOISE,
    "steepest at the start": 0.5 + 2.5 * np.exp(-STEPS / 15) + NOISE,
    "a slow curve": 0.5 + 2.5 * np.exp(-STEPS / 100) + NOISE,
    "as fast as before": 3.0 - 2.5 * np.clip(STEPS / 70, 0, 1) + NOISE,
    "a cliff before step 40": 3.0 - 2.5 * (STEPS >= 25) + NOISE,
    "rising": cliff(150)[::-1] + NOISE,
    "a small step": 3.0 - 2.0 * (STEPS < 1) + NOISE,
    "constant": np.full(400, 2.0),
    "too short": cliff(40)[: 4 * WINDOW - 1],
    "empty": [],
}


@pytest.mark.parametrize("losses", NO_FALL.values(), ids=NO_FALL)
def test_what_has_no_cliff_after_a_plateau_has_none(losses):
    assert steepest_fall(losses) is None


@pytest.mark.parametrize(("height", "found"), [(0.4, None), (1.0, 150)], ids=["less", "more"])
def test_a_drop_counts_from_a_quarter_of_the_way_on(height, found):
    slow_end = 2.0 * np.clip((STEPS - 170) / 230, 0, 1)
    fall = steepest_fall((3.0 - height * (STEPS >= 150) - slow_end).tolist())
    assert (fall.step if fall else None) == found
    assert SHARE == 0.25


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ([0.0, 0.5, 0.6, 0.7], 20),
        ([0.5, 0.1, 0.6, 0.7], 30),
        ([0.5, 0.6, 0.7, 0.4], None),
        ([0.5, 0.5, 0.5, 0.5], 10),
        ([0.0, 0.0, 0.0, 0.5], 40),
        ([math.nan, 0.6, 0.6, 0.6], 20),
    ],
    ids=["crossed", "crossed twice", "not at the end", "always", "just now", "unknown at first"],
)
def test_a_level_holds_from_the_last_crossing_to_the_end(values, since):
    assert first_above([10, 20, 30, 40], values, 0.5) == since


def test_no_values_hold_no_level():
    assert first_above([], [], 0.5) is None
