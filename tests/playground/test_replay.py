"""The stored recording is one of the first preset as it is now, it moves, and the page has what it draws."""

from __future__ import annotations

import base64
import json

import pytest

from playground.acts.layout import layout
from playground.acts.replay import EVERY, FILE, FRAMES, _changes, _frame, stored
from playground.lenses.attention import view as attention
from playground.lenses.learning import CHARTS
from playground.lenses.learning import view as learning
from playground.settings.presets import FIRST, PRESETS
from playground.views import transport
from playground.visitors.session import Session

CONFIG = PRESETS[FIRST].config
AGAIN = "record it anew: python -m playground.acts.replay"
MOVING = ("transport", "attention", "roles")


@pytest.fixture(scope="module")
def begun() -> dict:
    return _frame(Session())


def frames() -> list[dict]:
    return [{name: {**stored()["base"][name], **frame[name]} for name in MOVING} for frame in stored()["frames"]]


def test_the_recording_belongs_to_the_first_preset_as_it_is_now(begun):
    for name in MOVING:
        fixed = {
            k: v
            for k, v in stored()["base"][name].items()
            if k not in ("n", "answers", "w", "info", "predicted", "fig", "said")
        }
        now = {k: v for k, v in begun[name].items() if k in fixed}
        assert fixed == now | ({"loss": pytest.approx(now["loss"], abs=1e-3)} if "loss" in now else {}), AGAIN
    assert stored()["base"]["transport"]["total"] == CONFIG.training.steps, AGAIN


def test_the_first_frame_shows_the_weights_that_the_model_starts_with(begun):
    recorded, now = (base64.b64decode(f["attention"]["w"]) for f in (stored()["base"], begun))
    assert len(recorded) == len(now), AGAIN
    assert max(abs(a - b) for a, b in zip(recorded, now, strict=True)) <= 1, AGAIN  # another machine rounds otherwise


def test_every_field_that_a_view_sends_is_in_the_recording(begun):
    for name in MOVING:
        assert set(begun[name]) - {"answers"} <= set(stored()["base"][name]), AGAIN


def test_the_frames_move():
    seen = frames()
    assert [f["transport"]["step"] for f in seen] == [EVERY * i for i in range(FRAMES + 1)]
    assert [f["attention"]["step"] for f in seen] == [EVERY * i for i in range(FRAMES + 1)]
    for part, field, different in (
        ("transport", "loss", 30),
        ("attention", "w", FRAMES + 1),
        ("roles", "fig", FRAMES + 1),
    ):
        assert len({json.dumps(f[part][field]) for f in seen}) >= different
    numbers = [f[part]["n"] for f in seen for part in ("transport", "attention")]
    assert numbers == sorted(numbers)


def test_the_recorded_run_learns_what_the_preset_promises():
    last = frames()[-1]
    assert last["transport"]["loss"] < 0.5 * frames()[0]["transport"]["loss"]
    assert "induction head" in last["attention"]["finding"]
    assert any("loss drops" in text for _, text in json.loads(last["transport"]["marks"]))


def test_every_frame_says_that_it_is_a_recording():
    assert {(f["transport"]["state"], f["transport"]["reason"]) for f in frames()} == {
        ("replay", "recorded, not running")
    }
    assert all(f["attention"]["big"] == "" for f in frames())


def test_every_component_that_the_recording_names_is_on_the_page():
    assert set(stored()["base"]) == set(MOVING)
    charts = {f"chart-{name}" for name in CHARTS}
    assert set(CHARTS) == set(learning.CHARTS)
    assert set(stored()["stills"]) == {"finding", "learning-table", "predictions", *charts}


def test_the_page_begins_with_the_last_frame_until_the_recording_has_been_fetched():
    values = layout()["values"]
    for name in ("transport", "attention"):
        assert values[name] == frames()[-1][name]


def test_a_frame_keeps_only_what_changed():
    base = {"a": {"x": 1, "y": 2}}
    assert _changes(base, {"a": {"x": 1, "y": 3}}) == {"a": {"y": 3}}


def test_the_recording_is_small_enough_to_send():
    assert FILE.stat().st_size < 1_500_000
    assert attention.frames.MASKED == 255
    assert len(frames()[-1]["transport"]["spark"]) == transport.SPARK
