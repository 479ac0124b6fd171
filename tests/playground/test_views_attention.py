"""The attention lens's value: weights as bytes within their error, masks, the head shown, roles over time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import Ablate
from playground import wording
from playground.interventions.ablation import ablated
from playground.lenses.attention import frames, role_curves
from playground.lenses.attention import view as attention
from tests.playground.drawn import shown, unpacked
from tests.playground.small import tiny, trained

RNG = np.random.default_rng(0)
W = RNG.dirichlet(np.full(12, 0.3), size=(2, 3, 10)).astype(np.float16)
SEEN = np.tri(10, 12, 2, dtype=bool)


def test_packed_weights_are_right_to_half_a_step_of_their_root_and_masked_where_unseen():
    cells = unpacked(frames.packed(W, SEEN), "u1", W.shape)
    assert ((cells == frames.MASKED) == ~SEEN).all()
    error = np.abs(cells / 254 - np.sqrt(W.astype(np.float32)))[..., SEEN]
    assert error.max() <= 0.5 / 254 + 1e-6


def test_precise_weights_are_right_to_half_a_step_and_masked_where_unseen():
    cells = unpacked(frames.precise(W[1, 2], SEEN), "<u2", (10, 12))
    assert ((cells == frames.MASKED_LARGE) == ~SEEN).all()
    assert np.abs(cells / 65_534 - W[1, 2])[SEEN].max() <= 0.5 / 65_534 + 1e-7


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_no_weight_is_taken_for_a_mask(weight):
    one = np.full((1, 1), weight, np.float16)
    seen = np.ones((1, 1), bool)
    assert unpacked(frames.packed(one, seen), "u1", (1,))[0] == round(254 * weight)
    assert unpacked(frames.precise(one, seen), "<u2", (1,))[0] == round(65_534 * weight)


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
def test_the_value_shows_the_models_own_weights_and_masks_what_a_causal_query_cannot_see(topology):
    session = tiny("copy", model__topology=topology, task__length=5)
    seen = session.look()
    for which in seen.maps:
        session.which = which
        value, small, large = shown(session)
        maps = seen.maps[which].astype(np.float32)
        future = np.triu(np.ones(maps.shape[-2:], bool), 1) if which == "decoder" else np.zeros(maps.shape[-2:], bool)
        assert value["which"] == which
        assert ((small == 255) == future).all()
        assert np.abs(small / 254 - np.sqrt(maps))[..., ~future].max() < 0.5 / 254 + 1e-6
        assert np.abs(large / 65_534 - maps[value["layer"], value["head"]])[~future].max() < 1e-4
        assert len(json.loads(value["info"])) == small.shape[0] * small.shape[1]
    stacks = {name: why for name, _, why in json.loads(attention.value(session)["stacks"])}
    assert {name for name, why in stacks.items() if not why} == set(seen.maps)
    assert all(why.endswith(".") for name, why in stacks.items() if name not in seen.maps)


def test_a_window_masks_what_is_too_far_back():
    value, small, _ = shown(tiny("copy", **{"model.attention.window": 3, "task.length": 5}))
    size = len(json.loads(value["queries"]))
    apart = np.arange(size)[:, None] - np.arange(size)[None]
    assert ((small == 255) == ~((apart >= 0) & (apart < 3))).all()


def test_a_prefix_lm_shows_that_its_prompt_is_seen_from_both_sides():
    _, small, _ = shown(tiny("copy", **{"model.prefix": True, "task.length": 5}))
    assert (small[:, :, :6, :6] < 255).all()
    assert (small[:, :, 0, 6:] == 255).all()


def test_the_tokens_are_those_of_the_axes():
    session = tiny("copy", model__topology="encoder-decoder", task__length=5)
    batch = session.start().probe.batch
    words = session.start().task.vocabulary
    session.which = "cross"
    value, _, _ = shown(session)
    assert json.loads(value["keys"]) == [words[i] for i in batch.source_BS[0].tolist()]
    assert json.loads(value["queries"]) == [words[i] for i in batch.ids_BT[0].tolist()]
    session.which = "encoder"
    assert attention.value(session)["predicted"] == "[]"


def test_the_prediction_at_a_query_is_the_models_likeliest_token():
    session = trained(3)
    run = session.run
    probs_TV = run.model(run.probe.batch.ids_BT).logits_BTV[0].softmax(-1)
    told = json.loads(attention.value(session)["predicted"])
    assert [t for t, _ in told] == [run.task.vocabulary[i] for i in probs_TV.argmax(-1).tolist()]
    assert [p for _, p in told] == pytest.approx(probs_TV.max(-1).values.tolist(), abs=2e-3)


def test_a_chosen_head_is_shown_and_one_that_does_not_exist_becomes_the_last():
    session = tiny()
    session.head = (1, 0)
    assert (attention.value(session)["layer"], attention.value(session)["head"]) == (1, 0)
    session.head = (200, 200)
    assert (attention.value(session)["layer"], attention.value(session)["head"]) == (1, 1)


def test_a_model_without_attention_says_so():
    session = tiny("copy", **{"model.attention.kind": "none", "model.position.kind": "learned"})
    value = attention.value(session)
    assert (value["layers"], value["w"], value["which"]) == (0, "", "")
    assert "no attention" in value["finding"]
    assert json.loads(role_curves.value(session, session.look())["fig"]).get("lines", []) == []


def test_an_ablation_tells_the_two_losses_and_its_error():
    session = trained(10)
    session.ablation = ablated(session.run, (Ablate("decoder", 1, "self_attention", 0),), "Without L1 H0")
    told = json.loads(attention.value(session)["ablation"])
    before, after = (measured.mean()[0] for measured in (session.ablation.before, session.ablation.after))
    assert told["title"].startswith(f"Without L1 H0: loss {before:.3f} → {after:.3f}")
    loss, error = session.ablation.change[:2]
    assert loss == pytest.approx(after - before, rel=1e-3)
    assert told["text"].startswith(f"{wording.change(loss, error)} (standard error) on 16 held-out examples")
    assert (told["layer"], told["head"]) == (1, 0)


def test_the_finding_of_an_edited_model_begins_with_what_was_done_and_its_cost():
    session = trained(5)
    session.ablation = ablated(session.run, (Ablate("decoder", 1, "self_attention", 0),), "Without L1 H0")
    head = json.loads(attention.value(session)["finding"])
    assert head["title"].startswith(f"Without L1 H0: loss {session.ablation.before.mean()[0]:.3f} → ")
    assert "still looks" in head["html"]
    session.ablation = ablated(session.run, (Ablate("decoder", 0, "self_attention"),), "Everything else")
    other = json.loads(attention.value(session)["finding"])
    assert other["title"].startswith("Everything else: loss ")
    assert "still looks" not in other["html"]


def test_the_curves_of_the_roles_are_the_kept_scores_of_the_heads_named():
    session = trained(20)
    value = role_curves.value(session, session.look())
    figure = json.loads(value["fig"])
    kept = session.run.history.snapshots
    assert 1 <= len(figure["lines"]) <= 3
    for trace in figure["lines"]:
        place, _, role = trace["name"].partition(" H")
        head, _, role = role.partition(" ")
        scores = [s.heads["decoder"].scores[int(place[1:]), int(head)] for s in kept]
        at = kept[0].heads["decoder"].roles.index(role)
        assert trace["y"] == pytest.approx([float(row[at]) for row in scores], rel=1e-4)
        assert trace["x"] == [s.step for s in kept]
        assert f"{trace['name']} {scores[-1][at]:.2f}" in value["said"]
