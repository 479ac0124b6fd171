"""A fork is its run, bit for bit, until something is changed."""

from __future__ import annotations

import pytest
import torch

from playground.runs.archive.format import dump, read
from playground.runs.checkpoint import Checkpoints
from playground.runs.run import Run, RunConfig
from playground.settings.presets import changed
from tests.playground.test_run import SMALL, run_of

MIXED = {
    "model.width": 16,
    "model.attention.heads": 2,
    "model.feed_forward.experts": 4,
    "model.feed_forward.hidden": 16,
    "model.feed_forward.balance.bias_speed": 0.01,
    "training.batch": 8,
    "training.examples": 16,
    "task.length": 12,
    "training.precision": "fp32",
}


def state(run: Run) -> list[torch.Tensor]:
    moments = [t for o in run.optimizers for s in o.state.values() for t in s.values() if isinstance(t, torch.Tensor)]
    return [*run.model.state_dict().values(), *moments]


def same(one: Run, other: Run) -> bool:
    return one.step == other.step and all(torch.equal(a, b) for a, b in zip(state(one), state(other), strict=True))


def trained(run: Run, steps: int) -> list:
    return list(run.train(steps))


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_a_hundred_further_steps_of_a_fork_equal_its_runs(optimizer):
    run = run_of(
        model={**SMALL["model"], "dropout": 0.1}, training={**SMALL["training"], "optimizer": optimizer, "steps": 500}
    )
    trained(run, 30)
    fork = run.fork()
    assert same(run, fork)
    assert trained(run, 100) == trained(fork, 100)
    assert same(run, fork)
    trained(fork, 1)
    assert not same(run, fork)  # null check: two steps differ


@pytest.mark.parametrize("step", [0, 7, 50, 61, 99])
def test_a_fork_at_an_earlier_step_goes_the_same_way_again(step):
    run = run_of()
    run.checkpoints.every = 25
    trained(run, 100)
    fork = run.fork(step)
    assert fork.step == step == fork.parent
    assert [m.step for m in fork.history.metrics] == list(range(step + 1))
    trained(fork, 100 - step)
    assert same(run, fork)
    assert fork.history.metrics == run.history.metrics


def test_live_settings_are_followed_too_also_those_of_a_hand_that_had_not_settled():
    run = Run(changed("collapse", MIXED))
    run.checkpoints.every = 20
    trained(run, 30)
    run.retune({"model.feed_forward.balance.auxiliary": 0.1})
    trained(run, 5)
    run.retune({"training.lr": 0.02}, mark=False)
    trained(run, 2)
    run.retune({"training.lr": 0.01})
    trained(run, 13)
    assert [c.step for c in run.checkpoints.kept] == [20, 40]
    for step in (33, 36, 45):
        fork = run.fork(step)
        trained(fork, 50 - step)
        turned = fork.now.model.feed_forward == run.now.model.feed_forward
        assert turned
        assert same(run, fork) == (step > 36)  # before, the later changes are not the fork's
    assert run.fork(33).now.model.feed_forward.balance.auxiliary == 0.1
    assert run.fork(20).now.model.feed_forward.balance.auxiliary == run.config.model.feed_forward.balance.auxiliary


def test_a_fork_with_one_live_change_differs_from_that_step_on_only():
    run = run_of()
    trained(run, 40)
    fork = run.fork(25, {"training.lr": 0.03})
    trained(fork, 15)
    before, after = (
        [a == b for a, b in zip(run.history.metrics, fork.history.metrics, strict=True) if where(a.step)]
        for where in (lambda s: s <= 25, lambda s: s > 25)
    )
    assert all(before)
    assert not any(after)
    assert [m.text for m in fork.history.marks] == ["learning rate 0.003 → 0.03"]
    assert run.history.marks == []


def test_the_parent_goes_on_untouched():
    run, other = run_of(), run_of()
    trained(run, 20)
    trained(run.fork(10, {"training.lr": 0.5}), 5)
    trained(run, 20)
    trained(other, 40)
    assert same(run, other)


