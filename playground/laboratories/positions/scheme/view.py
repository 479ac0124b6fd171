"""The tab "The scheme": what a scheme is, by where it acts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch

from playground.figures import position as figures
from playground.laboratories.positions import dials, grid
from playground.laboratories.positions.chart import NOTHING, chart
from playground.laboratories.positions.python import built_by_hand
from playground.laboratories.positions.scheme import biases
from playground.laboratories.positions.scheme.square import PLACES, SIDE, square, window
from playground.positions import decay, portraits, rotation
from playground.positions.names import names
from playground.positions.scheme import built
from playground.positions.settings import PositionSettings

Value = dict[str, dict[str, Any]]
LONG, WIDE = 48, 64  # positions and channels of a table


def value(settings: PositionSettings) -> Value:
    """Value of each view of the tab."""
    found = portraits.finding(settings)
    head = {"title": found.title, "html": found.html}
    if settings.position.kind == "none":
        head["act"] = json.dumps(["Look at RoPE", 'set:{"position.kind": "RoPE"}'])
    seam = built(settings, 1).seam
    parts = {"rotate": _rotation, "embed": _table, "bias": biases.bias, "relative": biases.relative}.get(seam)
    empty = {
        "scheme-dials": dials.NOTHING,
        "scheme-plane": dials.NOTHING,
        "scheme-matrix": grid.NOTHING,
        "scheme-square": grid.NOTHING,
    }
    notes = {"try": json.dumps(portraits.tries(settings)), "python": built_by_hand(settings)}
    shown = parts(settings) if parts else {}
    return {
        "scheme-head": head,
        **empty,
        "scheme-speeds": NOTHING,
        "scheme-curves": NOTHING,
        "scheme-notes": notes,
        **shown,
    }


def _rotation(settings: PositionSettings) -> Value:
    few, pair = rotation.few(settings), settings.drawn_pair()
    channels, matrix = rotation.matrix(settings, few)
    order = settings.position.model_dump()["pairing"]
    turned = grid.grid(
        matrix,
        title="The rotation as a matrix",
        note=f"position {settings.query}; {len(channels)} of {settings.head_dim} channels, {order} pairs",
        rows=channels,
        columns=channels,
        row_title="channel after",
        column_title="channel before",
        low=-float(np.abs(matrix).max()),
        high=float(np.abs(matrix).max()),
    )
    angles = rotation.angles(settings, window(settings.query), window(settings.key))
    kept = [settings.now(), *(each for each in settings.kept if each.position.kind == "RoPE")]
    waves = [(name, rotation.wavelengths(each)) for name, each in zip(names(kept), kept, strict=True)]
    speeds = figures.by_pair(waves, trained=settings.seen(), chosen=pair, plain=dials.unscaled(settings))
    title = "Wavelength of each pair"
    return {
        "scheme-dials": dials.value(settings),
        "scheme-plane": dials.value(settings),
        "scheme-matrix": turned,
        "scheme-square": square(
            settings, angles, f"Pair {pair} over queries and keys", "cosine of the angle between them"
        ),
        "scheme-speeds": chart(title, "tokens per full turn, log scale", speeds, dials.said(settings)),
    }


def _table(settings: PositionSettings) -> Value:
    scheme, end = built(settings, settings.distance + 1), SIDE + max(settings.query, settings.key)
    rows = min(LONG, settings.trained if settings.position.ends else LONG)
    wide = min(WIDE, settings.head_dim)
    table = scheme.position.embed(torch.zeros(rows, settings.head_dim)).numpy()[:, :wide]
    most = float(np.abs(table).max()) or 1.0
    picture = grid.grid(
        table,
        title="What is added to each token",
        note=f"{rows} positions, {wide} of {settings.head_dim} channels",
        rows=range(rows),
        columns=range(wide),
        row_title="position",
        column_title="channel",
        low=-most,
        high=most,
    )
    alike = decay.similarity(settings.now(), settings.distance)
    figure = figures.by_distance(
        [(names([settings.now()])[0], alike)], y_title="cosine", least=-0.3, trained=settings.seen()
    )
    shown = {
        "scheme-matrix": picture,
        "scheme-curves": chart("Similarity by offset", "cosine of two such vectors", figure, ""),
    }
    try:
        whole = scheme.position.embed(torch.zeros(end, settings.head_dim))
    except ValueError:  # learned positions end before; what is there is drawn
        whole = scheme.position.embed(torch.zeros(settings.trained, settings.head_dim))
    unit = torch.nn.functional.normalize(whole, dim=-1)
    queries, keys = ([at for at in window(place) if at < len(unit)] for place in (settings.query, settings.key))
    if settings.query < len(unit) > settings.key:
        shown["scheme-square"] = grid.grid(
            (unit[queries] @ unit[keys].T).numpy(),
            title="Similarity of every two positions",
            note="cosine; on the diagonal 1",
            rows=queries,
            columns=keys,
            low=-1.0,
            high=1.0,
            chosen=(settings.query - queries[0], settings.key - keys[0]),
            **PLACES,
        )
    return shown
