"""The document that the page is: what its head names, and the script, style and data it then fetches."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.components.static import BASE, DIGEST, FILES
from playground.doors.middleware import route

POLICY = "object-src 'none'; base-uri 'self'; connect-src 'self'; form-action 'self'; frame-src 'none'"
"""What the page may embed, ask and send to. It says nothing of scripts: Gradio runs those of a gr.HTML from texts,
which takes 'unsafe-inline' and 'unsafe-eval'; nor of who may embed the page.
"""
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


def head(values: dict[str, dict[str, Any]]) -> str:
    """Html for the end of the head: style, scripts, and {view: value} that the page draws before the server has said
    anything.
    """
    text = json.dumps(values).replace("<", "\\u003c")  # a value may hold a closing tag
    return (
        f"<link rel='stylesheet' href='{BASE}page.css'>"
        f"<script type='application/json' id='first-values'>{text}</script>"
        f"<script type='module' src='{BASE}page.js'></script>"
    )


class Document:
    """ASGI middleware: puts `html` at the end of the head of Gradio's page, and sends it with `POLICY`. Gradio's own
    `head=` is inserted by a script once its scripts have run, too late for a style.
    """

    END = b"</head>"

    def __init__(self, app: ASGIApp, html: str):
        self.app, self.html = app, html.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on, the page with more in it."""
        if scope["type"] != "http" or scope["method"] != "GET" or route(scope) != "/":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def sent(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(self.END, self.html + self.END, 1)
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            headers += [(b"content-length", str(len(body)).encode()), (b"content-security-policy", POLICY.encode())]
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, sent)


@cache
def packed(path: str) -> bytes:
    """A file, compressed once."""
    return gzip.compress(FILES[path], 6, mtime=0)


async def file(request: Request) -> Response:
    """One of `FILES`; a browser keeps it, since another one has another address."""
    digest, _, path = request.path_params["address"].partition("/")
    if digest != DIGEST or path not in FILES:
        return PlainTextResponse("There is nothing at this address.", 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    media = TYPES[path[path.rindex(".") :]]
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed(path), headers={**headers, "Content-Encoding": "gzip"}, media_type=media)
    return Response(FILES[path], headers=headers, media_type=media)


FILES_ROUTE = Route("/pg/{address:path}", file, methods=["GET"])
