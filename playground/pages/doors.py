"""What is let in: the routes that the pages need, asked by name from our own pages, with bodies of a sane size; and how
many new visitors come in a minute.

Environment: `PLAYGROUND_HOSTS` and `PLAYGROUND_PROXIES` (addresses.py), `PLAYGROUND_UPLOADS_GB` (all uploaded files
together, 1), `PLAYGROUND_ARRIVALS` (new visitors a minute from one address, 300; "none" for any number).
"""

from __future__ import annotations

import asyncio
import errno
import json
import math
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from playground.pages import vetting
from playground.pages.addresses import FORWARDED, Policy, Scope, client_address, household, named, policy
from playground.workers.edge import DEPTH, NODES, clean

__all__ = ["Arrivals", "Doors", "client_address", "room"]

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY = 2 * 2**20  # bytes of a request
UPLOAD = 64 * 2**20 + 2**16  # of an upload: a file, and what stands around it
PARTS = 8  # files and fields of an upload
ADDRESS = 65_536  # characters of a whole address, which is what Gradio's own library takes
UPLOADS = {"/gradio_api/upload", "/upload"}
AT_ONCE = 8  # uploads of one address
TOTAL = 2**30  # bytes of all files that were uploaded or wait to be saved
FILES = 5000  # and how many they are
LOOK = 4.0  # seconds between two looks at their folder
SLOW = 60.0  # seconds that the body of a press may take, and an upload until it is a slow one
CRAWL = 900.0  # seconds that an upload may take
DRAIN, DRAINED = 5.0, 128 * 2**20  # seconds and bytes that are read and thrown away so that a refusal is heard

