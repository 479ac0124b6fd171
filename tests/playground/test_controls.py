"""Every setting becomes a control, and what is typed into it comes back as a config or as sentences."""

from __future__ import annotations

import math

import pytest

from models.config import Config, variants, walk
from playground.runs.run import RunConfig
from playground.settings.forms import (
    GUESTS,
    HIDDEN,
    ROUTING,
    SLOTS,
    accordions,
    change,
    field_at,
    flat,
    leaf,
    plain,
    put,
    put_kind,
    read,
)
from playground.settings.rows import rows

RAW = plain(RunConfig())
ROWS = {
    f"{each.title} {kind} {row['name']}": (each.slot, kind, row)
    for each in accordions()
    for kind, described in each.kinds.items()
    for row in described
    if row["type"] != "file"
}
NUMBERS = {name: entry for name, entry in ROWS.items() if entry[2]["type"] in ("int", "float")}


def leaves(config_class: type[Config], path: str = "") -> set[str]:
    """Those of a form: without the slots below it, which have their own."""
    found = {name for name, _, _ in walk(config_class(), path)} - {path + "kind"}
    inner = [other + "." for other in SLOTS if path and other.startswith(path)]
    return {name for name in found if not name.startswith(tuple(inner))}


def guests(slot: str) -> set[str]:
    mixture = put_kind(RAW, "model.feed_forward", "MoE")
    return {name for name in flat(mixture) if name.startswith(tuple(f"{guest}." for guest in GUESTS.get(slot, ())))}


def with_row(slot: str, kind: str) -> dict:
    """Edited values in which a slot has a variant; a router has its place in a mixture."""
    raw = put_kind(RAW, "model.feed_forward", "MoE") if slot == ROUTING else RAW
    return put_kind(raw, slot, kind) if slot else raw


def test_the_forms_without_variants_hold_every_leaf_outside_the_slots_once():
    found = [row["name"] for each in accordions() if not each.slot for row in each.kinds[""]]
    outside = {name for name in leaves(RunConfig) if not any(name.startswith(f"{slot}.") for slot in SLOTS)}
    assert sorted(found) == sorted(outside - HIDDEN)


@pytest.mark.parametrize("slot", SLOTS)
def test_the_form_of_a_slot_holds_every_leaf_of_every_variant_once(slot):
    each = next(a for a in accordions() if a.slot == slot)
    members = variants(field_at(slot))
    assert set(each.kinds) == set(members)
    for kind, member in members.items():
        found = [row["name"] for row in each.kinds[kind] if row["type"] != "file"]
        elsewhere = {name for other, parts in GUESTS.items() if other != slot for name in guests(other) if parts}
        assert sorted(found) == sorted((leaves(member, slot + ".") | guests(slot)) - elsewhere)


@pytest.mark.parametrize(("slot", "kind", "row"), ROWS.values(), ids=ROWS)
def test_every_control_says_what_it_is(slot, kind, row):
    assert row["label"] != row["path"]
    assert row["help"].endswith((".", "?")), row["help"]
    assert leaf(with_row(slot, kind), row["path"]) is not None or row["optional"]
    if row["type"] in ("int", "float"):
        assert row["min"] < row["max"]
        assert row["type"] != "int" or row["step"] >= 1
    if row["type"] == "choice":
        assert len(row["options"]) > 1
    if row["paper"]:
        assert row["paper"][1].startswith("https://")


def test_the_bound_of_the_page_is_below_the_bound_of_the_core():
    row = next(row for row in rows(RunConfig, only=("model",)) if row["name"] == "model.layers")
    assert (row["min"], row["max"]) == (1, 12)


def test_a_visitors_text_can_be_uploaded():
    task = next(a for a in accordions() if a.name == "task")
    (upload,) = [row for row in task.kinds["text"] if row["type"] == "file"]
    assert (upload["name"], upload["path"]) == ("task.upload", "task.text")


