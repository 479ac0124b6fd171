"""Everything is timed once a round; slopes, sentences, figures and the table follow from what was measured."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from playground.experiments.cost import (
    AttentionCost,
    Point,
    Progress,
    attention_cost,
    figures,
    finding,
    frame,
    python,
    slope,
)
from playground.experiments.cost import progress as measuring
from playground.experiments.cost.memory import peak_bytes
from playground.experiments.cost.methods import METHODS

SMALL = AttentionCost(longest=256, rounds=2)
MEGABYTES = 1000 * 1000 * 4


@pytest.fixture(scope="module")
def steps():
    torch.set_num_threads(1)
    return list(attention_cost(SMALL))


def test_written_weights_grow_with_the_square_and_the_linear_state_does_not(steps):
    peaks = {(p.method, p.tokens): p.peak for p in steps[-1].points}
    assert 3.5 < peaks["softmax, written out", 256] / peaks["softmax, written out", 128] < 4.1
    assert peaks["linear", 256] / peaks["linear", 128] < 2.1


def test_the_slope_is_the_power_of_the_upper_half():
    tokens = [64, 128, 256, 512, 1024, 2048]
    assert slope(tokens, [3 * n**1.7 for n in tokens]) == pytest.approx(1.7)
    assert slope(tokens, [9e9, 1.0, 5e5, *(n**2 for n in tokens[3:])]) == pytest.approx(2.0)
    assert slope(tokens, [5.0] * 6) == pytest.approx(0.0)
    assert slope(tokens[:2], [1.0, 2.0]) is None


def test_everything_is_timed_once_a_round_and_the_curve_grows(steps):
    rounds = [p for p in steps if p.points]
    assert [p.tokens for p in rounds[0].points] == [64]
    last = steps[-1]
    assert [(p.method, p.tokens) for p in last.points] == [(m, n) for n in (64, 128, 256) for m in METHODS]
    assert all(len(p.seconds) == 2 and min(p.seconds) > 0 for p in last.points)
    assert (last.round, last.done) == (2, 1.0)
    halfway = next(p for p in steps if p.round == 1)
    assert {len(p.seconds) for p in halfway.points} == {1, 2}


def test_what_takes_too_much_memory_is_left_out_with_a_sentence(monkeypatch):
    monkeypatch.setattr(measuring, "ROOM", METHODS["softmax, written out"].least(SMALL.shape(256)) - 1)
    *_, last = attention_cost(SMALL.but(rounds=1))
    assert [p.tokens for p in last.points if p.method == "softmax, written out"] == [64, 128]
    assert [p.tokens for p in last.points if p.method == "linear"] == [64, 128, 256]
    assert "softmax, written out stops before 256 tokens" in finding(last).html


def test_no_round_begins_after_the_budget(monkeypatch):
    monkeypatch.setattr(measuring, "BUDGET", 0.0)
    *_, last = attention_cost(SMALL.but(rounds=9))
    assert {len(p.seconds) for p in last.points} == {1}
    assert last.done == 1.0


def test_closing_it_in_the_middle_leaves_nothing_running():
    made = attention_cost(SMALL)
    for _ in range(3):
        next(made)
    made.close()
    assert peak_bytes(lambda: torch.ones(1000, 1000)) == MEGABYTES


def made(**powers: float) -> Progress:
    """Milliseconds of 1 at 64 tokens for softmax, of 4 for linear, that grow with a power of the length."""
    first = {"softmax, fused": 1e-3, "linear": 4e-3}
    methods = {"softmax": "softmax, fused", "linear": "linear"}
    points = tuple(
        Point(methods[name], n, (first[methods[name]] * (n / 64) ** power,) * 3, 1000 * n, 500 * n)
        for n in (64, 128, 256, 512, 1024)
        for name, power in powers.items()
    )
    return Progress(AttentionCost(longest=1024), points, (), 3, 1.0)


@pytest.mark.parametrize(
    ("progress", "title"),
    [
        (Progress(AttentionCost()), "Nothing compared yet"),
        (made(softmax=2, linear=1), "Linear attention is quicker from 512 tokens on, 4.0 times at 1,024"),
        (
            made(softmax=1, linear=1),
            "Softmax attention is still 4.0 times as quick as linear attention at 1,024 tokens",
        ),
        (made(softmax=0, linear=-2), "Linear attention is quicker from 256 tokens on, 64.0 times at 1,024"),
    ],
)
def test_the_title_follows_from_the_numbers(progress, title):
    assert finding(progress).title == title


def test_an_early_win_that_is_lost_again_does_not_count():
    times = {64: (2, 1), 128: (2, 1), 256: (1, 2), 512: (3, 1)}
    points = [
        Point(name, n, (seconds[i],), 1, 1)
        for n, seconds in times.items()
        for i, name in enumerate(("softmax, fused", "linear"))
    ]
    known = Progress(AttentionCost(longest=512), tuple(points), (), 1, 1.0)
    assert finding(known).title == "Linear attention is quicker from 512 tokens on, 3.0 times at 512"


def test_the_sentence_names_the_powers_and_the_price_of_fresh_memory():
    told = finding(made(softmax=2, linear=1)).html
    assert (
        "softmax, fused with length<sup>2.00</sup>, linear with length<sup>1.00</sup> (the median of 3 rounds" in told
    )
    assert "fresh memory" not in told
    assert "fresh memory" in finding(made(softmax=2.6, linear=1)).html
    assert "as large as the keys and values of 8.5 tokens" in told  # (16 + 1) / 2


def test_figures_have_logarithmic_axes_measured_and_closed_curves(steps):
    drawn = figures(steps[-1])
    assert set(drawn) == {"time", "memory", "cache"}
    assert all(f[axis]["log"] for f in drawn.values() for axis in "xy")
    lines = [t for t in drawn["memory"]["lines"] if t.get("dash") == "dot"]
    assert [t["name"] for t in lines] == [f"{name}, at least" for name in METHODS]
    kept = {t["name"]: t["y"] for t in drawn["cache"]["lines"]}
    assert kept["keys and values"] == [32.768, 65.536, 131.07]  # 2 x 64 numbers of 4 bytes a token
    assert kept["state"] == [4.352] * 3  # 4 heads of 16 x 17 numbers


def test_the_table_has_times_and_bytes(steps):
    table = frame(steps[-1])
    assert len(table) == 9
    assert (table["lowest (ms)"] <= table["median (ms)"]).all()
    assert (table["at least (bytes)"] <= table["peak (bytes)"]).all()


def test_the_lines_repeat_the_experiment(capsys):
    exec(python(SMALL.but(rounds=1)), {})
    assert "at least (bytes)" in capsys.readouterr().out
    assert "AttentionCost(longest=256, rounds=1)" in python(SMALL.but(rounds=1))


@pytest.mark.parametrize("wrong", [{"heads": 3}, {"longest": 64}, {"rounds": 0}, {"width": 0}, {"heads": 0}])
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(ValidationError):
        AttentionCost(**wrong)
