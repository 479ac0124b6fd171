"""The Positions lens's value: its curves against slow loops over the model's own attention, scores that are the sum of
their terms, every scheme and topology, what is kept when looking back, and what is said where there is nothing.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate
from playground.interventions.ablation import ablated
from playground.lenses.positions import view as lens
from playground.lenses.positions import view as trained
from playground.lenses.positions.finding import caption, finding
from playground.lenses.positions.looked import allowed, looked
from playground.lenses.positions.scores import terms
from playground.measures.distance import Reach
from playground.runs.probe import maps
from playground.tasks.forward import forward
from playground.visitors.session import Session
from tests.playground.drawn import unpacked
from tests.playground.lenses import code
from tests.playground.small import tiny
from tests.playground.small import trained as run_for


class Drawn:
    """A value, unpacked as the page unpacks it."""

    def __init__(self, value: dict[str, Any]):
        self.value = value
        self.even = self.floats("even", -1)
        self.at = value["first"] + np.arange(len(self.even))
        self.weights = self.floats("weights", value["layers"], value["heads"], -1)
        self.terms, self.mine = json.loads(value["terms"]), (value["layer"], value["head"])
        self.scores = self.floats("scores", len(self.terms), -1) if self.terms else None

    def floats(self, name: str, *shape: int) -> np.ndarray:
        return unpacked(self.value[name], "<f4", shape)


def seen_of(session: Any, which: str) -> torch.Tensor:
    """(T, S) of an unpadded probe, by the words of the topology."""
    batch = session.start().probe.batch
    length = (batch.source_BS if which == "encoder" and batch.source_BS is not None else batch.ids_BT).shape[1]
    whole = torch.ones(length, length, dtype=torch.bool)
    return whole.tril() if which == "decoder" else whole


STACKS = [
    ("decoder-only", "decoder"),
    ("encoder-only", "encoder"),
    ("encoder-decoder", "decoder"),
    ("encoder-decoder", "encoder"),
]


@pytest.mark.parametrize(("topology", "which"), STACKS)
def test_the_curves_are_means_over_pairs_of_one_distance_that_the_mask_allows(topology, which):
    session = tiny("copy", model__topology=topology, task__length=4)
    session.start()
    session.which, session.head = which, (1, 1)
    drawn = Drawn(lens.value(session, session.posed()))
    weights_BTS = maps(forward(session.run.model, session.run.probe.batch, record=True))[which][1][:, 1].detach()
    seen = seen_of(session, which)
    for i, d in enumerate(drawn.at):
        cells = [(t, t - d) for t in range(len(seen)) if 0 <= t - d < len(seen) and seen[t, t - d]]
        loop = np.mean([float(weights_BTS[b, t, s]) for b in range(len(weights_BTS)) for t, s in cells])
        assert drawn.weights[1, 1, i] == pytest.approx(loop, abs=1e-6)
        assert drawn.even[i] == pytest.approx(np.mean([1 / int(seen[t].sum()) for t, _ in cells]), abs=1e-6)
    assert (drawn.at[0], drawn.at[-1]) == (0 if which == "decoder" else 1 - len(seen), len(seen) - 1)


SEEN = {
    "causal": {},
    "window": {"model__attention__window": 3},
    "prefix": {"model__prefix": True},
    "prefix and window": {"model__prefix": True, "model__attention__window": 2},
    "both sides": {"model__topology": "encoder-only"},
    "window, both sides": {"model__topology": "encoder-only", "model__attention__window": 3},
    "encoder-decoder": {"model__topology": "encoder-decoder"},
}


@pytest.mark.parametrize("name", SEEN)
def test_pairs_that_count_are_those_that_get_weight(name):
    session = tiny("copy", task__length=5, **SEEN[name])
    run, batch = session.start(), session.run.probe.batch
    for which, layers in maps(forward(run.model, batch, record=True)).items():
        if which != "cross":
            lit = torch.stack(layers).amax(dim=(0, 2)) > 0
            assert torch.equal(allowed(run.model, batch, which).expand_as(lit), lit)


def test_padding_counts_neither_as_query_nor_as_key():
    session = tiny("copy", task__length=5, model__topology="encoder-only")
    run, keep_BT = session.start(), torch.ones_like(session.run.probe.batch.ids_BT, dtype=torch.bool)
    keep_BT[:, -2:] = False
    seen = allowed(run.model, run.probe.batch._replace(keep_BS=keep_BT), "encoder")
    assert torch.equal(seen, (keep_BT[:, :, None] & keep_BT[:, None, :]))


SCHEMES = ["none", "sinusoidal", "learned", "RoPE", "ALiBi", "T5", "Shaw", "Transformer-XL"]


@pytest.mark.parametrize("kind", SCHEMES)
def test_the_terms_add_up_to_the_score_and_pairs_to_the_product(kind):
    changes: dict[str, Any] = {"model__position__kind": kind}
    if kind == "RoPE":
        changes["model__position__fraction"] = 0.5
    session = tiny("induction", model__attention__heads=2, **changes)
    for which_head in ((0, 0), (1, 1)):
        session.head = which_head
        drawn = Drawn(lens.value(session, session.posed()))
        assert drawn.mine == which_head
        assert drawn.scores is not None
        assert len(drawn.terms) == (3 if kind in ("ALiBi", "T5", "Shaw", "Transformer-XL") else 1)
        if len(drawn.terms) > 1:
            assert drawn.scores[1:].sum(0) == pytest.approx(drawn.scores[0], abs=1e-5)
        assert (drawn.value["pairs"] != "") == (kind == "RoPE")
        if kind == "RoPE":
            told = json.loads(drawn.value["pairs"])
            cells = unpacked(drawn.value["cells"], "<i2", (len(told["rows"]), -1)) / 32_767 * told["top"]
            assert [row[0] for row in told["rows"]] == ["0", "1", "rest"]
            assert told["untouched"] == 4
            assert [row[1] for row in told["rows"]] == pytest.approx([2 * np.pi, 20 * np.pi, None])  # 100^(-2i/4)
            assert cells.sum(0) == pytest.approx(drawn.scores[0], abs=len(cells) * told["top"] / 60_000)
        assert drawn.value["note"]
    seen = looked(session.posed(), "decoder", kept=False)
    assert seen is not None
    for layer, weights_BHTS in enumerate(seen.weights):  # and the softmax of their sum are the model's own weights
        total_BHTS = torch.stack(terms(seen, layer)).sum(0).where(seen.seen_BTS[:, None], -torch.inf)
        torch.testing.assert_close(total_BHTS.softmax(-1), weights_BHTS, atol=1e-5, rtol=1e-4)
    if kind == "ALiBi":
        assert drawn.scores[2] == pytest.approx(-drawn.at * 2.0**-8, abs=1e-7)  # the second of two heads


def test_a_stack_without_its_positions_has_no_bias():
    session = run_for(2, model__position__kind="ALiBi")
    session.ablation = ablated(session.run, (Ablate("decoder", None, "position"),), "Without positions")
    drawn = Drawn(lens.value(session, session.posed()))
    assert drawn.terms == ["q · k"]
    assert json.loads(drawn.value["finding"])["title"].startswith("Without positions: ")


@torch.no_grad()
def test_a_score_is_what_the_softmax_gets():
    """By hand: one example, one query, one key, from the model's own parameters."""
    session = tiny("induction", model__position__kind="none", model__layers=1)
    drawn = Drawn(lens.value(session, session.posed()))
    model, ids_BT = session.run.model, session.run.probe.batch.ids_BT
    block, head, total = model.decoder.blocks[0], drawn.mine[1], []
    x_BTD = block.norm_attention(model.embedding(ids_BT, None))
    q_BTD, k_BTD, _ = (x_BTD @ block.attention.qkv.weight.mT).split(16, dim=-1)
    here = slice(8 * head, 8 * head + 8)
    for b in range(len(ids_BT)):
        for t in range(5, ids_BT.shape[1]):
            total.append(float(q_BTD[b, t, here] @ k_BTD[b, t - 5, here]) / 8**0.5)
    assert drawn.scores[0][5] == pytest.approx(np.mean(total), abs=1e-5)
    assert drawn.floats("spread", -1)[5] == pytest.approx(np.std(total), abs=1e-5)


