"""Transformer Playground: builds the pages into one Gradio app and launches it (also the entry point of a hosted
Space).
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from threading import Thread

from playground.compute.allocator import tune

if __name__ == "__main__":
    tune()  # this file begins anew, so before anything else
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import torch
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from playground.components.header import header
from playground.components.widget import head
from playground.pages import PAGES
from playground.pages.frame import NOW, sweep
from playground.visitors.sessions import MOST


def build() -> gr.Blocks:
    """All pages as client tabs of one document, so that a run goes on while the visitor moves between them."""
    torch.set_num_threads(1)
    with (
        gr.Blocks(title="Transformer Playground", fill_width=True, delete_cache=(600, 1800)) as demo,
        gr.Column(elem_id="app"),
    ):
        top = header([(page.name, page.title) for page in PAGES])
        with gr.Tabs(elem_id="pages", selected=PAGES[0].name) as tabs:
            for page in PAGES:
                page.draw(demo, tabs)
        top.go(None, top, tabs, js="value => ({__type__: 'update', selected: value.page})", **NOW)
    return demo


def launch() -> None:
    """Serve on GRADIO_SERVER_NAME:GRADIO_SERVER_PORT; opens a browser if PLAYGROUND_OPEN=1."""
    import plotly

    gr.set_static_paths(
        [
            Path(plotly.__file__).parent / "package_data" / "plotly.min.js",
            Path(__file__).parent / "static" / "replay.json",
        ]
    )
    demo = build()
    sweep(demo)
    # The first optimiser of a process imports this, 1.6 s on a small machine; else the first visitor would wait for it.
    Thread(target=importlib.import_module, args=("torch._dynamo",), daemon=True).start()
    demo.queue(api_open=False, max_size=128, default_concurrency_limit=8).launch(
        inbrowser=os.environ.get("PLAYGROUND_OPEN") == "1",
        head=head(),
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size="64mb",  # a run as a file; a text of a visitor's own is bounded by the page
        max_threads=64,
        state_session_capacity=MOST,
        # The page itself; streams are left as they are. Level 9 takes twice to five times as long and saves 1 %.
        app_kwargs={"middleware": [Middleware(GZipMiddleware, compresslevel=6)]},
    )


if __name__ == "__main__":
    launch()
