"""A link carries what differs from a preset, and gives back the same configuration."""

from __future__ import annotations

import random
from urllib.parse import parse_qs, parse_qsl

import pytest

from playground.lenses import LENSES
from playground.settings import presets
from playground.settings.forms import accordions, change, flat, leaf, plain, put, read
from playground.settings.links import LONGEST_VALUE, link, opened
from playground.settings.presets import PRESETS, raw

FORMS = accordions()


def drawn(row: dict, dice: random.Random) -> object:
    if row["type"] == "bool":
        return dice.random() < 0.5
    if row["type"] == "choice":
        return dice.choice(row["options"])[0]
    if row["type"] == "text":
        return "To be, or not to be & all that? 50 % = ½\n" * 20
    value = dice.uniform(row["min"], row["max"])
    return round(value) if row["type"] == "int" else value


def wandered(name: str, dice: random.Random) -> dict:
    """The preset after some valid changes, of kinds too."""
    values = raw(name)
    for _ in range(dice.randint(1, 12)):
        form = dice.choice(FORMS)
        kind = leaf(values, f"{form.slot}.kind") if form.slot else ""
        if kind is None:  # the routing of a model without experts
            continue
        row = dice.choice(form.kinds[kind] or [{"path": f"{form.slot}.kind"}])
        if (form.slot and dice.random() < 0.3) or "type" not in row:
            row = {"path": f"{form.slot}.kind", "type": "choice", "options": [[k] for k in form.kinds]}
        if row["type"] == "file":
            continue
        changed = change(values, row["path"], drawn(row, dice))
        config, _ = read(changed)
        values = plain(config) if config else values
    return values


@pytest.mark.parametrize("name", PRESETS)
def test_a_link_gives_back_the_configuration_it_was_made_from(name):
    dice, differences = random.Random(name), 0
    for _ in range(12):
        values = wandered(name, dice)
        query = link(name, values, lens="learning")
        shared = opened(query)
        assert shared is not None
        assert shared.sentences == ()
        assert (shared.preset, shared.lens, shared.raw) == (name, "learning", values)
        assert opened(dict(parse_qsl(query[1:]))) == shared  # as the server gets it
        differences += len(parse_qs(query[1:])) - 2
    assert differences > 24


@pytest.mark.parametrize("name", PRESETS)
def test_only_what_differs_travels(name):
    assert link(name, raw(name), lens="attention") == f"?preset={name}&lens=attention"
    assert link(name, put(raw(name), "training.batch", 7), lens="attention") == (
        f"?preset={name}&training.batch=7&lens=attention"
    )


def test_a_link_is_readable_and_names_kinds_first():
    values = change(raw("induction"), "model.attention.kind", "GQA")
    query = link("induction", put(values, "model.attention.heads", 8), lens="attention")
    assert list(parse_qs(query[1:])) == [
        "preset",
        "model.attention.kind",
        "model.attention.heads",
        "model.attention.kv_heads",
        "lens",
    ]


def test_settings_that_are_right_only_together_are_taken_together():
    shared = opened("?model.head.scaled=true&model.head.tied=true&task.min_period=20&task.max_period=24")
    assert shared is not None
    assert shared.sentences == ()
    assert leaf(shared.raw, "model.head.scaled") is True
    assert leaf(shared.raw, "task.min_period") == 20


def test_settings_of_which_none_is_right_without_the_others_are_taken_together():
    shared = opened("?preset=llama&model.width=100&model.attention.heads=5&model.attention.kv_heads=5")
    assert shared is not None
    assert shared.sentences == ()
    assert leaf(shared.raw, "model.width") == 100


@pytest.mark.parametrize("lens", LENSES)
def test_the_lens_and_the_probe_travel_too(lens):
    shared = opened(link("copy", raw("copy"), lens=lens, probe="a b&c=+é"))
    assert shared is not None
    assert (shared.lens, shared.probe) == (lens, "a b&c=+é")


def test_what_is_chosen_in_the_lens_travels_unless_it_is_long_or_no_choices():
    chosen = {"trial": "place", "chosen": [["place", "place", "attention.q"], ["place", "head", 1]]}
    shared = opened(link("copy", raw("copy"), lens="intervene", chosen=chosen))
    assert shared is not None
    assert shared.chosen == chosen
    assert "chosen" not in link("copy", raw("copy"), lens="intervene", chosen={"trial": "x" * LONGEST_VALUE})
    for text in ("[1]", "3", "{", "null"):
        other = opened({"preset": "copy", "chosen": text})
        assert other is not None
        assert (other.chosen, other.sentences) == ({}, ())


def test_a_long_text_stays_at_home_and_the_rest_arrives():
    values = put(put(raw("text"), "task.text", "\n" * LONGEST_VALUE), "training.batch", 3)
    shared = opened(link("text", values, lens="attention"))
    assert shared is not None
    assert leaf(shared.raw, "training.batch") == 3
    assert leaf(shared.raw, "task.text") == ""


@pytest.mark.parametrize("query", ["", "?", "?utm=3&__theme=dark", "?at=playground", {}], ids=repr)
def test_an_address_without_a_configuration_is_none(query):
    assert opened(query) is None


def test_numbers_written_as_texts_become_numbers():
    shared = opened('?model.layers="3"&training.steps=40.0')
    assert shared is not None
    assert flat(shared.raw) == flat(raw(presets.FIRST)) | {"model.layers": 3, "training.steps": 40}
