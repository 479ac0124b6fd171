"""The tab "The scheme": rotations, tables and buckets as the core makes them, against their definitions."""

import base64
import json
import math

import numpy as np
import pytest

from models.position import POSITIONS, RoPE, Scaling
from playground.laboratories.positions import grid
from playground.laboratories.positions.scheme import view as scheme
from playground.positions import portraits, rotation
from playground.positions.settings import PositionSettings


def settings(kind: str = "RoPE", **more) -> PositionSettings:
    return PositionSettings(position={"kind": kind} | more.pop("own", {}), **more)


def cells(value) -> np.ndarray:
    packed = np.frombuffer(base64.b64decode(value["w"]), "<u2").astype(float)
    found = value["low"] + packed / grid.MOST * (value["high"] - value["low"])
    shape = len(json.loads(value["rows"])), len(json.loads(value["columns"]))
    return np.where(packed == grid.MASKED, np.nan, found).reshape(shape)


def test_wavelengths_are_two_pi_over_theta():
    waves = rotation.wavelengths(settings())
    assert waves[[0, 4, 12, 63]] == pytest.approx([6.28, 11.17, 35.33, 54410], rel=1e-3)
    assert "47 of 64 pairs never turn fully in 64 tokens" in portraits.finding(settings()).title


def test_llama_3_stretches_as_published():
    """Golden inverse frequencies of Llama 3.1: 29 pairs unchanged, 29 divided by 8."""
    scaling = Scaling(way="llama3", factor=8.0, trained=512)  # turns count in the trained context alone
    theta = rotation.frequencies(settings(own={"base": 5e5 / 1, "scaling": scaling.model_dump()}))
    plain = 5e5 ** (-np.arange(64) / 64)
    turns = 512 * plain / (2 * math.pi)
    assert theta[turns >= 4] == pytest.approx(plain[turns >= 4])
    assert theta[turns <= 1] == pytest.approx(plain[turns <= 1] / 8)


@pytest.mark.parametrize(("pairing", "partner"), [("interleaved", (24, 25)), ("half-split", (12, 76))])
def test_a_pair_turns_in_its_two_channels(pairing, partner):
    chosen = settings(own={"pairing": pairing})
    turned = rotation.turned(chosen)
    assert turned.channels == partner
    q, k = complex(*turned.query), complex(*turned.key)
    angle = 28 * 10_000.0 ** (-12 / 64)
    assert turned.product == pytest.approx((q * np.exp(1j * angle) * k.conjugate()).real, abs=1e-4)


@pytest.mark.parametrize("pairing", ["interleaved", "half-split"])
def test_the_matrix_is_a_rotation_of_each_pair(pairing):
    chosen = settings(own={"pairing": pairing}, head_dim=8, query=3)
    channels, matrix = rotation.matrix(chosen, [0, 1, 2, 3])
    assert channels == list(range(8))
    assert matrix @ matrix.T == pytest.approx(np.eye(8), abs=1e-6)
    first, second = (0, 1) if pairing == "interleaved" else (0, 4)
    wanted = [[math.cos(3), -math.sin(3)], [math.sin(3), math.cos(3)]]
    assert matrix[np.ix_([first, second], [first, second])] == pytest.approx(np.array(wanted), abs=1e-6)
    assert np.count_nonzero(np.abs(matrix) > 1e-9) == 16


def test_few_pairs_stand_for_all_with_the_chosen_one():
    assert rotation.few(settings()) == [0, 4, 8, 12, 18, 26, 38, 63]
    assert 50 in rotation.few(settings(pair=50))
    assert rotation.few(settings(head_dim=2)) == [0]
    assert rotation.few(settings(head_dim=2, pair=99)) == [0]


def test_the_square_holds_cosines_and_the_place_in_hand():
    value = scheme.value(settings())["scheme-square"]
    shown, (row, column) = cells(value), json.loads(value["chosen"])
    assert shown[row, column] == pytest.approx(math.cos(28 * 10_000.0 ** (-12 / 64)), abs=1e-3)
    far = scheme.value(settings(query=300, key=5))["scheme-square"]
    assert json.loads(far["rows"])[json.loads(far["chosen"])[0]] == "300"


def test_bias_and_buckets_are_masked_ahead_only_when_looking_back():
    back, both = (scheme.value(settings("T5", sight=sight))["scheme-matrix"] for sight in ("back", "both ways"))
    assert np.isnan(cells(back)[3, 4])
    assert cells(back)[20, 4] == pytest.approx(16, abs=0.01)
    assert cells(both)[3, 4] == pytest.approx(17, abs=0.01)
    alibi = cells(scheme.value(settings("ALiBi", head=1))["scheme-square"])
    assert alibi[10, 2] == pytest.approx(-8 / 4, abs=1e-3)


def test_t5_says_its_buckets():
    told = portraits.finding(settings("T5"))
    assert "113" in told.title
    assert "distances 0 to 15 have one each" in told.html
    assert "last begins at 91" in portraits.finding(settings("T5", sight="both ways")).html


@pytest.mark.parametrize("kind", POSITIONS)
def test_every_scheme_draws_or_says_why_not(kind):
    value = scheme.value(settings(kind))
    drawn = [name for name, part in value.items() if (part.get("title") and name != "scheme-head") or part.get("total")]
    assert bool(drawn) != ("act" in value["scheme-head"])
    code = value["scheme-notes"]["python"]
    exec(compile(code.replace("print(", "repr("), "the lines", "exec"), {})


def test_scaling_is_drawn_beside_the_plain_angles():
    scaled = settings(own={"scaling": Scaling(way="YaRN").model_dump()})
    names = [trace.get("name") for trace in json.loads(scheme.value(scaled)["scheme-speeds"]["fig"])["lines"]]
    assert "without scaling" in names
    assert "without scaling" not in scheme.value(settings())["scheme-speeds"]["fig"]
    assert isinstance(rotation.plain(scaled.now()).position, RoPE)
