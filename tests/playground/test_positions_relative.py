"""Whether scores see distance alone: each scheme against its own definition, written out here."""

import json
import math
import re

import numpy as np
import pytest
import torch

from models.position import POSITIONS, RoPE, Scaling
from models.position.alibi import slopes
from playground.laboratories.positions.relative import view
from playground.positions import findings, relative
from playground.positions.relative import SAME, Shifted, moved, score
from playground.positions.scheme import built, contents, scores
from playground.positions.settings import PositionSettings, Setting

RELATIVE = ("none", "RoPE", "ALiBi", "T5", "Shaw", "Transformer-XL")


def setting(kind: str, **more) -> Setting:
    return Setting(position={"kind": kind}, head_dim=32, heads=4, **more)


@pytest.mark.parametrize("sight", ["back", "both ways"])
@pytest.mark.parametrize("kind", RELATIVE)
def test_a_shift_of_both_changes_nothing(kind, sight):
    chosen = setting(kind, sight=sight)
    seen = moved(chosen, 20, 9, 1, 200)
    assert seen.shifts[0] == 0
    assert seen.shifts[-1] == 200
    assert max(abs(s - seen.scores[0]) for s in seen.scores) < SAME
    if kind != "none":  # the same test does see a change of the distance
        assert abs(score(chosen, 20, 9, 1) - score(chosen, 23, 9, 1)) > 0.01


@pytest.mark.parametrize("kind", ["sinusoidal", "learned"])
def test_an_absolute_scheme_scores_otherwise_elsewhere(kind):
    seen = moved(setting(kind), 20, 9, 1, 40)
    assert max(abs(s - seen.scores[0]) for s in seen.scores) > 0.1
    assert "another score" in findings.relative(kind, seen, 20, 9).title


def test_scores_are_those_of_the_papers():
    q, k = (x[2].double() for x in contents(4, 32))
    plain = float(q @ k) / math.sqrt(32)
    assert score(setting("none"), 7, 3, 2) == pytest.approx(plain, abs=1e-5)
    assert score(setting("ALiBi"), 7, 3, 2) == pytest.approx(plain - 4 * slopes(4)[2], abs=1e-5)
    theta = 10_000.0 ** (-np.arange(16) / 16)
    z = (torch.complex(q[:16], q[16:]) * torch.complex(k[:16], k[16:]).conj()).numpy()
    turned = float((z * np.exp(1j * 4 * theta)).real.sum()) / math.sqrt(32)
    assert score(setting("RoPE"), 7, 3, 2) == pytest.approx(turned, abs=1e-5)
    at = [np.stack([np.sin(m * theta), np.cos(m * theta)], -1).ravel() for m in (7, 3)]
    both = float((q.numpy() + at[0]) @ (k.numpy() + at[1])) / math.sqrt(32)
    assert score(setting("sinusoidal"), 7, 3, 2) == pytest.approx(both, abs=1e-5)


def test_a_window_is_cut_from_the_whole():
    for kind in POSITIONS:
        whole = scores(setting(kind), range(40), range(40))
        part = scores(setting(kind), range(24, 40), range(8, 20))
        assert part == pytest.approx(whole[:, 24:40, 8:20], abs=1e-4), kind


@pytest.mark.parametrize("kind", POSITIONS)
def test_one_head_alone_is_that_of_all(kind):
    whole = scores(setting(kind), range(24, 40), range(8, 20))
    for head in range(len(whole)):
        assert scores(setting(kind), range(24, 40), range(8, 20), head)[0] == pytest.approx(whole[head], abs=1e-5)


def test_learned_positions_end_with_a_sentence():
    seen = moved(setting("learned", trained=32), 20, 9, 0, 128)
    assert seen.shifts[-1] == 11
    assert "Learned positions end at 32" in seen.refused
    value = view.value(PositionSettings(position={"kind": "learned"}, trained=16))
    assert "no vector" in value["shift-head"]["html"]
    assert json.loads(value["shift-head"]["act"])[1] == 'set:{"query": 15, "key": 0}'


def test_the_finding_names_the_numbers():
    same = findings.relative("RoPE", Shifted([0, 8], [1.25, 1.25], ""), 5, 2)
    assert "score(5, 2) = 1.2500 and score(13, 10) = 1.2500: exactly the same at all 2 shifts" in same.html
    other = findings.relative("learned", Shifted([0, 8], [1.25, -0.75], "It ends."), 5, 2)
    assert other.title == "Learned: the same distance elsewhere, another score"
    assert "score(13, 10) = −0.7500: it changes by up to 2 although the distance stays 3. It ends." in other.html


def test_schemes_are_told_apart_by_where_they_act():
    seams = {kind: built(setting(kind), 8).seam for kind in POSITIONS}
    assert seams == {"none": "none", "sinusoidal": "embed", "learned": "embed", "RoPE": "rotate", "ALiBi": "bias"} | {
        "T5": "bias",
        "Shaw": "relative",
        "Transformer-XL": "relative",
    }


def test_yarn_sharpens_scores_by_the_square_of_its_amplitude():
    at = {"position": RoPE(scaling=Scaling(way="YaRN", factor=8.0)).model_dump(), "head_dim": 32, "heads": 1}
    plain, sharp = score(Setting(head_dim=32, heads=1), 5, 5, 0), score(Setting.model_validate(at), 5, 5, 0)
    assert sharp / plain == pytest.approx((0.1 * math.log(8) + 1) ** 2, rel=1e-4)


def test_both_squares_have_one_scale():
    value = view.value(PositionSettings(position={"kind": "sinusoidal"}))
    assert value["scores-here"]["high"] == value["scores-there"]["high"]
    assert "differ" in value["scores-there"]["note"]
    assert "the same picture" in view.value(PositionSettings())["scores-there"]["note"]
    assert relative.square(PositionSettings(), 3, 4).shape == (4, 4)


def test_the_change_told_is_the_difference_of_the_scores_told():
    settings = PositionSettings(position={"kind": "sinusoidal"}, shift=16)
    after, change = (float(n) for n in re.findall(r"-?\d+\.\d+", view._here(settings).replace("−", "-")))
    before = score(settings, settings.query, settings.key, settings.drawn_head())
    assert abs(change) > 0.1
    assert after - before == pytest.approx(change, abs=2e-4)


def test_numbers_that_are_said_to_be_alike_are_printed_to_where_they_differ():
    seen = Shifted((0, 128), (-1.951234, -1.951235), "")
    told = findings.relative("RoPE", seen, 40, 12)
    assert "score(40, 12) = −1.951234 and score(168, 140) = −1.951235: the same to 1e−6" in told.html
    other = findings.relative("RoPE", Shifted((0, 128), (-1.95, -1.25), ""), 40, 12)
    assert "= −1.9500 and score(168, 140) = −1.2500" in other.html
