"""One look at a model through a probe."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models import Ablate
from playground.measures.head_roles import CROSS_ROLES, SELF_ROLES
from playground.runs.probe import look, maps, probe
from playground.tasks.forward import forward, to
from tests.playground.small import tiny

STACKS = {
    "decoder-only": {"decoder"},
    "encoder-only": {"encoder"},
    "encoder-decoder": {"decoder", "encoder", "cross"},
}


def run_of(topology: str, **changes):
    return tiny("copy", **{"model.topology": topology, "task.length": 6, **changes}).start()


@pytest.mark.parametrize("topology", STACKS)
def test_the_maps_are_the_recorded_weights_of_the_first_example(topology):
    run = run_of(topology)
    seen = look(run.model, run.probe, 7)
    assert seen.step == 7
    assert set(seen.maps) == set(seen.heads) == STACKS[topology]
    with torch.no_grad():
        output = forward(run.model, run.probe.batch, record=True)
    for name, layers in maps(output).items():
        expected = torch.stack([w[0] for w in layers]).half().numpy()
        assert np.array_equal(seen.maps[name], expected)
        assert np.allclose(seen.maps[name].sum(-1), 1.0, atol=2e-3)


@pytest.mark.parametrize("topology", STACKS)
def test_every_stack_is_measured_by_its_own_roles(topology):
    run = run_of(topology)
    for name, measured in look(run.model, run.probe, 0).heads.items():
        predicts = name == "decoder" or topology == "encoder-only"  # else no token is wanted of a query
        expected = {*CROSS_ROLES} if name == "cross" else {*SELF_ROLES} - (set() if predicts else {"target token"})
        assert set(measured.roles) == expected
        layers, count = measured.bits.shape
        assert measured.scores.shape == (layers, count, len(measured.roles))
        assert 0 <= measured.scores.min() <= measured.scores.max() <= 1 + 1e-6


def test_the_encoder_of_an_encoder_decoder_is_measured_on_the_source():
    batch = run_of("encoder-decoder").probe.batch
    cells = probe(batch).cells
    assert batch.source_BS is not None
    assert cells["encoder"]["current token"].shape[-1] == batch.source_BS.shape[1]
    assert cells["cross"]["target token"][0, 0].tolist() == (batch.source_BS[0] == batch.targets_BT[0, 0]).tolist()


def test_the_likeliest_tokens_are_those_of_a_plain_softmax():
    run = run_of("decoder-only")
    seen = look(run.model, run.probe, 0)
    with torch.no_grad():
        probs = run.model(run.probe.batch.ids_BT).logits_BTV.softmax(-1)
    order = probs.argsort(-1, descending=True)[..., :5]
    assert np.allclose(seen.top_probs, probs.gather(-1, order).numpy(), atol=1e-3)
    assert seen.top.shape == (16, run.probe.batch.ids_BT.shape[1], 5)
    assert (probs.gather(-1, torch.from_numpy(seen.top).long()) - probs.gather(-1, order)).abs().max() < 1e-6


def test_an_edit_reaches_the_model():
    run = run_of("decoder-only")
    for _ in run.train(3):
        pass
    cut = look(run.model, run.probe, 0, edits=(Ablate("decoder", 0, "layer"),))
    assert not np.array_equal(cut.maps["decoder"][1], look(run.model, run.probe, 0).maps["decoder"][1])


def test_a_model_without_attention_has_no_maps_but_predictions():
    run = run_of("decoder-only", **{"model.attention.kind": "none", "model.position.kind": "learned"})
    seen = look(run.model, run.probe, 0)
    assert dict(seen.maps) == {}
    assert seen.top.size > 0


def test_a_prefix_is_told_to_a_prefix_lm_alone():
    free, prefix = run_of("decoder-only"), run_of("decoder-only", **{"model.prefix": True})
    ahead = [np.triu(look(run.model, run.probe, 0).maps["decoder"][0, 0], 1).max() for run in (free, prefix)]
    assert ahead[0] == 0 < ahead[1]


def test_a_batch_on_the_cpu_is_not_copied():
    batch = run_of("decoder-only").probe.batch
    assert to(batch, torch.device("cpu")) is batch
    moved = to(batch, torch.device("meta"))
    assert moved.ids_BT.device.type == "meta"
    assert moved.source_BS is None


def test_a_session_looks_at_the_model_as_it_is_now():
    session = tiny("copy")
    run = session.start()
    first = session.look()
    for _ in run.train(3):
        pass
    later = session.look()
    assert (first.step, later.step) == (0, 3)
    assert np.array_equal(later.maps["decoder"], look(run.model, run.probe, 3).maps["decoder"])
    assert not np.array_equal(later.maps["decoder"], first.maps["decoder"])
    assert session.posed().model is run.model
