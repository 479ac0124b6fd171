"""What the configuration costs beside published models: one row each of the same numbers."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from models import PUBLISHED, TransformerConfig
from models.cost import cost
from models.published import SOURCES
from playground.visitors.session import Session
from playground.wording import metric

PRECISION = 2  # bytes of one cached number in bfloat16 or float16, as such models are served
SPARSE = any(cost(config).active_parameters != cost(config).parameters for config in PUBLISHED.values())
MINE = "This configuration"
HELP = (
    "FLOPs: one forward pass of one token with the context full; 2 for each weight of every matrix product, 4 for each "
    "channel of each key that a head looks at. KV cache: keys and values that a decoder keeps; an encoder keeps none. "
    f"Bytes: {PRECISION} for each number (bfloat16); the card counts 4, because this page computes in float32. "
    "With a window, a full context needs only the window. BERT is counted as the bare encoder with its pooler, and "
    "with the masked-LM head that it was trained with."
)


def fixed() -> dict[str, Any]:
    """What does not change while the page is open: {columns: as of a `table`, units in the labels; rows: [[cell, ...],
    ...], a cell is a number, a string or {value, text, title, href}: sorted and saved by its value, shown as text, with
    title on hover; help: what the numbers mean}.
    """
    return {"columns": columns(), "rows": rows(), "help": HELP}


def value(session: Session) -> dict[str, Any]:
    """The row of the edited configuration, {mine: JSON [cell, ...]}, which stays first and is marked."""
    return {"mine": json.dumps(row(MINE, session.config.model))}


def columns() -> list[dict[str, str]]:
    """Labels carry the units, so that the CSV says them too."""
    active = [{"label": "Active per token", "title": "Parameters that take part in one token's forward pass."}]
    return [
        {"label": "Model"},
        {"label": "Parameters", "title": "All parameters, embeddings included."},
        *(active if SPARSE else []),
        {"label": "FLOPs per token", "title": "One forward pass of one token with the context full."},
        {"label": "KV numbers per token", "title": "Keys and values of all layers."},
        {"label": "KV bytes per token", "title": f"{PRECISION} bytes for each number."},
        {"label": "KV bytes at full context", "title": "The window's where there is one; a source's keys count, too."},
        {"label": "Context (tokens)", "title": "Longest sequence."},
    ]


@lru_cache(maxsize=1)
def rows() -> list[list[Any]]:
    """The published models, smallest first, each name with its source."""
    ranked = sorted(PUBLISHED, key=lambda name: cost(PUBLISHED[name]).parameters)
    return [row(SOURCES[name].title, PUBLISHED[name], SOURCES[name].paper, SOURCES[name].url) for name in ranked]


def row(title: str, config: TransformerConfig, paper: str = "", url: str = "") -> list[Any]:
    """The cells of one model: plain numbers are shown whole, the others rounded with the exact one on hover."""
    c, context = cost(config), config.context
    kept = min(context, config.attention.sees() or context)
    full = kept * c.kv_cache_elements_per_token + context * c.cross_cache_elements_per_source_token
    return [
        {"value": title, "title": paper, "href": url},
        c.parameters,
        *([c.active_parameters] if SPARSE else []),
        _rounded(c.flops_per_token, "FLOP", shown=""),
        c.kv_cache_elements_per_token or {"value": 0, "text": "none"},
        _rounded(PRECISION * c.kv_cache_elements_per_token, "B"),
        _rounded(PRECISION * full, "B"),
        context,
    ]


def _rounded(number: int, unit: str, *, shown: str | None = None) -> dict[str, Any]:
    text = " ".join(metric(number, unit if shown is None else shown)).strip()
    return {"value": number, "text": text if number else "none", "title": f"{number:,} {unit}"}
