"""Patching equals two forward passes by hand, with hooks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models import Patch
from models.attention import GQA, MHA
from models.mixture import MoE
from models.norm import Norm
from playground.interventions import prompts
from playground.interventions.patching import by_head, by_position, patching
from playground.interventions.places import places
from playground.interventions.prompts import Answer
from playground.tasks.base import Batch
from tests.playground.intervened import model_of, one

IDS, OTHER = [1, 5, 3, 8, 2, 4], [1, 6, 3, 8, 7, 4]
ANSWER = Answer(4, 9, 2)
BOTH = {"topology": "encoder-decoder", "encoder_layers": 3}


def logit_difference(model: Any, prompt: Batch, answer: Answer) -> float:
    with torch.no_grad():
        logits = model(prompt.ids_BT, source_BS=prompt.source_BS).logits_BTV[0, answer.at].double()
    return (logits[answer.right] - logits[answer.wrong]).item()


def by_hand(model: Any, clean: Batch, corrupted: Batch, module: Any, put: Any) -> float:
    """Recovered share: a module's output on the clean prompt is given to the corrupted one, by `put(old, new)`."""
    kept: list[Any] = []
    handle = module.register_forward_hook(lambda m, given, y: kept.append(y))
    high = logit_difference(model, clean, ANSWER)
    handle.remove()
    low = logit_difference(model, corrupted, ANSWER)
    handle = module.register_forward_hook(lambda m, given, y: put(y, kept[0]))
    patched = logit_difference(model, corrupted, ANSWER)
    handle.remove()
    return (patched - low) / (high - low)


def at(t: int, first: Any) -> Any:
    """Replace position t of a tensor, or of what is first in a tuple."""

    def put(old: Any, new: Any) -> Any:
        y, other = (old[0], new[0]) if first else (old, new)
        y = torch.cat([y[:, :t], other[:, t : t + 1], y[:, t + 1 :]], dim=1)
        if not first:
            return y
        return old._replace(y_BTD=y) if hasattr(old, "_replace") else (y, *old[1:])

    return put


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize(
    ("part", "module"),
    [("residual.after", ""), ("attention.out", "attention"), ("feed_forward.out", "feed_forward")],
)
@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
def test_every_cell_is_two_passes_by_hand(topology: Any, part: Any, module: str, place: Any):
    model: Any = model_of(topology=topology, attention=GQA(), norm=Norm(place=place))
    source = (IDS, OTHER) if topology == "encoder-decoder" else (None, None)
    ids = ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]) if topology == "encoder-decoder" else (IDS, OTHER)
    clean, corrupted = (one(i, s) for i, s in zip(ids, source, strict=True))
    got = by_position(model, clean, corrupted, ANSWER, part)
    blocks = (model.encoder or model.decoder).blocks
    assert got.recovered_LX.shape == (2, 6)
    for layer, t in np.ndindex(2, 6):
        target = getattr(blocks[layer], module) if module else blocks[layer]
        expected = by_hand(model, clean, corrupted, target, at(t, first=True))
        assert got.recovered_LX[layer, t] == pytest.approx(expected, abs=2e-4), (layer, t)
    assert got.clean == pytest.approx(logit_difference(model, clean, ANSWER), abs=1e-5)
    assert got.corrupted == pytest.approx(logit_difference(model, corrupted, ANSWER), abs=1e-5)


def channels(head: int, t: int | None = None) -> Any:
    def put(m: Any, given: Any, kept: Any) -> Any:
        joined, mine = given[0].clone(), slice(4 * head, 4 * head + 4)
        where = slice(None) if t is None else slice(t, t + 1)
        joined[:, where, mine] = kept[:, where, mine]
        return (joined,)

    return put


@pytest.mark.parametrize("name", ["attention", "cross_attention"])
def test_heads_are_patched_before_the_output_projection(name: str):
    model: Any = model_of(**(BOTH if name == "cross_attention" else {}))
    clean, corrupted = (one([1, 2, 3, 4, 5, 6], s) if name == "cross_attention" else one(s) for s in (IDS, OTHER))
    got = by_head(model, clean, corrupted, ANSWER, f"{name}.z", stack="decoder")
    single = by_position(model, clean, corrupted, ANSWER, f"{name}.z", head=2, stack="decoder")
    high, low = (logit_difference(model, prompt, ANSWER) for prompt in (clean, corrupted))

    def share(layer: int, head: int, t: int | None = None) -> float:
        out, kept = getattr(model.decoder.blocks[layer], name).out, []
        handle = out.register_forward_pre_hook(lambda m, given: kept.append(given[0]))
        logit_difference(model, clean, ANSWER)
        handle.remove()
        handle = out.register_forward_pre_hook(lambda m, given: channels(head, t)(m, given, kept[0]))
        patched = logit_difference(model, corrupted, ANSWER)
        handle.remove()
        return (patched - low) / (high - low)

    assert got.recovered_LX.shape == (2, 4)
    for layer, head in np.ndindex(2, 4):
        assert got.recovered_LX[layer, head] == pytest.approx(share(layer, head), abs=2e-4)
    for layer, t in np.ndindex(2, 6):
        assert single.recovered_LX[layer, t] == pytest.approx(share(layer, 2, t), abs=2e-4)
    assert (got.by, got.head, single.by, single.head) == ("head", None, "position", 2)


