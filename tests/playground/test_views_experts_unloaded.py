"""The sentence at the top of the Experts lens where loads tell nothing: a probe, soft routing, expert choice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from models.mixture import MoE
from models.moe.expert_choice import ExpertChoice
from models.moe.soft import Soft
from playground.findings.finding import Finding
from playground.lenses.experts.finding import finding
from playground.runs.history import History
from playground.runs.loads import Routed
from playground.tasks.base import Batch
from playground.wording import percent
from tests.playground.mixed import NONE, routing
from tests.playground.test_views_experts_finding import changed, informed, seen


def on_probe(demand: Sequence[int], history: History | None = None, *, step: int = 10, **more) -> Finding:
    return finding(history or History(), seen(demand, **more), 0, step, training=False)


def test_a_probe_makes_no_expert_dead_and_tells_who_is_in_the_training():
    found = on_probe([9, 1, 0, 0], changed(20), step=20)
    assert found == (
        "On the probe: 2 of 4 experts of L1 are asked; E0 takes 3.6 times its share",
        "Experts learn from the training batch: at step 20 no expert is dead there.",
    )
    dead = History()
    dead.loads.keep(seen([97, 3, 0, 0], step=5))
    assert on_probe([9, 1, 0, 0], dead).html.endswith("at step 5 2 of the 4 experts are dead there.")
    assert on_probe([9, 1, 0, 0]).html == "No update has taught any expert yet."


def test_what_the_training_did_is_not_told_of_a_probe():
    assert on_probe([30, 25, 25, 20], changed(7), step=20) == (
        "On the probe: All 4 experts of L1 are busy; the fullest has 1.2 times its share",
        "Nothing is dropped, nothing is idle.",
    )
    assert "sorts" not in on_probe([30, 25, 25, 20], informed(0.52, 5)).title
    assert on_probe([60, 20, 12, 8], capacity=18).title.startswith("On the probe: 2 of 4 experts of L1 are full")


def soft(*mean: float) -> Finding:
    """Every token goes to every expert, with these mean gates."""
    routed = seen([5] * len(mean))
    layer = routed.layers[0]._replace(probs_NE=torch.tensor([mean, mean]))
    return finding(changed(7), routed._replace(layers=(layer,), mixture=MoE(router=Soft())), 0, 20)


def test_soft_routing_is_judged_by_its_gates():
    assert soft(0.3, 0.2, 0.26, 0.24).title == "L1 weighs its 4 experts alike; E0 has 1.2 times its share of the weight"
    assert soft(0.1, 0.7, 0.1, 0.1).title == "The gates of L1 are uneven: E1 has 2.8 times its share of the weight"
    assert soft(0.001, 0.0, 0.399, 0.6).title.startswith("2 of 4 experts of L1 hardly count; E3 has 2.4 times")
    assert "every expert computes every token" in soft(0.3, 0.2, 0.26, 0.24).html
    assert "Since" not in soft(0.3, 0.2, 0.26, 0.24).html


@pytest.mark.parametrize(("padded", "without", "tokens"), [(0, 3, 6), (2, 1, 4)])
def test_expert_choice_is_judged_by_the_tokens_that_nobody_chose(padded, without, tokens):
    layer = routing([[0, 1], [0, NONE], [NONE, 1], *[[NONE, NONE]] * 3], experts=2)
    ids, keep = torch.zeros(2, 3, dtype=torch.int64), torch.arange(6).view(2, 3) < 6 - padded
    batch, mixture = Batch(ids, ids, keep_BS=keep if padded else None), MoE(router=ExpertChoice())
    routed = Routed(1, batch, ("L0",), (layer,), (("encoder", 0),), mixture)
    found = finding(History(), routed, 0, 1)
    assert found.title == f"No expert of L0 chose {without} of {tokens} tokens, {percent(without / tokens)}"
    assert found.html.startswith("A token that none chose gets nothing from the experts of L0")
    assert "Every expert takes the 2 tokens" in found.html
    all_chosen = routed._replace(layers=(routing([[0, 1]] * 6, experts=2),))
    assert finding(History(), all_chosen, 0, 1).title == f"Every one of {tokens} tokens is chosen by an expert of L0"
