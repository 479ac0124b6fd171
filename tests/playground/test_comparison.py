"""Variants are named by their difference, matched by cost, and trained on the same batches by remote jobs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from models import Transformer
from models.cost import cost
from playground.comparison import results
from playground.comparison.finding import finding
from playground.comparison.matching import NUMBERS, WHATS, match
from playground.comparison.ready import READY
from playground.comparison.runner import Runner
from playground.comparison.trials import Trials
from playground.comparison.variants import Variant, changed, check, variant
from playground.comparison.work import flops_per_example, lengths
from playground.runs.archive.format import dump
from playground.runs.run import Run, RunConfig
from playground.settings.presets import PRESETS
from playground.tasks.forward import forward
from playground.wording import percent
from tests.playground.remote import LocalAnywhere

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
    base, *others = (v.config for v in READY[name].variants())

    def number(config):
        return NUMBERS[what][0](cost(config.model), lengths(config))

    goal = number(base)
    for other in others:
        found, sentence = match(base, other, what)
        now = number(found)
        assert abs(now - goal) <= abs(number(other) - goal)
        assert found == other or "width" in sentence
        assert abs(now / goal - 1) < 0.05 or sentence.startswith("Not matched.")


def test_the_work_of_topologies_is_compared_by_the_example():
    """An encoder-decoder reads each token of source and answer once, by one of its stacks."""
    found = {}
    for config in (each.config for each in READY["topologies"].variants()):
        topology = config.model.topology
        found[topology] = flops_per_example(cost(config.model), lengths(config))
        batch = config.task.build().batch(1, torch.Generator().manual_seed(0), topology)
        with FlopCounterMode(display=False) as counted, torch.no_grad():
            forward(Transformer(config.model, seed=0), batch)
        assert found[topology] == pytest.approx(counted.get_total_flops(), rel=0.1), topology
    assert found["encoder-decoder"] < min(found["decoder-only"], found["encoder-only"])


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
        ({"training.examples": 64}, "tested on 32 and 64 held-out examples"),
        ({}, "the same run"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        check([BASE, changed(BASE, changes)])


def test_one_variant_or_five_are_no_comparison():
    with pytest.raises(ValueError, match="2 to 4 variants"):
        check([BASE])


@pytest.fixture(scope="module")
def anywhere() -> LocalAnywhere:
    return LocalAnywhere()


@pytest.fixture(scope="module")
def trained(anywhere) -> Iterator[Trials]:
    trials = Trials(pair(), 2, anywhere)
    try:
        trials.train(30)
        anywhere.until(lambda: min(t.step for t in trials.trials) >= 30)
        yield trials
    finally:
        trials.close()


def test_remote_jobs_train_what_one_run_trains_number_for_number(trained):
    for trial in trained.trials:
        config = trained.variants[trial.variant].config
        alone = Run(config.model_copy(update={"seed": config.seed + trial.seed}))
        list(alone.train(30))
        assert [list(m) for m in trial.metrics] == json.loads(json.dumps([list(m) for m in alone.history.metrics]))
        assert len(trial.seconds) == 30


def test_runs_stop_where_they_are_told_and_go_on(trained, anywhere):
    for _ in range(5):
        anywhere.advance()
    assert [t.step for t in trained.trials] == [30] * 4
    trained.train(40)
    anywhere.until(lambda: trained.done)
    assert [t.step for t in trained.trials] == [40] * 4


def test_a_picture_is_that_of_a_kept_step(trained, anywhere):
    trained.look(step=20, layer=0, head=1)
    assert trained.waiting
    anywhere.until(lambda: not trained.waiting)
    assert all(t.picture for t in trained.of(0)[:1] + trained.of(1)[:1])
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
    rows = list(csv.DictReader("".join(results.updates(trained)).splitlines()))
    assert [row["step"] for row in rows] == [str(step) for step in range(41)] * 4
    assert {(row["variant"], row["seed"]) for row in rows} == {(v.name, s) for v in trained.variants for s in "01"}
    assert [float(row["loss"]) for row in rows] == [m.loss for t in trained.trials for m in t.metrics]


def test_the_finding_names_only_what_all_seeds_say(trained):
    low = min(max(m.validation_accuracy or 0.0 for m in t.metrics) for t in trained.trials)
    title, text = finding(trained, threshold=low)
    assert title == f"All reach {percent(low, 0)} of held-out tokens"
    assert "mean of 2 seeds" in text
    title, _ = finding(trained, threshold=1.1)
    assert title.startswith(("Ahead", "Level", "No difference"))


def test_where_there_is_no_room_for_all_none_begins():
    anywhere = LocalAnywhere(room=1)
    with pytest.raises(ValueError, match="no room"):
        Trials(pair(), 1, anywhere)
    assert anywhere.open == []


@pytest.mark.parametrize("spec", [{"config": {"model": {"layers": 0}}}, {"config": 3}, {}])
def test_a_config_that_does_not_hold_together_is_answered_with_a_sentence(spec):
    told: list[dict] = []
    assert list(Runner(spec, b"", told.append).steps()) == []
    assert [set(each) for each in told] == [{"error"}]


def test_a_file_that_is_none_is_answered_with_a_sentence_and_nothing_is_compared():
    anywhere = LocalAnywhere()
    bad = [v._replace(file=b"no run") for v in pair()]
    trials = Trials(bad, 1, anywhere)
    anywhere.advance()
    assert trials.ended.startswith("base cannot be built:")
    assert anywhere.open == []


def test_an_error_that_nobody_expected_ends_one_run_and_is_said(monkeypatch):
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    anywhere.until(lambda: trials.built)

    def broken(self):
        raise RuntimeError("out of memory")

    trials.train(3)
    anywhere.until(lambda: trials.step == 3)
    with monkeypatch.context() as changed:
        changed.setattr(Run, "advancing", broken)
        trials.train(4)
        anywhere.until(lambda: trials.trials[0].stopped)
    trials.look(0)
    anywhere.until(lambda: not trials.waiting)  # its pictures are there
    assert "no memory left" in trials.notice
    assert all(trial.picture["step"] == 0 for trial in trials.trials)


def test_a_picture_that_cannot_be_drawn_is_said_and_the_runs_go_on():
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    anywhere.until(lambda: trials.built)
    trials.look(0, word="!!!")
    trials.train(5)
    anywhere.until(lambda: trials.step == 5 and not trials.waiting)
    assert "'!'" in trials.wrong
    trials.look(0)
    anywhere.until(lambda: not trials.waiting)
    assert (trials.wrong, trials.trials[0].stopped) == ("", "")


def test_a_run_and_its_fork_go_on_together_from_where_they_parted():
    run = Run(BASE)
    list(run.train(20))
    fork = run.fork(10, {"training.lr": 0.05})
    pair = [Variant("the run", "run", run.config, dump(run)), Variant("its fork", "fork", fork.now, dump(fork))]
    anywhere = LocalAnywhere()
    trials = Trials(pair, 1, anywhere)
    trials.train(30)
    anywhere.until(lambda: trials.step >= 30)
    list(run.train(10))
    list(fork.train(20))
    assert [m.loss for m in trials.trials[0].metrics] == [m.loss for m in run.history.metrics]
    assert [m.loss for m in trials.trials[1].metrics] == [m.loss for m in fork.history.metrics]
    assert [len(t.seconds) for t in trials.trials] == [10, 20]
    assert results.spent(trials.trials[0], 25) is None
    with pytest.raises(ValueError, match="with one seed"):
        Trials(pair, 2, anywhere)


def test_all_runs_compute_in_the_precision_that_was_found_for_the_base():
    auto = changed(BASE, {"training.precision": "auto"})
    fixed = changed(auto, {"model.layers": 1, "training.precision": "fp32"})
    trials = Trials([variant(auto, auto, "auto"), variant(auto, fixed, "fp32")], 1, LocalAnywhere())
    first, second = (trials._config(trial).training.precision for trial in trials.trials)
    assert first == trials.precision
    assert first in ("fp32", "bf16")
    assert second == "fp32"  # what was chosen is kept


@pytest.mark.parametrize("name", READY)
def test_what_is_sent_to_a_worker_is_what_is_trained(name):
    trials = Trials(READY[name].variants(seed=3), 1, anywhere := LocalAnywhere())
    sent = [RunConfig.model_validate(json.loads(json.dumps(job.spec["config"]))) for job in anywhere.jobs]
    assert {c.model_dump_json() for c in sent} == {trials._config(t).model_dump_json() for t in trials.trials}
    assert [job.spec["work"] for job in anywhere.jobs] == sorted(job.spec["work"] for job in anywhere.jobs)[::-1]
