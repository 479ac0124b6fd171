"""What an input vector is made of: the parts add up to what the model's own first block reads."""

from __future__ import annotations

import json

import pytest
import torch

from playground.laboratories.embeddings.input.view import value
from playground.lenses.embeddings.choices import VectorChoices
from playground.runs.inputs import inputs
from playground.runs.vectors import stacks
from tests.playground.small import tiny, trained

ABSOLUTE = ("learned", "sinusoidal")
POSITIONS = (*ABSOLUTE, "RoPE", "ALiBi", "T5", "none")
KINDS = {
    "decoder-only": {"model__topology": "decoder-only"},
    "encoder-only": {"model__topology": "encoder-only"},
    "encoder-decoder": {"model__topology": "encoder-decoder"},
    "BERT": {"preset": "bert", "task__length": 16},
    "GPT-2": {"preset": "gpt2", "task__length": 16},
    "scaled, segments, pre-norm": {"model__embedding__scaled": True, "model__embedding__segments": 2},
    "LayerNorm behind": {"model__norm__place": "post", "model__norm__kind": "LayerNorm"},
    "normed embedding": {"model__embedding__norm": True, "model__norm__kind": "LayerNorm"},
}


def small(name: str, position: str = "learned"):
    changes = {"model__position__kind": position} | KINDS[name]
    return tiny(changes.pop("preset", "copy"), **changes)


def first(model, batch, stack, segments_BT=None):
    """What the first block of a stack reads, told by a hook: the model's own word."""
    heard = []
    hook = stacks(model)[stack].blocks[0].register_forward_pre_hook(lambda _, args: heard.append(args[0]))
    try:
        model(batch.ids_BT, source_BS=batch.source_BS, keep_BS=batch.keep_BS, segments_BT=segments_BT)
    finally:
        hook.remove()
    return heard[0][0].detach()


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("name", KINDS)
def test_the_parts_add_up_to_what_the_first_block_reads(name, position):
    run = small(name, position).start()
    batch = run.probe.batch
    for stack in stacks(run.model):
        ids_T = (batch.source_BS if stack == "encoder" and batch.source_BS is not None else batch.ids_BT)[0]
        found = inputs(run.model, stack, ids_T)
        torch.testing.assert_close(found.sum_TD, sum(p.vectors_TD for p in found.parts), atol=1e-6, rtol=0)
        torch.testing.assert_close(found.first_TD, first(run.model, batch, stack), atol=1e-6, rtol=0)
        assert ("position" in [p.name for p in found.parts]) is (position in ABSOLUTE)


def test_two_segments_are_two_of_the_models_own():
    run = small("BERT").start()
    ids_T = run.probe.batch.ids_BT[0]
    segments_T = (torch.arange(len(ids_T)) >= 5).long()
    segments_BT = segments_T.expand_as(run.probe.batch.ids_BT)
    found = inputs(run.model, "encoder", ids_T, segments_T)
    torch.testing.assert_close(
        found.first_TD, first(run.model, run.probe.batch, "encoder", segments_BT), atol=1e-6, rtol=0
    )
    assert (found.first_TD - inputs(run.model, "encoder", ids_T).first_TD).abs()[5:].max() > 1e-3
    assert torch.equal(found.first_TD[:5], inputs(run.model, "encoder", ids_T).first_TD[:5])


def test_the_value_is_that_token_with_its_numbers():
    session = small("BERT")
    session.start()
    session.of(VectorChoices).place, session.of(VectorChoices).boundary = 3, 2
    shown = value(session)
    parts, whole, normed = (json.loads(shown[name]) for name in ("parts", "sum", "normed"))
    assert [p["label"] for p in parts] == ["Token", "Segment", "Position"]
    assert [p["of"] for p in parts[1:]] == ["B", "3"]
    for d, x in enumerate(whole["x"]):
        assert x == pytest.approx(sum(p["x"][d] for p in parts), abs=1e-5)
    width = len(whole["x"])
    mean = sum(whole["x"]) / width
    variance = sum((x - mean) ** 2 for x in whole["x"]) / width
    assert (whole["mean"], whole["variance"]) == (pytest.approx(mean, abs=1e-5), pytest.approx(variance, rel=1e-3))
    assert whole["norm"] == pytest.approx(sum(x * x for x in whole["x"]) ** 0.5, rel=1e-4)
    assert normed["x"] == pytest.approx(
        [(x - mean) / (variance + 1e-12) ** 0.5 for x in whole["x"]], abs=2e-3
    )  # gain 1, bias 0
    assert (normed["mean"], normed["variance"]) == (pytest.approx(0, abs=1e-5), pytest.approx(1, abs=1e-3))
    assert "every block reads this" in normed["where"]
    assert shown["boundary"] == 2
    assert "as it was drawn" in json.loads(shown["finding"])["html"]
    session.of(VectorChoices).boundary = 4
    assert "as it was drawn" not in json.loads(value(session)["finding"])["html"]


@pytest.mark.parametrize(
    ("position", "says"),
    [("RoPE", "RoPE turns"), ("ALiBi", "lowers every score"), ("none", "no positions"), ("learned", "")],
)
def test_where_positions_enter_is_said_when_nothing_is_added(position, says):
    shown = value(trained(1, "copy", model__position__kind=position))
    assert says in shown["enters"]
    assert bool(shown["enters"]) is bool(says)
    labels = [part["label"] for part in json.loads(shown["parts"])]
    assert labels == (["Token", "Position"] if position == "learned" else ["Token"])


def test_a_model_without_a_norm_in_front_says_so_and_rms_keeps_the_mean():
    assert json.loads(value(small("LayerNorm behind"))["normed"]) is None
    session = small("decoder-only")
    normed, whole = (json.loads(value(session)[name]) for name in ("normed", "sum"))
    assert "the mean stays in" in normed["does"]
    rms = (sum(x * x for x in whole["x"]) / len(whole["x"])) ** 0.5
    assert normed["x"] == pytest.approx([x / rms for x in whole["x"]], rel=1e-3, abs=1e-4)
    assert "its attention reads this" in normed["where"]


def test_before_a_run_it_is_the_model_of_the_controls_and_none_is_started():
    session = small("decoder-only")
    session.run = None
    shown = value(session)
    assert shown["step"] is None
    assert session.run is None
    assert "page:playground" in json.loads(shown["finding"])["html"]
    run = session.start()
    again = value(session)
    assert again["step"] == run.step == 0
    assert again["sum"] == shown["sum"]  # same seed, same model


def test_any_place_and_boundary_that_arrive_are_forced_into_the_probe():
    session = small("BERT")
    session.start()
    for name, sent in (
        ("place", 10**6 - 1),
        ("boundary", 10**6 - 1),
        ("stack", "nowhere"),
        ("place", -3),
        ("stack", 7),
    ):
        session.of(VectorChoices).take(name, sent)
    shown = value(session)
    assert shown["place"] == len(json.loads(shown["tokens"])) - 1
    assert shown["boundary"] == len(json.loads(shown["tokens"]))
    assert shown["stack"] == "encoder"
