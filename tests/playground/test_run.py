"""Runs: deterministic, honest about divergence, live settings."""

from __future__ import annotations

import math
import threading

import pytest
import torch

from playground.runs import archive, evaluation
from playground.runs.run import Diverged, Run, RunConfig
from playground.runs.slices import whole
from playground.runs.training import Training, learning_rate, optimizers

SMALL = {
    "model": {
        "layers": 1,
        "width": 16,
        "attention": {"kind": "MHA", "heads": 2},
        "feed_forward": {"kind": "dense", "hidden": 32},
    },
    "task": {"kind": "reverse", "length": 4, "symbols": 8},
    "training": {"batch": 8, "examples": 32, "steps": 200},
}


def run_of(**changes) -> Run:
    return Run(RunConfig.model_validate({**SMALL, **changes}))


def losses(run: Run, steps: int) -> list[float]:
    return [m.loss for m in run.train(steps)]


@pytest.mark.parametrize("dropout", [0.0, 0.2], ids=["without dropout", "with dropout"])
def test_the_same_config_and_seed_give_identical_losses_for_200_steps(dropout):
    model = {**SMALL["model"], "dropout": dropout}
    first, second = losses(run_of(model=model), 200), losses(run_of(model=model), 200)
    assert first == second
    assert losses(run_of(model=model, seed=1), 20) != first[:20]  # null check: the seed matters


def test_two_runs_in_two_threads_at_once_equal_the_same_runs_alone():
    alone = [losses(run_of(seed=s), 200) for s in (0, 1)]
    together: dict[int, list[float]] = {}
    threads = [threading.Thread(target=lambda s=s: together.update({s: losses(run_of(seed=s), 200)})) for s in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[0], together[1]] == alone


def test_a_run_learns_and_its_validation_equals_a_slow_count():
    run = run_of(training={**SMALL["training"], "lr": 0.01, "steps": 150, "batch": 32})
    before = run.evaluate()
    for _ in run.train():
        pass
    after = run.evaluate()
    assert after.accuracy > before.accuracy + 0.3
    with torch.no_grad():
        logits = run.model(run.held_out.ids_BT).logits_BTV
    pairs = [
        (int(p), int(t))
        for p, t in zip(logits.argmax(-1).flatten(), run.held_out.targets_BT.flatten(), strict=True)
        if t != -100
    ]
    assert after.accuracy == pytest.approx(sum(p == t for p, t in pairs) / len(pairs))


def test_validation_examples_never_appear_in_training():
    run = run_of()
    held_out = {tuple(row) for row in run.held_out.ids_BT[:, :4].tolist()}
    seen = set()
    for _ in range(100):
        seen |= {tuple(row) for row in run.task.batch(64, run.data, run.topology).ids_BT[:, :4].tolist()}
    assert seen
    assert not seen & held_out


def test_a_live_setting_acts_at_the_next_step_and_leaves_a_mark():
    run, twin = run_of(), run_of()
    same = losses(run, 10) == losses(twin, 10)
    run.retune(lr=0.03)
    assert same
    assert losses(run, 1) == losses(twin, 1)  # the loss of this step was measured before the new rate moved anything
    assert losses(run, 5) != losses(twin, 5)
    assert [(m.step, m.text) for m in run.history.marks] == [(10, "learning rate 0.003 → 0.03")]


def test_a_drag_leaves_one_mark_from_the_value_before_it():
    run = run_of()
    run.retune(lr=0.004, mark=False)
    run.retune(lr=0.005, mark=False)
    run.retune(lr=0.006)
    assert [m.text for m in run.history.marks] == ["learning rate 0.003 → 0.006"]


def test_a_setting_that_is_not_live_is_refused():
    with pytest.raises(ValueError, match="batch is not live"):
        run_of().retune(batch=4)


def test_divergence_stops_with_the_step_and_the_last_finite_values():
    run = run_of(training={**SMALL["training"], "lr": 10.0, "optimizer": "SGD", "beta1": 0.99, "warmup": 0})
    with pytest.raises(
        Diverged, match=r"Stopped at step \d+: the (loss|gradient) is not a finite number\. Last finite: loss"
    ):
        losses(run, 500)
    assert run.diverged is not None
    assert run.diverged.step == run.step + 1
    assert math.isfinite(run.history.metrics[-1].loss)


