"""What is let in: the routes that the pages need, asked by name from our own pages, with bodies of a sane size."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.doors import vetting
from playground.doors.addresses import FORWARDED, Policy, client_address, household, named, policy
from playground.doors.bodies import BODY, CRAWL, SLOW, UPLOAD, Body, again, read_json
from playground.doors.refusals import Refused, answer
from playground.doors.uploads import Uploads

ADDRESS = 65_536  # characters of a whole address, which is what Gradio's own library takes
UPLOADS = {"/gradio_api/upload", "/upload"}

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


class Doors:
    """ASGI middleware; answers stream through it. Later ones find the visitor's own address in scope["client"], no
    forwarding headers but a trusted proxy's, and in JSON only what `workers.edge.clean` lets through.
    """

    def __init__(self, app: ASGIApp, policy_: Policy | None = None, uploads: Uploads | None = None):
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
                found = read_json(headers, read)
                if path in EVENTS and (why := vetting.event(scope["app"], found, self.uploads.folder)):
                    raise Refused(400, why)
                # Written anew, since the app reads what is no character in any of three encodings.
                read = read if found is None else json.dumps(found, ensure_ascii=False).encode()
                scope, read_again = again(scope, receive, read)
                await self.app(scope, read_again, sent)
        except (Refused, OSError) as error:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
            said = Refused(507, "The server's disk is full, so the file was not taken.") if full else error
            if begun or not isinstance(said, Refused):
                raise
            await answer(said, None if body is not None and body.over else receive, send, scope["method"])

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
