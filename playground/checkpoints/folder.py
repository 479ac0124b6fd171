"""A checkpoint in a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from playground.checkpoints.listing import Listing


def local(folder: str | Path) -> Listing:
    """What a folder holds: config, headers of its weights and tokenizer, no weights. Raises ValueError with a sentence
    where there is no such folder. Ask `rules.forbidden` first: whether a visitor may name folders.
    """
    raise NotImplementedError
