"""The picture of the model: its blocks and their parameters are those of the built one, for every kind of config."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from models import Transformer, TransformerConfig
from models.cost import cost
from models.published import PUBLISHED
from playground.lenses.architecture import view
from playground.lenses.architecture.blocks import architecture, total
from playground.lenses.architecture.folding import folded
from playground.lenses.architecture.words import words
from playground.settings.presets import PRESETS
from tests.models.variants import EXTRAS, REGISTRIES
from tests.playground.small import trained

SOME = random.Random(0).sample(sorted(REGISTRIES), 60)
CONFIGS = {name: REGISTRIES[name] for name in SOME} | EXTRAS


def counted(model: Transformer) -> Counter[str]:
    """Parameters of the built model by the ids of the picture's blocks."""
    found: Counter[str] = Counter()
    first = "encoder" if model.encoder is not None else "decoder"
    for name, parameter in model.named_parameters():
        stack, *rest = name.split(".")
        layer = rest[1] if rest and rest[0] == "blocks" else ""
        part = rest[2] if layer else ""
        whole = {"norm_attention": "attention.norm", "norm_cross": "cross_attention.norm", "relative": "attention"}
        whole |= {"norm_feed_forward": "feed_forward.norm"}
        whole |= {f"{name}_out": f"{at.removesuffix('norm')}post_norm" for name, at in whole.items() if "norm" in at}
        of_stack = {"position": "positions", "norm_embedding": "embedding.norm", "norm_final": "final.norm"}
        if stack == "embedding":
            at = f"{first}.tokens"
        elif stack == "head":
            at = "head"
        else:
            at = f"{stack}.{layer}.{whole.get(part, part)}" if layer else f"{stack}.{of_stack[rest[0]]}"
        found[at] += parameter.numel()
    return found


def drawn(config: TransformerConfig) -> Counter[str]:
    """The same of the picture, its repetitions written out."""
    found: Counter[str] = Counter()
    for column in architecture(config):
        for group in column.groups:
            for i in range(group.times):
                for layer in group.blocks:
                    for block in layer:
                        stack, *rest = block.id.split(".")
                        if group.layers:
                            rest[0] = str(int(rest[0]) + group.layers[i] - group.layers[0])
                        found[".".join([stack, *rest])] += block.parameters
    return +found


@pytest.mark.parametrize("name", CONFIGS)
def test_every_block_has_the_parameters_of_the_built_models_module(name):
    assert drawn(CONFIGS[name]) == +counted(Transformer(CONFIGS[name]))


@pytest.mark.parametrize("name", [*PRESETS, *PUBLISHED])
def test_the_blocks_of_presets_and_published_models_have_all_parameters(name):
    config = PRESETS[name].config.model if name in PRESETS else PUBLISHED[name]
    assert total(architecture(config)) == cost(config).parameters


def test_layers_that_repeat_stand_once():
    assert list(folded("aaaa")) == [(0, "a", 4)]
    assert list(folded("abab")) == [(0, "ab", 2)]
    assert list(folded("abbb")) == [(0, "a", 1), (1, "b", 3)]
    assert list(folded("a")) == [(0, "a", 1)]


def test_norms_and_loads_are_those_of_the_run_and_none_of_another_model():
    session = trained(3, "collapse")
    value = view.value(session)
    live = json.loads(value["live"])
    stream_ND = session.look().vectors.states["decoder"].astype("float32")
    assert live["decoder.0"]["before"] == pytest.approx(float(((stream_ND[0] ** 2).sum(-1) ** 0.5).mean()), rel=1e-6)
    of = session.run.routed.layers[0]
    assert live["decoder.0.feed_forward"]["largest"] == pytest.approx(float(of.load_E.max() / of.load_E.float().mean()))
    assert value["step"] == 3
    session.edit("model.layers", session.config.model.layers + 1)
    changed = view.value(session)
    assert (changed["live"], changed["step"]) == ("{}", -1)
    assert json.loads(changed["columns"])[0]["groups"][1]["times"] == session.config.model.layers


def test_formulas_are_those_of_the_settings():
    usual = words(TransformerConfig())
    assert usual["attention"][1] == "softmax(Q Kᵀ / √C) V"
    for kind in ("linear", "sigmoid", "sinks"):
        assert words(TransformerConfig(attention={"kind": kind}))["attention"][1] == "", kind
    assert "mean(x)" in words(TransformerConfig(norm={"kind": "LayerNorm"}))["norm"][1]
    assert "W₃" in words(TransformerConfig(feed_forward={"kind": "dense", "gated": True}))["feed_forward"][1]
