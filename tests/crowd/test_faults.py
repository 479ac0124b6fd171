"""Workers and servers end, disks fill, clients vanish, strangers guess: what is stated happens, and to nobody else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from tests.crowd.client import Server, Tab, visiting
from tests.serving import Running, free_port, serving


def play(url: str, story: Callable[[Server], Awaitable[None]]) -> None:
    """What happens at a server; whatever comes of it, nobody stays behind for the next test."""

    async def told() -> None:
        async with visiting(url) as server:
            await asyncio.wait_for(story(server), 240)

    asyncio.run(told())


def workers(app: Running) -> dict[int, psutil.Process]:
    return {child.pid: child for child in psutil.Process(app.process.pid).children()}


async def trained(server: Server, steps: int = 8) -> Tab:
    """A tab whose run has made so many updates."""
    tab = Tab(server)
    await tab.open()
    await tab.press("form:Training", "edit", at="training.steps", value=5000)  # it does not end meanwhile
    await tab.press("transport", "play")
    assert await tab.until(lambda t: t.step >= steps), tab.values.get("transport")
    return tab


async def apart(app: Running, tabs: list[Tab]) -> tuple[psutil.Process, list[Tab], list[Tab]]:
    """A worker, the tabs that train there and those that do not, once they are as many: nobody moves then. Who stands
    still while a worker does is at home there, or just on the way: so it is asked twice.
    """

    async def at(worker: psutil.Process) -> list[Tab]:
        worker.suspend()
        try:
            await asyncio.sleep(0.5)  # what was on its way
            before = [tab.step for tab in tabs]
            await asyncio.sleep(1)
            return [tab for tab, step in zip(tabs, before, strict=True) if tab.step == step]
        finally:
            worker.resume()

    for _ in range(20):
        for worker in workers(app).values():
            there = await at(worker)
            if 2 * len(there) == len(tabs):
                await asyncio.sleep(2)
                if await at(worker) == there:
                    return worker, there, [tab for tab in tabs if tab not in there]
        await asyncio.sleep(1)
    raise AssertionError(f"two workers are not used alike: {[tab.step for tab in tabs]}")


def test_a_killed_worker_costs_its_sessions_little_and_the_others_nothing(app):
    async def story(server: Server):
        tabs = [await trained(server) for _ in range(4)]
        worker, there, elsewhere = await apart(app, tabs)
        await asyncio.sleep(6)  # each has been written down since it trains
        worker.kill()

        def note(tab: Tab) -> str:
            return tab.values["transport"]["note"]

        for tab in there:
            assert await tab.until(lambda t: "ended: this is your run of" in note(t) and t.step, 60), (
                note(tab),
                tab.step,
            )
        for tab in elsewhere:
            assert "ended" not in note(tab)
        for tab, step in [(tab, tab.step) for tab in tabs]:
            assert await tab.until(lambda t, step=step: t.step > step, 60), (step, tab.values["transport"])
            assert not tab.problems

    play(app.url, story)


def test_a_worker_without_memory_says_so_and_its_other_sessions_train_on(tmp_path: Path):
    async def story(server: Server):
        others = [await trained(server) for _ in range(2)]
        large = Tab(server)
        await large.open()
        for at, value in (("model.width", 512), ("model.layers", 4), ("training.batch", 256)):
            await large.press("form:Model" if "model" in at else "form:Training", "edit", at=at, value=value)
        (worker,) = workers(running).values()
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + 32 * 2**20, psutil.RLIM_INFINITY))
        await large.press("transport", "play")
        bar = large.values["transport"]
        assert await large.until(lambda t: "no memory left" in t.values["transport"]["note"], 60), bar
        worker.rlimit(psutil.RLIMIT_AS, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        for tab, step in [(tab, tab.step) for tab in others]:
            assert await tab.until(lambda t, step=step: t.step > step, 60), (step, tab.values["transport"])
        await large.press("transport", "play")
        assert await large.until(lambda t: t.step >= 1, 60), large.values["transport"]

    with serving(tmp_path / "log.txt", tmp_path / "data", environment={"PLAYGROUND_WORKERS": "1"}) as running:
        play(running.url, story)


def test_a_restarted_server_gives_each_visitor_their_run_back(tmp_path: Path):
    port = free_port()
    kept: list[tuple[str, int]] = []

    async def first(server: Server):
        for steps in (5, 12):
            tab = await trained(server, steps)
            await tab.press("transport", "pause")
            kept.append((tab.key, tab.step))
            await tab.vanish()

    async def then(server: Server):
        for key, step in kept:
            tab = Tab(server, key)
            await tab.open()
            assert tab.step == step
            assert tab.key == key
            assert "The server restarted: this is your run of" in tab.values["transport"]["note"]
            await tab.press("transport", "play")
            assert await tab.until(lambda t, step=step: t.step > step)
        stranger = Tab(server, kept[0][0][:-1] + ("A" if kept[0][0][-1] != "A" else "B"))
        await stranger.open()
        assert stranger.step == 0
        assert stranger.state == "replay"
        assert stranger.key not in {key for key, _ in kept}
        assert stranger.key[:-1] != kept[0][0][:-1]

    with serving(tmp_path / "log.txt", tmp_path / "data", port=port) as running:
        play(running.url, first)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
    with serving(tmp_path / "log.txt", tmp_path / "data", port=port) as running:
        play(running.url, then)
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def test_a_tab_that_reloads_finds_its_run_and_one_that_is_left_for_long_too(app):
    async def story(server: Server):
        tab = await trained(server)
        await tab.leave()
        again = Tab(server, tab.key)
        await again.open()
        assert again.step >= tab.step
        assert again.state == "running"
        await again.press("transport", "pause")
        step = again.step
        await again.leave()
        await asyncio.sleep(7)  # it sleeps by now
        back = Tab(server, tab.key)
        await back.open()
        assert back.step == step
        assert back.state == "paused"
        assert back.key == tab.key

    play(app.url, story)


def test_an_old_page_of_the_same_tab_is_told_so_and_changes_nothing(app):
    async def story(server: Server):
        old = Tab(server)
        await old.open()
        new = Tab(server, old.key)
        await new.open()
        said = await old.press("transport", "play")
        assert said == {"gone": True}
        assert await old.pulse() == 410
        assert new.state == "replay"

    play(app.url, story)


def test_nobody_gets_anything_with_another_key_page_or_name(app):
    async def story(server: Server):
        tab = await trained(server)
        thief = Tab(server)
        for key, page in (("", 1), (tab.key[::-1], tab.page), (tab.key, tab.page + 1), (None, None), (["x"], {})):
            thief.key, thief.page = key, page  # type: ignore[assignment]
            assert await thief.press("transport", "reset") == {"gone": True}
            assert await thief.pulse() == 410
        assert tab.step > 0
        assert tab.state == "running"
        assert not tab.problems

    play(app.url, story)


def test_two_hundred_made_up_keys_end_nobodys_run(app):
    async def story(server: Server):
        tab = await trained(server)
        made = [Tab(server, f"{i:043d}") for i in range(60)]
        await asyncio.gather(*(each.open() for each in made))
        assert all(each.key != f"{i:043d}" for i, each in enumerate(made))
        step = tab.step
        assert await tab.until(lambda t: t.step > step, 20)
        assert tab.state == "running"

    play(app.url, story)


def test_a_client_that_reads_nothing_grows_nothing_and_trains_on(app):
    async def story(server: Server):
        tab = await trained(server)
        tab.acknowledge = False
        await asyncio.sleep(3)
        before = len(tab.frames)
        await asyncio.sleep(2)
        assert len(tab.frames) <= before + 1  # two are on their way, and no more are made
        step = tab.step
        tab.acknowledge = True
        await tab.press("bus", "whole")
        assert tab.step > step

    play(app.url, story)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_page(tmp_path: Path, signal_):
    with serving(tmp_path / "log.txt", tmp_path / "data") as running:
        children = list(workers(running).values())
        assert children
        running.process.send_signal(signal_)
        running.process.wait(20)
        _, alive = psutil.wait_procs(children, 15)
        assert not alive
