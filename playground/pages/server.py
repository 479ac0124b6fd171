"""The pages as one Gradio app, and its server. This process carries the pages and forwards what visitors do; models
live in worker processes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import Any

import gradio as gr
import orjson
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from playground.components.bus import bus
from playground.components.header import header
from playground.doors.arrivals import Arrivals
from playground.doors.middleware import Doors
from playground.pages.document import FILES_ROUTE, Document, head
from playground.pages.page import draw
from playground.pages.visitors import Visitors
from playground.pages.wiring import NOW, routes, wire
from playground.workers import protocol
from playground.workers.process import Process

TABS = 512  # streams and presses at once: each holds one of Gradio's places, and a thread only where it computes


def build(layout: dict[str, Any], visitors: Visitors) -> gr.Blocks:
    """All pages as client tabs of one document, so that a run goes on while the visitor moves between them."""
    with (
        gr.Blocks(title="Transformer Playground", fill_width=True, delete_cache=(600, 1800)) as demo,
        gr.Column(elem_id="app"),
    ):
        top = header([(page["name"], page["title"]) for page in layout["pages"]])
        wire(bus(), visitors)
        with gr.Tabs(elem_id="pages", selected=layout["pages"][0]["name"]) as tabs:
            for page in layout["pages"]:
                draw(page)
        top.go(None, top, tabs, js="value => ({__type__: 'update', selected: value.page})", **NOW)
    return demo


def launch(first: Process) -> None:
    """Serve on GRADIO_SERVER_NAME:GRADIO_SERVER_PORT until told to end; opens a browser if PLAYGROUND_OPEN=1."""
    visitors = Visitors(first, Arrivals())
    layout = orjson.loads(first.ask(protocol.Layout(0)).body)
    demo = build(layout, visitors)
    demo.queue(api_open=False, max_size=TABS, default_concurrency_limit=None).launch(
        inbrowser=os.environ.get("PLAYGROUND_OPEN") == "1",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        prevent_thread_lock=True,
        max_file_size="64mb",  # a run as a file; a text of a visitor's own is bounded by the page
        max_threads=TABS,
        state_session_capacity=TABS,
        # The page itself; streams are left as they are. Level 9 takes twice to five times as long and saves 1 %.
        app_kwargs={
            "middleware": [
                Middleware(Doors),
                Middleware(GZipMiddleware, compresslevel=6),
                Middleware(Document, head(layout["values"])),
            ],
            "routes": [*routes(visitors), FILES_ROUTE],
        },
    )
    over: list[int] = []
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: over.append(1))
    while not over:
        time.sleep(0.1)
    if visitors.loop is not None:
        with suppress(Exception):  # workers write everything down when their input ends, too
            asyncio.run_coroutine_threadsafe(visitors.end(), visitors.loop).result(15)
    else:
        first.process.terminate()
    os._exit(0)  # Gradio's threads have nothing to keep
