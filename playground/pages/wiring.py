"""The events of the one bus that all components share, and the route of the pulse."""

from __future__ import annotations

import asyncio
import errno
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
import orjson
from gradio.processing_utils import save_bytes_to_cache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.components.static import imported
from playground.doors.addresses import client_address
from playground.doors.uploads import room
from playground.pages.visitor import Refused
from playground.pages.visitors import Visitors
from playground.workers.edge import clean

PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
NOW: dict[str, Any] = {"queue": False, **PRIVATE}
"""Presses skip the queue."""
LONGEST = 60  # characters of the name of a view or an event
ENTRIES = 200  # of an address
GONE = '{"gone":true}'


def wire(bus: gr.HTML, visitors: Visitors) -> None:
    """Bind its events: a page opens, an event of a component, a stream of frames, a file out and a file in."""
    file = gr.DownloadButton(visible=False)
    who = gr.Textbox(visible=False)
    upload = gr.UploadButton("Open a run", type="binary", elem_id="run-file", elem_classes=["unseen"])

    async def attach(request: gr.Request, event: gr.EventData) -> str:
        sent = _fields(event)
        query = sent.get("query")
        read = sent.get("again") is True  # the same page asks once more: its address has been read
        named = list(query.items())[:ENTRIES] if isinstance(query, dict) else []
        link = None if read else {name[:200]: str(value) for name, value in named}
        address = client_address(request.request.scope) if request.request else ""
        try:
            return await visitors.attach(sent.get("key"), link, str(sent.get("tab", ""))[:LONGEST], address)
        except Refused as refusal:
            return _refused(str(refusal))
        except Exception:
            return _fault()

    async def pressed(sent: dict[str, Any], body: bytes = b"") -> tuple[str, str, bytes]:
        view, name, data = sent.get("view"), sent.get("event"), sent.get("data")
        if not (isinstance(view, str) and isinstance(name, str)):
            return GONE, "", b""
        fields = data if isinstance(data, dict) else {}
        try:
            visitors.drawn(sent.get("key"), sent.get("page"), sent.get("seen"))
            return await visitors.act(
                sent.get("key"), sent.get("page"), sent.get("n"), view[:LONGEST], name[:LONGEST], fields, body
            )
        except Refused as refusal:
            return _refused(str(refusal)), "", b""
        except Exception:
            return _fault(), "", b""

    async def act(event: gr.EventData) -> str:
        return (await pressed(_fields(event)))[0]

    async def save(event: gr.EventData) -> tuple[str, Any]:
        text, name, data = await pressed(_fields(event))
        if not name:
            return text, None
        try:
            return text, await asyncio.to_thread(_laid, data, name, Path(file.GRADIO_CACHE))
        except OSError:
            return _refused("The server has no room for this file now. Try again in half an hour."), None

    async def opened(data: bytes | None, identity: str) -> str:
        try:
            sent = clean(orjson.loads(identity or "{}"))
        except (ValueError, TypeError):
            return GONE
        sent = sent if isinstance(sent, dict) else {}
        return (await pressed({**sent, "view": "upload", "event": "run", "data": {}}, data or b""))[0]

    async def watch(event: gr.EventData) -> AsyncIterator[str]:
        sent = _fields(event)
        async for text in visitors.stream(sent.get("key"), sent.get("page")):
            yield text

    many: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": None}
    bus.attach(attach, None, bus, trigger_mode="multiple", **NOW)
    bus.act(act, None, bus, trigger_mode="multiple", **NOW)
    bus.watch(watch, None, bus, **many, **PRIVATE).then(
        None, None, None, js=f"async () => {{ (await {imported('core/stream.js')}).streamed(); }}", **NOW
    )
    bus.save(save, None, [bus, file], trigger_mode="multiple", **NOW).then(
        None, file, None, js=f"async file => {{ (await {imported('core/files.js')}).saveFile(file); }}", **NOW
    )
    upload.upload(
        opened, [upload, who], bus, js=f"async (file, _) => [file, (await {imported('core/bus.js')}).identity()]", **NOW
    )


def _fields(event: gr.EventData) -> dict[str, Any]:
    """What came with an event, checked once: any JSON may arrive over HTTP."""
    try:
        found = clean(getattr(event, "_data", None))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _laid(data: bytes, name: str, folder: Path) -> str:
    """Put a file where the browser fetches it. Raises OSError where the disk is full, or the folder."""
    if not room(folder, len(data)):
        raise OSError(errno.ENOSPC, "no room for more files")
    return save_bytes_to_cache(data, name, str(folder))


def _fault() -> str:
    """What went wrong here is written to the log, and said without details."""
    traceback.print_exc()
    return _refused("Something went wrong here. The page tries again in a moment.")


def _refused(sentence: str) -> str:
    return orjson.dumps({"refused": sentence}).decode()


def routes(visitors: Visitors) -> list[Route]:
    """The sign of life of a page: {key, page, seen, hidden, leaving}; 410 where the page is not known any more."""

    async def pulse(request: Request) -> Response:
        try:
            sent = clean(orjson.loads(await request.body()))
        except (ValueError, TypeError):
            return Response(status_code=400)
        sent = sent if isinstance(sent, dict) else {}
        known = visitors.pulse(
            sent.get("key"), sent.get("page"), sent.get("seen"), sent.get("hidden") is True, sent.get("leaving") is True
        )
        return Response(status_code=204 if known else 410)

    return [Route("/pg/pulse", pulse, methods=["POST"])]
