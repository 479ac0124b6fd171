"""Every named place of a pass records what it computed, and what is put there is what the rest of the pass reads."""

import threading
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Ablate, Cache, Patch, Transformer, TransformerConfig
from models.attention import GQA
from models.feedforward import Dense
from models.mixture import MoE
from models.norm import Norm
from models.tap import PLACES, SHARED, STREAM, VIEW
from tests.models.properties import close, holes, reads
from tests.models.variants import EXTRAS, PRODUCT, inputs, noisy, small

SOME = EXTRAS | {n: c for n, c in PRODUCT.items() if n.startswith(("linear RoPE", "GQA Shaw", "MQA T5", "none none"))}
PLAIN = small(attention=GQA(qkv_bias=True), feed_forward=Dense(hidden=24, activation="silu", gated=True))


def named(name: str) -> tuple[Any, int | None, str]:
    """Stack, layer and part of a place."""
    if name == "logits":
        return "decoder", None, name
    stack, rest = name.split(".", 1)
    layer, _, part = rest.partition(".")
    return (stack, int(layer), part) if layer.isdigit() else (stack, None, rest)


def everything(model: Transformer, given: dict[str, Any]) -> dict[str, Tensor]:
    return dict(model(**given, record=["*"]).places)


@pytest.mark.parametrize("config", SOME.values(), ids=SOME.keys())
def test_every_place_holds_what_the_pass_computes(config: TransformerConfig):
    """Recording all changes nothing; other values everywhere are read; and its own values at every place are none."""
    model, given = noisy(Transformer(config)), inputs(config)
    given |= {"keep_BS": holes(given[reads(config)])}
    plain, found = model(**given).logits_BTV, everything(model, given)
    close(found["logits"], plain, "recording every place changes the logits")
    edits = []
    for name, y in found.items():
        stack, layer, part = named(name)
        assert len(PLACES[part]) == y.ndim, f"{name} has the shape {tuple(y.shape)}, and axes {PLACES[part]}"
        stack = stack if layer is not None or part in SHARED else list(config.depths())[-1]
        length = y.shape[next(i for i, letter in enumerate(PLACES[part]) if letter in "TS")]
        edits.append(Patch(stack, layer, part, torch.ones(len(y), length, dtype=torch.bool), values=y))
    again = model(**given, edits=edits).logits_BTV
    assert torch.equal(again, found["logits"]), "a place's own values change the logits"
    for part in ("residual.before", "feed_forward.out", "attention.z"):
        for e in (e for e in edits if e.part == part and e.layer == 0):
            other = model(**given, edits=[e._replace(values=e.values.flip(0) + 0.5)]).logits_BTV
            assert not torch.allclose(other, plain, atol=1e-4), f"other values at {part} are not read"


def test_every_place_of_the_table_is_in_some_model():
    configs = [
        small(topology="encoder-decoder", position={"kind": "Shaw"}, feed_forward=MoE(hidden=12, experts=4, shared=1)),
        small(topology="encoder-decoder", norm={"place": "both"}),
        PLAIN,
    ]
    found = {named(name)[2] for config in configs for name in everything(Transformer(config), inputs(config))}
    assert found == PLACES.keys()
    assert found >= {*STREAM, *VIEW, *SHARED}


def zeroed(**rows: Any) -> Any:
    def change(model: Any) -> None:
        block = model.decoder.blocks[1]
        for name, at in rows.items():
            block.get_submodule(name.replace("__", ".")).weight.data[at] = 0.0
            bias = block.get_submodule(name.replace("__", ".")).bias
            if bias is not None:
                bias.data[at] = 0.0

    return change


def no_norm(model: Any) -> None:
    model.decoder.blocks[1].norm_feed_forward = torch.nn.Identity()


def no_last_norm(model: Any) -> None:
    model.decoder.norm_final = torch.nn.Identity()


def no_embedding(model: Any) -> None:
    model.embedding.tokens.data.zero_()


def uniform(model: Any) -> None:
    """Queries of 0 attend to all they see alike."""
    zeroed(attention__qkv=slice(0, 16))(model)


TWINS = {
    "queries": (Ablate("decoder", 1, "attention.q"), uniform),
    "rotated queries": (Ablate("decoder", 1, "attention.q.rotated"), uniform),
    "scores": (Ablate("decoder", 1, "attention.scores"), uniform),
    "queries of a head": (Ablate("decoder", 1, "attention.q", head=2), zeroed(attention__qkv=slice(8, 12))),
    "a key head": (Ablate("decoder", 1, "attention.k", head=1), zeroed(attention__qkv=slice(20, 24))),
    "a value head": (Ablate("decoder", 1, "attention.v", head=1), zeroed(attention__qkv=slice(28, 32))),
    "values": (Ablate("decoder", 1, "attention.pattern"), zeroed(attention__qkv=slice(24, 32))),
    "a head's result": (Ablate("decoder", 1, head=0), lambda m: zeroed_columns(m, slice(0, 4))),
    "a head's result by name": (
        Ablate("decoder", 1, "attention.result", head=0),
        lambda m: zeroed_columns(m, slice(4)),
    ),
    "a neuron": (Ablate("decoder", 1, "feed_forward.post", unit=5), zeroed(feed_forward__up=[24 + 5])),
    "a gate": (Ablate("decoder", 1, "feed_forward.pre", unit=5), zeroed(feed_forward__up=[5])),
    "a norm": (Ablate("decoder", 1, "feed_forward.norm"), no_norm),
    "the last norm": (Ablate("decoder", None, "norm"), no_last_norm),
    "embeddings": (Ablate("decoder", None, "embedding"), no_embedding),
}


