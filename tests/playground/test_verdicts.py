"""What comparing presets showed: sentences that follow from stored numbers alone."""

from __future__ import annotations

import json
import math
from statistics import stdev

import pytest

from playground.findings import verdicts
from playground.lenses import LENSES, notes
from playground.settings import presets
from tests.playground.small import tiny

NAME = "bias"
SEEDS = [2.0, 2.1, 1.9, 2.05, 1.95]


def entry(**rivals: list[dict[str, float]]) -> dict:
    preset = presets.PRESETS[NAME]
    changes = json.loads(json.dumps(dict(preset.rivals)))  # as from the file
    return {"config": preset.config.model_dump_json(), "steps": 400, "changes": changes, "rivals": rivals}


def runs(gaps: float | list[float] = 0.0, **more: float) -> list[dict[str, float]]:
    apart = gaps if isinstance(gaps, list) else [gaps] * len(SEEDS)
    return [{"loss": loss + gap, "largest": 1.5, **more} for loss, gap in zip(SEEDS, apart, strict=True)]


@pytest.fixture
def stored(monkeypatch):
    """Put an entry where the measured ones are."""

    def put(found: dict, name: str = NAME) -> list[str]:
        monkeypatch.setattr(verdicts, "stored", lambda: {name: found})
        return verdicts.told(name)

    return put


def test_a_gap_on_every_seed_is_a_win_and_says_by_how_much(stored):
    means, won, loads = stored(entry(first=runs(), second=runs([0.3, 0.28, 0.32, 0.3, 0.3], largest=3.0)))
    assert means == "Loss on held-out examples after 400 steps, mean of 5 seeds: first 2.000, second 2.300."
    assert won == "first wins over second by 0.300 ± 0.006 nats, on 5 of 5 seeds."
    assert loads == "Largest load ÷ mean, averaged over the last 50 updates: first 1.50, second 3.00."


def test_the_other_one_may_win(stored):
    assert stored(entry(first=runs(), second=runs([-0.3, -0.2, -0.3, -0.3, 0.01])))[1].startswith(
        "second wins over first by 0.218"
    )


def test_a_gap_within_two_standard_errors_is_no_difference(stored):
    gaps = [0.1, -0.1, 0.1, -0.05, 0.02]
    (said,) = stored(entry(first=runs(), second=runs(gaps)))[1:2]
    error = stdev(gaps) / math.sqrt(5)
    assert said == f"No difference seen between first and second: +0.014 ± {error:.3f} (standard error)."
    assert "No difference" in verdicts.compared("a", SEEDS, "b", SEEDS)  # not one of a nat, not one of a hair


def test_a_rival_without_experts_has_no_load_to_tell(stored):
    dense = [{"loss": loss} for loss in SEEDS]
    assert stored(entry(first=runs(), dense=dense))[-1].endswith(": first 1.50.")


def test_tokens_that_a_rounding_moves_are_told_for_the_router_that_rounds(stored):
    preset = presets.PRESETS["bf16-router"]
    found = entry(first=runs(moved=0.004), second=runs(moved=0.012))
    found |= {"config": preset.config.model_dump_json(), "changes": dict(preset.rivals)}
    assert stored(found, "bf16-router")[-1].startswith(
        "At the same weights, 0.40 to 1.20 % of the first layer's tokens"
    )
    assert "At the same weights" not in " ".join(stored(entry(first=runs(moved=0.004), second=runs())))


def test_a_preset_that_was_changed_since_tells_nothing(stored):
    assert stored(entry(first=runs(), second=runs(1.0)))
    old = presets.changed(NAME, {"training.steps": 399})
    assert stored(entry(first=runs(), second=runs(1.0)) | {"config": old.model_dump_json()}) == []
    gone = json.dumps({**json.loads(old.model_dump_json()), "model": {"no such setting": 1}})
    assert stored(entry(first=runs(), second=runs(1.0)) | {"config": gone}) == []


def test_rivals_that_change_something_else_now_tell_nothing(stored):
    found = entry(first=runs(), second=runs(1.0))
    assert stored(found)
    for changes in ({}, found["changes"] | {"bias 0.01": {"seed": 1}}):
        assert stored(found | {"changes": changes}) == []


def test_dropped_choices_are_told_where_seats_are_limited(stored):
    said = stored(entry(first=runs(dropped=0.0132), free=runs(), second=runs(0.3, dropped=0.5)))
    assert said[-1] == "Choices dropped, averaged over the last 50 updates: first 1.3 %, second 50.0 %."
    assert "dropped" not in " ".join(stored(entry(first=runs(), second=runs())))


def test_a_setting_that_came_later_makes_no_measurement_old(stored):
    known = presets.PRESETS[NAME].config.model_dump()
    assert known["model"]["attention"].pop("qk_norm") == "none"
    assert stored(entry(first=runs(), second=runs(1.0)) | {"config": json.dumps(known)})


def test_a_preset_that_was_never_measured_tells_nothing(monkeypatch):
    monkeypatch.setattr(verdicts, "stored", dict)
    assert verdicts.told(NAME) == []


def test_what_was_measured_is_told_below_the_lens(stored):
    said = stored(entry(first=runs(), second=runs(0.3)))
    session = tiny()
    session.adopt(NAME)
    html = json.loads(notes.value(session, LENSES["experts"])["try"])
    assert all(f"<li>{sentence}</li>" in html for sentence in said)


@pytest.mark.parametrize("name", verdicts.stored())
def test_what_is_stored_is_of_presets_and_rivals_that_there_are(name):
    found, preset = verdicts.stored()[name], presets.PRESETS[name]
    assert [*found["rivals"]] == [label for label, _ in preset.rivals]
    assert {len(each) for each in found["rivals"].values()} == {len(verdicts.SEEDS)}
    assert all(math.isfinite(number) for each in found["rivals"].values() for run in each for number in run.values())
    assert verdicts.told(name), "the preset, or what its rivals change, is no longer what was measured"


def test_one_rival_is_trained_and_measured(monkeypatch):
    small = {
        "model.width": 16,
        "model.attention.heads": 2,
        "training.batch": 4,
        "training.steps": 3,
        "training.examples": 16,
    }
    found = verdicts.trained("bf16-router", small, seed=1)
    assert set(found) == {"loss", "largest", "moved"}
    assert 0 <= found["moved"] <= 1 <= found["largest"] <= 8
    assert found == verdicts.trained("bf16-router", small, seed=1)
    assert found["loss"] != verdicts.trained("bf16-router", small, seed=2)["loss"]
    limited = {"model.feed_forward.capacity.factor": 0.25}
    assert 0.5 < verdicts.trained("bf16-router", {**small, **limited}, seed=1)["dropped"] < 1
    assert set(verdicts.trained("sparse", {**small, "model.feed_forward.kind": "dense"}, seed=1)) == {"loss"}