def test_looking_back_the_kept_weights_are_drawn_and_the_scores_said_to_be_gone():
    session = run_for(12)
    session.shown = 6
    drawn = Drawn(lens.value(session, session.posed()))
    kept = session.run.history.nearest(6)
    assert drawn.value["step"] == kept.step == 5
    map_TS = kept.maps["decoder"][0, 1].astype(np.float32)
    assert drawn.weights[0, 1, 3] == pytest.approx(np.diagonal(map_TS, -3).mean(), abs=1e-6)
    assert drawn.scores is None
    assert drawn.value["examples"] == 1
    assert 'data-do="step:12"' in drawn.value["why"]
    session.use_probe("own", "abcabc")  # looked at with the model as it is now
    drawn = Drawn(lens.value(session, session.posed()))
    assert drawn.value["step"] == 12
    assert drawn.scores is not None
    assert len(drawn.even) == 32
    assert drawn.value["why"] == ""


def test_across_two_texts_no_curve_is_drawn_and_the_sentence_says_why():
    session = tiny("copy", model__topology="encoder-decoder", task__length=4)
    session.start()
    session.which = "cross"
    value = lens.value(session, session.posed())
    assert (value["layers"], value["which"]) == (0, "cross")
    assert "no distance" in json.loads(value["finding"])["title"]
    assert [why == "" for *_, why in json.loads(value["stacks"])] == [True, True, True]


