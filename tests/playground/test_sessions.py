"""Sessions by token: they survive a reload, are taken over by the newest tab, and are freed when nobody comes back."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from playground.visitors import sessions as module
from playground.visitors.sessions import IDLE, KEPT, Sessions
from tests.playground.small import TINY, tiny

TOKEN, OTHER = "0123456789abcdef" * 2, "f" * 32


def test_a_reload_finds_its_session_again_paused():
    sessions = Sessions()
    first = sessions.attach("tab 1", TOKEN)
    first.running = True
    sessions.leave("tab 1")
    assert not first.running
    assert sessions.attach("tab 2", TOKEN) is first
    assert first.gone is None
    assert sessions.of("tab 2") is first
    assert len(sessions) == 1


def test_a_token_belongs_to_the_newest_tab_and_the_late_farewell_of_the_old_one_does_nothing():
    sessions = Sessions()
    session = sessions.attach("old", TOKEN)
    sessions.attach("new", TOKEN)
    sessions.leave("old")
    assert session.gone is None
    assert sessions.sweep(time.monotonic() + KEPT + 1) == 0
    assert sessions.of("new") is session
    assert sessions.of("old") is not session


@pytest.mark.parametrize("token", [None, "", "x" * 32, TOKEN + "0", TOKEN.upper(), 7, ["a"], {"a": 1}], ids=repr)
def test_what_is_no_token_gets_a_session_of_its_own(token):
    sessions = Sessions()
    mine = sessions.attach("mine", token)
    assert sessions.attach("other", token) is not mine
    assert sessions.of("mine") is mine


def test_attaching_stops_the_loop_that_trains_for_the_old_page():
    sessions = Sessions()
    session = sessions.attach("old", TOKEN)
    session.claim(1)
    session.running = True
    sessions.attach("new", TOKEN)
    assert not session.running
    assert session.intent != 1


def test_what_nobody_comes_back_to_is_freed_after_a_minute_with_its_model():
    sessions = Sessions()
    session = sessions.attach("tab", TOKEN)
    for path, value in TINY.items():
        session.edit(path, value)
    model = weakref.ref(session.start().model)
    sessions.leave("tab")
    gone = session.gone or 0.0
    assert sessions.sweep(gone + KEPT - 0.1) == 0
    assert model() is not None
    assert sessions.sweep(gone + KEPT) == 1
    gc.collect()
    assert model() is None  # although the session itself is still in someone's hands
    assert len(sessions) == 0
    assert sessions.attach("tab", TOKEN) is not session


@pytest.mark.parametrize("part", ["", "compare", "words"])
def test_an_open_tab_is_freed_after_an_hour_without_a_touch_unless_it_trains(part):
    sessions = Sessions()
    session = sessions.attach("tab", TOKEN)
    trains = getattr(session, part) if part else session
    trains.running = True
    assert sessions.sweep(session.seen + IDLE + 1) == 0
    trains.running = False
    assert sessions.sweep(session.seen + IDLE - 1) == 0
    assert sessions.sweep(session.seen + IDLE + 1e-3) == 1
    assert sessions.of("tab") is not session  # made anew at the next touch


def test_a_touch_keeps_an_open_tab():
    sessions = Sessions()
    session = sessions.attach("tab", TOKEN)
    session.seen -= IDLE
    assert sessions.of("tab") is session
    assert sessions.sweep() == 0


def test_when_there_are_too_many_the_one_gone_longest_makes_room(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    sessions = Sessions()
    kept = [sessions.attach(f"tab {i}", f"{i:032x}") for i in range(3)]
    sessions.leave("tab 1")
    new = sessions.attach("tab 3", OTHER)
    assert len(sessions) == 3
    assert [sessions.of(f"tab {i}") for i in (0, 2, 3)] == [kept[0], kept[2], new]
    kept[0].seen, kept[2].seen = new.seen - 2, new.seen - 1
    sessions.attach("tab 4", "e" * 32)
    assert len(sessions) == 3
    assert sessions.of("tab 2") is kept[2]
    assert sessions.of("tab 3") is new


def test_many_tabs_at_once_get_one_session_per_token():
    sessions, found = Sessions(), {}

    def visit(i: int) -> None:
        found[i] = sessions.attach(f"tab {i}", f"{i % 4:032x}")

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 4
    assert {found[i] is found[i % 4] for i in range(24)} == {True}


def test_sweeping_goes_on_by_itself():
    sessions = Sessions()
    sessions.attach("tab", TOKEN)
    sessions.leave("tab")
    sessions._by_token[TOKEN].gone = time.monotonic() - KEPT
    thread = module.keep_sweeping(sessions.sweep, every=0.01)
    until = time.monotonic() + 5
    while len(sessions) and time.monotonic() < until:
        time.sleep(0.01)
    assert len(sessions) == 0
    assert thread.daemon


def test_all_shelves_together_are_bounded_and_whoever_was_seen_last_keeps_theirs(monkeypatch):
    sessions, runs = Sessions(), [tiny("copy").start() for _ in range(3)]
    for i, run in enumerate(runs):
        session = sessions.attach(f"tab{i}", f"{i}" * 32)
        session.shelf.add(run, "copy")
        session.seen += i
    each = sessions.of("tab0").shelf.bytes()
    sessions.of("tab0").seen -= 10
    monkeypatch.setattr(module, "SHELVES", 2 * each)
    sessions.sweep()
    assert [len(sessions.of(f"tab{i}").shelf.kept) for i in range(3)] == [0, 1, 1]
    monkeypatch.setattr(module, "SHELVES", 0)
    sessions.sweep()
    assert [len(sessions.of(f"tab{i}").shelf.kept) for i in range(3)] == [0, 0, 0]
