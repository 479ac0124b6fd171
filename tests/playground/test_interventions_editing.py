"""An edit of a place is what the model computes with other values put there, for every place of every topology."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models import Ablate, Patch, Transformer
from models.attention import GQA
from models.mixture import MoE
from models.moe import Hash
from models.tap import PLACES
from playground.interventions.editing import effect, mean_of, only_at
from playground.interventions.places import LABELS, Place, absent, places
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward
from tests.models.variants import EXTRAS, MIXTURES, REGISTRIES
from tests.playground.intervened import batch_of, model_of

POSITION, SOURCE = 3, 2
MODELS: dict[str, dict[str, Any]] = {
    "decoder-only, Shaw": {"position": {"kind": "Shaw"}, "attention": GQA()},
    "encoder-only, post-norm": {"topology": "encoder-only", "norm": {"place": "post"}},
    "encoder-decoder": {"topology": "encoder-decoder"},
    "experts": {"feed_forward": MoE(hidden=12, experts=4, shared=1, every=2)},
}
EVERY = [
    (name, stack, place)
    for name, f in MODELS.items()
    for stack, them in places(model_of(**f)).items()
    for place in them.values()
]


def axis(place: Place) -> int:
    return next(i for i, letter in enumerate(place.axes) if letter in "TS")


def one(place: Place) -> dict[str, int]:
    """The narrowest edit: the last head and unit there are."""
    return ({"head": place.heads - 1} if place.heads else {}) | ({"unit": place.units - 1} if place.units else {})


def put(
    y: Tensor, place: Place, values: Any, *, position: int | None, head: int | None = None, unit: int | None = None
) -> Tensor:
    """Other values, by plain indexing."""
    at: list[Any] = [slice(None)] * y.ndim
    if head is not None:
        at[1] = slice(head, head + 1)
    if position is not None:
        at[axis(place)] = slice(position, position + 1)
    if unit is not None:
        at[-1] = slice(unit, unit + 1)
    other = y.clone()
    other[tuple(at)] = values[tuple(at)] if isinstance(values, Tensor) else values
    return other


def twin(model: Transformer, batch: Batch, place: Place, other: Tensor) -> Tensor:
    """Logits of a pass whose place holds these values."""
    at_BT = torch.ones(len(other), other.shape[axis(place)], dtype=torch.bool)
    layer = place.layers[-1] if place.layers else None
    with torch.no_grad():
        return forward(model, batch, edits=[Patch(place.stack, layer, place.part, at_BT, values=other)]).logits_BTV


def plain(model: Transformer, batch: Batch, place: Place) -> tuple[Tensor, Tensor]:
    """(logits, what stands at the place)."""
    layer = f"{place.layers[-1]}." if place.layers else ""
    name = "logits" if place.part == "logits" else f"{place.stack}.{layer}{place.part}"
    with torch.no_grad():
        found = forward(model, batch, record=[name])
    return found.logits_BTV, found.places[name]


@pytest.mark.parametrize(("name", "stack", "place"), EVERY, ids=[f"{n} {s} {p.part}" for n, s, p in EVERY])
def test_every_way_to_edit_a_place_is_a_pass_with_those_values(name: str, stack: Any, place: Place):
    model = model_of(**MODELS[name])
    batch, layer = batch_of(model.config), place.layers[-1] if place.layers else None
    logits, y = plain(model, batch, place)
    there = torch.zeros(5, y.shape[axis(place)], dtype=torch.bool)
    there[:, POSITION] = True
    ablate, given = Ablate(stack, layer, place.part), there.clone()
    given[SOURCE] = False
    mean = y.mean(0, keepdim=True).expand_as(y)
    reference = batch_of(model.config, seed=7)
    other = plain(model, reference, place)[1].mean(0, keepdim=True).expand_as(y)
    from_source = y[SOURCE : SOURCE + 1].expand_as(y)
    narrow = one(place)
    lone = ablate._replace(**narrow)
    cases = [
        (lone, put(y, place, 0.0, position=None, **narrow)),
        (only_at(model, batch, lone, there), put(y, place, 0.0, position=POSITION, **narrow)),
        (only_at(model, batch, ablate._replace(how="mean"), there), put(y, place, mean, position=POSITION)),
        (mean_of(model, reference, lone), put(y, place, other, position=None, **narrow)),
        (
            Patch(stack, layer, place.part, given, source=SOURCE, **narrow),
            put(y, place, from_source, position=POSITION, **narrow),
        ),
    ]
    tried = 0
    for edit, values in cases:
        if torch.equal(values, y):
            with pytest.raises(ValueError, match="Nothing would change"):
                effect(model, batch, edit)
            continue
        tried += 1
        found, after = effect(model, batch, edit, example=1), twin(model, batch, place, values)
        rows = [i for i in range(5) if not isinstance(edit, Patch) or bool(edit.at_BT[i].any())]
        for scores, these in ((found.before, logits), (found.after, after)):
            each = F.cross_entropy(these[rows].mT, batch.targets_BT[rows], ignore_index=IGNORE, reduction="none")
            assert scores.loss_B.tolist() == pytest.approx(each.double().sum(1).tolist(), abs=1e-4)
            right = (these[rows].argmax(-1) == batch.targets_BT[rows]).sum(1)
            assert scores.right_B.tolist() == right.tolist()
        assert found.scored == int((batch.targets_BT[rows] != IGNORE).sum())
        p, q = (x[1].double().log_softmax(-1) for x in (logits, after))
        assert found.moved.kl_T.tolist() == pytest.approx((p.exp() * (p - q)).sum(-1).tolist(), abs=1e-4)
        assert found.moved.top_after_T.tolist() == after[1].argmax(-1).tolist()
        scored = batch.targets_BT[1] != IGNORE
        wanted = after[1, scored].gather(-1, batch.targets_BT[1, scored][:, None])[:, 0]
        assert found.moved.logit_after_T[scored.numpy()].tolist() == pytest.approx(wanted.tolist(), abs=1e-4)
    assert tried >= 2


@pytest.mark.parametrize("config", (ALL := REGISTRIES | EXTRAS | MIXTURES).values(), ids=ALL.keys())
def test_a_model_has_the_places_a_pass_records_and_says_why_it_lacks_others(config: Any):
    found = places(Transformer(config))
    for stack, there in found.items():
        for part in PLACES.keys() - there.keys():
            why, attends = absent(config, stack, part), config.attention.query_heads() > 0
            if part.startswith("attention") and attends:
                assert config.attention.kind == "linear" or why.startswith(("only Shaw", "no norm")), (part, why)
            assert (why == "no final norm here") == (part.startswith("norm.") and config.norm.kind != "none"), part
            assert ("expert" in why) <= ("feed_forward" in part), (part, why)
    assert set(LABELS) == set(PLACES)


def test_places_know_their_layers_heads_and_units():
    model = model_of(feed_forward=MoE(hidden=12, experts=4, every=2), attention=GQA(heads=4, kv_heads=2), layers=3)
    there = places(model)["decoder"]
    assert (there["attention.q"].heads, there["attention.k"].heads) == (4, 2)
    assert there["feed_forward.router.logits"].layers != there["attention.q"].layers == (0, 1, 2)
    assert there["feed_forward.router.logits"].units == 4
    assert (there["attention.pattern"].units, there["attention.norm.scale"].units, there["embedding"].units) == (
        0,
        0,
        16,
    )
    assert there["embedding"].layers == ()
    both = places(model_of(topology="encoder-decoder"))
    assert "logits" not in both["encoder"]
    assert both["decoder"]["cross_attention.k"].of_source
    assert not both["decoder"]["cross_attention.q"].of_source
    hashed = model_of(feed_forward=MoE(hidden=12, experts=4, router=Hash())).config
    assert absent(hashed, "decoder", "feed_forward.router.logits") == "this router has none"
