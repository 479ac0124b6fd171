"""The history: bounded, keeps its ends, finds the nearest picture."""

import numpy as np

from playground.runs.history import History, Snapshot


def picture(step: int, size: int = 1000) -> Snapshot:
    return Snapshot(
        step,
        {"decoder": np.zeros(size, np.float16)},
        {},
        np.zeros((1, 1, 5), np.int32),
        np.zeros((1, 1, 5), np.float16),
    )


def test_memory_stays_under_its_budget_and_the_ends_are_kept():
    history = History(budget=50_000)
    for step in range(0, 5000, 10):
        history.keep(picture(step))
        assert history.held <= 50_000
        assert history.held == sum(s.size() for s in history.snapshots)
    steps = [s.step for s in history.snapshots]
    assert steps[0] == 0
    assert steps[-1] == 4990
    assert steps == sorted(set(steps))
    assert len(steps) > 10


def test_a_newer_picture_of_the_same_step_replaces_the_older():
    history = History()
    history.keep(picture(0))
    history.keep(picture(0, size=2))
    assert [s.maps["decoder"].size for s in history.snapshots] == [2]


def test_the_nearest_picture_is_found():
    history = History()
    assert history.nearest(3) is None
    for step in (0, 10, 20):
        history.keep(picture(step))
    assert [history.nearest(s).step for s in (0, 4, 6, 19, 99)] == [0, 0, 10, 20, 20]
