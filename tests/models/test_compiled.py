"""A model compiles whole: one graph, and the same values. The backends run Python: no C++ compiler is asked for."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException
from torch.fx import GraphModule

from models import Transformer, TransformerConfig
from models.attention import ATTENTIONS
from models.mixture import MoE
from models.moe import ROUTERS
from models.position import POSITIONS
from tests.models import sabotage
from tests.models.properties import Given, changed, close, holes, layers, reads, tensors
from tests.models.variants import EXTRAS, REGISTRIES, inputs, mixed, noisy, small

pytestmark = [
    pytest.mark.compiled,
    # Which torch.compile does by itself, where it meets a backward pass that is written by hand.
    pytest.mark.filterwarnings("ignore:.*Function'> should not be instantiated:DeprecationWarning"),
]


def compiles_whole(model: Transformer, given: Given, *, record: bool) -> None:
    """One graph for all calls that differ in their values alone, with every tensor that the plain model returns."""
    torch.compiler.reset()
    graphs: list[GraphModule] = []

    def keeps(graph: GraphModule, example: Any) -> Callable[..., Any]:
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(model, fullgraph=True, backend=keeps)
    other = {"ids_BT": changed(given["ids_BT"], slice(0, 3), model.config.vocab)}
    for now in (given, given | other):
        try:
            got = compiled(**now, record=record)
        except TorchDynamoException as error:
            raise AssertionError("the graph breaks") from error
        for mine, plain in zip(tensors(got), tensors(model(**now, record=record)), strict=True):
            close(mine, plain, "compiled, the values are others")
    assert len(graphs) == 1, f"{len(graphs)} graphs for two calls alike"


def represented() -> dict[str, Any]:
    """Of the product, as few as hold every kind, topology and place; and the options that take another path."""
    found, new = {}, {kind for name in REGISTRIES for kind in name.split(" ")}
    while new:
        best = max(REGISTRIES, key=lambda name: len(new.intersection(name.split(" "))))
        found[best], new = REGISTRIES[best], new.difference(best.split(" "))
    others = ("prefix window", "softcap", "qk_norm full", "parallel", "segments and embedding norm")
    found |= {name: EXTRAS[name] for name in others}
    depths = {name: ["layers", "encoder_layers"][: len(config.depths())] for name, config in found.items()}
    return {name: config.but(**dict.fromkeys(depths[name], 1)) for name, config in found.items()}  # more is slow


SOME = represented()


@pytest.mark.parametrize("record", [False, True], ids=["fused", "recorded"])
@pytest.mark.parametrize("name", SOME)
def test_a_model_compiles_whole(name: str, record: bool):
    model, given = noisy(Transformer(SOME[name])), inputs(SOME[name])
    compiles_whole(model, given | {"keep_BS": holes(given[reads(model.config)])}, record=record)


FEW = {"evaluation": 0.5}
FULL: dict[str, MoE] = {
    "by position": mixed({"kind": "top-k"}, bias=True, capacity=FEW),
    "by probability": mixed({"kind": "Switch"}, capacity=FEW | {"group": "sequence", "priority": "probability"}),
    "noisy": mixed({"kind": "noisy top-k"}, gated=True),
    "soft": mixed({"kind": "soft"}),
    "expert choice": mixed({"kind": "expert choice"}, capacity={"group": "sequence"}),
    "in groups": mixed({"kind": "DeepSeekMoE", "groups": 2}, split=2, devices=2, balance={"over": "sequence"}),
    "shared": mixed({"kind": "DeepSeek-V3", "groups": 2}, shared=1),
    "hash": mixed({"kind": "hash"}),
    "random": mixed({"kind": "random", "k": 2}),
}
FULL |= {
    kind: mixed(router()) for kind, router in ROUTERS.items() if kind not in {m.router.kind for m in FULL.values()}
}


@pytest.mark.parametrize("name", FULL)
def test_a_mixture_compiles_whole(name: str):
    config = small(layers=1, topology="decoder-only" if FULL[name].router.causal else "encoder-only")
    config = config.but(feed_forward=FULL[name])
    model, given = noisy(Transformer(config)), inputs(config)
    compiles_whole(model, given | {"keep_BS": holes(given[reads(config)])}, record=False)


def test_what_compiles_stands_for_every_kind():
    words = {word for name in SOME for word in name.split(" ")}
    assert words >= ATTENTIONS.keys() | POSITIONS.keys() | {"pre", "post", "encoder-decoder"}
    assert {moe.router.kind for moe in FULL.values()} == ROUTERS.keys()


DENSE = small(topology="encoder-decoder", position={"kind": "T5"}, attention={"kind": "GQA"})
SEATED = small(layers=1, feed_forward=mixed({"kind": "top-k"}, gated=True, bias=True, capacity={"evaluation": 0.7}))


@pytest.mark.parametrize("config", [DENSE, SEATED], ids=["dense", "mixture"])
def test_gradients_of_a_compiled_model_are_the_plain_ones(config: TransformerConfig):
    torch.compiler.reset()
    model, plain = noisy(Transformer(config)), noisy(Transformer(config))
    for run in (torch.compile(model, fullgraph=True, backend="aot_eager"), plain):
        output = run(**inputs(config))
        penalties = [one.routing.penalty for one in layers(output) if one.routing is not None]
        sum(penalties, output.logits_BTV.log_softmax(-1)[..., 3].sum()).backward()
    for (name, mine), p in zip(model.named_parameters(), plain.parameters(), strict=True):
        close(mine.grad, p.grad, name)


class Counting(nn.Module):
    """Stands in for a norm: what it does depends on how often it was called."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner, self.calls = inner, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.inner(x) if self.calls % 2 else self.inner(x) + 0.0


def counts(model: Any) -> None:
    model.decoder.norm_final = Counting(model.decoder.norm_final)


def louder_if_compiled(y: torch.Tensor) -> torch.Tensor:
    return y * 1.01 if torch.compiler.is_compiling() else y


BROKEN = {
    "a branch on a value": (sabotage.norms(lambda y: y if float(y.sum()) > 0 else y + 0.0), "the graph breaks"),
    "a tensor in the terminal": (sabotage.norms(lambda y: print(y[:0]) or y), "the graph breaks"),
    "other values when compiled": (sabotage.norms(louder_if_compiled), "the values are others"),
    "a graph for every call": (counts, "2 graphs for two calls"),
}


@pytest.mark.parametrize(("spoil", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_model_that_does_not_compile_whole_is_reported(spoil: Callable[[Any], None], words: str):
    model = noisy(Transformer(small()))
    spoil(model)
    with pytest.raises(AssertionError, match=words):
        compiles_whole(model, inputs(model.config), record=False)
