"""What a visitor may ask of a shared machine, and of one of their own."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from models import Transformer
from models.cost import cost
from playground.runs.run import RunConfig
from playground.settings import limits
from playground.settings.limits import (
    HOSTED,
    Limits,
    beyond,
    excess,
    own,
    sentence,
    step_flops,
    told,
    too_large,
    warning,
)
from playground.settings.presets import PRESETS, changed


def config(**sections) -> RunConfig:
    return RunConfig.model_validate(sections)


def test_a_modest_run_may_start():
    assert excess(RunConfig()) == {}


def test_every_value_above_the_pages_bound_is_named():
    found = excess(config(model={"layers": 13}, training={"batch": 257, "lr": 2.0}))
    assert set(found) == {"model.layers", "training.batch", "training.lr"}
    assert "up to 256 on this page; got 257" in found["training.batch"]


def test_the_bound_itself_is_allowed():
    assert "training.batch" not in excess(config(model={"layers": 1, "width": 8}, training={"batch": 256}))


def test_too_many_parameters_are_refused_by_their_true_number():
    large = config(model={"layers": 12, "width": 256, "feed_forward": {"kind": "dense", "hidden": 1024, "gated": True}})
    count = sum(p.numel() for p in Transformer(large.model).parameters())
    assert count > limits.PARAMETERS
    assert f"{count:,} parameters" in excess(large)["model.width"]


def test_a_step_that_takes_too_long_is_refused():
    slow = config(model={"layers": 8, "width": 256}, task={"kind": "text", "length": 128}, training={"batch": 256})
    assert cost(slow.model).parameters < limits.PARAMETERS
    assert "GFLOP" in excess(slow)["training.batch"]
    assert step_flops(slow) == 3 * cost(slow.model).flops_per_token * 256 * slow.model.context


def test_attention_weights_that_take_too_much_memory_are_refused():
    tall = config(model={"layers": 2}, training={"batch": 16})
    weights = 4 * 2 * 16 * 4 * tall.model.context**2
    assert excess(tall, replace(HOSTED, attention_bytes=weights)) == {}
    assert "GiB" in excess(tall, replace(HOSTED, attention_bytes=weights - 1))["training.batch"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_within_the_limits(name):
    assert excess(PRESETS[name].config) == {}


def test_a_preset_made_too_large_is_not():
    with pytest.raises(ValueError, match="on this page"):
        changed("gpt2", {"model.layers": 13})


# ---- the operator's ----
MINE = {"PLAYGROUND_HOSTED": "0"}
LARGE = {"model": {"layers": 24, "width": 512}, "training": {"steps": 5000}}


@pytest.mark.parametrize(
    ("environment", "hosted"),
    [
        ({}, False),
        ({"PLAYGROUND_HOSTED": "1"}, True),
        ({"PLAYGROUND_HOSTED": " Yes "}, True),
        ({"SPACE_ID": "me/play"}, True),
        ({"SPACE_ID": "me/play", "PLAYGROUND_HOSTED": "0"}, False),
        ({"SPACE_ID": ""}, False),
        ({"PLAYGROUND_HOSTED": ""}, False),
    ],
)
def test_a_page_is_hosted_or_ones_own(environment, hosted):
    assert told(environment).hosted is hosted
    assert (told(environment) == HOSTED) is hosted


def test_the_tests_run_as_hosted():
    assert limits.LIMITS == HOSTED
    assert (limits.STEPS, limits.SECONDS, limits.PARAMETERS) == (5000, 600, 12_000_000)


def test_only_memory_bounds_a_machine_of_ones_own():
    mine = told(MINE | {"PLAYGROUND_MEMORY_GB": "1"})
    assert mine == own(min(2**30, psutil.virtual_memory().total))
    assert mine.steps == mine.seconds == mine.step_flops == math.inf
    large = config(**LARGE)
    assert excess(large, HOSTED)
    assert excess(large, own(64 * 2**30)) == {}
    small = own(2**29)
    found = excess(large, small)
    assert found.keys() == {"model.width"}
    assert f"this machine's memory has room to train {2**29 // 2 // 16:,}" in found["model.width"]
    wide = config(task={"kind": "text", "length": 1024}, model={"layers": 8, "width": 64}, training={"batch": 256})
    assert "this machine's memory has room for 0.25" in excess(wide, small)["training.batch"]


def test_no_number_has_an_end_of_the_pages_on_a_machine_of_ones_own():
    deep = config(model={"layers": 40, "width": 16, "attention": {"kind": "MHA", "heads": 2}})
    assert set(beyond(deep, HOSTED)) == {"model.layers"}
    assert beyond(deep, own(2**40)) == excess(deep, own(2**40)) == {}


def test_a_large_run_is_warned_of_and_a_small_one_is_not():
    mine = own(2**40)
    said = warning(config(**LARGE), mine)
    assert f"{cost(config(**LARGE).model).parameters:,} parameters" in said
    assert "MiB of memory or more" in said
    assert "an update on one core" in said
    assert "hours for 5,000 updates" in said
    assert warning(RunConfig(), mine) == ""
    assert warning(config(**LARGE), HOSTED) == "", "there it is refused"
    assert all(warning(preset.config, mine) == "" for preset in PRESETS.values())


@pytest.mark.parametrize(
    ("name", "said", "bound", "found"),
    [
        ("PLAYGROUND_MAX_PARAMETERS", "50_000_000", "parameters", 50_000_000),
        ("PLAYGROUND_MAX_PARAMETERS", "1e9", "parameters", 10**9),
        ("PLAYGROUND_MAX_PARAMETERS", "none", "parameters", math.inf),
        ("PLAYGROUND_MAX_STEPS", " 20000 ", "steps", 20_000),
        ("PLAYGROUND_MAX_SECONDS", "None", "seconds", math.inf),
        ("PLAYGROUND_MAX_STEP_GFLOP", "0.5", "step_flops", 5e8),
        ("PLAYGROUND_MAX_ATTENTION_GB", "2", "attention_bytes", 2**31),
        ("PLAYGROUND_MAX_EXPERTS_GB", "2", "rows_bytes", 2**31),
        ("PLAYGROUND_MAX_TEXT", "2000", "text", 2000),
        ("PLAYGROUND_MAX_STEPS", "", "steps", 5000),
    ],
)
def test_each_bound_is_the_operators(name, said, bound, found):
    assert told({"PLAYGROUND_HOSTED": "1", name: said}) == replace(HOSTED, **{bound: found})
    mine = MINE | {"PLAYGROUND_MEMORY_GB": "1"}
    if said:
        assert told(mine | {name: said}) == replace(told(mine), **{bound: found})


@pytest.mark.parametrize("name", limits.VARIABLES)
@pytest.mark.parametrize("said", ["many", "0", "-5", "nan", "inf", "5k", "1,000"])
def test_a_bound_that_is_none_is_said(name, said):
    with pytest.raises(ValueError, match=f"{name} is .*{said}.*Write a .*number above 0, such as .*, or none"):
        told({name: said})


def test_a_fraction_of_an_update_is_none():
    with pytest.raises(ValueError, match="whole number"):
        told({"PLAYGROUND_MAX_STEPS": "1.5"})
    with pytest.raises(ValueError, match="PLAYGROUND_HOSTED is 'maybe'"):
        told({"PLAYGROUND_HOSTED": "maybe"})


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (HOSTED, "A run here ends after 5,000 steps or 10 minutes of computing."),
        (replace(HOSTED, seconds=math.inf), "A run here ends after 5,000 steps."),
        (replace(HOSTED, steps=math.inf, seconds=60), "A run here ends after 1 minute of computing."),
        (replace(HOSTED, seconds=90), "A run here ends after 5,000 steps or 90 seconds of computing."),
        (own(2**30), "This machine is yours: no limit but its memory."),
        (replace(own(2**30), steps=100), "A run here ends after 100 steps."),
        (Limits(steps=math.inf, seconds=math.inf), "A run here has no limit of steps."),
    ],
)
def test_the_page_says_its_limits(bounds, said):
    assert sentence(bounds) == said


def test_a_file_may_have_made_as_many_updates_as_the_page_makes(monkeypatch):
    assert too_large(RunConfig(), 5000) == ""
    assert "5,001 updates of 5,000" in too_large(RunConfig(), 5001)
    monkeypatch.setattr(limits, "STEPS", math.inf)
    assert too_large(RunConfig(), 10**9) == ""


def test_the_environment_is_read_when_the_app_starts():
    code = (
        "from playground.settings import limits\n"
        "from playground.settings.forms import read\n"
        "from playground.runs.run import RunConfig\n"
        "print(limits.STEPS, limits.PARAMETERS, read({'model': {'layers': 14, 'width': 64}})[1])"
    )
    environment = os.environ | MINE | {"PLAYGROUND_MAX_PARAMETERS": "77000000"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.split("\n")[0] == "inf 77000000 {}"
