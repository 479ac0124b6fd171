"""Whatever a link says: a sentence for what is wrong, the rest is taken, and the page can always start."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.acts import configuration
from playground.settings.forms import flat, leaf, plain, read
from playground.settings.links import TOLD, opened
from playground.settings.presets import FIRST, PRESETS, raw
from playground.visitors.session import Session

BAD = {  # query -> what the sentence says
    "?preset=nope": "a preset 'nope' that does not exist; induction is shown",
    "?model.nope=3": "no setting called 'model.nope'",
    "?model.layers.deep=3": "no setting called 'model.layers.deep'",
    "?model={}": "no setting called 'model'",
    '?model.attention={"kind":"GQA"}': "no setting called 'model.attention'",
    "?model.vocab=9": "no setting called 'model.vocab'",
    "?model.layers=many": "Layers lies between 1",
    '?model.layers={"a":1}': "Layers lies between 1",
    "?model.layers=": "Layers lies between 1",
    "?model.layers=0": "Layers lies between 1",
    "?model.layers=13": "Layers goes up to 12 on this page",
    "?training.lr=NaN": "Learning rate lies between",
    "?training.lr=1e999": "Learning rate lies between",
    "?training.lr=[1,": "Learning rate lies between",
    f"?model.layers={'[' * 1100}": "Layers lies between 1",
    f"?model.layers={'9' * 1100}": "Layers lies between 1",
    "?model.topology=sideways": "Topology: choose",
    "?model.attention.kind=nope": "Choose one of MHA",
    "?model.attention.kind=[]": "Choose one of MHA",
    "?model.attention.kind=none": "RoPE acts on attention, and this model has none",
    "?model.width=63": "width",
    "?task.min_period=20": "shortest period 20 is above the longest 16",
    "?task.text=\ud800": "no setting called 'task.text'",
    "?seed=-1": "Seed lies between 0",
    "?device=tpu": "Device: choose",
}


def startable(query) -> tuple[str, ...]:
    """Open a link; its values are whole, valid, and a session takes them. Returns the sentences."""
    shared = opened(query)
    assert shared is not None
    config, problems = read(shared.raw)
    assert config is not None
    assert not problems
    assert shared.raw == plain(config)
    assert all(sentence.endswith(".") for sentence in shared.sentences)
    session = Session()
    session.adopt(shared.preset)
    session.load(shared.raw)
    assert session.config == config
    return shared.sentences


@pytest.mark.parametrize(("query", "said"), BAD.items(), ids=[q[:40].encode("ascii", "replace").decode() for q in BAD])
def test_what_is_wrong_is_left_out_with_a_sentence(query, said):
    (sentence,) = startable(query)
    assert said in sentence
    shared = opened(query)
    assert shared is not None
    assert shared.raw == raw(FIRST)


def test_the_rest_of_a_bad_link_is_taken():
    query = "?preset=copy&model.layers=0&training.batch=7&task.kind=reverse&model.nope=1&task.length=6"
    assert len(startable(query)) == 2
    shared = opened(query)
    assert shared is not None
    assert flat(shared.raw) | {"training.batch": 7, "task.kind": "reverse", "task.length": 6} == flat(shared.raw)
    assert leaf(shared.raw, "model.layers") == leaf(raw("copy"), "model.layers")


def test_a_setting_that_fits_only_with_another_good_one_is_taken_although_a_third_is_bad():
    query = "?task.max_period=3&task.min_period=3&model.layers=0"
    assert len(startable(query)) == 1
    shared = opened(query)
    assert shared is not None
    assert (leaf(shared.raw, "task.min_period"), leaf(shared.raw, "task.max_period")) == (3, 3)


def test_a_lens_that_is_none_becomes_the_attention_lens():
    session = Session()
    configuration.opened(session, {"preset": "copy", "lens": "nope" * 50})
    assert session.lens == "attention"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "query",
    [
        "?preset=copy&task.text=" + "x" * 100_000,
        "?" + "&".join(f"model.a{i}=1" for i in range(9000)),
        {f"model.a{i}": "1" for i in range(9000)},
        dict.fromkeys(flat(raw("copy")), "[["),
        {"preset": "p" * 100_000, "model.layers": "9" * 100_000},
    ],
    ids=["one long value", "many keys", "many keys from the server", "every value broken", "long texts"],
)
def test_a_hundred_kilobytes_do_no_harm(query):
    sentences = startable(query)
    assert 1 <= len(sentences) <= TOLD + 1
    assert sum(map(len, sentences)) < 2000


PATHS = st.one_of(
    st.sampled_from([*flat(raw("text")), *flat(raw("llama")), "preset", "lens", "probe"]),
    st.text(max_size=8).map(lambda name: "model." + name),
)
LOOSE = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["GQA", "none", '"ALiBi"', "text", "encoder-decoder", "true", *PRESETS]),
    st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=3), st.lists, max_leaves=3).map(json.dumps),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.dictionaries(PATHS, LOOSE, min_size=1, max_size=6))
def test_no_link_at_all_raises(query):
    startable(query)