def zeroed_columns(model: Any, columns: slice) -> None:
    model.decoder.blocks[1].attention.out.weight.data[:, columns] = 0.0


@pytest.mark.parametrize(("edit", "change"), TWINS.values(), ids=TWINS.keys())
def test_an_ablated_place_equals_a_model_changed_by_hand(edit: Ablate, change: Any):
    model, twin, given = noisy(Transformer(PLAIN)), noisy(Transformer(PLAIN)), inputs(PLAIN)
    change(twin)
    got, expected = model(**given, edits=[edit]).logits_BTV, twin(**given).logits_BTV
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-5)
    assert not torch.allclose(got, model(**given).logits_BTV, atol=1e-4)


@pytest.mark.parametrize("norm", [Norm(), Norm(kind="LayerNorm", place="post")], ids=["RMSNorm", "LayerNorm, post"])
def test_a_scale_of_another_example_is_what_the_norm_multiplies_by(norm: Norm):
    config = small(norm=norm, layers=1)
    model, given = noisy(Transformer(config)), inputs(config)
    found = everything(model, given)
    output, scale = found["decoder.0.feed_forward.norm.output"], found["decoder.0.feed_forward.norm.scale"]
    assert scale.shape == (3, 9, 1)
    at = torch.ones(3, 9, dtype=torch.bool)
    edits = [Patch("decoder", 0, "feed_forward.norm.scale", at, values=2 * scale)]
    weight = model.decoder.blocks[0].norm_feed_forward
    bias = weight.bias if norm.kind == "LayerNorm" else 0.0
    got = model(**given, edits=edits, record=["decoder.0.feed_forward.norm.output"]).places
    torch.testing.assert_close(got["decoder.0.feed_forward.norm.output"], 2 * output - bias, rtol=1e-4, atol=1e-5)


def test_records_are_those_of_their_own_call_under_threads():
    model, config = noisy(Transformer(PLAIN)), PLAIN
    given = [inputs(config, seed=n) for n in range(4)]
    expected = [model(**g, record=["decoder.*.attention.q"]).places["decoder.1.attention.q"] for g in given]
    wrong: list[int] = []

    def look(n: int) -> None:
        for _ in range(100):
            found = model(**given[n], record=["decoder.*.attention.q"]).places
            if found.keys() != {"decoder.0.attention.q", "decoder.1.attention.q"} or not torch.equal(
                found["decoder.1.attention.q"], expected[n]
            ):
                wrong.append(n)

    threads = [threading.Thread(target=look, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_mean_may_be_over_given_examples():
    model, given = noisy(Transformer(PLAIN)), inputs(PLAIN)
    name = "decoder.0.feed_forward.out"
    reference = model(**inputs(PLAIN, batch=5, seed=9), record=[name]).places[name]
    one = {"ids_BT": given["ids_BT"][:1]}
    edit = Ablate("decoder", 0, "feed_forward", how="mean", reference=reference)
    got = model(**one, edits=[edit], record=[name]).places[name]
    torch.testing.assert_close(got[0], reference.mean(0))


AT = torch.ones(3, 9, dtype=torch.bool)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown record": ({"record": ["decoder.*.attention.query"]}, "names no place of this pass"),
    "a record of another stack": ({"record": ["encoder.*"]}, "names no place of this pass"),
    "an unknown part": ({"edits": [Ablate("decoder", 0, "attention.query")]}, "parts are"),
    "a place without a layer": ({"edits": [Ablate("decoder", None, "attention.q")]}, "has 2 layers"),
    "a place that this model has not": ({"edits": [Ablate("decoder", 0, "feed_forward.experts")]}, "no edit acts"),
    "relative scores without any": ({"edits": [Ablate("decoder", 0, "attention.relative")]}, "no edit acts"),
    "a query head of the keys": ({"edits": [Ablate("decoder", 0, "attention.k", head=2)]}, "heads 0 to 1"),
    "a last norm of a layer": ({"edits": [Ablate("decoder", 0, "norm")]}, "no place of this pass"),
    "a mean of a norm": ({"edits": [Ablate("decoder", 0, "attention.norm", how="mean")]}, "a norm is left out"),
    "a patch of another shape": ({"edits": [Patch("decoder", 0, "attention.q", AT[:, :4])]}, r"\(3, 4\)"),
}


@pytest.mark.parametrize(("asked", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_place_that_is_not_there_is_refused(asked: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        Transformer(PLAIN)(**inputs(PLAIN), **asked)


def test_the_encoder_of_a_filled_cache_cannot_be_edited():
    config = small(topology="encoder-decoder")
    model, given = Transformer(config), inputs(config)
    cache = model(**given, cache=Cache(), edits=[Ablate("encoder", 0)]).cache
    for edit in (Ablate("encoder", 0), Ablate("encoder", 1, "layer"), Ablate("encoder", None, "position")):
        with pytest.raises(ValueError, match="does not run again"):
            model(given["ids_BT"][:, :1], cache=cache, edits=[edit])
