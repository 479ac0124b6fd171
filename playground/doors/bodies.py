"""The body of a request: read within bounds of size, time and parts, and as JSON where it claims to be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import Message, Receive, Scope

from playground.doors.refusals import Refused
from playground.workers.edge import DEPTH, NODES, clean

BODY = 2 * 2**20  # bytes of a request
UPLOAD = 64 * 2**20 + 2**16  # of an upload: a file, and what stands around it
PARTS = 8  # files and fields of an upload
SLOW = 60.0  # seconds that the body of a press may take
CRAWL = 900.0  # seconds that an upload may take


class Body:
    """The body of one request, as it comes in."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes], most: int, patience: float):
        """Raises Refused where it says at once that it is too long."""
        said = headers.get(b"content-length", b"")
        self.expected = int(said) if said.isdigit() and len(said) < 20 else None
        self.most, self.taken = most, 0
        self.refusal: Refused | None = None
        self.until = time.monotonic() + patience
        self.boundary, self.tail, self.parts = b"", b"", 0
        self.over = False
        """Whether all of it has come."""
        self._receive = receive
        if (said and self.expected is None) or (self.expected or 0) > most:
            raise self._long()

    def _long(self) -> Refused:
        if self.most == BODY:
            return Refused(413, f"This is more than the {BODY / 2**20:.0f} MB that a request may have.")
        return Refused(413, "The file is larger than the 64 MB that may be uploaded.")

    def count(self, headers: Mapping[bytes, bytes]) -> None:
        """Count the parts of an upload too. Raises Refused for a body that has none."""
        kind, _, rest = headers.get(b"content-type", b"").partition(b";")
        for each in rest.split(b";"):
            name, _, value = each.strip().partition(b"=")
            if name.lower() == b"boundary":
                self.boundary = b"--" + value.strip(b'"')
        if kind.strip().lower() != b"multipart/form-data" or not 3 <= len(self.boundary) <= 300:
            raise Refused(400, "A file is uploaded as a form (multipart/form-data).")

    async def receive(self) -> Message:
        """The next piece. Raises Refused where it is one too many, and keeps that as `refusal`."""
        if self.refusal is not None:
            raise self.refusal
        if self.over:
            return await self._receive()  # only the visitor's going is left
        try:
            message = await asyncio.wait_for(self._receive(), max(0.001, self.until - time.monotonic()))
        except asyncio.TimeoutError:
            self.refusal = Refused(408, "This took too long to arrive.")
            raise self.refusal from None
        self.over = message["type"] != "http.request" or not message.get("more_body")
        piece = message.get("body", b"")
        self.taken += len(piece)
        if self.boundary:
            seen = self.tail + piece
            self.parts += seen.count(self.boundary)
            self.tail = seen[-len(self.boundary) + 1 :]
        if self.taken > self.most:
            self.refusal = self._long()
        elif self.parts > PARTS + 1:  # the last one closes the form
            self.refusal = Refused(413, f"An upload has {PARTS} files at most.")
        if self.refusal is not None:
            raise self.refusal
        return message

    async def whole(self) -> bytes | None:
        """All of it; None if the visitor left."""
        pieces = []
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(pieces)


def read_json(headers: Mapping[bytes, bytes], body: bytes) -> Any:
    """What a body says, cleaned; None where it does not claim to be JSON. Raises Refused for JSON that is none."""
    kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
    if not body or not kind.endswith(b"json"):
        return None
    try:
        return clean(json.loads(body), depth=DEPTH + 4, nodes=NODES + 100)  # what an event is wrapped in
    except RecursionError:
        raise Refused(400, "These values are nested too deep.") from None
    except json.JSONDecodeError:
        raise Refused(400, "This is no JSON.") from None
    except ValueError as error:
        said = str(error)  # a whole number of thousands of digits, and bytes that are no text, have no sentence
        ours = said.endswith(".") and not isinstance(error, UnicodeError)
        raise Refused(400, said if ours else "These values cannot be read.") from None


def again(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """The request for the app to read, with a body that was read before."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def once_more() -> Message:
        return waiting.pop() if waiting else await receive()

    headers = [(k, v) for k, v in scope["headers"] if k.lower() != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % len(body))]}, once_more
