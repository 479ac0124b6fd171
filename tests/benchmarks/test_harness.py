"""The harness counts right; the clock is a fake one, for nothing here may depend on how fast the machine is."""

import pytest

from tests.benchmarks.harness import Case, measure, table


class Clock:
    """Time passes only when a candidate says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.called: list[float] = []

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.called.append(seconds)
        self.now += seconds


def case(clock: Clock, peer: str = "slow") -> Case:
    return Case("Work", peer, {"slow": lambda: clock.work(0.02), "fast": lambda: clock.work(0.005)})


def test_time_per_call_and_ratio_to_the_peer_are_right():
    clock = Clock()
    slow, fast = measure(case(clock), rounds=4, clock=clock)
    assert (slow.name, fast.name) == ("slow", "fast")
    assert slow.seconds == pytest.approx((0.02,) * 3)
    assert fast.seconds == pytest.approx((0.005,) * 3)
    assert slow.ratio == pytest.approx((1, 1, 1))
    assert fast.ratio == pytest.approx((0.25,) * 3)


def test_candidates_take_turns_in_changing_order():
    clock = Clock()
    list(measure(case(clock), rounds=20, clock=clock))
    turns = [tuple(clock.called[i : i + 2]) for i in range(4, len(clock.called), 2)]
    assert set(turns) == {(0.02, 0.005), (0.005, 0.02)}


def test_the_table_names_the_peer_and_shows_medians_with_quartiles():
    clock = Clock()
    lines = table(case(clock), measure(case(clock), rounds=4, clock=clock)).splitlines()
    assert lines[2] == "| | CPU ms per call | × slow |"
    assert lines[-1] == "| fast | 5.000 (5.000 to 5.000) | 0.25 (0.25 to 0.25) |"


def test_an_unknown_peer_is_refused():
    with pytest.raises(ValueError, match="peer must be one of"):
        list(measure(case(Clock(), peer="best"), clock=Clock()))
