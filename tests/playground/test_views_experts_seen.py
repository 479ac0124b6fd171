"""Which update, probe, layer and expert the Experts lens shows."""

from __future__ import annotations

import json

import pytest
import torch

from models import Ablate, Force
from playground.interventions.ablation import ablated
from playground.lenses.experts import view as experts
from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.experts.view import routed
from tests.playground.mixed import MOE, mixed
from tests.playground.values import shown


def test_before_the_first_update_the_probe_is_shown():
    seen = shown(mixed())
    assert (seen.value["on"], seen.value["step"]) == ("probe", 0)
    assert seen.json("heat") == {"cells": "", "steps": []}
    assert sum(seen.load["demand"]) > 0


def test_after_it_the_batch_of_the_last_update_is_shown():
    session = mixed(3)
    seen = shown(session)
    assert (seen.value["on"], seen.value["step"]) == ("batch", 3)
    assert seen.routed is session.run.routed
    session.of(ExpertChoices).on = "probe"
    seen = shown(session)
    assert (seen.value["on"], seen.value["step"]) == ("probe", 3)
    assert torch.equal(seen.routed.batch.ids_BT, session.run.probe.batch.ids_BT)


def test_a_probe_of_ones_own_is_routed_token_by_token():
    session = mixed(3)
    session.of(ExpertChoices).on = "probe"
    session.use_probe("own", "abcabc")
    seen = shown(session)
    (line,) = seen.json("lines")
    assert "".join(token["t"] for token in line["tokens"][:6]) == "abcabc"
    assert sum(seen.load["demand"]) == 2 * len(line["tokens"])


@pytest.mark.parametrize(("back", "step"), [(10, 10), (6, 5), (1, 5), (0, 5)])
def test_looking_back_shows_the_nearest_kept_update(back, step):
    session = mixed(12)
    session.shown = back
    seen = shown(session)
    assert seen.value["step"] == step
    demand = session.run.history.loads.updates[step - 1].layers[-1].demand_E
    assert seen.load["demand"] == demand.tolist()
    assert seen.json("heat")["steps"] == [*range(1, back + 1)]


def test_looking_back_tells_the_settings_of_that_time():
    session = mixed(5, capacity__factor=1.0)
    session.run.retune({f"{MOE}.capacity.factor": 0.5, f"{MOE}.router.k": 3})
    for _ in session.run.train(5):
        pass
    session.shown = 5
    seen = shown(session)
    assert seen.load["choices"] == 2
    assert "× <em>1</em> ⌉" in dict(seen.json("sums"))["Capacity"]
    session.shown = None
    assert shown(session).load["choices"] == 3


def test_a_run_that_has_kept_no_update_yet_shows_its_last():
    session = mixed(3)
    session.shown = 1
    assert shown(session).value["step"] == 3


def test_the_last_layer_is_shown_unless_another_is_chosen():
    session = mixed(1, model__layers=3)
    assert shown(session).value["layer"] == 2
    session.of(ExpertChoices).take("layer", 0)
    assert shown(session).value["layer"] == 0
    session.of(ExpertChoices).take("layer", 7)
    assert shown(session).value["layer"] == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", "nothing"),
        ("show", "all"),
        ("layer", -1),
        ("layer", "1"),
        ("expert", 10**9),
        ("line", None),
        ("costs", 3),
    ],
)
def test_what_is_no_choice_is_left_alone(name, value):
    choices = ExpertChoices()
    choices.take(name, value)
    assert choices == ExpertChoices()


@pytest.mark.parametrize(("line", "expert"), [(0, 0), (3, 3), (99, 99)])
def test_a_line_and_an_expert_that_are_not_there_are_those_at_the_end(line, expert):
    session = mixed(1)
    session.of(ExpertChoices).line, session.of(ExpertChoices).expert = line, expert
    seen = shown(session)
    assert seen.value["expert"] == min(expert, 3)
    assert seen.json("probs")["label"] == seen.json("lines")[min(line, len(seen.json("lines")) - 1)]["label"]


def test_a_frame_has_a_higher_number_than_the_one_before():
    session = mixed(1)
    numbers = [experts.value(session, routed(session))["n"] for _ in range(3)]
    assert numbers == sorted(set(numbers))


def test_an_expert_that_is_removed_is_told_with_its_worth_and_noise():
    session = mixed(5)
    assert shown(session).value["ablation"] == ""
    session.ablation = ablated(session.run, (Ablate("decoder", 1, "feed_forward", expert=2),), "Without L1 E2")
    told = json.loads(shown(session).value["ablation"])
    before, after = (measured.mean()[0] for measured in (session.ablation.before, session.ablation.after))
    assert before != after
    assert told["title"].startswith(f"Without L1 E2: loss {before:.3f} → {after:.3f}, accuracy ")
    assert "(standard error) on 16 held-out examples, at step 5." in told["text"]
    session.ablation = ablated(session.run, (Ablate("decoder", 1, "self_attention", 0),), "Without L1 H0")
    assert shown(session).value["ablation"] == ""  # the attention lens tells of that


def test_everything_sent_to_one_expert_is_seen_on_the_probe():
    session = mixed(2)
    session.of(ExpertChoices).on = "probe"
    session.ablation = ablated(session.run, (Force("decoder", 1, 3),), "Everything to L1 E3")
    seen = shown(session)
    assert seen.load["demand"][3] == seen.load["tokens"]
    session.of(ExpertChoices).take("layer", 0)
    assert shown(session).load["demand"][3] < seen.load["tokens"]
