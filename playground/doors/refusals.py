"""A request that is not let in is told why, so that it is heard."""

from __future__ import annotations

import asyncio
import json
import time

from starlette.types import Receive, Send

DRAIN, DRAINED = 5.0, 128 * 2**20  # seconds and bytes that are read and thrown away so that a refusal is heard


class Refused(Exception):
    """A request that is not let in: its status and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


async def answer(refusal: Refused, receive: Receive | None, send: Send, method: str) -> None:
    """Say why. What still comes in is read for a moment, for most browsers hear no answer before they have sent all."""
    if receive is not None and method not in ("GET", "HEAD"):
        await _drain(receive)
    text = json.dumps({"error": refusal.sentence, "detail": refusal.sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(text)),
        (b"x-content-type-options", b"nosniff"),
        *([(b"connection", b"close")] if method not in ("GET", "HEAD") else []),
        *([(b"retry-after", b"10")] if refusal.status in (429, 507) else []),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else text})


async def _drain(receive: Receive) -> None:
    until, taken = time.monotonic() + DRAIN, 0
    while taken < DRAINED and (left := until - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(receive(), left)
        except (asyncio.TimeoutError, Refused):
            return
        taken += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return
