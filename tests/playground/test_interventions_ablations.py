"""What parts cost equals a slow loop of whole passes, example by example, and is noisy by as much as it says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate, Transformer
from models.attention import GQA
from models.edits import How
from models.mixture import MoE
from models.moe import Capacity, ExpertChoice, Switch
from models.norm import Norm
from models.position import ALiBi, Learned, NoPosition
from playground.findings import interventions as findings
from playground.interventions import ablations
from playground.interventions.ablations import Costs, costs
from playground.interventions.parts import coupled, kind, name, parts
from playground.runs.paired import Change
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward
from tests.models.variants import small
from tests.playground.intervened import batch_of, model_of

LIMITED = MoE(hidden=12, experts=4, router=Switch(), capacity=Capacity(evaluation=0.5))
MODELS: dict[str, dict[str, Any]] = {
    "decoder": {"layers": 3, "attention": GQA()},
    "post-norm, learned positions": {"norm": Norm(place="post"), "position": Learned()},
    "encoder-decoder": {"topology": "encoder-decoder", "layers": 2, "encoder_layers": 3, "position": ALiBi()},
    "encoder of experts": {"topology": "encoder-only", "feed_forward": MoE(hidden=12, experts=4, every=2)},
    "parallel": {"parallel": True, "layers": 3},
    "prefix": {"prefix": True},
    "seats shared by the batch": {"feed_forward": LIMITED},
}


def slow(model: Transformer, batch: Batch, edit: Ablate | None = None) -> list[tuple[float, float, int]]:
    """(loss, right tokens, scored tokens) of each example, from one whole pass, token by token."""
    with torch.no_grad():
        probs = forward(model, batch, edits=[edit] if edit else []).logits_BTV.double().softmax(-1)
    found = []
    for row, targets in zip(probs, batch.targets_BT.tolist(), strict=True):
        at = [t for t, target in enumerate(targets) if target != IGNORE]
        losses = [-math.log(row[t, targets[t]]) for t in at]
        found.append((sum(losses), sum(int(row[t].argmax()) == targets[t] for t in at), len(at)))
    return found


@pytest.mark.parametrize("how", ["zero", "mean"])
@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS.keys())
def test_the_costs_are_those_of_whole_passes(fields: dict[str, Any], how: How, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ablations, "TOKENS", 20)  # two examples at a time, where that may be
    model = model_of(**fields)
    batch = batch_of(model.config)
    *_, last = costs(model, batch, how=how)
    before = slow(model, batch)
    scored = sum(n for *_, n in before)
    assert last.loss == pytest.approx(sum(x for x, *_ in before) / scored, abs=1e-5)
    assert last.accuracy == pytest.approx(sum(r for _, r, _ in before) / scored, abs=1e-9)
    assert len(last.done) == len(last.planned) > 6
    for edit, found in last.done:
        after = slow(model, batch, edit)
        expected = [sum(a[i] - b[i] for a, b in zip(after, before, strict=True)) / scored for i in (0, 1)]
        assert found.loss == pytest.approx(expected[0], abs=1e-5), edit
        assert found.accuracy == pytest.approx(expected[1], abs=1e-9), edit
    assert max(abs(c.loss) for _, c in last.done) > 0.1


def test_nothing_before_a_layer_is_computed_again(monkeypatch: pytest.MonkeyPatch):
    model: Any = model_of(layers=4)
    calls = [0] * 4
    for i, block in enumerate(model.decoder.blocks):
        block.register_forward_hook(lambda *_, i=i: calls.__setitem__(i, calls[i] + 1))
    list(costs(model, batch_of(model.config), ["head"]))
    assert calls == [
        1 + 4,
        1 + 8,
        1 + 12,
        1 + 16,
    ]  # once whole, then for the 4 heads of its own and of each layer below


def test_examples_that_compete_for_seats_stay_together():
    assert coupled(small(feed_forward=LIMITED))
    assert not coupled(small(feed_forward=LIMITED.but(capacity={"evaluation": 0.5, "group": "sequence"})))
    assert not coupled(small(feed_forward=LIMITED.but(capacity={"factor": 0.5})))
    assert coupled(small(feed_forward=MoE(hidden=12, router=ExpertChoice()), topology="encoder-only"))
    assert not coupled(small())


def test_it_yields_before_the_first_and_after_each_and_stops_when_told():
    model, asked = model_of(), []
    batch = batch_of(model.config)
    seen = [len(now.changes) for now in costs(model, batch, ["head", "layer"])]
    assert seen == list(range(11))
    stopped = list(costs(model, batch, ["head"], cancelled=lambda: len(asked) == 3 or asked.append(1)))
    assert [len(now.changes) for now in stopped] == [0, 1, 2, 3]
    assert all(not c.requires_grad for c in model.state_dict().values())


def test_every_part_of_a_model_is_planned_once():
    both = small(
        topology="encoder-decoder", layers=2, encoder_layers=1, feed_forward=MoE(hidden=12, experts=3, split=2)
    )
    names = [name(e, both=True) for e in parts(both)]
    assert len(names) == len(set(names)) == 12 + 8 + 18 + 3 + 2 + 3 + 3 + 2
    assert {"encoder L0 H3", "cross L1 H0", "decoder L1 E5", "decoder L0 self-attention", "encoder positions"} < {
        *names
    }
    assert {kind(e) for e in parts(both, how="mean")} == {
        "head", "cross head", "self-attention", "cross-attention", "feed-forward",
    }  # fmt: skip
    sparse = small(feed_forward=MoE(hidden=12, experts=3, every=2), position=NoPosition())
    assert [name(e) for e in parts(sparse, ["expert"])] == ["L1 E0", "L1 E1", "L1 E2"]
    assert "position" not in {kind(e) for e in parts(sparse)}


@pytest.mark.parametrize(
    ("kinds", "how", "words"),
    [
        (["expert"], "zero", "no expert to ablate. It has: head, self-attention, feed-forward, layer, position"),
        (["cross head"], "zero", "no cross head"),
        (["layer"], "mean", "A layer has no mean"),
    ],
)
def test_parts_that_are_not_there_are_refused(kinds: Any, how: How, words: str):
    with pytest.raises(ValueError, match=words):
        parts(small(), kinds, how)


def test_a_batch_without_answers_is_refused():
    model = model_of()
    batch = batch_of(model.config)
    nothing = batch._replace(targets_BT=torch.full_like(batch.targets_BT, IGNORE))
    with pytest.raises(ValueError, match="No token of these examples has a known answer"):
        next(costs(model, nothing))


def test_maps_and_the_table_hold_what_is_known():
    model = model_of()
    *_, part, _ = costs(model, batch_of(model.config), ["head"])
    heads = part.map("head", "decoder")
    assert heads.shape == (2, 4)
    assert np.isnan(heads[1, 3])
    assert np.isfinite(heads).sum() == 7
    frame = part.frame()
    assert frame.loss.tolist() == heads.flatten()[:7].tolist()
    assert frame.part.tolist()[:5] == ["L0 H0", "L0 H1", "L0 H2", "L0 H3", "L1 H0"]
    assert set(frame.examples) == {5}
    assert part.map("position", "decoder").size == 0
    *_, whole = costs(model, batch_of(model.config), ["position", "layer"])
    assert {(k, s, loss.shape) for k, s, loss, _ in whole.maps()} == {
        ("layer", "decoder", (2, 1)), ("position", "decoder", (1, 1)),
    }  # fmt: skip


HEADS = tuple(Ablate("decoder", layer, head=head) for layer in range(2) for head in range(2))


def found(*changes: tuple[float, float]) -> Costs:
    return Costs("zero", 256, 0.5, 0.9, HEADS, tuple(Change(x, e, -x / 10, 0.0) for x, e in changes))


def test_the_finding_names_the_costliest_the_harmful_and_the_noise():
    told = findings.costs(found((0.001, 0.01), (1.25, 0.05), (-0.2, 0.01), (0.0, 0.0)))
    assert told.title == "L0 H1 is missed most"
    assert (
        "On 256 examples the loss goes from 0.500 to 1.750 nats (+1.250 ± 0.050), and accuracy from 90.0 %" in told.html
    )
    assert "Of 4 parts, 2 change the loss by less than 2 standard errors" in told.html
    assert "Without L1 H0 it is lower: −0.200 ± 0.010 nats" in told.html
    both = Costs("zero", 9, 0.5, 0.9, (Ablate("encoder", 0, head=0), HEADS[0]), (Change(0.2, 0.01, -0.1, 0.0),))
    assert findings.costs(both).title == "Encoder L0 H0 is missed most"
    assert "Of 1 part, 0 change the loss" in findings.costs(both).html
    assert "(+0.0123 ± 0.0004)" in findings.costs(found((0.0123, 0.0004), (0.0, 0.0))).html
    assert "1 is still to be measured" in findings.costs(both).html
    assert "2 are still to be measured" in findings.costs(found((0.0, 0.1), (1.0, 0.1))).html
    assert findings.costs(found((0.01, 0.01), (0.0, 0.0))).title == "No single part is missed"
    small = findings.costs(found((1.0, 0.1), (-0.0004, 0.0001))).html
    assert "lower: −0.0004 ± 0.0001 nats" in small
    assert findings.costs(found()).title == "Nothing is ablated yet"
