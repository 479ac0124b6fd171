"""Crowds of visitors who speak the page's protocol over loopback; `python -m tests.crowd` is `make soak`."""
