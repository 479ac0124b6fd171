"""What trains beside the run survives the end of its worker and of the server: comparisons and word vectors."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from tests.crowd.client import Server, Tab
from tests.crowd.test_faults import play, workers
from tests.serving import free_port, serving


def compared(tab: Tab) -> dict[str, Any]:
    return json.loads(tab.values["compare"]["bar"])


async def comparing(server: Server) -> Tab:
    tab = Tab(server)
    await tab.open(tab="compare")
    await tab.press("pages", "turn", id="compare")
    await tab.press("compare", "choose", name="heads")
    await tab.press("compare", "play")
    assert await tab.until(lambda t: compared(t)["step"] >= 10, 90), compared(tab)
    return tab


async def reading(server: Server) -> Tab:
    tab = Tab(server)
    await tab.open(tab="embeddings")
    await tab.press("pages", "turn", id="embeddings")
    await tab.press("wordbar", "open")
    await tab.press("wordbar", "play")
    assert await tab.until(lambda t: t.values["wordbar"]["words"] >= 20_000, 90), tab.values["wordbar"]
    return tab


def test_comparisons_and_word_vectors_go_on_after_their_workers_and_come_back_after_a_restart(tmp_path: Path):
    port = free_port()
    kept: dict[str, Any] = {}

    async def first(server: Server):
        compare, words = await comparing(server), await reading(server)
        await asyncio.sleep(8)  # each has been written down since it trains
        read, step = words.values["wordbar"]["words"], compared(compare)["step"]
        for worker in workers(running).values():
            worker.kill()
        assert await words.until(lambda t: t.values["wordbar"]["words"] > read, 90), words.values["wordbar"]
        assert await compare.until(lambda t: compared(t)["step"] > step, 90), compared(compare)
        await compare.press("compare", "pause")
        await words.press("wordbar", "pause")
        await asyncio.sleep(3)
        await compare.press("bus", "whole")
        kept["compare"] = compare.key, compared(compare)["step"], compare.values["compare-loss"]
        kept["words"] = words.key, words.values["wordbar"]["words"], words.values["word-loss"]
        for tab in (compare, words):
            assert not tab.problems
            await tab.vanish()

    async def then(server: Server):
        compare = Tab(server, kept["compare"][0])
        await compare.open(tab="compare")
        assert (compared(compare)["step"], compare.values["compare-loss"]) == kept["compare"][1:]
        words = Tab(server, kept["words"][0])
        await words.open(tab="embeddings")
        assert (words.values["wordbar"]["words"], words.values["word-loss"]) == kept["words"][1:]
        await compare.press("compare", "play")
        assert await compare.until(lambda t: compared(t)["step"] > kept["compare"][1], 90), compared(compare)
        await words.press("wordbar", "play")
        assert await words.until(lambda t: t.values["wordbar"]["words"] > kept["words"][1], 90)

    with serving(
        tmp_path / "log.txt", tmp_path / "data", port=port, environment={"PLAYGROUND_WORKERS": "2"}
    ) as running:
        play(running.url, first)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
    with serving(tmp_path / "log.txt", tmp_path / "data", port=port) as running:
        play(running.url, then)
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
