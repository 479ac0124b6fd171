"""Visitors come, press, watch, leave and return while their sessions move, sleep and crash: here with workers that are
only played, so that each thing happens at the moment that a test wants it to.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from playground.pages import chores, homes
from playground.pages import visitor as one
from playground.pages import visitors as v
from playground.pages.visitor import Refused, Visitor
from playground.visitors import folders
from playground.workers import pool as pools
from playground.workers import protocol as p
from playground.workers.budget import Budget

GONE = {"gone": True}


class Played:
    """A worker as the pool holds it. What sleeps lies in `disk`, which all of them share."""

    def __init__(self, disk: dict[str, int]):
        self.disk, self.pid = disk, os.getpid()
        self.decoder, self.heard = p.Decoder(), p.Decoder()
        self.out: asyncio.Queue[bytes] = asyncio.Queue()
        self.got: list = []
        self.training: dict[str, int] = {}  # session -> updates
        self.lives: dict[str, int] = {}
        self.full = self.ended = self.dumb = False
        self.deaf: set[str] = set()  # kinds of messages that are not answered
        self.fatal = ""  # the event that it dies of
        self.going = ["train"]

    async def join(self):
        if not self.dumb:
            self.load()

    async def receive(self):
        return await self.out.get()

    def kill(self):
        self.ended = True
        self.out.put_nowait(b"")

    async def end(self):
        self.kill()

    def say(self, message):
        if not self.ended:
            self.out.put_nowait(p.encoded(message))

    def load(self):
        self.say(p.Load({n: (int(at > 0), 1000, 0.01, self.going * (at > 0)) for n, at in self.training.items()}))

    def whole(self, name):
        return json.dumps({"life": self.lives[name], "seq": 1, "whole": True, "step": self.training[name]}).encode()

    def send(self, data):
        for message in self.heard.feed(data):
            self.got.append(message)
            kind = type(message).__name__
            if kind not in self.deaf and not self.ended:
                getattr(self, kind, lambda message: None)(message)

    def Attach(self, m):
        self.lives[m.session] = m.life
        at_rest = min(0, -self.disk.get(m.session, 0))
        self.training.setdefault(m.session, at_rest)
        if m.going:
            self.training[m.session] = abs(self.training[m.session]) or 1
        self.load()
        self.say(p.Answer(m.re, live=self.training[m.session] > 0, body=self.whole(m.session)))

    def Act(self, m):
        if m.event == self.fatal:
            self.kill()
        elif m.session not in self.training:
            self.say(p.Answer(m.re))
        else:
            if m.event in ("play", "pause"):
                self.training[m.session] = {"play": 1, "pause": -1}[m.event]
                self.load()
            self.say(p.Answer(m.re, live=self.training[m.session] > 0, body=self.whole(m.session)))

    def Rest(self, m):
        step = self.training.get(m.session, 0)
        stays = self.full and (step > 0 or not m.must)
        if not stays:
            self.disk[m.session] = abs(self.training.pop(m.session, 0))
        self.say(p.Slept(m.session, self.going * (step > 0), stays, "full" if self.full else ""))

    def acts(self):
        return [(m.n, m.event) for m in self.got if isinstance(m, p.Act)]

    def of(self, kind):
        return [m for m in self.got if isinstance(m, kind)]


class House:
    """Visitors whose workers are played."""

    def __init__(self):
        self.disk: dict[str, int] = {}
        self.started: list[Played] = []
        self.visitors = v.Visitors()
        self.visitors.homes.pool.start = self.start
        self.visitors.chores.budget = Budget(2**34, measure=lambda pid: 0, left=lambda: 2**34)

    def start(self):
        self.started.append(Played(self.disk))
        return self.started[-1]

    async def open(self, key=""):
        return json.loads(await self.visitors.attach(key, {}, "playground", "1.2.3.4"))

    async def press(self, page, event, n=None, view="transport"):
        text, *_ = await self.visitors.act(page["key"], page["page"], n, view, event, {})
        return json.loads(text)

    def visitor(self, page) -> Visitor:
        return self.visitors.homes.by_key[page["key"]]

    def at(self, page) -> Any:
        worker = self.visitor(page).worker
        return worker.process if worker else None

    def attached(self, page):
        """How the session came to its worker, if it is there."""
        found = [m for m in self.at(page).of(p.Attach) if m.session == self.visitor(page).name] if self.at(page) else []
        return found[-1] if found else None

    def watch(self, page):
        """Hold a stream; what comes is put into the list."""
        got = []

        async def hold():
            async for text in self.visitors.stream(page["key"], page["page"]):
                got.append(json.loads(text))

        task = asyncio.ensure_future(hold())
        return got, task


async def until(what: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came to be so"
        await asyncio.sleep(0.005)


@pytest.fixture
def house(tmp_path, monkeypatch) -> Callable[[Callable[[House], Awaitable[None]]], None]:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.setenv("PLAYGROUND_WORKERS", "2")
    for where, name, value in ((chores, "EVERY", 0.01), (one, "LEFT", 0.05), (homes, "PATIENCE", 0.4)):
        monkeypatch.setattr(where, name, value)

    def play(story):
        async def all_of_it():
            made = House()
            try:
                await asyncio.wait_for(story(made), 20)
            finally:
                await made.visitors.end()
                await asyncio.gather(*made.visitors.homes.pool.tasks, return_exceptions=True)

        asyncio.run(all_of_it())

    return play


# ---- presses ----
def test_presses_on_several_connections_are_carried_out_in_the_order_in_which_they_were_made(house):
    async def story(h: House):
        page = await h.open()
        await asyncio.gather(*(h.press(page, f"e{n}", n) for n in (3, 2, 5, 4, 1)))
        assert h.at(page).acts() == [(n, f"e{n}") for n in (1, 2, 3, 4, 5)]

    house(story)


def test_a_press_that_never_comes_is_not_waited_for_long(house):
    async def story(h: House):
        page, began = await h.open(), time.monotonic()
        await h.press(page, "later", 7)
        assert v.ORDER <= time.monotonic() - began < v.ORDER + 1
        await h.press(page, "late", 3)
        assert h.at(page).acts() == [(7, "later"), (3, "late")]

    house(story)


@pytest.mark.parametrize("n", [-1, 2**40, 2**80, True, None, "7", 1.5, [1]])
def test_a_number_that_is_none_is_the_next_one(house, n):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play", n)
        assert h.at(page).acts() == [(1, "play")]
        assert h.visitor(page).n == 1

    house(story)


def test_a_page_that_floods_is_told_so_and_others_are_answered(house):
    async def story(h: House):
        pages = [await h.open() for _ in range(2)]
        h.at(pages[0]).deaf.add("Act")
        flood = [asyncio.ensure_future(h.press(pages[0], "play")) for _ in range(v.PRESSES)]
        await asyncio.sleep(0.05)
        with pytest.raises(Refused, match="more than the server can answer"):
            await h.press(pages[0], "play")
        h.at(pages[0]).deaf.clear()
        assert "step" in await h.press(pages[1], "play")
        said = await asyncio.gather(*flood, return_exceptions=True)
        assert {type(each) for each in said} == {Refused}  # they were not answered in time
        assert "step" in await h.press(pages[0], "play")
        assert h.visitor(pages[0]).pressing == 0

    house(story)


# ---- who is who ----
def test_made_up_keys_open_nothing_and_make_no_session_of_that_name(house):
    async def story(h: House):
        for key in ("x" * 43, "", None, 7, ["x"], {"a": 1}, "../../etc", "é" * 43, "A" * 44):
            page = await h.open(key)
            assert page["key"] != key
            assert v.KEY.fullmatch(page["key"])
            assert await h.press({"key": key, "page": 1}, "play") == GONE
            assert not h.visitors.pulse(key, 1, 1, False, False)
        assert len(h.visitors.homes.by_key) == 9

    house(story)


def test_pages_and_what_they_saw_may_be_anything(house):
    async def story(h: House):
        page = await h.open()
        for number in (page["page"] + 1, -1, None, True, float("nan"), "1", [], {}, 2**90):
            assert await h.press({**page, "page": number}, "play") == GONE
            assert not h.visitors.pulse(page["key"], number, 1, False, False)
        for seen in (-1, 2**40, 2**90, None, "3", [], {}, 1.5, True):
            assert h.visitors.pulse(page["key"], page["page"], seen, False, False)
        assert [m.seq for m in h.at(page).of(p.Seen)] == [True]

    house(story)


def test_two_pages_of_one_key_at_once_are_one_session_and_the_older_page_is_told_so(house):
    async def story(h: House):
        first = await h.open()
        name = h.visitor(first).name
        h.visitors.pulse(first["key"], first["page"], 1, False, True)
        await until(lambda: not h.visitors.homes.by_key)
        folder = h.visitors.folder / name
        folder.mkdir(parents=True)
        (folder / folders.SESSION).write_text("{}")
        said = iter(["full", "full"])
        h.visitors.chores.budget.full = lambda *args, **more: next(said, "")
        h.visitors.chores.sleep = lambda names: asyncio.sleep(0.02)  # somebody has to go first
        one, other = await asyncio.gather(h.open(first["key"]), h.open(first["key"]))
        assert one["key"] == other["key"] == first["key"]
        assert one["page"] != other["page"]
        assert sum(name in worker.homes for worker in h.visitors.homes.pool.workers) == 1
        newer = max(one, other, key=lambda page: page["page"])
        older = min(one, other, key=lambda page: page["page"])
        assert await h.press(older, "play") == GONE
        assert "step" in await h.press(newer, "play")

    house(story)


def test_a_press_that_waits_while_another_page_opens_changes_nothing(house):
    async def story(h: House):
        old = await h.open()
        late = asyncio.ensure_future(h.press(old, "play", 9))  # waits for the ones before it
        await asyncio.sleep(0.02)
        await h.open(old["key"])
        assert await late == GONE
        assert not [m for s in h.started for m in s.of(p.Act)]

    house(story)


def test_a_page_of_an_earlier_visit_is_none_of_this_one(house):
    async def story(h: House):
        old = await h.open()
        h.visitors.homes.by_key.clear()
        h.visitors.homes.by_name.clear()
        (h.visitors.folder / Visitor(old["key"]).name).mkdir(parents=True)
        (h.visitors.folder / Visitor(old["key"]).name / folders.SESSION).write_text("{}")
        new = await h.open(old["key"])
        assert new["key"] == old["key"]
        assert await h.press(old, "play") == GONE

    house(story)


def test_a_clock_set_back_changes_nothing(house, monkeypatch):
    async def story(h: House):
        page = await h.open()
        before = time.time
        monkeypatch.setattr(time, "time", lambda: before() - 3600)
        await h.press(page, "play", 1)
        assert h.visitors.pulse(page["key"], page["page"], 1, False, False)
        folder = h.visitors.folder / h.visitor(page).name
        folder.mkdir(parents=True)
        (folder / folders.SESSION).write_text("{}")
        os.utime(folder / folders.SESSION, (before() - 3600, before() - 3600))
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await until(lambda: not h.visitors.homes.by_key)
        again = await h.open(page["key"])
        assert again["key"] == page["key"]
        assert h.attached(again).lost == ""  # and not "restart"
        assert await h.press(again, "play", 1) != GONE

    house(story)


# ---- leaving and coming back ----
def test_who_reloads_while_the_session_is_put_away_finds_it_training(house):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        worker = h.at(page)
        worker.deaf.add("Rest")
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await until(lambda: worker.of(p.Rest))
        back = asyncio.ensure_future(h.open(page["key"]))
        await asyncio.sleep(0.05)
        worker.Rest(worker.of(p.Rest)[0])
        page = await back
        assert page["key"] in h.visitors.homes.by_key
        assert h.at(page).training[h.visitor(page).name] > 0
        assert await h.press(page, "pause") != GONE
        assert sum(h.visitor(page).name in w.homes for w in h.visitors.homes.pool.workers) == 1

    house(story)


def test_a_press_of_a_visitor_who_left_meanwhile_wakes_nobody(house):
    async def story(h: House):
        page = await h.open()
        worker, visitor = h.at(page), h.visitor(page)
        worker.deaf.add("Rest")
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await until(lambda: worker.of(p.Rest))
        late = asyncio.ensure_future(h.press(page, "play"))
        await asyncio.sleep(0.02)
        h.visitors.homes.by_key.clear()
        worker.Rest(worker.of(p.Rest)[0])
        assert await late == GONE
        assert not any(visitor.name in w.homes for w in h.visitors.homes.pool.workers)

    house(story)


def test_a_sign_of_life_that_the_goodbye_overtook_does_not_undo_it(house):
    async def story(h: House):
        page = await h.open()
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        assert h.visitors.pulse(page["key"], page["page"], 1, False, False)
        await until(lambda: not h.visitors.homes.by_key)

    house(story)


def test_many_who_leave_a_slow_worker_at_once_do_not_wait_for_each_other(house):
    async def story(h: House):
        pages = [await h.open() for _ in range(8)]
        for worker in h.started:
            slow = worker.Rest
            worker.Rest = lambda m, slow=slow: asyncio.get_running_loop().call_later(0.2, slow, m)
        for page in pages:
            h.visitors.pulse(page["key"], page["page"], 1, False, True)
        began = time.monotonic()
        await until(lambda: not h.visitors.homes.by_key)
        assert time.monotonic() - began < 1

    house(story)


# ---- workers ----
def test_twenty_who_come_at_once_start_no_more_workers_than_there_are_cores(house):
    async def story(h: House):
        pages = await asyncio.gather(*(h.open() for _ in range(20)))
        assert len(h.started) == 2
        assert {len(worker.homes) for worker in h.visitors.homes.pool.workers} == {10}
        for page in pages:
            await h.press(page, "play")
        h.started[0].kill()
        h.started[1].kill()
        await until(lambda: len(h.started) >= 4 and all(h.visitor(page).worker for page in pages))
        await asyncio.sleep(0.1)
        assert len(h.started) == 4

    house(story)


def test_one_visitor_has_a_spare_worker_and_no_more(house, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_WORKERS", "16")
    monkeypatch.setattr(pools, "IDLE", 0.05)

    async def story(h: House):
        await h.open()
        await asyncio.sleep(0.3)
        assert len(h.started) == 2  # and it is not ended and started again and again

    house(story)


def test_workers_that_cannot_be_started_are_said_and_not_tried_all_the_time(house, capfd):
    async def story(h: House):
        def none():
            raise OSError("no memory")

        h.visitors.homes.pool.start = none
        with pytest.raises(Refused, match="keep ending"):
            await h.open()
        await asyncio.sleep(0.1)
        h.visitors.homes.pool.start = h.start
        assert "key" in await h.open()

    house(story)
    assert capfd.readouterr().err.count("No worker can be started") == 3


def test_a_worker_that_dies_before_it_came_up_is_not_followed_by_a_storm_of_them(house):
    async def story(h: House):
        def dumb():
            h.start().dumb = True
            return h.started[-1]

        await h.open()
        h.visitors.homes.pool.start = dumb
        await until(lambda: len(h.started) == 2)
        h.started[1].kill()
        await asyncio.sleep(0.2)
        assert len(h.started) == 2

    house(story)


def test_what_is_sent_to_a_worker_before_it_is_joined_is_not_lost(tmp_path):
    from playground.workers.process import Process

    class Unstarted(Process):
        def __init__(self):
            self.writer, self.early = None, []

    process = Unstarted()
    process.send(b"a")
    assert process.early == [b"a"]


def test_a_killed_workers_sessions_return_elsewhere_also_those_that_nobody_sees(house):
    async def story(h: House):
        seen, hidden, paused = [await h.open() for _ in range(3)]
        for page in (seen, hidden):
            await h.press(page, "play")
        got, stream = h.watch(seen)
        h.visitors.pulse(hidden["key"], hidden["page"], 1, True, False)
        life = h.visitor(seen).life
        for worker in list(h.started):
            worker.load()
        await asyncio.sleep(0.02)
        dead = [None, *h.started]
        for worker in dead[1:]:
            worker.kill()
        await until(lambda: h.at(seen) not in dead and h.at(hidden) not in dead and got and h.attached(hidden))
        assert got[-1]["whole"]
        assert got[-1]["life"] > life
        assert [h.attached(page)[-3:-1] for page in (seen, hidden)] == [(["train"], "crash")] * 2
        assert h.at(paused) is None  # it is woken by its next press, and told then
        await h.press(paused, "look")
        assert h.attached(paused)[-3:-1] == ([], "crash")
        h.visitors.pulse(seen["key"], seen["page"], 1, True, False)
        await stream

    house(story)


def test_a_job_that_is_no_training_does_not_come_back_as_training(house):
    async def story(h: House):
        page = await h.open()
        worker, name = h.at(page), h.visitor(page).name
        worker.say(p.Load({name: (1, 0, 0.0, ())}))  # word vectors, say
        await until(lambda: h.visitor(page).live)
        worker.kill()
        await until(lambda: h.visitor(page).worker is None)
        await h.press(page, "look")
        assert not h.attached(page).going

    house(story)


def test_a_press_that_a_worker_dies_of_is_not_made_again(house):
    async def story(h: House):
        page = await h.open()
        for worker in h.started:
            worker.fatal = "bomb"
        h.visitors.homes.pool.start = lambda: fatal(h.start())
        said = await h.press(page, "bomb")
        assert said["whole"]
        assert sum(worker.ended for worker in h.started) == 1
        assert [event for _, event in h.at(page).acts()] == ["whole"]

    def fatal(worker):
        worker.fatal = "bomb"
        return worker

    house(story)


def test_who_falls_twice_within_a_minute_comes_back_at_rest(house):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        first = h.at(page)
        first.kill()
        await until(lambda: h.at(page) is not first and h.attached(page) and not h.visitor(page).going)
        assert h.attached(page).going
        h.at(page).kill()  # once the session has arrived: before that, its first fall would count
        await until(lambda: h.visitor(page).worker is None)
        await asyncio.sleep(0.1)
        assert h.at(page) is None
        await h.press(page, "look")
        assert not h.attached(page).going

    house(story)


def test_a_worker_that_hangs_is_said_and_ended_and_its_sessions_return(house, monkeypatch, capfd):
    monkeypatch.setattr(pools, "HUNG", 100)

    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        worker = h.at(page)
        worker.deaf |= {"Act", "Rest", "Attach"}
        with pytest.raises(Refused, match="does not answer"):
            await h.press(page, "pause")
        await until(lambda: h.at(page) not in (None, worker), 10)
        assert worker.ended

    house(story)
    assert "does not answer and is ended" in capfd.readouterr().err


def test_a_moved_session_keeps_its_stream_with_a_whole_picture_of_a_higher_life(house):
    async def story(h: House):
        pages = [await h.open() for _ in range(4)]
        mine = [page for page in pages if h.at(page) is h.started[0]]
        assert len(mine) == 2
        await until(lambda: len(h.started) == 2)
        h.started[1].load()
        for page in mine:
            await h.press(page, "play")
        streams = [h.watch(page) for page in mine]
        lives = [h.visitor(page).life for page in mine]
        await asyncio.sleep(0.02)
        h.started[0].load()
        await until(lambda: any(h.at(page) is h.started[1] for page in mine))
        moved = next(i for i, page in enumerate(mine) if h.at(page) is h.started[1])
        await until(lambda: streams[moved][0])
        (first,) = streams[moved][0]
        assert first["whole"]
        assert first["life"] > lives[moved]
        assert first["step"] > 0
        assert not streams[moved][1].done()
        assert h.started[1].of(p.Watch)[-1] == p.Watch(h.visitor(mine[moved]).name, True, False)
        old = h.started[0]
        old.say(p.Frame(h.visitor(mine[moved]).name, lives[moved], True, b'{"old":1}'))
        await asyncio.sleep(0.05)
        assert len(streams[moved][0]) == 1  # what its old worker still says is not for it
        for page in mine:
            h.visitors.pulse(page["key"], page["page"], 1, True, False)
        await asyncio.gather(*(task for _, task in streams))

    house(story)


def test_one_with_a_comparison_in_training_does_not_move(house):
    async def story(h: House):
        pages = [await h.open() for _ in range(4)]
        h.started[0].going = h.started[1].going = ["compare"]
        for page in pages[::2]:
            await h.press(page, "play")
        for worker in h.started:
            worker.load()
        await asyncio.sleep(0.1)
        assert not [m for worker in h.started for m in worker.of(p.Rest)]

    house(story)


# ---- streams ----
def test_of_many_streams_of_one_page_the_newest_alone_is_held(house):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        held = []
        for _ in range(30):
            held.append(h.watch(page)[1])
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert [task.done() for task in held] == [True] * 29 + [False]
        h.visitors.pulse(page["key"], page["page"], 1, True, False)
        await held[-1]
        assert h.at(page).of(p.Watch)[-1].on is False

    house(story)


def test_a_stream_of_an_old_page_ends_and_one_that_is_not_known_is_told_so(house):
    async def story(h: House):
        old = await h.open()
        await h.press(old, "play")
        got, stream = h.watch(old)
        await asyncio.sleep(0.02)
        await h.open(old["key"])
        await asyncio.wait_for(stream, 1)
        assert [text async for text in h.visitors.stream(old["key"], old["page"])] == ['{"gone":true}']
        assert got == []

    house(story)


def test_a_stream_that_nobody_reads_grows_nothing(house):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        stream = h.visitors.stream(page["key"], page["page"])
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.02)
        for seq in range(500):
            h.at(page).say(p.Frame(h.visitor(page).name, 1, True, b'{"seq":%d}' % seq))
        await asyncio.sleep(0.1)
        await waiting
        assert len(h.visitor(page).frames) <= 4
        await stream.aclose()
        assert h.visitor(page).stream == 0

    house(story)


def test_a_stream_is_not_held_by_an_answer_that_came_before_the_end_of_what_it_began(house):
    async def story(h: House):
        page = await h.open()
        worker, name = h.at(page), h.visitor(page).name
        h.visitor(page).live = True  # as the answer said, read after the last frame
        got, stream = h.watch(page)
        worker.load()
        await asyncio.wait_for(stream, v.FOLLOW + 1.5)
        assert got == []
        assert worker.of(p.Watch)[-1] == p.Watch(name, False, False)

    house(story)


# ---- memory and disk ----
def test_who_trains_or_watches_is_never_put_to_sleep_for_others(house, monkeypatch):
    monkeypatch.setattr("playground.workers.budget.ACTIVE", 0.0)

    async def story(h: House):
        training, watching, idle = [await h.open() for _ in range(3)]
        await h.press(training, "play")
        await h.press(watching, "play")
        _, stream = h.watch(watching)
        for worker in h.started:
            worker.load()
        await asyncio.sleep(0.05)
        h.visitors.chores.budget = Budget(2**34, measure=lambda pid: 0, left=lambda: 0)  # nothing is left
        await until(lambda: h.at(idle) is None)
        await asyncio.sleep(0.1)
        assert h.at(training)
        assert h.at(watching)
        with pytest.raises(Refused, match="memory is full"):
            await h.open()
        with pytest.raises(Refused, match="memory is full"):
            await h.press(idle, "play")
        h.visitors.chores.budget = Budget(2**34, most=3, measure=lambda pid: 0, left=lambda: 2**34)
        assert "step" in await h.press(idle, "play")
        with pytest.raises(Refused, match="3 visitors are using it"):
            await h.open()
        h.visitors.pulse(watching["key"], watching["page"], 1, True, False)
        await stream

    house(story)


def test_one_that_began_to_train_while_it_was_put_to_sleep_is_woken(house):
    async def story(h: House):
        page = await h.open()
        visitor, worker = h.visitor(page), h.at(page)
        play = worker.Rest

        def rest(m):
            worker.training[m.session] = 5  # the press came just before
            play(m)

        worker.Rest = rest
        await h.visitors.chores.sleep([visitor.name])
        await until(lambda: h.attached(page) and h.attached(page).life == 2)
        assert h.attached(page).going

    house(story)


def test_the_memory_of_a_name_that_has_gone_meanwhile_is_no_fault(house):
    async def story(h: House):
        await h.open()
        await h.visitors.chores.sleep(["f" * 32])

    house(story)


def test_a_full_disk_keeps_a_training_session_where_it_is_and_asks_now_and_then(house):
    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        worker, name = h.at(page), h.visitor(page).name
        worker.full = True
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await asyncio.sleep(0.3)
        assert len(worker.of(p.Rest)) == 1
        assert worker.training[name] > 0
        assert h.visitor(page).worker is not None
        back = await h.open(page["key"])
        assert back["key"] == page["key"]
        assert back["step"] > 0

    house(story)


def test_a_paused_run_is_held_too_while_the_disk_is_full_but_not_for_ever(house, monkeypatch):
    monkeypatch.setattr(homes, "STAYS", 0.05)

    async def story(h: House):
        page = await h.open()
        await h.press(page, "play")
        await h.press(page, "pause")
        worker, name = h.at(page), h.visitor(page).name
        worker.full = True
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await asyncio.sleep(0.3)
        assert name in worker.training
        monkeypatch.setattr(chores, "HELD", 0.0)
        await until(lambda: not h.visitors.homes.by_key)
        assert name not in worker.training

    house(story)


# ---- chores ----
def test_a_fault_in_one_chore_ends_neither_it_nor_the_others(house, capfd):
    async def story(h: House):
        calls = []

        async def broken():
            calls.append(1)
            raise ZeroDivisionError("a bug")

        async def slow():
            await asyncio.sleep(60)

        h.visitors.chores._even_out, h.visitors.chores._relieve = broken, slow
        page = await h.open()
        await until(lambda: len(calls) > 3)
        h.visitors.pulse(page["key"], page["page"], 1, False, True)
        await until(lambda: not h.visitors.homes.by_key)

    house(story)
    assert "ZeroDivisionError: a bug" in capfd.readouterr().err


def test_the_end_leaves_no_worker_and_starts_none(house):
    async def story(h: House):
        pages = [await h.open() for _ in range(3)]
        await until(lambda: len(h.started) == 2)
        await h.visitors.end()
        await asyncio.sleep(0.05)
        assert all(worker.ended for worker in h.started)
        assert await h.press(pages[0], "play") == GONE
        with pytest.raises(Refused):
            await h.open(pages[0]["key"])
        with pytest.raises(pools.Ended):
            h.visitors.homes.pool.another()
        assert len(h.started) == 2

    house(story)


def test_an_end_before_anybody_came_is_one(house):
    async def story(h: House):
        await h.visitors.end()
        assert h.started == []

    house(story)
