"""Fields -> descriptions of control rows: nothing is said twice, and the page's own bounds are those shown."""

from models.config import Config, knob
from models.position import POSITIONS
from playground.positions.settings import PositionSettings
from playground.settings.rows import about, live_first, row, rows


class Inner(Config):
    share: float = knob(0.5, "Share", "Of it.", gt=0.0, le=1.0, step=0.1, advanced=True)


class Outer(Config):
    kind: str = "outer"
    size: int = knob(8, "Size", "How large.", ge=1, le=1000, most=64, log=True, unit="tokens", paper=("A", "https://a"))
    rate: float | None = knob(None, "Rate", "", ge=0.0, live=True, empty="auto")
    inner: Inner = Inner()
    on: bool = knob(True, "On", "")


def test_a_row_says_what_its_field_says():
    found = row("model.size", Outer.model_fields["size"])
    wanted = {"name": "model.size", "label": "Size", "help": "How large.", "min": 1, "max": 64, "step": 1, "log": True}
    assert found | wanted | {"unit": "tokens", "paper": ["A", "https://a"], "type": "int", "live": False} == found


def test_leaves_are_found_and_slots_and_kinds_left_out():
    assert [each["name"] for each in rows(Outer)] == ["size", "rate", "inner.share", "on"]
    assert [each["name"] for each in rows(Outer, "a.", without=frozenset({"a.rate"}))] == [
        "a.size",
        "a.inner.share",
        "a.on",
    ]
    assert "position" not in [each["name"] for each in rows(PositionSettings)]
    assert [each["name"] for each in rows(PositionSettings, only=("query", "key"))] == ["query", "key"]


def test_types_and_empty_boxes():
    found = {each["name"]: each for each in rows(Outer)}
    assert [found[name]["type"] for name in ("size", "rate", "on")] == ["int", "float", "bool"]
    assert (found["rate"]["optional"], found["rate"]["auto"], found["size"]["auto"]) == (True, "auto", "")
    assert found["inner.share"]["advanced"]
    sight = row("sight", PositionSettings.model_fields["sight"])
    assert sight["options"] == [["back", "back"], ["both ways", "both ways"]]


def test_live_rows_stand_first_and_variants_have_a_sentence():
    assert next(iter(live_first(rows(Outer))))["name"] == "rate"
    assert about({"RoPE": POSITIONS["RoPE"]})["RoPE"][0].startswith("Pairs of query and key channels turn")
