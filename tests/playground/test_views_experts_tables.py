"""The tables and charts of the Experts lens, for every router, size and topology; and what a dense model shows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from playground.lenses.experts import charts
from playground.lenses.experts import view as experts
from playground.lenses.experts.choices import Costs, ExpertChoices
from playground.lenses.experts.view import routed
from playground.measures.routing import first_choice, table, taken
from playground.runs.specialists import labels
from playground.settings.forms import leaf
from tests.playground.mixed import ROUTED, known, mixed
from tests.playground.small import tiny
from tests.playground.values import shown


@pytest.fixture(params=ROUTED)
def session(request) -> Any:
    return known(request.param)


@pytest.mark.parametrize("on", ["batch", "probe"])
def test_the_shares_of_each_expert_are_whole(session, on):
    session.of(ExpertChoices).on = on
    seen = shown(session)
    special = seen.json("special")
    assert special["by"] == ("task" if session.run.task.tags else "kind of token")
    for _, *shares, total, mostly in special["rows"]:
        assert (shares == [None] * len(shares)) is (total == 0)
        assert total == 0 or sum(shares) == pytest.approx(1, abs=0.01)
        best = special["labels"][int(np.argmax(shares))] if total else "–"
        assert mostly == (best if total and max(shares) >= 0.4 else "–")
    names, of_N = labels(session.run.task, seen.routed, seen.value["layer"])[special["by"]]
    counted = np.zeros((len(special["rows"]), len(names)))
    for e, n in zip(*(each.tolist() for each in taken(seen.routing)), strict=True):
        counted[e, of_N[n]] += 1
    for e, *shares, total, _ in special["rows"]:
        at = [names.index(name) for name in special["labels"]]
        assert counted[e].sum() == total
        assert total == 0 or shares == pytest.approx(counted[e][at] / total, abs=1e-3)
    assert sum(row[-2] for row in special["rows"]) == int((seen.routing.kept_NK & (seen.routing.weights_NK > 0)).sum())


def test_devices_carry_what_their_experts_took(session):
    session.of(ExpertChoices).on, session.of(ExpertChoices).show = "batch", "devices"
    seen, mixture = shown(session), session.run.now.model.feed_forward
    found = seen.json("devices")
    session.of(ExpertChoices).show = "load"
    assert len(found["rows"]) == mixture.devices
    assert sum(row[2] for row in found["rows"]) == sum(seen.load["load"])
    assert sum(row[3] for row in found["rows"]) == pytest.approx(1, abs=1e-3)
    assert ("All experts stand on one device" in found["sentence"]) is (mixture.devices == 1)


def test_paths_and_what_experts_tell_are_drawn_or_it_is_said_why_not(session):
    seen = shown(session)
    paths, told = charts.paths(session, seen.routed), charts.information(session, seen.value["layer"])
    drawn = json.loads(paths["fig"]).get("data", [])
    one = len({place for place in seen.routed.places if place[0] == seen.routed.places[-1][0]}) < 2
    assert bool(drawn) is not (one or seen.value["experts"] > charts.MOST)
    assert drawn or paths["said"].startswith("No paths are drawn with")
    if drawn:
        at = [i for i, place in enumerate(seen.routed.places) if place[0] == seen.routed.places[-1][0]]
        named = dict.fromkeys(label.rpartition(" ")[0] for label in drawn[0]["node"]["label"])
        assert [*named] == [seen.routed.names[i] for i in at]
        pair = [first_choice(seen.routed.layers[i]) for i in at[:2]]
        counts, link = table(*pair, seen.value["experts"], seen.value["experts"]), drawn[0]["link"]
        first = [v for s, v in zip(link["source"], link["value"], strict=True) if s < seen.value["experts"]]
        assert sum(first) == pytest.approx(counts.sum(), rel=0.1)  # the thinnest are left out
    names = [*labels(session.run.task, seen.routed, seen.value["layer"])]
    assert all(name in told["said"] for name in names)
    assert json.loads(told["fig"])["lines"]


@pytest.mark.parametrize("show", ["load", "devices", "paths", "ablate"])
def test_the_slower_tables_can_be_left_as_they_were(show):
    session = mixed(1)
    session.of(ExpertChoices).show = show
    whole, fewer = (experts.value(session, routed(session), charts=charts) for charts in (True, False))
    assert set(whole) - set(fewer) == {"probs", "special", "devices", "costs"}
    assert bool(whole["devices"]) is (show == "devices")


def test_a_model_without_experts_offers_a_link_that_makes_it_a_mixture():
    session = tiny("copy")
    for on in ("batch", "probe"):
        session.of(ExpertChoices).on = on
        value = experts.value(session, routed(session))
        assert set(value) == {"n", "empty"}
        empty = json.loads(value["empty"])
        assert empty["title"] == "This model has no experts"
    assert f'data-do="{experts.MIXTURE}"' in empty["html"]
    session.edit("model.feed_forward.kind", "MoE")
    assert session.problems == {}
    assert leaf(session.raw, "model.feed_forward.router.kind") == "top-k"


def test_the_costs_of_experts_are_told_with_their_sign():
    session = mixed(1)
    session.of(ExpertChoices).show = "ablate"
    assert shown(session).json("costs") == {}
    session.of(ExpertChoices).costs = Costs(3, 64, 2.5, np.array([[0.5, -0.25, 0, 0.1], [0, 0, 0, 0]]))
    found = shown(session).json("costs")
    assert found["values"] == [[0.5, -0.25, 0, 0.1], [0, 0, 0, 0]]
    assert (found["top"], found["names"]) == (0.5, ["L0", "L1"])
    assert "64 held-out examples" in found["said"]
    assert "step 3" in found["said"]
