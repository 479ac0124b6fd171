"""The picture of the model as values for the page."""

from __future__ import annotations

import json
from typing import Any

from models.architecture import TransformerConfig
from playground.lenses.architecture.blocks import Column, architecture, total
from playground.lenses.architecture.live import live
from playground.lenses.architecture.words import words
from playground.visitors.session import Session


def value(session: Session) -> dict[str, Any]:
    """columns       JSON of `_plain`
    words         JSON {kind: [what it does, formula, [source, address]]}
    live          JSON {id: words} of the run, {} where the controls have another model
    parameters    of all blocks
    step          of what is live, -1 for none
    finding       JSON {title, html}
    """
    config, run = session.config.model, session.run
    columns, measured, step = architecture(config), {}, -1
    if run is not None and not session.building and run.now.model == config:
        seen = session.look()
        measured, step = live(seen, run.routed if seen.routed is None else seen.routed), seen.step
    return {
        "columns": json.dumps(_plain(columns)),
        "words": json.dumps(words(config)),
        "live": json.dumps(measured),
        "parameters": total(columns),
        "step": step,
        "finding": json.dumps({"title": _title(config, columns), "html": _sentence(config, step)}),
    }


def _title(config: TransformerConfig, columns: list[Column]) -> str:
    by_kind: dict[str, int] = {}
    for column in columns:
        for group in column.groups:
            for block in (block for layer in group.blocks for block in layer):
                by_kind[block.kind] = by_kind.get(block.kind, 0) + group.times * block.parameters
    every = max(1, sum(by_kind.values()))
    kind, most = max(by_kind.items(), key=lambda of: of[1])
    where = {
        "tokens": "the token embedding",
        "attention": "attention",
        "cross_attention": "cross-attention",
        "feed_forward": "the feed-forwards",
        "experts": "the experts",
        "head": "the output matrix",
    }.get(kind, kind)
    layers = " + ".join(f"{n} {stack} {'layer' if n == 1 else 'layers'}" for stack, n in config.depths().items())
    return f"{layers}: {every:,} parameters, {100 * most / every:.0f} % of them in {where}"


def _sentence(config: TransformerConfig, step: int) -> str:
    stream = (
        f"At each position a vector of {config.width:,} numbers, the residual stream, runs from top to bottom. "
        "Each block on the right of it reads it and adds what it found; nothing else connects them."
    )
    if config.norm.place == "post":
        stream = stream.replace("; nothing else connects them", "; a norm follows each addition")
    measured = f" Norms and loads in the blocks were measured at step {step:,}." if step >= 0 else ""
    return f"{stream}{measured} Press a block for what it does."


def _plain(columns: list[Column]) -> list[dict[str, Any]]:
    """As values for the page."""
    return [
        {
            **column._asdict(),
            "groups": [
                {
                    "layers": group.layers,
                    "times": group.times,
                    "blocks": [[block._asdict() for block in layer] for layer in group.blocks],
                }
                for group in column.groups
            ],
        }
        for column in columns
    ]
