"""What a run keeps of its experts: every update or every second one, never an average, and little of it."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest
import torch

from playground.measures.routing import Information
from playground.runs import loads as module
from playground.runs.history import Snapshot
from playground.runs.loads import LOSSES, Loads, Routed, compact, penalties, size
from playground.tasks.base import Batch
from playground.tasks.forward import forward
from tests.playground.mixed import MOE, mixed, routing
from tests.playground.small import trained

WEIGHTS = {"balance__auxiliary": 0.3, "balance__z": 0.02, "balance__device": 0.7, "balance__communication": 0.05}


def seen(step: int, busy: int = 0) -> Routed:
    """Eight tokens, all at one of four experts."""
    ids = torch.zeros(2, 4, dtype=torch.int64)
    return Routed(step, Batch(ids, ids), ("L0",), (routing([[busy]] * 8),), (("decoder", 0),))


def test_there_is_one_row_for_each_update():
    run = mixed(7).run
    assert [u.step for u in run.history.loads.updates] == [1, 2, 3, 4, 5, 6, 7]
    assert run.history.loads.names == run.routed.names == ("L0", "L1")
    newest, routed = run.history.loads.updates[-1], run.routed.layers
    for one, seen_now in zip(newest.layers, routed, strict=True):
        assert one.demand_E.tolist() == seen_now.demand_E.tolist()
        assert one.load_E.tolist() == seen_now.load_E.tolist()
        assert dict(zip(LOSSES, one.losses, strict=True)) == pytest.approx(
            {k: v.item() for k, v in seen_now.losses.items()}
        )
    assert [bool(u.informed) for u in run.history.loads.updates] == [step == 5 for step in range(1, 8)]


def test_where_memory_runs_out_every_second_update_stays_as_it_was(monkeypatch):
    monkeypatch.setattr(module, "BUDGET", (module.OVERHEAD + 8 * 4) * 100)
    kept = Loads()
    for step in range(1, 1001):
        kept.keep(seen(step, busy=step % 3))
        assert len(kept.updates) <= 101
    steps, demand = kept.demand(0, 10**9, 10**6)
    assert kept.stride == 16
    assert steps == [*range(16, 1001, 16)]
    for step, row in zip(steps, demand, strict=True):
        assert row.tolist() == [8 * (e == step % 3) for e in range(4)]  # one expert alone: no mean of several updates


def test_what_was_measured_of_an_update_stays_beside_it():
    kept, told = Loads(), ({"task": Information(0.5, 0.1)},)
    kept.keep(seen(1), told)
    kept.keep(seen(2))
    assert [u.informed for u in kept.updates] == [told, ()]


def test_a_compact_update_holds_on_to_no_scores():
    run = mixed(3).run
    small = compact(run.routed)
    for before, after in zip(run.routed.layers, small.layers, strict=True):
        assert after.logits_NE.numel() == 0
        assert after.logits_NE.untyped_storage().nbytes() == 0  # a slice would keep the whole
        assert torch.allclose(after.probs_NE.float(), before.probs_NE, atol=1e-3)
        assert torch.equal(after.experts_NK, before.experts_NK)
    assert size(small) < size(run.routed)


def test_a_picture_counts_the_memory_of_its_update():
    picture = mixed(5).run.history.snapshots[-1]
    alone = picture._replace(routed=None)
    kept = [t for r in picture.routed.layers for t in r if isinstance(t, torch.Tensor)]
    kept += [t for t in picture.routed.batch if t is not None]
    assert picture.size() - alone.size() == size(picture.routed) == sum(t.nbytes for t in kept)


def test_the_history_of_a_mixture_stays_within_its_budget():
    run = mixed().run
    run.history.budget = budget = 4 * (run.history.snapshots[0].size() + 8000)
    for _ in run.train(60):
        pass
    assert run.history.held == sum(s.size() for s in run.history.snapshots) <= budget
    assert isinstance(run.history.snapshots[-1], Snapshot)
    assert run.history.routed(0).step > 0  # there was no update before the first
    assert run.history.routed(10**6).step == 60


def test_nothing_that_is_kept_holds_on_to_a_graph():
    run = mixed(5).run
    tensors = [t for r in run.routed.layers for t in (*r, *r.losses.values()) if isinstance(t, torch.Tensor)]
    assert tensors
    assert not any(t.requires_grad or t.grad_fn for t in tensors)


def test_the_penalty_is_the_weighted_sum_of_all_layers_losses():
    run = mixed(4, experts=4, devices=2, **WEIGHTS).run
    weights = {name.removeprefix("balance__"): weight for name, weight in WEIGHTS.items()}
    by_hand = sum(
        weights[name] * one.losses[i] for one in run.history.loads.updates[-1].layers for i, name in enumerate(LOSSES)
    )
    assert run.history.metrics[-1].penalty == pytest.approx(by_hand, rel=1e-5)
    assert by_hand > 0.5
    assert run.history.metrics[0].penalty == 0  # before the first update


def test_the_penalty_is_trained_for_and_is_no_part_of_the_loss():
    free, asked = mixed(1, balance__auxiliary=0.0).run, mixed(1, balance__auxiliary=5.0).run
    assert free.history.metrics[1].loss == asked.history.metrics[1].loss
    assert free.history.metrics[1].penalty == 0 < asked.history.metrics[1].penalty
    routers = [run.model.state_dict()["decoder.blocks.0.feed_forward.router.router.weight"] for run in (free, asked)]
    assert not torch.equal(*routers)


def test_a_dense_run_has_no_loads_and_no_penalty():
    run = trained(5, "copy").run
    assert run.routed is None
    assert run.history.loads == Loads()
    assert all(picture.routed is None for picture in run.history.snapshots)
    assert {m.penalty for m in run.history.metrics} == {0.0}
    assert penalties(forward(run.model, run.held_out).decoder) is None


def test_a_router_that_learns_nothing_has_loads_and_no_losses():
    run = mixed(2, router="hash", router__k=1).run
    assert run.history.loads.updates[-1].layers[0].losses == ()
    assert run.history.loads.updates[-1].layers[0].demand_E.sum() == run.routed.batch.ids_BT.numel()
    assert run.history.metrics[-1].penalty == 0


def losses(router: str, steps: int = 50) -> list[tuple[float, ...]]:
    run = mixed(router=router, router__jitter=0.2, capacity__factor=1.0, model__layers=1).run
    found = [(m.loss, m.penalty) for m in run.train(steps)]
    return [*found, *(tuple(one.demand_E.tolist()) for one in run.history.loads.updates[-1].layers)]


def test_two_mixtures_in_two_threads_at_once_equal_the_same_alone():
    alone, together = {name: losses(name) for name in ("top-k", "noisy top-k")}, {}
    threads = [threading.Thread(target=lambda name=name: together.update({name: losses(name)})) for name in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert alone["top-k"] != alone["noisy top-k"]


def biases(model) -> list[torch.Tensor]:
    return [value for name, value in model.state_dict().items() if name.endswith("bias_E")]


def test_bias_balancing_moves_each_bias_against_its_load():
    still, moved = mixed(1, balance__bias_speed=0.0).run, mixed(1, balance__bias_speed=0.01).run
    assert all(not bias.any() for bias in biases(still.model))
    for bias, seen_now in zip(biases(moved.model), moved.routed.layers, strict=True):
        over = seen_now.demand_E.float() - seen_now.demand_E.float().mean()
        assert torch.allclose(bias, -0.01 * over.sign())
        assert bias.any()


def test_a_copy_has_the_biases_and_the_live_settings():
    run = mixed(1, balance__bias_speed=0.01).run
    for _ in run.train(3):
        pass
    run.retune({f"{MOE}.router.k": 3})
    other = copy.deepcopy(run.model)
    assert other.config == run.model.config
    assert all(torch.equal(a, b) for a, b in zip(biases(other), biases(run.model), strict=True))
    there, here = (forward(model, run.held_out).decoder[0].routing for model in (other, run.model))
    assert there.experts_NK.shape[1] == 3
    assert np.array_equal(there.experts_NK, here.experts_NK)
