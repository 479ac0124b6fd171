"""A visitor's tab without a browser: it opens the page, presses, holds a stream, says that it lives, and leaves."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

API = "/gradio_api"
WAIT = 90.0  # seconds for one answer


class Server:
    """The app at an address: which of its functions the bus calls, and the tabs that are open there."""

    def __init__(self, base: str, config: dict[str, Any]):
        self.base, self.config = base, config
        self.functions = {
            event: dependency["id"] for dependency in config["dependencies"] for _, event in dependency["targets"]
        }
        self.tabs: set[Tab] = set()


@asynccontextmanager
async def visiting(base: str) -> AsyncIterator[Server]:
    """The app at an address; whoever is still there at the end leaves."""
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=WAIT) as http:
        server = Server(base, (await http.get("/config")).json())
    try:
        yield server
    finally:
        await asyncio.gather(*(tab.leave() for tab in list(server.tabs)))


class Tab:
    """`values` is what the page shows, `problems` what a visitor should never meet."""

    def __init__(self, server: Server, key: str = ""):
        self.server, self.key = server, key
        server.tabs.add(self)
        self.http = httpx.AsyncClient(
            base_url=server.base, trust_env=False, timeout=WAIT, limits=httpx.Limits(max_connections=6)
        )
        self.hash = secrets.token_hex(6)
        self.page = self.n = self.seq = self.life = 0
        self.values: dict[str, dict[str, Any]] = {}
        self.early: dict[int, dict[str, Any]] = {}
        self.told: list[dict[str, Any]] = []
        """What was no picture: refusals, and that this page is not known."""
        self.live = False
        self.frames: list[tuple[float, int]] = []
        """(when, step) of every picture that came by the stream."""
        self.gaps = 0
        """How often a message never came, because a stream ended with it, so that a whole picture was asked for."""
        self.whole: asyncio.Task[Any] | None = None
        self.problems: list[str] = []
        self.stream: asyncio.Task[None] | None = None
        self.acknowledge = True

    # ---- the protocol ----
    async def call(self, event: str, sent: dict[str, Any]) -> dict[str, Any]:
        """One event of the bus, answered outside the queue."""
        body = {
            "fn_index": self.server.functions[event],
            "data": [],
            "event_data": sent,
            "session_hash": self.hash,
            "trigger_id": None,
        }
        answer = await self.http.post(f"{API}/run/predict", json=body)
        if answer.status_code != 200:
            self.problems.append(f"{event}: HTTP {answer.status_code} {answer.text[:200]}")
            return {}
        return self.take(answer.json()["data"][0])

    def take(self, text: str) -> dict[str, Any]:
        """A message, applied in its order: answers and frames travel on different connections, so they may overtake."""
        message = json.loads(text)
        if "refused" in message or "gone" in message:
            self.told.append(message)
            return message
        if (message["whole"] and (message["life"], message["seq"]) > (self.life, self.seq)) or "key" in message:
            later = {seq: each for seq, each in self.early.items() if seq > message["seq"]}
            self.early = later if message["life"] == self.life else {}
            self.life, self.seq, self.values = message["life"], message["seq"], {}
            self._lay(message)
        elif message["life"] == self.life and message["seq"] > self.seq:
            self.early[message["seq"]] = message
            if len(self.early) > 3 and (self.whole is None or self.whole.done()):  # as the page does
                self.gaps += 1
                self.whole = asyncio.ensure_future(self.press("bus", "whole"))
            if len(self.early) > 30:
                self.problems.append(f"message {min(self.early)} after {self.seq}: nothing makes up for those between")
                self.seq = min(self.early) - 1
        while self.seq + 1 in self.early:
            self._lay(self.early.pop(self.seq + 1))
        self.key, self.page = message.get("key", self.key), message.get("page", self.page)
        return message

    def _lay(self, message: dict[str, Any]) -> None:
        self.seq, self.live = message["seq"], message["live"]
        for view, fields in message["values"].items():
            self.values[view] = {**self.values.get(view, {}), **fields}

    async def open(self, query: dict[str, str] | None = None, tab: str = "playground") -> dict[str, Any]:
        """Load the page (again)."""
        self.life = 0
        said = await self.call("attach", {"key": self.key, "query": query or {}, "tab": tab})
        self.n = said.get("answers", 0)
        return said

    async def press(self, view: str, event: str, **data: Any) -> dict[str, Any]:
        """Press something, and hold a stream where that computes."""
        self.n += 1
        sent = {
            "key": self.key,
            "page": self.page,
            "n": self.n,
            "view": view,
            "event": event,
            "data": data,
            "seen": self.seq,
        }
        answer = await self.call("act", sent)
        if self.live and (self.stream is None or self.stream.done()):
            self.stream = asyncio.create_task(self.watch())
        return answer

    async def watch(self) -> None:
        """Hold the stream until it ends, acknowledging what comes."""
        sent = {
            "fn_index": self.server.functions["watch"],
            "data": [],
            "event_data": {"key": self.key, "page": self.page},
            "session_hash": self.hash,
            "trigger_id": None,
        }
        joined = await self.http.post(f"{API}/queue/join", json=sent)
        if joined.status_code != 200:
            self.problems.append(f"stream: HTTP {joined.status_code} {joined.text[:200]}")
            return
        async with self.http.stream("GET", f"{API}/queue/data", params={"session_hash": self.hash}) as lines:
            async for line in lines.aiter_lines():
                if not line.startswith("data:"):
                    continue
                said = json.loads(line[5:])
                if said["msg"] in ("process_generating", "process_completed"):
                    if not said.get("success", True):
                        self.problems.append(f"stream: {said}")
                    for text in _texts(said.get("output", {}).get("data") or []):
                        self.take(text)
                        step = self.values.get("transport", {}).get("step", 0)
                        self.frames.append((time.perf_counter(), step))
                        if self.acknowledge:
                            await self.pulse()
                if said["msg"] in ("process_completed", "close_stream"):
                    return

    async def pulse(self, **more: Any) -> int:
        """A sign of life; what was drawn."""
        answer = await self.http.post("/pg/pulse", json={"key": self.key, "page": self.page, "seen": self.seq, **more})
        return answer.status_code

    async def leave(self) -> None:
        """Close the tab."""
        with suppress(httpx.HTTPError):
            await self.pulse(leaving=True)
        await self.vanish()

    async def vanish(self) -> None:
        """Close the tab without a word."""
        self.server.tabs.discard(self)
        if self.whole is not None:
            self.whole.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await self.whole
        if self.stream is not None:
            self.stream.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await self.stream
        await self.http.aclose()

    # ---- what the page shows ----
    @property
    def step(self) -> int:
        return self.values.get("transport", {}).get("step", 0)

    @property
    def state(self) -> str:
        return self.values.get("transport", {}).get("state", "")

    async def until(self, what: Any, seconds: float = 30.0) -> bool:
        """Wait until `what(self)`; whether it came true."""
        end = time.perf_counter() + seconds
        while not what(self):
            if time.perf_counter() > end:
                return False
            await asyncio.sleep(0.02)
        return True


def _texts(data: list[Any]) -> list[str]:
    """The values in an output: whole, or as Gradio's differences."""
    found = []
    for value in data:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += [new for what, path, new in value if what in ("replace", "add") and not path and new]
    return [text for text in found if text.startswith("{")]
