"""What a repository of the Hub holds. Nothing is asked of the Hub but by these functions, `fetch` and `push`."""

from __future__ import annotations

from playground.checkpoints.listing import Listing


def find(name: str, revision: str | None = None, *, token: str | None = None) -> Listing:
    """What a repository holds at a revision (main if None), pinned to its commit: three requests, and config.json.

    token: the visitor's own; else that of the environment (HF_TOKEN, or a login of this machine). Raises ValueError
    with a sentence where it cannot be seen: no such repository or revision, gated, offline, no answer. What can be
    seen and not loaded is in `problems`.
    """
    raise NotImplementedError