def test_linear_attention_has_weights_of_either_sign_and_no_scores():
    session = run_for(20, model__attention__kind="linear")
    drawn = Drawn(lens.value(session, session.posed()))
    assert drawn.scores is None
    assert "no scores" in drawn.value["why"]
    assert (drawn.value["signed"] > 0) == bool((drawn.weights < -1e-3).any())
    assert np.nanmax(np.abs(drawn.weights)) <= max(drawn.value["signed"], 1)


def test_a_model_without_attention_and_a_page_without_a_run_say_so():
    session = tiny("copy", model__attention__kind="none", model__position__kind="learned")
    assert "no attention" in json.loads(lens.value(session, session.posed())["empty"])["title"]
    blank = Session()
    assert 'data-do="set:%7B%7D"' in json.loads(trained.value(blank)["empty"])["html"]
    assert blank.run is None  # nothing was built for it


def test_two_tokens_and_one_head_are_enough():
    session = tiny("text", model__attention__heads=1, model__layers=1)
    session.start()
    session.use_probe("own", "ab")
    drawn = Drawn(lens.value(session, session.posed()))
    assert drawn.weights.shape == (1, 1, 2)
    assert drawn.weights[0, 0, 1] + drawn.weights[0, 0, 0] * 2 == pytest.approx(2)  # two rows that sum to 1


def test_a_decoder_that_writes_one_token_has_one_distance():
    session = tiny("modular_addition", model__topology="encoder-decoder", model__layers=1, model__encoder_layers=1)
    drawn = Drawn(lens.value(session, session.posed()))
    assert drawn.at.tolist() == [0]
    assert drawn.weights.ravel() == pytest.approx([1.0, 1.0])
    assert json.loads(drawn.value["finding"])["title"]


def test_without_a_head_the_others_are_measured_and_the_title_says_so():
    session = run_for(3)
    before = Drawn(lens.value(session, session.posed()))
    session.ablation = ablated(session.run, (Ablate("decoder", 0, "self_attention", 0),), "Without L0 H0")
    after = Drawn(lens.value(session, session.posed()))
    assert json.loads(after.value["finding"])["title"].startswith("Without L0 H0: ")
    assert json.loads(after.value["ablation"])["title"].startswith("Without L0 H0: loss ")
    assert after.weights[0] == pytest.approx(before.weights[0], abs=1e-6)
    assert np.abs(after.weights[1] - before.weights[1]).max() > 1e-6


