"""Variants are named by their difference, matched by cost, and trained on the same batches by processes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from models.cost import cost
from playground.comparison import results
from playground.comparison.finding import finding
from playground.comparison.matching import NUMBERS, WHATS, match
from playground.comparison.processes import Process, shared_out
from playground.comparison.ready import READY
from playground.comparison.trials import Trials
from playground.comparison.variants import Variant, changed, check, variant
from playground.runs.archive.format import dump
from playground.runs.run import Run
from playground.settings.presets import PRESETS
from playground.wording import percent

SMALL = {
    "model.width": 16,
    "model.attention.heads": 2,
    "training.batch": 8,
    "training.examples": 32,
    "training.steps": 40,
    "training.precision": "fp32",
}
BASE = changed(PRESETS["copy"].config, SMALL)


def pair():
    return [variant(BASE, BASE, "base"), variant(BASE, changed(BASE, {"model.position.kind": "ALiBi"}), "ALiBi")]


@pytest.mark.parametrize("name", READY)
def test_every_ready_comparison_can_be_trained_and_its_names_say_what_differs(name):
    found = READY[name].variants(seed=3)
    check([v.config for v in found])
    assert found[0].name == f"{READY[name].first} (base)"
    assert all("→" in v.name for v in found[1:])
    assert len({v.label for v in found}) == len(found)
    assert {v.config.seed for v in found} == {3}


def test_a_name_is_the_difference_and_no_more():
    names = {v.label: v.name for ready in READY.values() for v in ready.variants()}
    assert names["RoPE"] == "position: learned → RoPE"
    assert names["encoder-only"] == "topology: decoder → encoder"
    assert names["GQA"] == "attention: MHA → GQA"


@pytest.mark.parametrize("what", [w for w in WHATS if w != "nothing"])
@pytest.mark.parametrize("name", READY)
def test_matching_brings_the_cost_near_the_bases_and_says_what_it_changed(name, what):
    number, _ = NUMBERS[what]
    base, *others = (v.config for v in READY[name].variants())
    goal = number(cost(base.model))
    for other in others:
        found, sentence = match(base, other, what)
        now = number(cost(found.model))
        assert abs(now - goal) <= abs(number(cost(other.model)) - goal)
        assert found == other or "width" in sentence
        assert abs(now / goal - 1) < 0.05 or sentence.startswith("Not matched.")


def test_the_match_is_the_nearest_of_all_widths():
    base, other = (v.config for v in READY["total"].variants())
    found, _ = match(base, other, "parameters")
    goal = cost(base.model).parameters
    widths = {h: cost(changed(other, {"model.feed_forward.hidden": h}).model).parameters for h in range(1, 80)}
    assert found.model.feed_forward.hidden == min(widths, key=lambda h: abs(widths[h] - goal))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"task.length": 5}, "different tasks"),
        ({"training.batch": 16}, "batch sizes are 8 and 16"),
        ({"training.examples": 64}, "tested on 32 and 64 unseen examples"),
        ({}, "the same run"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        check([BASE, changed(BASE, changes)])


def test_one_variant_or_five_are_no_comparison():
    with pytest.raises(ValueError, match="2 to 4 variants"):
        check([BASE])


def test_work_is_shared_out_evenly():
    assert shared_out([5, 1, 1, 3], 2) == [0, 1, 1, 1]
    assert sorted(shared_out([1.0] * 6, 3)) == [0, 0, 1, 1, 2, 2]


@pytest.fixture(scope="module")
def trained() -> Iterator[Trials]:
    trials = Trials(pair(), seeds=2, processes=2)
    try:
        trials.train(30)
        wait(trials, lambda: min(t.step for t in trials.trials) >= 30)
        yield trials
    finally:
        trials.close()


def wait(trials: Trials, until) -> None:
    with trials.changed:
        assert trials.changed.wait_for(lambda: until() or trials.ended, 60)
    assert not trials.ended


def test_processes_train_what_one_run_trains_number_for_number(trained):
    for trial in trained.trials:
        config = trained.variants[trial.variant].config
        alone = Run(config.model_copy(update={"seed": config.seed + trial.seed}))
        list(alone.train(30))
        assert [list(m) for m in trial.metrics] == json.loads(json.dumps([list(m) for m in alone.history.metrics]))
        assert len(trial.seconds) == 30


def test_runs_stop_where_they_are_told_and_go_on(trained):
    before = [t.step for t in trained.trials]
    assert before == [30] * 4
    trained.train(40)
    wait(trained, lambda: trained.done)
    assert [t.step for t in trained.trials] == [40] * 4


def test_a_picture_is_that_of_a_kept_step(trained):
    trained.look(step=20, layer=0, head=1)
    wait(trained, lambda: all(t.picture for t in trained.of(0)[:1] + trained.of(1)[:1]))
    first = trained.trials[0].picture
    assert (first["step"], first["layer"], first["head"]) == (20, 0, 1)
    assert first["tokens"][first["cut"]] == "→"
    assert len(first["predicted"]) == len(first["tokens"]) - first["cut"]


def test_results_are_those_of_the_metrics(trained):
    low = min(max(m.validation_accuracy or 0.0 for m in t.metrics) for t in trained.trials)
    assert low > 0
    for v, row in enumerate(results.results(trained, threshold=low)):
        runs = trained.of(v)
        seen = [[m for m in t.metrics if m.validation_loss is not None] for t in runs]
        assert row.loss.mean == pytest.approx(sum(s[-1].validation_loss for s in seen) / 2)
        assert row.loss.seeds == 2
        assert row.steps.mean == pytest.approx(
            sum(next(m.step for m in s if m.validation_accuracy >= low) for s in seen) / 2
        )
        assert row.parameters == cost(trained.variants[v].config.model).parameters
    assert all(row.steps is None and row.seconds is None for row in results.results(trained, threshold=1.1))
    band = results.band(trained.of(0), "validation_loss")
    assert (band.low <= band.mean).all()
    assert (band.mean <= band.high).all()
    assert band.steps.tolist() == [0, 20, 40]
    assert len(results.frame(trained)) == 4 * 41


def test_the_finding_names_only_what_all_seeds_say(trained):
    low = min(max(m.validation_accuracy or 0.0 for m in t.metrics) for t in trained.trials)
    title, text = finding(trained, threshold=low)
    assert title == f"All reach {percent(low, 0)} of unseen tokens"
    assert "mean of 2 seeds" in text
    title, _ = finding(trained, threshold=1.1)
    assert title.startswith(("Ahead", "Level", "No difference"))


def test_a_process_that_dies_is_said():
    heard: list[dict] = []
    process = Process(heard.append)
    process.process.kill()
    end = time.monotonic() + 20
    while {"ended": True} not in heard and time.monotonic() < end:
        time.sleep(0.02)
    assert {"ended": True} in heard
    process.order("rest")  # nothing happens
    process.close()


def test_a_config_that_does_not_hold_together_is_answered_with_a_sentence():
    heard: list[dict] = []
    process = Process(heard.append)
    process.order("build", id=0, config={"model": {"layers": 0}})
    end = time.monotonic() + 60
    while not heard and time.monotonic() < end:
        time.sleep(0.02)
    process.close()
    assert "error" in heard[0]


def test_a_run_and_its_fork_go_on_together_from_where_they_parted():
    run = Run(BASE)
    list(run.train(20))
    fork = run.fork(10, {"training.lr": 0.05})
    pair = [Variant("the run", "run", run.config, dump(run)), Variant("its fork", "fork", fork.now, dump(fork))]
    trials = Trials(pair, processes=1)
    try:
        trials.train(30)
        wait(trials, lambda: trials.step >= 30)
    finally:
        trials.close()
    list(run.train(10))
    list(fork.train(20))
    assert [m.loss for m in trials.trials[0].metrics] == [m.loss for m in run.history.metrics]
    assert [m.loss for m in trials.trials[1].metrics] == [m.loss for m in fork.history.metrics]
    assert [len(t.seconds) for t in trials.trials] == [10, 20]
    assert results.spent(trials.trials[0], 25) is None
    with pytest.raises(ValueError, match="with one seed"):
        Trials(pair, seeds=2)


def test_all_runs_compute_in_the_precision_that_was_found_for_the_base():
    auto = changed(BASE, {"training.precision": "auto"})
    fixed = changed(auto, {"model.layers": 1, "training.precision": "fp32"})
    trials = Trials([variant(auto, auto, "auto"), variant(auto, fixed, "fp32")], processes=1)
    try:
        first, second = (trials._config(trial).training.precision for trial in trials.trials)
    finally:
        trials.close()
    assert first == trials.precision
    assert first in ("fp32", "bf16")
    assert second == "fp32"  # what was chosen is kept