def test_what_must_be_so_in_a_decoder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prompts, "TOKENS", 12)  # two rows in one pass
    model = model_of(layers=3)
    got = by_position(model, one(IDS), one(OTHER), ANSWER).recovered_LX
    assert got[-1].tolist() == pytest.approx([0, 0, 0, 0, 1, 0], abs=1e-4)  # only the stream that the head reads
    assert np.abs(got[:, 5]).max() < 1e-6  # what comes later is not seen
    assert np.abs(got[0, [0]]).max() < 1e-6  # nothing differs yet
    assert np.abs(got[0, [1, 4]]).min() > 0.01
    back = by_position(model, one(OTHER), one(IDS), ANSWER)
    assert (back.clean, back.corrupted) != (0, 0)
    frame = by_position(model, one(IDS), one(OTHER), ANSWER).frame()
    assert len(frame) == 18
    last = frame[(frame.layer == 2) & (frame.position == 4)].iloc[0]
    assert last.logit_difference == pytest.approx(logit_difference(model, one(IDS), ANSWER), abs=1e-4)


def test_attention_without_sharing_of_keys_is_patched_too():
    model = model_of(attention=MHA(), parallel=True)
    got = by_position(model, one(IDS), one(OTHER), ANSWER, "feed_forward.out")
    assert np.isfinite(got.recovered_LX).all()
    assert np.abs(got.recovered_LX).max() > 0.01


PLACED = {
    "queries of a head": ("decoder-only", "attention.q", {"head": 1}),
    "values": ("encoder-only", "attention.v", {}),
    "a key of the pattern": ("decoder-only", "attention.pattern", {"head": 0, "unit": 1}),
    "keys of the source": ("encoder-decoder", "cross_attention.k", {"head": 1}),
    "a neuron": ("encoder-only", "feed_forward.post", {"unit": 5}),
    "embeddings": ("decoder-only", "embedding", {}),
    "experts": ("experts", "feed_forward.experts", {}),
}


@pytest.mark.parametrize(("topology", "part", "narrow"), PLACED.values(), ids=PLACED.keys())
def test_any_place_is_patched_with_what_a_recorded_pass_has_there(
    topology: str, part: str, narrow: dict[str, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prompts, "LEAST", 1e-6)
    moe = {"feed_forward": MoE(hidden=12, experts=4, every=2)}
    model: Any = model_of(**(moe if topology == "experts" else {"topology": topology}))
    sourced = topology == "encoder-decoder"
    clean, corrupted = (one(i, i[::-1] if sourced else None) for i in (IDS, OTHER))
    stack: Any = "encoder" if topology == "encoder-only" else "decoder"
    answer = Answer(5, 9, 2)
    got = by_position(model, clean, corrupted, answer, part, stack=stack, **narrow)
    layers = places(model)[stack][part].layers or (None,)
    assert got.layers == layers
    assert got.recovered_LX.shape == (len(layers), 6)

    def difference(edits: Any = ()) -> float:
        with torch.no_grad():
            logits = model(corrupted.ids_BT, source_BS=corrupted.source_BS, edits=edits).logits_BTV[0, 5].double()
        return (logits[9] - logits[2]).item()

    names = [f"{stack}.{part}" if layer is None else f"{stack}.{layer}.{part}" for layer in layers]
    with torch.no_grad():
        known = model(clean.ids_BT, source_BS=clean.source_BS, record=names).places
    for (row, layer), t in ((each, t) for each in enumerate(layers) for t in range(6)):
        at = torch.zeros(1, 6, dtype=torch.bool)
        at[0, t] = True
        y = known[names[row]]
        y = y if "head" not in narrow else y[:, narrow["head"]]
        y = y if "unit" not in narrow else y[..., narrow["unit"]]
        patched = difference([Patch(stack, layer, part, at, values=y, **narrow)])
        expected = (patched - got.corrupted) / (got.clean - got.corrupted)
        assert got.recovered_LX[row, t] == pytest.approx(expected, abs=1e-3)
    assert np.abs(got.recovered_LX).max() > 1e-3


def test_what_is_known_after_each_layer_is_told_and_a_place_without_heads_has_no_map_of_them():
    model, given = model_of(layers=3), (one(IDS), one(OTHER), ANSWER)
    seen = [np.isnan(now.recovered_LX).all(1).tolist() for now in patching(model, *given, "attention.q", by="position")]
    assert seen == [[False, True, True], [False, False, True], [False, False, False]]
    assert len(next(patching(model, *given, "attention.q", by="position")).frame()) == 6
    with pytest.raises(ValueError, match=r"residual\.after has no heads"):
        by_head(model, *given, "residual.after")
    assert by_head(model, *given, "attention.k").recovered_LX.shape == (
        3,
        places(model)["decoder"]["attention.k"].heads,
    )
