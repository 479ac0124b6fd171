"""The settings of the Positions page: links, names, rows without effect, sentences beside them."""

import json
from urllib.parse import parse_qsl

import pytest

from models.position import POSITIONS, ALiBi, PositionConfig, RoPE, Scaling
from playground.laboratories.positions import column, link
from playground.positions.names import names
from playground.positions.settings import KEPT, PositionSettings, Setting
from playground.settings.edited import Edited
from playground.settings.rows import about
from playground.views import settings as settings_view


def edited(**values) -> Edited[PositionSettings]:
    return Edited(PositionSettings(**values))


def opened(address: str) -> tuple[PositionSettings, list[str]]:
    fresh = edited()
    refused = link.opened(fresh, dict(parse_qsl(address[1:])))
    return fresh.config, refused


CHANGED = [
    PositionSettings(),
    PositionSettings(position=RoPE(base=5e5, scaling=Scaling(way="NTK")), head_dim=64, tab="relative"),
    PositionSettings(position=ALiBi(), heads=12, sight="both ways", query=99),
    PositionSettings(kept=(Setting(position=ALiBi()), Setting(position=RoPE(base=100), head_dim=32))),
]


@pytest.mark.parametrize("settings", CHANGED)
def test_a_link_brings_the_settings_back(settings):
    assert opened(link.link(settings)) == (settings, [])


def test_a_link_holds_only_what_differs():
    assert link.link(PositionSettings()) == "?at=positions"
    assert link.link(PositionSettings(position=RoPE(base=100))) == "?at=positions&p.position.base=100.0"


def test_what_a_link_gets_wrong_is_said_and_the_rest_taken():
    settings, refused = opened("?at=positions&p.head_dim=63&p.query=7&p.nothing=1&p.key=%5B&p.kept=3")
    assert settings == PositionSettings(query=7)
    assert len(refused) == 4
    assert all(sentence.endswith("It was left out.") for sentence in refused)


def test_settings_are_named_by_what_tells_them_apart():
    base = [Setting(position=RoPE(base=b)) for b in (1e4, 100, 5e5)]
    assert names(base) == ["base 10,000", "base 100", "base 500,000"]
    assert names(base[:1]) == ["base 10,000"]
    assert names([Setting(), Setting(position=ALiBi())]) == ["RoPE", "ALiBi"]
    assert names([Setting(), Setting(head_dim=64)]) == ["d 128", "d 64"]
    assert names([Setting(position={"kind": "none"})]) == ["no positions"]


def test_scaling_that_is_off_is_no_difference():
    idle = Setting(position=RoPE(scaling=Scaling(factor=8.0)))
    assert names([Setting(), idle]) == ["base 10,000", "base 10,000"]
    scaled = Setting(position=RoPE(scaling=Scaling(way="YaRN", factor=8.0)))
    plain, stretched = names([Setting(), scaled])
    assert plain == "plain"
    assert stretched == "YaRN ×8"


def value(state: Edited[PositionSettings], name: str) -> dict:
    rows = {"": column.ACCORDIONS[name].rows}
    return settings_view.value(state, rows, hidden=column.hidden(state.config), hints=column.hints(state.config))


@pytest.mark.parametrize("kind", POSITIONS)
def test_each_scheme_shows_its_own_rows_and_no_others(kind):
    shown = value(edited(position={"kind": kind}), "scheme")
    drawn = set(shown["values"]) - set(json.loads(shown["hidden"]))
    own = {f"position.{name}" for name in POSITIONS[kind].model_fields if name not in ("kind", "scaling")}
    assert {name for name in drawn if name.startswith("position.")} == own
    assert "head_dim" in drawn
    assert bool(json.loads(column.scheme(edited(position={"kind": kind}))["lines"])["scaling"]) == (kind == "RoPE")


def test_a_factor_without_a_method_is_a_hint_and_with_one_it_is_none():
    said = json.loads(value(edited(), "scaling")["marks"])["position.scaling.factor"]
    assert said == ["hint", "Method is none, so a factor of 4 has no effect. Choose a method."]
    yarn = edited(position=RoPE(scaling=Scaling(way="YaRN")))
    assert json.loads(value(yarn, "scaling")["marks"]) == {}


def test_an_error_stands_beside_its_control_in_place_of_a_hint():
    state = edited()
    state.edit("position.scaling.factor", 0)
    tone, sentence = json.loads(value(state, "scaling")["marks"])["position.scaling.factor"]
    assert (tone, state.config.position.scaling.factor) == ("error", 4.0)
    assert "between 1 and 64" in sentence
    state.edit("head_dim", 127)
    assert "odd" in json.loads(value(state, "scheme")["marks"])["head_dim"][1]
    state.edit("position.scaling.way", "YaRN")
    state.edit("head_dim", 128)
    state.edit("position.scaling.slow", 40)
    assert "position.scaling.fast" in json.loads(value(state, "scaling")["marks"])


def test_a_chart_holds_four_settings():
    kept = tuple(Setting(head_dim=d) for d in (32, 64, 256))
    state = edited(kept=kept)
    card = column.card(state, excluded=(1,))
    assert [row[2] for row in json.loads(card["rows"])] == ["d 128 (now)", "d 32", "d 64", "d 256"]
    assert json.loads(card["rows"])[2][3]
    assert "Remove one first" in card["full"]
    state.edit("kept", [Setting(head_dim=2 + 2 * i).model_dump() for i in range(KEPT + 1)])
    assert state.config.kept == kept
    assert column.card(edited(kept=(Setting(),)))["full"] == "It is in the chart already."


@pytest.mark.parametrize("kind", POSITIONS)
def test_a_scheme_says_what_the_page_shows_of_it(kind):
    """Attributes of its config, as docs/extending.md lists them."""
    scheme = POSITIONS[kind]
    assert kind in dict(column.chips())
    sentence, paper = about(POSITIONS)[kind]
    assert sentence.endswith("."), f"{kind} has no docstring that ends its first paragraph with a full stop"
    assert paper is not None, f"{kind} has no paper"
    assert paper[1].startswith("https://"), f"the paper of {kind} has no address"
    assert scheme.heading, f"{kind} has no heading for its settings"
    assert scheme.sees.endswith("."), f"{kind} does not say how it sees distance"
    assert scheme.absolute or scheme.enters != PositionConfig.enters, f"{kind} does not say where it enters"
