"""Long-term decay: RoFormer's golden series through the page's own functions, and products that a loop repeats."""

import json
import math

import numpy as np
import pytest

from models.position import T5, ALiBi, Learned, NoPosition, RoPE, Scaling, Shaw, Sinusoidal
from playground.laboratories.positions.decay import view
from playground.positions import decay, findings
from playground.positions.names import names
from playground.positions.settings import PositionSettings, Setting

GOLDEN = {0: 32.5, 1: 31.5382, 2: 28.956, 5: 20.8454, 10: 17.9541, 20: 15.2424, 30: 13.2457, 40: 11.9574}
GOLDEN |= {50: 12.6295, 75: 10.4416, 100: 10.2273, 125: 9.4677, 150: 7.5885, 175: 7.8792, 200: 7.2448, 225: 8.2883}
GOLDEN |= {250: 6.5482}
WINDOWS = [17.938, 12.020, 10.454, 9.586, 8.913, 8.389, 7.972, 7.797]


def test_the_chart_is_the_golden_series_and_not_monotone():
    chart = view.value(PositionSettings())["decay"]
    line = next(trace for trace in json.loads(chart["fig"])["lines"] if trace.get("name") == "base 10,000")
    drawn = dict(zip(line["x"], line["y"], strict=True))
    there = {distance: value for distance, value in GOLDEN.items() if distance in drawn}
    assert len(there) > 5  # the chart is thinned
    assert all(drawn[distance] == pytest.approx(value, abs=6e-4) for distance, value in there.items())
    heights = decay.bound(Setting(), 256)
    assert all(heights[distance] == pytest.approx(value, abs=1e-4) for distance, value in GOLDEN.items())
    assert heights.argmin() == 236
    assert heights[50] > heights[40]
    assert [heights[i : i + 32].mean() for i in range(0, 256, 32)] == pytest.approx(WINDOWS, abs=1e-3)


def test_scaled_angles_make_another_bound():
    """Position interpolation by 4 reads distance 4 m as the plain angles read m."""
    scaled = Setting(position=RoPE(scaling=Scaling(way="linear", factor=4.0)))
    assert decay.bound(scaled, 256)[::4] == pytest.approx(decay.bound(Setting(), 64), abs=1e-9)
    yarn = Setting(position=RoPE(scaling=Scaling(way="YaRN", factor=4.0)))
    assert decay.bound(yarn, 0)[0] == pytest.approx(32.5 * (0.1 * math.log(4) + 1) ** 2)


@pytest.mark.parametrize("fraction", [1.0, 0.25])
def test_equal_vectors_weaken_as_the_mean_cosine_of_the_pairs(fraction):
    """Of a vector with equally long pairs x . R x is |x|^2 times the mean cosine; unrotated channels stay."""
    setting = Setting(position=RoPE(fraction=fraction))
    theta = 10_000.0 ** (-np.arange(0, 128 * fraction, 2) / (128 * fraction))
    mean = [fraction * np.cos(m * theta).mean() + 1 - fraction for m in range(65)]
    found = decay.products(setting, 64)
    assert found.equal[0] == pytest.approx(1.0, abs=1e-5)
    assert np.abs(found.equal - mean).max() < 0.06  # sixteen random vectors
    assert np.abs(found.random).max() < 0.12
    assert found.spread.mean() == pytest.approx(128**-0.5, rel=0.2)


def test_similarity_of_sinusoids_is_the_mean_cosine():
    theta = 10_000.0 ** (-np.arange(0, 128, 2) / 128)
    wanted = [np.cos(m * theta).mean() for m in range(101)]
    assert decay.similarity(Setting(position=Sinusoidal()), 100) == pytest.approx(wanted, abs=1e-5)


def test_learned_vectors_are_unlike_and_end_with_training():
    alike = decay.similarity(Setting(position=Learned(), trained=48), 256)
    assert len(alike) == 48
    assert abs(alike[1:24]).max() < 0.1


def test_what_is_added_is_alibis_line_and_t5s_stairs():
    assert decay.added(Setting(position=ALiBi()), 64)[2] == pytest.approx(-np.arange(65) / 8)
    stairs = decay.added(Setting(position=T5()), 256)
    changes = np.flatnonzero(np.diff(stairs[0])) + 1
    assert [int(at) for at in changes if at > 16] == [19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]
    shaw = decay.added(Setting(position=Shaw(clip=5)), 64)
    assert np.ptp(shaw[:, 5:], axis=1).max() < 1e-6
    assert np.ptp(shaw[:, :6], axis=1).min() > 1e-3


def test_there_is_no_bound_without_a_rotation():
    with pytest.raises(ValueError, match=r"ALiBi rotates nothing\. Choose RoPE"):
        decay.bound(Setting(position=ALiBi()), 8)
    with pytest.raises(ValueError, match="adds nothing to scores"):
        decay.added(Setting(), 8)


def test_the_finding_is_read_off_the_curve():
    """Of three made curves: one that falls steadily, one that rises again, one that stays."""
    fall, flat = np.linspace(10, 1, 50), np.full(50, 10.0)
    wave = np.concatenate([np.linspace(10, 2, 20), np.linspace(2, 4, 10), np.linspace(4, 1, 20)])
    assert findings.rise(fall) is None
    assert findings.rise(wave) == (19, 30)
    assert "steadily" in findings.bound([("a", fall)], 0).title
    assert "not steadily" in findings.bound([("a", wave)], 7).title
    assert "%22query%22:37" in findings.bound([("a", wave)], 7).html
    assert "hardly" in findings.bound([("a", flat)], 0).title
    both = findings.bound([("a", fall), ("b", flat)], 0).html
    assert "b 10.00 keeps the most, a 1.00 the least" in both


def test_only_settings_with_the_same_quantity_share_a_chart():
    kept = (Setting(position=RoPE(base=100)), Setting(position=ALiBi()))
    drawn, excluded = view.alike(PositionSettings(kept=kept))
    assert names(drawn) == ["base 10,000", "base 100"]
    assert excluded == (1,)


@pytest.mark.parametrize("position", [RoPE(), Sinusoidal(), Learned(), ALiBi(), T5(), Shaw(), NoPosition()])
def test_every_scheme_has_a_sentence_and_where_nothing_is_drawn_an_action(position):
    value = view.value(PositionSettings(position=position))
    assert value["decay-head"]["title"]
    assert bool(value["decay"]["title"]) != ("act" in value["decay-head"])


@pytest.mark.parametrize("distance", [16, 32, 40, 41, 113, 256])
def test_t5_is_said_to_tell_all_distances_apart_only_where_each_has_a_number_of_its_own(distance):
    setting = Setting(position=T5())
    values = decay.added(setting, distance)[0]
    told = findings.added("T5", values, 0)
    own = len(np.unique(values)) == len(values)
    assert own == (distance == 16)
    assert ("every distance apart" in told.title) == own
