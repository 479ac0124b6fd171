"""A config in a visitor's hands: refused values are said, rules across fields wait, nothing is lost."""

import pytest
from pydantic import model_validator

from models.config import Config, knob, refuse
from playground.positions.settings import PositionSettings
from playground.settings.edited import Edited
from playground.settings.limits import TEXT


class Pair(Config):
    low: int = knob(1, "Low", "", ge=0, le=100, most=50)
    high: int = knob(5, "High", "", ge=0, le=100)

    @model_validator(mode="after")
    def _ordered(self):
        if self.low > self.high:
            refuse("low", f"Low {self.low} is above high {self.high}.")
        return self


def test_a_good_value_is_taken_in_its_own_type():
    edited = Edited(Pair())
    edited.edit("low", "3")
    assert (edited.config, edited.raw, edited.problems) == (Pair(low=3), {"low": 3, "high": 5}, {})


@pytest.mark.parametrize("value", [-1, 101, "many", None, 60])
def test_a_value_that_its_field_refuses_is_said_and_not_taken(value):
    edited = Edited(Pair(low=2, high=100))
    edited.edit("low", value)
    assert edited.config == Pair(low=2, high=100)
    assert edited.raw["low"] == 2
    assert "Low" in edited.problems["low"]


def test_a_broken_rule_is_kept_in_the_controls_until_it_holds():
    edited = Edited(Pair())
    edited.edit("low", 7)
    assert (edited.config, edited.raw["low"]) == (Pair(), 7)
    assert edited.problems == {"low": "Low 7 is above high 5."}
    edited.edit("high", 9)
    assert (edited.config, edited.problems) == (Pair(low=7, high=9), {})


def test_unknown_paths_and_long_texts_are_refused():
    edited = Edited(Pair())
    edited.edit("middle", 3)
    assert "no setting called 'middle'" in edited.problems["middle"]
    edited.edit("low", "9" * (TEXT + 1))
    assert "Shorten it" in edited.problems["low"]
    assert edited.config == Pair()


def test_another_variant_keeps_what_it_shares_and_drops_the_rest():
    edited = Edited(PositionSettings())
    edited.edit("position.base", 500)
    edited.edit("position.kind", "ALiBi")
    assert edited.raw["position"] == {"kind": "ALiBi"}
    edited.edit("position.kind", "rotary")
    assert "Choose one of" in edited.problems["position.kind"]
    assert edited.config.position.kind == "ALiBi"


def test_reset_returns_to_the_first_values():
    edited = Edited(Pair(low=2))
    edited.edit("low", 4)
    edited.edit("high", "x")
    edited.reset()
    assert (edited.config, edited.problems) == (Pair(low=2), {})
