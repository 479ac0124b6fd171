"""A page in Firefox, which speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi/) over a WebSocket by itself, so
that no driver is needed. Playwright speaks to no Firefox but its own and the newest.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.serving import ended, free_port, tail

START, PATIENCE, AGAIN = 60, 60, 0.1  # seconds: until it listens, until something is seen, between two looks


class FirefoxPage:
    """One tab. `errors`: what its console and its scripts have said of errors."""

    def __init__(self, socket: ClientConnection):
        self.socket, self.count = socket, 0
        self.errors: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.create", type="tab")["context"]
        self.call("browsingContext.setViewport", context=self.tab, viewport={"width": 1400, "height": 1000})

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command and its result. Raises RuntimeError where Firefox refuses it."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv(PATIENCE))
            if said.get("id") == self.count:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['error']}: {said['message']}")
                return said["result"]
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.errors.append(said["params"]["text"])

    def goto(self, url: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def read(self, expression: str) -> Any:
        """The value of a JavaScript expression, by way of JSON. Raises RuntimeError where it throws."""
        text = f"JSON.stringify(({expression}) ?? null)"
        said = self.call("script.evaluate", expression=text, target={"context": self.tab}, awaitPromise=False)
        if said["type"] == "exception":
            raise RuntimeError(f"{expression}: {said['exceptionDetails']['text']}")
        return json.loads(said["result"]["value"])

    def wait_for(self, condition: str) -> Any:
        """The first value of a JavaScript expression that is true. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while not (value := self.read(condition)):
            if time.monotonic() > end:
                raise TimeoutError(f"Not within {PATIENCE} s: {condition}. Errors: {self.errors}")
            time.sleep(AGAIN)
        return value

    def press(self, selector: str) -> None:
        """Press, as a pointer does, what can be seen at the middle of an element."""
        node = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{node}?.getClientRects().length")
        box = self.read(f"{node}.getBoundingClientRect()")
        x, y = (round(box[start] + box[size] / 2) for start, size in (("x", "width"), ("y", "height")))
        moves = [
            {"type": "pointerMove", "x": x, "y": y},
            *({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up")),
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": moves}
        self.call("input.performActions", context=self.tab, actions=[pointer])


@contextmanager
def firefox_page(firefox: Path, folder: Path) -> Iterator[FirefoxPage]:
    """A tab in a Firefox of its own, whose profile and log lie in `folder`. Raises RuntimeError with its log where it
    does not listen.
    """
    port, log = free_port(), folder / "firefox.txt"
    profile = folder / "profile"
    profile.mkdir()
    command = [str(firefox), "--headless", "--remote-debugging-port", str(port), "--profile", str(profile)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            with listening(port, process, log) as socket:
                yield FirefoxPage(socket)
        finally:
            ended(process)


def listening(port: int, process: subprocess.Popen[bytes], log: Path) -> ClientConnection:
    """The connection to a Firefox that has just been started. Raises RuntimeError with its log."""
    end = time.monotonic() + START
    while True:
        try:
            return connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None)
        except (OSError, WebSocketException):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Firefox does not listen:\n{tail(log)}") from None
            time.sleep(AGAIN)
