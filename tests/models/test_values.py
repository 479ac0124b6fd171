"""The checks of configs report a config that is no value, or takes what lies outside its bounds."""

import pytest
from pydantic import field_serializer

from models.config import Config, knob
from tests.models.values import bounds_refuse, survives_json


class Loose(Config):
    """Everything that a config should not be."""

    floor: int = knob(1, "Floor", "Bounded from below.", ge=1)
    roof: int = knob(1, "Roof", "Bounded from above.", le=9)
    most: int = knob(1, "Most", "A visitor may go further than the core.", ge=1, le=9, most=10)


class Lax(Config, extra="ignore"):
    size: int = knob(1, "Size", "A size.", ge=1, le=9)


class Rounds(Config):
    share: float = knob(0.126, "Share", "A share.", ge=0.0, le=1.0)

    @field_serializer("share", when_used="json")
    def _short(self, share: float) -> float:
        return round(share, 2)


class Thaws(Config, frozen=False):
    size: int = knob(1, "Size", "A size.", ge=1, le=9)


@pytest.mark.parametrize(
    ("config", "name", "words"),
    [
        (Loose, "floor", "no upper bound"),
        (Loose, "roof", "no lower bound"),
        (Loose, "most", "lies outside"),
        (Lax, "size", "{'sizes': 1} is accepted"),
    ],
    ids=["no roof", "no floor", "visitors beyond", "unknown settings"],
)
def test_a_loose_bound_is_reported(config: type[Config], name: str, words: str):
    with pytest.raises(AssertionError, match=words):
        bounds_refuse(config, name)


@pytest.mark.parametrize(("config", "words"), [(Rounds(), "JSON loses"), (Thaws(), "size can be changed")], ids=repr)
def test_a_config_that_is_no_value_is_reported(config: Config, words: str):
    with pytest.raises(AssertionError, match=words):
        survives_json(config)