WRONG = {
    "far below": -1e12, "far above": 1e12, "NaN": math.nan, "infinite": math.inf, "a word": "many", "a list": [1],
    "a mapping": {"a": 1},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(("slot", "kind", "row"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_cannot_be_is_refused_with_a_sentence(slot, kind, row, wrong):
    raw = with_row(slot, kind)
    config, problems = read(put(raw, row["path"], wrong))
    assert config is None
    assert row["path"] in problems
    assert problems[row["path"]].startswith(row["label"])
    assert problems[row["path"]].endswith(".")
    assert set(problems) <= set(flat(raw)), "a path has the tag of a union in it"


@pytest.mark.parametrize(("slot", "kind", "row"), ROWS.values(), ids=ROWS)
def test_nothing_is_refused_with_a_sentence_where_something_is_needed(slot, kind, row):
    config, problems = read(put(with_row(slot, kind), row["path"], None))
    assert row["path"] not in problems if row["optional"] else (config is None and row["path"] in problems)


def test_a_rule_across_fields_names_one_field_without_the_tag_of_its_union():
    raw = put(put_kind(RAW, "model.attention", "GQA"), "model.attention.kv_heads", 3)
    assert set(read(raw)[1]) <= set(flat(raw))
    assert set(read(put(RAW, "task.min_period", 20))[1]) == {"task.min_period"}


def test_the_page_is_stricter_than_the_core_and_says_so():
    raw = put(RAW, "model.layers", 13)
    assert RunConfig.model_validate(raw).model.layers == 13
    assert "goes up to 12 on this page; got 13" in read(raw)[1]["model.layers"]


def test_what_is_read_is_what_was_edited():
    config, problems = read(put(RAW, "training.batch", 7))
    assert config is not None
    assert not problems
    assert plain(config) == put(RAW, "training.batch", 7)
    assert not {"model.vocab", "model.context"} & set(flat(plain(config)))


@pytest.mark.parametrize(
    "path", ["", "nope", "model", "model.attention", "model.nope", "model.layers.deep", "model.vocab", "model..layers"]
)
def test_only_settings_can_be_put(path):
    with pytest.raises(ValueError, match="no setting called"):
        put(RAW, path, 3)


def test_putting_changes_one_leaf_of_a_copy():
    before = plain(RunConfig())
    after = put(before, "model.attention.heads", 8)
    assert flat(after) == flat(before) | {"model.attention.heads": 8}
    assert before == RAW
    assert leaf(after, "model.attention.heads") == 8
    assert leaf(after, "model.attention.heads.more") is None


def test_another_variant_keeps_the_values_it_shares():
    raw = put(put(RAW, "model.attention.heads", 8), "model.attention.qk_norm", "head")
    grouped = put_kind(raw, "model.attention", "GQA")
    assert leaf(grouped, "model.attention.kind") == "GQA"
    assert (leaf(grouped, "model.attention.heads"), leaf(grouped, "model.attention.qk_norm")) == (8, "head")
    assert leaf(grouped, "model.attention.kv_heads") == 2
    assert leaf(put_kind(grouped, "model.attention", "none"), "model.attention") == {"kind": "none"}


def test_another_variant_drops_a_value_outside_its_own_bounds():
    raw = put(put_kind(RAW, "task", "text"), "task.length", 128)
    assert leaf(put_kind(raw, "task", "copy"), "task.length") == 12
    assert leaf(put_kind(put(raw, "task.length", 20), "task", "copy"), "task.length") == 20


@pytest.mark.parametrize("kind", ["nope", "", None, 3, ["MHA"], {}], ids=repr)
def test_an_unknown_variant_is_refused_with_those_there_are(kind):
    with pytest.raises(ValueError, match="Choose one of MHA, GQA"):
        change(RAW, "model.attention.kind", kind)


def test_a_value_beyond_the_library_is_told_the_bounds_of_the_page():
    raw = put(plain(RunConfig()), "model.layers", 1000)
    assert read(raw) == (None, {"model.layers": "Layers lies between 1 and 12 on this page; got 1000."})
    raw = put(plain(RunConfig()), "training.clip", -1)
    assert read(raw)[1]["training.clip"] == "Gradient clipping lies between 0 and 100 on this page; got -1."