STREAM = "/gradio_api/queue/data"
EVENTS = {"/gradio_api/queue/join", "/gradio_api/run/predict"}
READ = {
    "/",
    "/config",
    "/theme.css",
    "/robots.txt",
    "/favicon.ico",
    "/manifest.json",
    "/pwa_icon",
    "/gradio_api/theme.css",
    "/gradio_api/info",
    "/gradio_api/app_id",
    "/gradio_api/upload_progress",
    "/gradio_api/startup-events",  # Gradio asks itself
    STREAM,
}
READ_BELOW = ("/assets/", "/static/", "/svelte/", "/pwa_icon/", "/gradio_api/heartbeat/", "/gradio_api/file=")
WRITE = {"/gradio_api/cancel", "/gradio_api/reset", *EVENTS, *UPLOADS}
OURS = "/pg/"  # routes of our own
ELSEWHERE = re.compile(r"/gradio_api/file=\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""A file elsewhere on the net, which Gradio would fetch for whoever asks."""
GRADIOS = {b"page", b"deep_link"}
"""Parameters of Gradio's own that our addresses do not have: an unknown page is a fault there."""


class Refused(Exception):
    """A request that is not let in: its status and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Doors:
    """ASGI middleware; answers stream through it. Later ones find the visitor's own address in scope["client"], no
    forwarding headers but a trusted proxy's, and in JSON only what `workers.edge.clean` lets through.
    """

    def __init__(self, app: App, policy_: Policy | None = None, uploads: Uploads | None = None):
        self.app, self.policy = app, policy_ or policy()
        self.uploads = uploads or Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what may come in, answer the rest."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":  # nothing here speaks WebSocket
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if body is not None and body.refusal is not None and not begun:
                raise body.refusal  # whatever the app makes of a body that broke off
            begun = True
            await send(message)

        body: Body | None = None
        try:
            scope = self._admitted(scope)
            path, headers = route(scope), {k.lower(): v for k, v in scope["headers"]}
            if scope["method"] in ("GET", "HEAD", "OPTIONS"):
                if path == STREAM and (why := vetting.stream(scope["app"], scope["query_string"])):
                    raise Refused(404, why)
                await self.app(scope, receive, send)
                return
            body = Body(receive, headers, *((UPLOAD, CRAWL) if path in UPLOADS else (BODY, SLOW)))
            if path in UPLOADS:
                body.count(headers)
                async with self.uploads.one(household(scope["client"][0]), body.expected):
                    try:
                        await self.app(scope, body.receive, sent)
                    except (TypeError, ValueError):  # a form of another kind
                        if begun:
                            raise
                        raise Refused(400, "This upload cannot be read.") from None
            else:
                read = await body.whole()
                if read is None:
                    return  # the visitor left
                found = _json(headers, read)
                if path in EVENTS and (why := vetting.event(scope["app"], found, self.uploads.folder)):
                    raise Refused(400, why)
                # Written anew, since the app reads what is no character in any of three encodings.
                read = read if found is None else json.dumps(found, ensure_ascii=False).encode()
                scope, again = _again(scope, receive, read)
                await self.app(scope, again, sent)
        except (Refused, OSError) as error:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
            said = Refused(507, "The server's disk is full, so the file was not taken.") if full else error
            if begun or not isinstance(said, Refused):
                raise
            await _answer(said, None if body is not None and body.over else receive, send, scope["method"])

    def _admitted(self, scope: Scope) -> Scope:
        """The request as the app is to see it. Raises Refused."""
        headers, rules = list(scope["headers"]), self.policy
        peer = (scope.get("client") or ("", 0))[0]
        if rules.trusted.peer(peer):
            forwarded = next((v for k, v in headers if k.lower() == b"x-forwarded-host"), None)
            peer = client_address(scope, rules.trusted)
            headers = [(k, v) for k, v in headers if k.lower() not in FORWARDED]
        else:
            forwarded = None
            headers = [
                (k, v) for k, v in headers if not (k.lower() in FORWARDED or k.lower().startswith(b"x-forwarded-"))
            ]
        said = forwarded.split(b",")[0] if forwarded else next((v for k, v in headers if k.lower() == b"host"), b"")
        host = named(said.decode("latin-1"))
        if host is None:
            raise Refused(400, "This address names no server.")
        if not rules.answers(host):
            raise Refused(
                421,
                f"This server is not known as {host.name}. Whoever runs it can add the name to PLAYGROUND_HOSTS.",
            )
        path, query = scope["path"], scope.get("query_string", b"")
        raw = scope.get("raw_path") or path.encode()
        if len(scope.get("scheme", "http")) + len(said) + len(raw) + len(query) + 8 > ADDRESS:
            raise Refused(414, f"This address is longer than {ADDRESS:,} characters. Share a smaller configuration.")
        inner, method = route(scope), scope["method"]
        if not _open(inner, method):
            raise Refused(404, "There is nothing at this address.")
        origin = next((v for k, v in headers if k.lower() == b"origin"), None)
        asked = origin.decode("latin-1") if origin is not None and method not in ("GET", "HEAD", "OPTIONS") else None
        if asked is not None and not rules.welcomes(asked, host):
            raise Refused(403, "This request comes from a page of another site.")
        kept = [part for part in query.split(b"&") if _key(part) not in GRADIOS]
        return {**scope, "client": (peer, 0), "headers": headers, "query_string": b"&".join(kept)}


def route(scope: Mapping[str, Any]) -> str:
    """The path below the app's own root, where a proxy left that in it."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    inner = path[len(root) :] if root and path.startswith(root + "/") else path
    return inner.rstrip("/") or "/"


def _open(path: str, method: str) -> bool:
    if any(ord(c) < 32 or ord(c) == 127 for c in path):
        return False
    if path.startswith(OURS):
        return True
    if method in ("GET", "HEAD"):
        return path in READ or (path.startswith(READ_BELOW) and not ELSEWHERE.match(path))
    return path in WRITE and method in ("POST", "OPTIONS")


def _key(part: bytes) -> bytes:
    return unquote_plus(part.split(b"=")[0].decode("latin-1")).encode("utf-8", "replace")


# ---- bodies ----
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


def _json(headers: Mapping[bytes, bytes], body: bytes) -> Any:
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


def _again(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """The request for the app to read, with a body that was read before."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    headers = [(k, v) for k, v in scope["headers"] if k.lower() != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % len(body))]}, again


async def _answer(refusal: Refused, receive: Receive | None, send: Send, method: str) -> None:
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


# ---- uploads ----
class Uploads:
    """How many run, and how much lies in their folder."""

    def __init__(self, folder: Path | None = None, total: int | None = None, at_once: int = AT_ONCE):
        given = os.environ.get("GRADIO_TEMP_DIR")
        self.folder = folder or Path(given or Path(tempfile.gettempdir()) / "gradio")
        self.total = _gigabytes("PLAYGROUND_UPLOADS_GB", TOTAL) if total is None else total
        self.at_once = at_once
        self.running: Counter[str] = Counter()
        self.coming = 0  # bytes that those running may bring
        self.held, self.files, self.looked = 0, 0, -math.inf

    @asynccontextmanager
    async def one(self, address: str, expected: int | None) -> AsyncIterator[None]:
        """A place for one upload of so many bytes (None if it does not say). Raises Refused where there is none."""
        if self.running[address] >= self.at_once:
            raise Refused(429, f"{self.at_once} uploads from your address are under way. Try again in a moment.")
        size = UPLOAD if expected is None else expected
        self.running[address] += 1
        self.coming += size
        try:
            if time.monotonic() - self.looked > LOOK:
                self.looked = time.monotonic()
                self.held, self.files = await asyncio.get_running_loop().run_in_executor(None, _lying, self.folder)
            if self.held + self.coming > self.total or self.files > FILES:
                raise Refused(507, "The server has no room for more files now. Try again in half an hour.")
            self.files += 1
            yield
            self.held += size  # until the folder is looked at again
        finally:
            self.running[address] -= 1
            if not self.running[address]:
                del self.running[address]
            self.coming -= size


def room(folder: Path, size: int) -> bool:
    """Whether one more file of so many bytes may lie there, to be fetched."""
    held, files = _lying(folder)
    return held + size <= _gigabytes("PLAYGROUND_UPLOADS_GB", TOTAL) and files < FILES


def _lying(folder: Path) -> tuple[int, int]:
    """(bytes, files) in a folder and those in it."""
    size = count = 0
    for entry in _entries(folder):
        count += 1
        try:
            size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # just deleted
        if count > FILES:
            break
    return size, count


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(Path(entry.path))
                else:
                    yield entry
    except OSError:
        return


def _gigabytes(name: str, default: int) -> int:
    said = os.environ.get(name, "").strip()
    try:
        found = int(float(said) * 2**30) if said else default
    except (ValueError, OverflowError):
        found = 0
    if found <= 0:
        raise ValueError(f"{name} is {said!r}. Write a number of gigabytes above 0, such as 1.")
    return found


# ---- new visitors ----
class Arrivals:
    """How many new visitors may come: so many a minute from one address (a class may share one), and `EVERYBODY` times
    as many from all. Who is in stays in.
    """

    EVERYBODY = 5
    MANY = 10_000  # addresses that are remembered

    def __init__(self, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic):
        self.per_minute = _per_minute() if per_minute is None else per_minute
        self.clock = clock
        self.all = (self.EVERYBODY * self.per_minute, clock())
        self.left: dict[str, tuple[float, float]] = {}
        """Address -> (how many may still come, when that was so)."""

    def allow(self, address: str) -> bool:
        """Whether one more may come from this address; it is counted if so."""
        if self.per_minute == math.inf:
            return True
        now, address = self.clock(), household(address)
        mine = self._now(self.left.get(address, (self.per_minute, now)), self.per_minute, now)
        everybody = self._now(self.all, self.EVERYBODY * self.per_minute, now)
        if mine < 1 or everybody < 1:
            return False
        self.all, self.left[address] = (everybody - 1, now), (mine - 1, now)
        if len(self.left) > self.MANY:  # who may come as often as a stranger need not be remembered
            self.left = {
                name: one for name, one in self.left.items() if self._now(one, self.per_minute, now) < self.per_minute
            }
        return True

    @staticmethod
    def _now(was: tuple[float, float], most: float, now: float) -> float:
        left, then = was
        return min(most, left + most * max(0.0, now - then) / 60)


def _per_minute() -> float:
    said = os.environ.get("PLAYGROUND_ARRIVALS", "").strip().lower()
    if said == "none":
        return math.inf
    if said and not (said.isascii() and said.isdigit() and int(said)):
        raise ValueError(f"PLAYGROUND_ARRIVALS is {said!r}. Write how many may come in a minute, such as 300, or none.")
    return int(said or 300)
