"""`make soak`: crowds against an app of its own over loopback, with figures. `--short` takes a tenth of the time.

Shares and counts are promises; seconds depend on the machine, and are for docs/log.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playground.workers.budget import worker_environment
from tests.crowd.client import Tab, visiting
from tests.crowd.scenarios import behave, crowd, memory, openings
from tests.serving import Running, serving

PARTS = ["alone", "compare", "crowd", "openings", "people"]
FIRST_SCREEN = (
    "",
    "copy",
    "reverse",
    "sort",
    "modular_addition",
    "brackets",
    "one-layer",
    "topologies",
    "gpt2",
    "llama",
)
HEADLESS = """
import json, sys, time
import torch
torch.set_num_threads(1)
from playground.runs.run import Run
from playground.settings import presets
run = Run(presets.PRESETS[presets.FIRST].config)
run.advance()
began, step = time.perf_counter(), run.step
while time.perf_counter() - began < float(sys.argv[1]):
    run.advance()
print(json.dumps((run.step - step) / (time.perf_counter() - began)))
"""


def headless(seconds: float) -> float:
    """Updates a second of the first preset with nobody watching, started as a worker is."""
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", HEADLESS, str(seconds)]
    return json.loads(subprocess.check_output(command, cwd=root, env=worker_environment() | {"PYTHONPATH": root}))


async def watched(base: str, visitors: int, seconds: float) -> tuple[float, float]:
    """(updates, pictures) a second of so many visitors together, who watch the Attention lens."""
    async with visiting(base) as server:
        tabs = [Tab(server) for _ in range(visitors)]
        for tab in tabs:
            await tab.open()
            await tab.press("form:Training", "edit", at="training.steps", value=5000)
            await tab.press("transport", "play")
        for tab in tabs:
            assert await tab.until(lambda t: t.step > 5, 60)
        await asyncio.sleep(4)  # until both are where they stay
        began, steps, frames = time.perf_counter(), [t.step for t in tabs], sum(len(t.frames) for t in tabs)
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        made = sum(t.step - old for t, old in zip(tabs, steps, strict=True)) / took
        drawn = (sum(len(t.frames) for t in tabs) - frames) / took
    await asyncio.sleep(6)  # the server is empty again
    return made, drawn


def alone(app: Running, seconds: float) -> None:
    one, free, two = [], [], []
    for _ in range(3):  # in turn, since the machine's speed drifts
        free.append(headless(seconds))
        one.append(asyncio.run(watched(app.url, 1, seconds)))
        two.append(asyncio.run(watched(app.url, 2, seconds)))
    ratio = median(made / base for (made, _), base in zip(one, free, strict=True))
    both = median(made / base for (made, _), (base, _) in zip(two, one, strict=True))
    pictures = median(drawn for _, drawn in one)
    print(f"one visitor: {ratio:.3f} of headless ({median(free):.1f} updates/s), {pictures:.1f} pictures/s")
    print(f"two visitors: {both:.2f} times the updates of one")


RATES = (0.001, 0.002, 0.004)  # beside that of the first preset: variants that cost the same


async def together(base: str, seconds: float) -> float:
    """Updates a second of each of four variants that one visitor compares."""
    async with visiting(base) as server:
        tab = Tab(server)
        await tab.open()
        await tab.press("form:Training", "edit", at="training.steps", value=5000)
        await tab.press("pages", "turn", id="compare")
        await tab.press("compare", "choose", name="run")
        for lr in RATES:
            await tab.press("compare", "include", at="training.lr", value=lr)
        assert len(json.loads(tab.values["compare"]["cards"])) == 4, tab.values["compare"]["problem"]
        await tab.press("compare", "play")

        def step() -> int:
            return json.loads(tab.values["compare"]["bar"])["step"]

        assert await tab.until(lambda t: step() > 10, 60)
        began, before = time.perf_counter(), step()
        await asyncio.sleep(seconds)
        made = (step() - before) / (time.perf_counter() - began)
        await tab.press("compare", "pause")
        assert not tab.problems
    await asyncio.sleep(6)
    return made


def compared(app: Running, seconds: float) -> None:
    ratios = []
    for _ in range(3):
        one = headless(seconds)
        ratios.append(asyncio.run(together(app.url, seconds)) * (1 + len(RATES)) / one)
    print(f"four variants compared: {median(ratios):.2f} times the updates of one after the other")


def everybody(app: Running, seconds: float) -> None:
    for name, presets in (("the first preset", ("",)), ("a mix of presets", FIRST_SCREEN)):
        found = asyncio.run(crowd(app.url, app.process.pid, seconds=seconds, presets=presets))
        print(f"20 train {name} and 30 look on, {seconds:.0f} s:")
        print("\n".join(f"  {line}" for line in found.lines()))
        time.sleep(10)
        print(f"  10 s after they left: {memory(app.process.pid) / 1e6:.0f} MB")


def opened(app: Running, count: int, seconds: float) -> None:
    taken, problems = asyncio.run(openings(app.url, count, seconds))
    seen = f"median {median(taken):.2f}, worst {max(taken):.2f} s"
    print(f"{count} openings in {seconds:.0f} s: {seen}; {len(problems)} problems {problems[:2]}")


def behaved(app: Running, seconds: float) -> None:
    returned, problems = asyncio.run(behave(app.url, seconds=seconds))
    found = f"{returned} returns to a run, {len(problems)} problems {problems[:3]}"
    print(f"12 people behave like people, {seconds:.0f} s: {found}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the time")
    parser.add_argument("only", nargs="*", choices=[*PARTS, []], help="of these, all")
    asked = parser.parse_args()
    share, only = 0.1 if asked.short else 1.0, asked.only or PARTS
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt", Path(folder) / "data") as app:
        time.sleep(20 * share)
        print(f"idle: {memory(app.process.pid) / 1e6:.0f} MB")
        if "alone" in only:
            alone(app, max(5.0, 20 * share))
        if "compare" in only:
            compared(app, max(6.0, 20 * share))
        if "crowd" in only:
            everybody(app, max(20.0, 180 * share))
        if "openings" in only:
            opened(app, int(200 * share), 60 * share)
        if "people" in only:
            behaved(app, 600 * share)
        print(f"tracebacks in the log: {app.log.read_text().count('Traceback')}")


if __name__ == "__main__":
    main()
