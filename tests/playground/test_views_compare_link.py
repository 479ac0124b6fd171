"""A link opens the same comparison elsewhere; what is bad in one is said, and the rest is taken."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from playground.comparison.matching import WHATS
from playground.comparison.ready import READY
from playground.comparison.setup import Setup
from playground.comparison.variants import SEEDS
from playground.laboratories.compare.link import LABEL, LONGEST, link, opened
from playground.settings import links, presets
from playground.settings.forms import plain
from playground.visitors.jobs import nowhere
from tests.playground.test_comparison import BASE


def query(setup: Setup) -> dict[str, str]:
    return dict(parse_qsl(link(setup).removeprefix("?")))


def alike(a: Setup, b: Setup) -> bool:
    return (a.name, a.what, a.seeds, a.word, a.wanted) == (b.name, b.what, b.seeds, b.word, b.wanted)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("own", [False, True])
def test_a_link_brings_back_variants_labels_match_and_seeds(name, own):
    setup, other = Setup(nowhere), Setup(nowhere)
    setup.choose(name)
    setup.name = "" if own else name
    setup.seeded(3)
    setup.matched_by("FLOPs")
    assert opened(other, query(setup)) == []
    assert alike(setup, other)


def test_a_ready_comparison_is_its_name_alone():
    setup = Setup(nowhere)
    assert query(setup) == {"at": "compare", "compare": "topologies"}
    setup.choose("active")  # which is matched as it comes
    assert query(setup) == {"at": "compare", "compare": "active"}


def test_ones_own_is_the_base_as_the_playground_links_to_it_and_what_each_variant_changes():
    setup, other = Setup(nowhere), Setup(nowhere)
    setup.begin_with(BASE, "the run")
    setup.add({"model.position.kind": "ALiBi"})
    setup.add({"model.layers": 1}, "shallow")
    setup.worded("abca")
    told = query(setup)
    assert told["v1"] == '{"model.position.kind":"ALiBi"}'
    assert told["v2"] == '{"model.layers":1}'
    assert "n1" not in told
    assert (told["n2"], told["base"], told["word"]) == ("shallow", "the run", "abca")
    mine = links.opened(told)
    assert mine is not None
    assert mine.raw == plain(BASE)
    assert mine.sentences == ()
    assert opened(other, told) == []
    assert alike(setup, other)


GOOD = {"compare": "own", "preset": "copy", "v1": '{"model.layers":1}', "v2": '{"model.position.kind":"ALiBi"}'}


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"v1": '{"model.wings":1}'}, "no setting called"),
        ({"v1": '{"model.layers":999}'}, "Layers lies between"),
        ({"v1": "[" * 3000}, "cut short or damaged"),
        ({"v1": "3"}, "cut short or damaged"),
        ({"v1": '{"task.kind":"sort"}'}, "different tasks"),
        ({"v1": "{}"}, "the same run"),
    ],
)
def test_a_bad_variant_is_left_out_and_the_others_stay(bad, sentence):
    setup = Setup(nowhere)
    said = opened(setup, GOOD | bad)
    assert len(said) == 1
    assert sentence in said[0]
    assert [v.label for v in setup.wanted[1:]] == ["ALiBi"]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"seeds": "1000"}, f"Between 1 and {SEEDS} seeds"),
        ({"seeds": "²"}, "Between 1 and"),
        ({"match": "weights"}, "Match nothing"),
        ({"word": "a!"}, "does not know"),
        ({"model.layers": "999"}, "Layers lies between"),
        ({"preset": "none"}, "does not exist"),
    ],
)
def test_what_else_is_bad_is_said_and_the_variants_stay(bad, sentence):
    setup = Setup(nowhere)
    said = opened(setup, {**GOOD, "v1": '{"model.layers":1}'} | bad)
    assert [sentence in each for each in said] == [True]
    assert len(setup.wanted) == 3
    assert (setup.seeds, setup.what, setup.word) == (1, "nothing", "")


def test_an_unknown_name_leaves_what_there_was_and_no_name_is_no_link():
    setup = Setup(nowhere)
    assert "no comparison called" in opened(setup, {"compare": "everything"})[0]
    assert setup.name == "topologies"
    before = list(setup.wanted)
    assert opened(setup, {"preset": presets.FIRST, "v1": '{"model.layers":1}'}) == []
    assert setup.wanted == before


def test_a_label_from_a_link_is_short_and_holds_no_marks():
    setup = Setup(nowhere)
    opened(setup, GOOD | {"n1": '<a href="x">look</a>' + "y" * LONGEST})
    label = setup.wanted[1].label
    assert label.startswith("a hrefxlooka")
    assert len(label) == LABEL


def test_the_names_that_stand_in_links_are_these():
    assert set(WHATS) == {"nothing", "parameters", "active", "FLOPs"}
    assert set(READY) >= {"topologies", "heads", "positions", "active", "total", "choices", "grain"}
