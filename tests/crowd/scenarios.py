"""What crowds do, and what is measured of it."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median, quantiles
from typing import Any, NamedTuple

import psutil

from tests.crowd.client import Server, Tab, visiting

LENSES = ("architecture", "learning", "attention", "experts", "positions", "embeddings", "predictions", "intervene")
HEAVY = {"set": {"model.layers": 6, "model.width": 256}}


class Figures(NamedTuple):
    """Seconds unless said otherwise."""

    first: list[float]
    """From the press to a picture of a step, of each who trains."""
    steps: list[int]
    """Updates of each between the first quarter of the time and its end."""
    presses: list[float]
    """Every other press, from sending to its answer."""
    memory: tuple[int, int]
    """Bytes of all processes together after the first minute (or third), and at the end."""
    problems: list[str]

    def lines(self) -> list[str]:
        first, steps, presses = self.first or [0.0], self.steps or [0], self.presses or [0.0, 0.0]
        p95 = quantiles(presses, n=20)[-1] if len(presses) > 1 else presses[0]
        others = f"median {1e3 * median(presses):.0f}, 95 % {1e3 * p95:.0f}, worst {1e3 * max(presses):.0f} ms"
        return [
            f"first picture: median {median(first):.2f}, worst {max(first):.2f} s ({len(first)} who train)",
            f"updates: least {min(steps)}, median {median(steps):.0f}, most {max(steps)}",
            f"other presses: {others} ({len(presses)})",
            f"memory: {self.memory[0] / 1e6:.0f} MB, at the end {self.memory[1] / 1e6:.0f} MB",
            f"problems: {len(self.problems)} {self.problems[:3]}",
        ]


def memory(pid: int) -> int:
    """Proportional bytes of a process and of all below it."""
    total = 0
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


async def press(tab: Tab, into: list[float], view: str, event: str, **data: Any) -> None:
    began = time.perf_counter()
    await tab.press(view, event, **data)
    into.append(time.perf_counter() - began)


async def trains(tab: Tab, first: list[float], preset: str = "") -> None:
    """Open, press train, and wait for the first picture of an update."""
    await tab.open()
    began = time.perf_counter()
    if preset:
        await tab.press("column", "preset", name=preset)
    else:
        await tab.press("transport", "play")
    if await tab.until(lambda t: t.step > 0, 60):
        first.append(time.perf_counter() - began)
    else:
        tab.problems.append(f"no picture in a minute: {tab.values.get('transport')}")


async def looks(tab: Tab, presses: list[float], until: float, dice: random.Random) -> None:
    """Look on, as people do: a lens, a head, a control, a pause of a few seconds."""
    while time.perf_counter() < until:
        what = dice.random()
        if what < 0.4:
            await press(tab, presses, "lenses", "turn", id=dice.choice(LENSES))
        elif what < 0.7:
            await press(tab, presses, "attention", "select", layer=dice.randrange(2), head=dice.randrange(4))
        else:
            await press(tab, presses, "form:Training", "edit", at="training.lr", value=dice.choice([0.001, 0.003]))
        await asyncio.sleep(dice.uniform(1, 4))


async def crowd(
    base: str, pid: int, training: int = 20, looking: int = 30, seconds: float = 180.0, presets: tuple[str, ...] = ("",)
) -> Figures:
    """So many train at once and so many look on."""
    first: list[float] = []
    presses: list[float] = []
    async with visiting(base) as server:
        everybody = [Tab(server) for _ in range(training + looking)]
        who, others = everybody[:training], everybody[training:]
        await asyncio.gather(*(tab.open() for tab in others))
        until = time.perf_counter() + seconds
        onlookers = [asyncio.create_task(looks(tab, presses, until, random.Random(i))) for i, tab in enumerate(others)]
        await asyncio.gather(*(trains(tab, first, presets[i % len(presets)]) for i, tab in enumerate(who)))
        for tab in who:  # long enough not to end meanwhile
            await press(tab, presses, "form:Training", "edit", at="training.steps", value=5000)
        await asyncio.sleep(max(0.0, (until - time.perf_counter()) / 3))
        early, before = memory(pid), [tab.step for tab in who]
        while time.perf_counter() < until:
            tab = random.choice(who)
            await press(tab, presses, "attention", "select", layer=0, head=random.randrange(4))
            await asyncio.sleep(0.5)
        await asyncio.gather(*onlookers)
        steps = [tab.step - old for tab, old in zip(who, before, strict=True)]
        late = memory(pid)
        problems = [problem for tab in everybody for problem in tab.problems]
    return Figures(first, steps, presses, (early, late), problems)


async def openings(base: str, count: int = 200, seconds: float = 60.0) -> tuple[list[float], list[str]]:
    """So many pages open in so much time; seconds from the document to a whole picture, and what went wrong."""
    taken: list[float] = []

    async def one(tab: Tab, wait: float) -> None:
        await asyncio.sleep(wait)
        began = time.perf_counter()
        await tab.http.get("/")
        said = await tab.open()
        if "values" not in said or not tab.values.get("transport"):
            tab.problems.append(f"no picture: {str(said)[:200]}")
        taken.append(time.perf_counter() - began)

    async with visiting(base) as server:
        everybody = [Tab(server) for _ in range(count)]
        await asyncio.gather(*(one(tab, i * seconds / count) for i, tab in enumerate(everybody)))
        problems = [problem for tab in everybody for problem in tab.problems]
    return taken, problems


async def behave(base: str, people: int = 12, seconds: float = 600.0, seed: int = 0) -> tuple[int, list[str]]:
    """People reload, open several tabs, stop at once, abandon, come back; how many came back to their run, and what
    went wrong.
    """
    problems: list[str] = []
    returned = 0

    async def person(server: Server, number: int) -> None:
        nonlocal returned
        dice = random.Random(f"{seed} {number}")
        until = time.perf_counter() + seconds
        tab = Tab(server)
        await tab.open()
        step, marked = 0, 1000 + number  # its own number of steps, by which a mixed-up run would show
        await tab.press("form:Training", "edit", at="training.steps", value=marked)
        while time.perf_counter() < until:
            what = dice.random()
            if what < 0.35:
                await tab.press("transport", "play")
                await asyncio.sleep(dice.uniform(0.2, 6))
                await tab.press("transport", "pause")
                step = tab.step
            elif what < 0.45:
                await asyncio.gather(*(tab.press("transport", dice.choice(["play", "pause"])) for _ in range(3)))
                await tab.press("transport", "pause")
                step = tab.step
            elif what < 0.8:  # reload, at once or after a while
                key, life = tab.key, dice.choice([0.0, 0.0, 2.0, 8.0, 20.0])
                problems.extend(tab.problems)
                await (tab.leave() if dice.random() < 0.7 else tab.vanish())
                await asyncio.sleep(life)
                tab = Tab(server, key)
                await tab.open()
                if step and tab.step < step:
                    problems.append(f"person {number}: step {step} became {tab.step} after {life} s")
                returned += step > 0
                step = max(step, tab.step)
            elif what < 0.9:
                other = Tab(server)
                await other.open()
                if other.step:
                    problems.append(f"person {number}: a new tab shows step {other.step}")
                await other.press("transport", "play")
                await asyncio.sleep(dice.uniform(0, 2))
                problems.extend(other.problems)
                await other.leave()
            else:
                await tab.press("lenses", "turn", id=dice.choice(LENSES))
            total = tab.values.get("transport", {}).get("total")
            if step and total != marked:
                problems.append(f"person {number}: a run of {total} steps, not of {marked}")
            await asyncio.sleep(dice.uniform(0, 1.5))
        problems.extend(tab.problems)

    async with visiting(base) as server:
        await asyncio.gather(*(person(server, i) for i in range(people)))
    return returned, problems
