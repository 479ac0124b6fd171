"""Configs refuse what is out of bounds or does not fit together, and say so beside the field."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from models import PRESETS, TransformerConfig
from models.attention import ATTENTIONS
from models.config import Config, Refused, extra, knob, problems, refuse, variants, walk
from models.mixture import FEED_FORWARDS
from models.position import POSITIONS
from tests.models.values import bounds_refuse, survives_json
from tests.models.variants import VARIANTS, small

SLOTS = {"attention": ATTENTIONS, "position": POSITIONS, "feed_forward": FEED_FORWARDS}


def classes(config: type[Config]) -> Iterator[type[Config]]:
    """A config class, those of its nested configs and of every variant in its slots."""
    yield config
    for field in config.model_fields.values():
        for inner in variants(field).values() or (field.annotation,):
            if isinstance(inner, type) and issubclass(inner, Config):
                yield from classes(inner)


CLASSES = list(dict.fromkeys(classes(TransformerConfig)))
FIELDS = {
    f"{c.__name__}.{name}": (c, name)
    for c in CLASSES
    for name, field in c.model_fields.items()
    if name != "kind"
    and not variants(field)
    and not (isinstance(field.annotation, type) and issubclass(field.annotation, Config))
}
NUMBERS = {
    title: (c, name)
    for title, (c, name) in FIELDS.items()
    if c.model_fields[name].annotation in (int, float, int | None, float | None)
}


@pytest.mark.parametrize(("config", "name"), FIELDS.values(), ids=FIELDS.keys())
def test_every_field_is_documented(config: type[Config], name: str):
    field = config.model_fields[name]
    assert extra(field)["label"]
    assert field.description is not None
    assert field.description.endswith(".")
    paper = extra(field)["paper"]
    assert paper is None or paper[1].startswith("https://")


@pytest.mark.parametrize(("config", "name"), NUMBERS.values(), ids=NUMBERS.keys())
def test_every_number_is_bounded_on_both_sides(config: type[Config], name: str):
    bounds_refuse(config, name)


def test_the_check_of_bounds_reaches_every_number():
    assert len(NUMBERS) >= 30
    assert {"TransformerConfig.layers", "GQA.window", "MHA.softcap", "RoPE.base", "T5.furthest", "Init.std"} <= set(
        NUMBERS
    )


@pytest.mark.parametrize("slot", SLOTS)
def test_a_registry_key_is_the_kind_of_its_class(slot: str):
    assert {name: c.model_fields["kind"].default for name, c in SLOTS[slot].items()} == {n: n for n in SLOTS[slot]}
    assert variants(TransformerConfig.model_fields[slot]) == SLOTS[slot]


@pytest.mark.parametrize("config", [*PRESETS.values(), *VARIANTS.values()], ids=[*PRESETS, *VARIANTS])
def test_a_config_survives_json_and_is_frozen(config: TransformerConfig):
    survives_json(config)


class Inner(Config):
    size: int = knob(1, "Size", "A size.", ge=1, le=9)


class Outer(Config):
    inner: Inner = Inner()


def test_a_refusal_names_its_field_and_a_plain_nested_config_its_path():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"inner": {"size": 10}})
    assert problems(caught.value, Outer) == {"inner.size": "Size lies between 1 and 9; got 10."}
    with pytest.raises(Refused, match="Seven is taken") as refused:
        refuse("inner.size", "Seven is taken.")
    assert refused.value.field == "inner.size"


def test_changing_a_config_validates_it_again_and_leaves_the_old_one():
    config = small()
    assert (config.but(layers=5).layers, config.layers) == (5, 2)
    with pytest.raises(ValidationError):
        config.but(layers=0)
    with pytest.raises(ValidationError):
        config.but(width=18)
    assert config.but() == config


@pytest.mark.parametrize("config", [*PRESETS.values(), *VARIANTS.values()], ids=[*PRESETS, *VARIANTS])
def test_walking_meets_every_leaf_with_its_value(config: TransformerConfig):
    found = {path: value for path, _, value in walk(config)}
    for path, value in found.items():
        here: object = config
        for name in path.split("."):
            here = getattr(here, name)
        assert here == value
    assert {"layers", "attention.kind", "position.kind", "norm.eps", "init.std"} <= set(found)
