"""Settings without effect, which the core refuses, are put back by the page with a word: controls, links and files."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load, save

from playground.runs.archive import dump, read
from playground.settings import links
from playground.settings.presets import PRESETS, raw
from playground.visitors.session import Session
from tests.playground.mixed import MOE, mixed


def test_a_control_that_loses_its_effect_is_put_back_with_a_word():
    session = Session()
    session.adopt("topologies")
    assert session.config.model.encoder_layers == 1
    session.edit("model.topology", "decoder-only")
    assert session.problems == {}
    assert (session.config.model.topology, session.config.model.encoder_layers) == ("decoder-only", 2)
    assert session.notice == (
        "Encoder layers has no effect here: only an encoder-decoder has a second stack. It was put back."
    )
    session.edit("model.layers", 1)
    assert session.notice == ""


def test_experts_beyond_the_last_layer_go_to_the_last_one():
    session = mixed(0, model__layers=2)
    session.edit(f"{MOE}.every", 9)
    assert (session.config.model.feed_forward.every, session.problems) == (2, {})
    assert session.notice == "A layer of experts beyond the last of 2 has no effect here. It was put back."


OLD = {  # queries of before such settings were refused, and what is said of them
    "preset=induction&model.encoder_layers=4": "Encoder layers has no effect here",
    f'preset=specialists&{MOE}.router.kind="soft"&{MOE}.capacity.factor=1.5': "soft routing limits no slots",
    f'preset=specialists&{MOE}.router.kind="hash"&{MOE}.router.k=1&{MOE}.balance.z=0.5': "hash routing learns nothing",
    f"preset=specialists&{MOE}.every=9": "A layer of experts beyond the last",
    'preset=induction&model.norm.place="post"&model.norm.final=false': "a post-norm stack ends in a norm",
}


@pytest.mark.parametrize("query", OLD)
def test_a_link_of_before_opens_and_says_what_was_left_out(query: str):
    shared = links.opened(query)
    assert shared is not None
    (sentence,) = shared.sentences
    assert OLD[query] in sentence
    assert sentence.endswith("It was left out.")
    session = Session()
    session.load(shared.raw)
    assert session.problems == {}


def test_every_preset_is_as_its_link_says():
    for name in PRESETS:
        session = Session()
        session.load(raw(name))
        assert session.raw == raw(name)


def test_a_run_file_of_before_opens():
    run = mixed(3, router="hash").run
    data = dump(run)
    written = json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["run"])
    written["config"]["model"]["feed_forward"]["balance"]["auxiliary"] = 0.5
    written["config"]["model"]["encoder_layers"] = 7
    written["turns"] = [[1, f"{MOE}.balance.z", 0.5]]
    again = read(save(load(data), {"run": json.dumps(written)}))
    assert (again.config, again.now, again.turns) == (run.config, run.now, {})
    assert [m.loss for m in again.train(2)] == [m.loss for m in run.train(2)]


def test_a_value_that_cannot_be_is_refused_even_without_effect():
    session = Session()
    session.edit("model.encoder_layers", 10_000)
    assert "Encoder layers lies between 1 and" in session.problems["model.encoder_layers"]


def test_an_activation_as_it_was_spelled_is_the_same():
    shared = links.opened('preset=copy&model.feed_forward.activation="relu²"')
    assert shared is not None
    assert shared.sentences == ()
    assert shared.raw["model"]["feed_forward"]["activation"] == "relu2"