def test_a_rebuilding_change_keeps_every_tensor_that_fits_and_says_what_begins_anew():
    run = run_of()
    trained(run, 20)
    other = run.fork(changes={"model.position.kind": "ALiBi"})
    assert other.now.model.position.kind == "ALiBi"
    assert other.sentence == "All parameters are those of the run."
    assert all(torch.equal(a, b) for a, b in zip(state(run), state(other), strict=True))
    deeper = run.fork(changes={"model.layers": 2})
    assert "begin anew" in deeper.sentence
    old, new = run.model.state_dict(), deeper.model.state_dict()
    assert all(torch.equal(old[name], new[name]) for name in old)
    assert deeper.history.marks[-1].text == "layers 1 → 2"
    assert (deeper.step, deeper.parent) == (20, 20)
    trained(deeper, 3)
    assert deeper.step == 23


@pytest.mark.parametrize("step", [-1, 6])
def test_a_step_that_was_not_reached_is_refused(step):
    run = run_of()
    trained(run, 5)
    with pytest.raises(ValueError, match="has made 5 updates"):
        run.fork(step)


def test_values_that_do_not_fit_are_refused_with_a_sentence():
    run = run_of()
    with pytest.raises(ValueError, match="Query heads"):
        run.fork(changes={"model.attention.heads": 0})
    with pytest.raises(ValueError, match="no setting called"):
        run.fork(changes={"model.wings": 2})


def test_checkpoints_thin_themselves_out_inside_their_budget():
    run = run_of()
    one = run.state().size()
    kept = Checkpoints(every=10, budget=4 * one)
    for step in range(10, 210, 10):
        if kept.due(step):
            kept.keep(run.state()._replace(step=step))
        assert kept.size() <= kept.budget
    assert [c.step for c in kept.kept] == [80, 160]
    assert kept.before(159).step == 80
    assert kept.before(79) is None
    small = Checkpoints(every=10, budget=one - 1)
    small.keep(run.state())
    assert small.kept == []


def test_a_config_of_a_run_is_json_all_the_way():
    run = run_of()
    assert (
        RunConfig.model_validate_json(run.config.model_dump_json(exclude={"model": {"vocab", "context"}})) == run.config
    )


def test_a_run_with_another_model_is_forked_from_its_own_states_never_from_those_of_the_run_it_left():
    run = run_of()
    trained(run, 20)
    other = run.fork(changes={"model.position.kind": "ALiBi"})
    trained(other, 10)
    for step in (20, 24):
        fork = other.fork(step)
        assert fork.parent == step
        trained(fork, 30 - step)
        assert same(other, fork)
        assert fork.history.metrics == other.history.metrics
    for forked in (other, other.fork(24)):
        with pytest.raises(ValueError, match="left another at step 20"):
            forked.fork(19)


@pytest.mark.parametrize("further", [0, 10])
def test_a_file_of_a_run_with_another_model_says_where_it_began(further):
    run = run_of()
    trained(run, 20)
    other = run.fork(changes={"model.position.kind": "ALiBi"})
    trained(other, further)
    again = read(dump(other))
    assert same(again.fork(20), other.fork(20))
    with pytest.raises(ValueError, match="left another at step 20"):
        again.fork(19)


@pytest.mark.parametrize("first", [45, 50])
def test_a_fork_of_a_fork_follows_live_settings_from_the_steps_at_which_they_were_changed(first):
    run = run_of()
    run.checkpoints.every = 20
    trained(run, 30)
    run.retune({"training.lr": 0.02})
    trained(run, 20)
    fork = run.fork(first)
    assert fork.turns == run.turns == {(30, "training.lr"): 0.02}
    for step in (25, 35):
        again = fork.fork(step)
        assert same(again, run.fork(step))
        assert again.training.lr == (0.02 if step > 30 else run.config.training.lr)
