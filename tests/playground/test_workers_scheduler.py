"""Turns go by computing time used: equal shares for unequal steps, newcomers first, nothing for idle jobs."""

from playground.workers.scheduler import HIDDEN, IDLE, LEAD, REST, SLICE, Scheduler, Turn


class Clock:
    """Time that passes only where somebody computes."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def made(clock, step, steps=10**9, first=1):
    """One whose every step takes so long; `done` counts them, and there is something to draw after the `first`."""
    turn = Turn(lambda: True)
    turn.done = 0

    def advance():
        clock.now += step
        turn.done += 1
        if turn.done >= first:
            turn.shown()
        return turn.done < steps

    turn.advance = advance
    return turn


def run(scheduler, clock, seconds):
    until = clock.now + seconds
    while clock.now < until:
        turn = scheduler.next()
        if turn is None:
            clock.now += scheduler.wait() or until - clock.now
        else:
            scheduler.run(turn)


def test_short_and_long_steps_get_the_same_time():
    clock = Clock()
    scheduler, turns = Scheduler(clock), [made(clock, step) for step in (0.001, 0.005, 0.02, 0.4)]
    for turn in turns:
        scheduler.add(turn)
    run(scheduler, clock, 60)
    used = [turn.used for turn in turns]
    assert max(used) - min(used) <= 0.5  # one step of the longest, or the lead of the first picture


def test_twenty_equal_ones_do_equally_much():
    clock = Clock()
    scheduler, turns = Scheduler(clock), [made(clock, 0.008) for _ in range(20)]
    for turn in turns:
        scheduler.add(turn)
    run(scheduler, clock, 60)
    assert min(turn.done for turn in turns) >= 0.95 * max(turn.done for turn in turns)


def test_a_newcomer_goes_first_and_owes_nothing_for_the_time_before():
    clock = Clock()
    scheduler, old = Scheduler(clock), made(clock, 0.01)
    scheduler.add(old)
    run(scheduler, clock, 30)
    new, before = made(clock, 0.01, first=30), old.done
    scheduler.add(new)
    run(scheduler, clock, 0.3)
    assert new.done >= 25
    assert old.done - before <= 5
    run(scheduler, clock, 30)
    assert abs(new.used - old.used) < 0.5  # it did not catch up with 30 s


def test_first_pictures_come_one_after_the_other_and_not_all_at_the_end():
    clock = Clock()
    scheduler, old = Scheduler(clock), made(clock, 0.01)
    scheduler.add(old)
    run(scheduler, clock, 5)
    news, seen = [made(clock, 0.05, first=4) for _ in range(10)], {}
    for turn in news:
        scheduler.add(turn)
        clock.now += 0.001
    began = clock.now
    while len(seen) < 10:
        turn = scheduler.next()
        scheduler.run(turn)
        if turn.done == 4 and turn in news:  # its first picture
            seen[news.index(turn)] = clock.now - began
    assert list(seen) == [*range(10)]
    assert abs(seen[4] - 1.0) < 0.1, "a picture takes .2 s, and five of them a second"


def test_pressing_again_and_again_is_no_way_to_more_than_a_share():
    clock = Clock()
    for first in (1, 10**9):  # also where it never has anything to draw
        scheduler, honest, pushy = Scheduler(clock), made(clock, 0.01), made(clock, 0.01, first=first)
        scheduler.add(honest)
        for _ in range(200):
            scheduler.add(pushy)
            run(scheduler, clock, 0.1)
        assert pushy.used - honest.used < (0.2 if first == 1 else LEAD + 0.1)


def test_a_hidden_tab_computes_slowly_and_never_stops():
    clock = Clock()
    scheduler, seen, hidden = Scheduler(clock), made(clock, 0.01), made(clock, 0.01)
    hidden.weight = HIDDEN
    for turn in (seen, hidden):
        scheduler.add(turn)
    run(scheduler, clock, 60)
    assert 0.8 * HIDDEN < seen.done / hidden.done < 1.2 * HIDDEN


def test_one_that_only_looks_whether_there_is_something_to_do_costs_nothing():
    clock = Clock()
    scheduler, idle, busy = Scheduler(clock), made(clock, IDLE / 10), made(clock, 0.01)
    for turn in (idle, busy):
        scheduler.add(turn)
    run(scheduler, clock, 10)
    assert busy.used > 9.8
    scheduler.remove(busy)
    scheduler.run(idle)
    assert scheduler.next() is None
    assert 0 < scheduler.wait() <= REST


def test_a_turn_ends_after_its_slice_or_with_its_last_step():
    clock = Clock()
    scheduler, turn = Scheduler(clock), made(clock, 0.004)
    scheduler.add(turn)
    assert scheduler.run(turn)
    assert SLICE <= clock.now < SLICE + 0.005
    last = made(clock, 0.001, steps=3)
    scheduler.add(last)
    assert not scheduler.run(last)
    assert last not in scheduler.turns
    assert last.done == 3
