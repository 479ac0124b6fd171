"""The line for the cores."""

from __future__ import annotations

import threading

from playground.workers.slots import Slots


def test_slots_go_to_those_who_came_first_and_the_others_know_their_place():
    slots = Slots(2)
    assert [slots.ask(name) for name in "abcd"] == [0, 0, 1, 2]
    assert [slots.ask(name) for name in "abcd"] == [0, 0, 1, 2]  # asking again changes nothing


def test_the_next_in_line_follows_and_nobody_jumps_the_line():
    slots = Slots(1)
    assert [slots.ask(name) for name in "abc"] == [0, 1, 2]
    slots.leave("a")
    assert slots.ask("c") == 1  # b is next, although c asked first
    assert slots.ask("b") == 0
    assert slots.ask("a") == 2


def test_who_leaves_the_line_gives_up_the_place():
    slots = Slots(1)
    for name in "abc":
        slots.ask(name)
    slots.leave("b")
    assert slots.ask("c") == 1
    slots.leave("nobody")
    assert slots.ask("c") == 1


def test_a_full_line_turns_away_and_lets_in_again():
    slots = Slots(1, longest=2)
    assert [slots.ask(name) for name in "abcd"] == [0, 1, 2, -1]
    slots.leave("d")
    slots.leave("a")
    assert slots.ask("b") == 0
    assert slots.ask("d") == 2


def test_never_more_hold_a_slot_than_there_are():
    slots, holding, most, lock = Slots(3, longest=100), set(), [0], threading.Lock()

    def visit(name: int) -> None:
        while slots.ask(name):
            pass
        with lock:
            holding.add(name)
            most[0] = max(most[0], len(holding))
        with lock:
            holding.discard(name)
        slots.leave(name)

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3
    assert slots.ask("last") == 0
