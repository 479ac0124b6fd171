"""Transformer Playground: the entry point of the app, here and as a hosted Space."""

from __future__ import annotations

import os

from playground.workers.process import Process


def main() -> None:
    """Start a worker, and serve the pages until told to end."""
    first = Process()  # it imports torch while this process imports Gradio
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when Gradio is imported
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")  # which proxies are believed, pages/addresses.py decides alone
    from playground.pages.server import launch

    launch(first)


if __name__ == "__main__":
    main()