def test_clipping_bounds_the_update_but_reports_the_whole_norm():
    free, clipped = (
        run_of(training={**SMALL["training"], "optimizer": "SGD"}),
        run_of(training={**SMALL["training"], "optimizer": "SGD", "clip": 1e-3}),
    )
    start = [p.clone() for p in clipped.model.parameters()]
    norms = [next(r.train(1)).gradient_norm for r in (free, clipped)]
    moved = math.sqrt(sum(((p - q) ** 2).sum().item() for p, q in zip(clipped.model.parameters(), start, strict=True)))
    assert norms[0] == norms[1]
    rate = learning_rate(clipped.training, 0)
    assert moved <= rate * 1.01e-3 + rate * 0.01 * math.sqrt(sum((q**2).sum().item() for q in start))


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_every_optimizer_lowers_the_loss(optimizer):
    run = run_of(
        training={**SMALL["training"], "optimizer": optimizer, "lr": 0.1 if optimizer == "SGD" else 0.01, "batch": 32}
    )
    found = losses(run, 80)
    assert sum(found[-10:]) < 0.95 * sum(found[:10])


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_every_parameter_is_in_exactly_one_group(optimizer):
    run = run_of()
    built = optimizers(run.model, Training(optimizer=optimizer))
    held = [p for o in built for g in o.param_groups for p in g["params"]]
    assert sum(p.numel() for p in held) == sum(p.numel() for p in run.model.parameters())
    for p in run.model.parameters():
        of = [q for q in held if q.data_ptr() <= p.data_ptr() < q.data_ptr() + 4 * q.numel()]
        assert len(of) == 1
        assert of[0] is p or (p.grad is not None and of[0].grad is not None)


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        ("constant", 5, 0.6),
        ("constant", 500, 1.0),
        ("linear", 55, 0.5),
        ("linear", 100, 0.0),
        ("cosine", 100, 0.1),
        ("cosine", 55, 0.55),
    ],
)
def test_schedules_pass_through_their_closed_form(schedule, step, expected):
    training = Training(lr=1.0, warmup=10, steps=100, schedule=schedule)
    assert learning_rate(training, step) == pytest.approx(expected)


def test_the_task_fixes_vocabulary_and_context_and_a_contradiction_is_refused():
    config = RunConfig.model_validate(SMALL)
    task = config.task.build()
    assert (config.model.vocab, config.model.context) == (len(task.vocabulary), task.context("decoder-only"))
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ValueError, match="leave it out"):
        RunConfig.model_validate({**SMALL, "model": {**SMALL["model"], "vocab": 999}})


def test_a_device_that_is_not_there_falls_back_with_a_sentence():
    missing = "cuda" if not torch.cuda.is_available() else "mps"
    run = run_of(device=missing)
    assert run.place.device.type == "cpu"
    assert missing.upper() in run.place.sentence


@pytest.mark.parametrize("updates", [0, 1, 3])
def test_step_0_measured_after_updates_has_the_numbers_of_the_model_as_it_began(updates):
    now, later = run_of(), Run(RunConfig.model_validate(SMALL), measured="later")
    for run in (now, later):
        losses(run, updates)
    assert later.unmeasured
    assert [s.step for s in later.history.snapshots] == [s.step for s in now.history.snapshots]
    weights = [p.clone() for p in later.model.parameters()]
    later.measure_beginning()
    assert later.history.metrics == now.history.metrics
    assert not later.unmeasured
    assert all(torch.equal(old, p) for old, p in zip(weights, later.model.parameters(), strict=True))
    assert losses(later, 3) == losses(now, 3)


MEASURED = {**SMALL, "training": {**SMALL["training"], "evaluate_every": 2}}


def half_measured() -> Run:
    """A run at step 2, of whose held-out examples one has been measured."""
    run = Run(RunConfig.model_validate(MEASURED))
    run.advance()
    run.slices = run.advancing()  # type: ignore[attr-defined]  # kept: it is suspended, and not over
    next(run.slices)  # type: ignore[attr-defined]
    assert (run.step, run.history.metrics[-1].validation_loss) == (2, None)
    return run


@pytest.fixture
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(evaluation, "PIECE", 1.0)


def test_held_out_examples_in_pieces_have_the_numbers_of_all_at_once(monkeypatch):
    run = run_of()
    at_once = run.evaluate()
    monkeypatch.setattr(evaluation, "PIECE", 1.0)
    steps, slices = evaluation.measuring(run.model, run.held_out), 0
    for _ in steps:
        slices += 1
    assert slices == 31  # between 32 examples
    assert run.evaluate() == pytest.approx(at_once, rel=1e-5)
    run.model.requires_grad_(True)
    assert whole(run.advancing()) == run.history.metrics[-1]


LEAVING = {
    "closing": lambda run: run.slices.close(),
    "a live setting": lambda run: run.retune(lr=0.5),
    "a fork": lambda run: run.fork(),
    "a file": archive.dump,
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_what_is_left_to_measure_is_measured_before_the_run_is_left(leave, one_at_a_time):
    run, undisturbed = half_measured(), Run(RunConfig.model_validate(MEASURED))
    losses(undisturbed, 2)
    leave(run)
    assert run.history.metrics == undisturbed.history.metrics
    assert run.history.metrics[-1].validation_loss is not None
    assert list(run.slices) == []
    run.advance()
    assert run.step == 3
