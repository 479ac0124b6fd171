"""The Experts lens: every router, size and topology gives bars, tokens and probabilities, and they are true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.experts.tokens import LIKELY
from tests.playground.mixed import ROUTED, known
from tests.playground.values import Shown, shown


@pytest.fixture(params=ROUTED)
def session(request) -> Any:
    return known(request.param)


@pytest.fixture(params=["batch", "probe"])
def seen(request, session) -> Shown:
    session.of(ExpertChoices).on = request.param
    return shown(session)


def test_bars_count_every_choice(seen):
    load, routing = seen.load, seen.routing
    assert sum(load["demand"]) == int((routing.seats_NK >= 0).sum())
    assert sum(load["load"]) == int(routing.kept_NK.sum())
    assert len(load["demand"]) == len(load["load"]) == len(load["probs"]) == seen.value["experts"]
    assert all(took <= asked for asked, took in zip(load["demand"], load["load"], strict=True))
    assert load["uniform"] == pytest.approx(np.mean(load["demand"]))
    assert sum(load["probs"]) == pytest.approx(1, abs=0.01)
    if load["capacity"] is None:
        assert load["demand"] == load["load"]
    elif load["capacity"] == routing.capacity:
        assert load["load"] == [min(asked, routing.capacity) for asked in load["demand"]]


def test_the_heat_map_has_a_column_for_each_update_and_ends_with_the_newest(seen, session):
    heat, run = seen.json("heat"), session.run
    assert heat["steps"] == [1, 2, 3, 4, 5, 6]
    cells = seen.bytes(heat["cells"]).reshape(seen.value["experts"], 6)
    newest = run.history.loads.updates[-1].layers[seen.value["layer"]].demand_E
    relative = newest / newest.mean()
    assert cells[:, -1] == pytest.approx(np.clip(relative, 0, 2) * 127, abs=0.51)


def test_every_measure_has_a_value_and_what_it_means(seen):
    found = {name: (value, unit, note) for name, value, unit, note, told in seen.json("measures") if told.endswith(".")}
    assert {"Largest ÷ mean", "Variation", "Entropy", "Dead experts", "Dropped"} <= set(found)
    demand = np.array(seen.load["demand"])
    soft = seen.routed.mixture.router.picks == "nobody"
    uneven = seen.routing.probs_NE.float().mean(0).numpy() if soft else demand  # every expert has every token
    assert float(found["Largest ÷ mean"][0]) == pytest.approx(uneven.max() / uneven.mean(), abs=0.006)
    assert found["Entropy"][2] == f"evenness of the {'gate' if soft else 'load'}"
    lost = sum(seen.load["demand"]) - sum(seen.load["load"])
    assert found["Dropped"][2] == f"{lost:,} of {demand.sum():,} choices"
    equal = seen.routed.mixture.router.picks != "tokens"  # then that loss is 1 whatever happens
    assert ("Auxiliary loss" in found) is (bool(seen.routing.losses) and not equal)
    assert ("Auxiliary" in dict(seen.json("sums"))) is ("Auxiliary loss" in found)
    limited = seen.routing.capacity is not None
    assert found["Largest ÷ mean"][2].startswith("drops above" if limited else "nothing is dropped")


def test_the_tokens_are_those_of_the_batch_and_struck_out_where_no_seat_was_left(seen, session):
    routing, words = seen.routing, session.run.task.vocabulary
    ids_BT = seen.routed.ids(seen.value["layer"])
    length = ids_BT.shape[1]
    rows = [[words[i] for i in row] for row in ids_BT.tolist()]
    for line in seen.json("lines"):
        texts = [token["t"] for token in line["tokens"]]
        assert texts in rows
        starts = [b * length for b, row in enumerate(rows) if row == texts]
        found = [[seen.token(start + t) for t in range(length)] for start in starts]
        told = [
            (token["n"], token["d"], sorted(zip(token["e"], token["s"], token["k"], strict=True)))
            for token in line["tokens"]
        ]
        assert any(
            len(told) == len(whole) and all(seen.same(*pair) for pair in zip(told, whole, strict=True))
            for whole in found
        )
        for token in line["tokens"]:
            assert token["g"] == sorted(token["g"], reverse=True)
            assert len(token["e"]) == min(LIKELY, token["n"])
            assert 0 <= token["d"] <= token["n"]
            if routing.capacity is not None:
                assert [seat < routing.capacity for seat in token["s"]] == [bool(kept) for kept in token["k"]]
            probs = [p for _, p in token["p"]]
            assert probs == sorted(probs, reverse=True)
    if routing.kept_NK.all():
        assert not any(token["d"] for line in seen.json("lines") for token in line["tokens"])


def test_the_probabilities_of_a_line_are_bytes_on_the_square_root_scale(seen):
    probs = seen.json("probs")
    cells = seen.bytes(probs["cells"]).reshape(seen.value["experts"], probs["tokens"])
    assert ((cells / 254.0) ** 2).sum(0) == pytest.approx(
        np.ones(probs["tokens"]), abs=0.05 + 0.002 * seen.value["experts"]
    )
    assert probs["label"] in [line["label"] for line in seen.json("lines")]