def test_the_lines_of_python_give_the_curves():
    session = run_for(4, model__position__kind="T5")
    drawn = Drawn(lens.value(session, session.posed()))
    names: dict[str, Any] = {}
    exec(code(session, "positions"), names)
    at = np.isin(names["back_R"], drawn.at)
    layer, head = drawn.mine
    assert names["weight_R"][at] == pytest.approx(drawn.weights[layer, head], abs=1e-4)
    assert names["score_R"][at] == pytest.approx(drawn.scores[1], abs=1e-3)  # the product, without the bias


def reach(**fields: Any) -> Reach:
    return Reach(
        **{"peak": 3, "weight": 0.2, "chance": 0.1, "moved": 0.1, "mean": 7.0, "usual": 8.0, "halves": None} | fields
    )


SAID = {
    "looks 8 back": ([reach(peak=8, weight=0.72)], "8 back"),
    "looks 1 ahead": ([reach(peak=-1, weight=0.5)], "1 ahead"),
    "attends to itself": ([reach(peak=0, weight=0.5)], "itself"),
    "weakens with distance: the weight halves every 3.2 tokens": ([reach(halves=3.2)], "half-life 3.2"),
    "looks nearer than even attention": ([reach(moved=0.4)], "nearer"),
    "looks farther away than even attention": ([reach(moved=0.4, mean=9.0)], "farther"),
}


@pytest.mark.parametrize("said", SAID)
def test_the_sentence_follows_the_numbers(said):
    heads, short = SAID[said]
    told = finding([[reach()], heads], 100, [[0.1], [0.83]])
    assert (told.finding.title, told.layer, told.head) == (f"L1 H0 {said}", 1, 0)
    assert "83 % of the variance" in told.finding.html
    assert caption(heads[0]) == short


@pytest.mark.parametrize(
    "head", [reach(), reach(weight=0.5, chance=0.4), reach(halves=9.0)], ids=["even", "by chance", "slowly"]
)
def test_where_nothing_stands_out_the_sentence_says_so(head):
    assert finding([[head]], 0, []).finding.title == "Not trained yet: no head depends on distance"
    assert finding([[head]], 5, []).finding.title == "No head depends on distance"
    assert caption(head) == "even"


def test_the_most_that_any_head_does_is_that_of_the_head_that_does_the_most():
    told = finding([[reach(moved=0.06), reach(moved=0.14)]], 5, [])  # the same tenth
    assert "At most 14 %" in told.finding.html
    assert 'data-do="at:0,1"' in told.finding.html


def test_another_place_comes_before_a_slope_and_a_slope_before_its_own_place():
    own, slope, other = reach(peak=0, weight=0.9), reach(halves=2.0), reach(peak=4, weight=0.5)
    assert finding([[own, slope, other]], 1, []).head == 2
    told = finding([[own, slope]], 1, [])
    assert told.head == 1
    assert 'data-do="at:0,0"' in told.finding.html


def test_in_latent_attention_the_pairs_of_its_rotary_dimension_turn():
    sizes = {"model__attention__head_dim": 8, "model__attention__rope_dim": 4}
    session = tiny("induction", model__attention__kind="MLA", **sizes)
    drawn = Drawn(lens.value(session, session.posed()))
    told = json.loads(drawn.value["pairs"])
    cells = unpacked(drawn.value["cells"], "<i2", (len(told["rows"]), -1)) / 32_767 * told["top"]
    assert [row[0] for row in told["rows"]] == ["0", "1", "rest"]
    assert [row[1] for row in told["rows"]] == pytest.approx([2 * np.pi, 20 * np.pi, None])
    assert told["untouched"] == 8
    assert drawn.scores is not None
    assert cells.sum(0) == pytest.approx(drawn.scores[0], abs=len(cells) * told["top"] / 60_000)
