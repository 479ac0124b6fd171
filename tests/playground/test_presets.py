"""The presets run as they are, and everything they offer to try applies."""

from __future__ import annotations

import pytest

from playground.runs.idle import idle
from playground.settings.forms import flat, plain, read
from playground.settings.presets import FIRST, GROUPS, PRESETS, changed, groups, raw
from playground.settings.presets.famous import FAMOUS
from playground.settings.presets.mixtures import MIXTURES

TRIES = {f"{p.name}, {text}": (p.name, changes) for p in PRESETS.values() for text, changes, _ in p.tries}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_valid_config_of_the_page(name):
    preset = PRESETS[name]
    assert read(raw(name)) == (preset.config, {})
    assert preset.name == name
    assert preset.shows.endswith(".")


@pytest.mark.parametrize("name", [p.name for p in (*FAMOUS, *MIXTURES)])
def test_a_well_known_model_cites_its_source(name):
    source = PRESETS[name].source
    assert source is not None
    assert source[0][-4:].isdigit()
    assert source[1].startswith("https://")


@pytest.mark.parametrize(("name", "changes"), TRIES.values(), ids=TRIES)
def test_everything_to_try_changes_exactly_what_it_names(name, changes):
    new = plain(changed(name, changes))
    after, free = flat(new), idle(new)
    assert {path: after[path] for path in changes} == changes
    before = flat(raw(name))
    differ = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    slots = {path.removesuffix("kind") for path in changes if path.endswith(".kind")}
    assert all(path in changes or path in free or any(path.startswith(slot) for slot in slots) for path in differ)
    assert changed(name, changes) != PRESETS[name].config or name == "topologies"  # it offers its own one too


def test_the_first_preset_exists_and_every_preset_is_offered_once():
    assert FIRST in PRESETS
    offered = [name for _, chips in groups() for name, _, _ in chips]
    assert sorted(offered) == sorted(PRESETS)
    assert [{p.group for p in group} for group in GROUPS] == [{title} for title, _ in groups()]


@pytest.mark.parametrize("preset", MIXTURES, ids=lambda preset: preset.name)
def test_a_mixture_turns_to_its_lens_and_its_first_rival_is_itself(preset):
    assert preset.lens == "experts"
    assert preset.config.model.feed_forward.kind == "MoE"
    assert all(changed(preset.name, changes) for _, changes in preset.rivals)
    assert not preset.rivals or preset.rivals[0][1] == {}


def test_changes_apply_kinds_first_in_whatever_order_they_come():
    a = changed("learned", {"model.position.base": 100.0, "model.position.kind": "RoPE"})
    assert a == changed("learned", {"model.position.kind": "RoPE", "model.position.base": 100.0})
    assert a.model.position.model_dump()["base"] == 100.0


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("nope", {}, "There is no preset called 'nope'"),
        ("copy", {"model.nope": 1}, "There is no setting called 'model.nope'"),
        ("copy", {"model.layers": 0}, "Layers lies between 1"),
        ("copy", {"task.kind": "nope"}, "Choose one of"),
    ],
    ids=["unknown preset", "unknown setting", "out of bounds", "unknown kind"],
)
def test_a_change_that_does_not_fit_is_refused_with_a_sentence(name, changes, said):
    with pytest.raises(ValueError, match=said):
        changed(name, changes)
