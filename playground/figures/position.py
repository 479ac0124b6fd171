"""Figures of position schemes. Of several settings the one in hand comes first, and is drawn on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.figures.curves import COLOURS, Curve, Figure, curves

Lines = Sequence[tuple[str, np.ndarray]]
"""(label, value at 0, 1, 2 ...) each."""
DISTANCE = "distance between query and key, tokens"


def by_distance(
    lines: Lines,
    *,
    y_title: str,
    least: float | None = None,
    trained: int | None = None,
    cursor: tuple[int, str] | None = None,
    points: Sequence[int] = (),
    band: tuple[np.ndarray, np.ndarray] | None = None,
    x_title: str = DISTANCE,
) -> Figure:
    """Something against distance. `cursor` is the distance in hand and what is said of it; `points` are distances of
    the first line that are named; `band` (low, high) is what chance gives.
    """
    end = max(len(heights) for _, heights in lines) - 1
    low, high = (float(f(heights)) for f, heights in ((np.min, _all(lines, band)), (np.max, _all(lines, band))))
    low = low if least is None else min(least, low)
    rest = 0.06 * (high - low or 1.0)
    span = (low if least == low else low - rest, high + rest)
    marks = [(trained, f"trained length {trained}")] if trained is not None and 0 < trained < end else []
    at = cursor[0] if cursor and cursor[0] <= end else None
    figure = curves(_curves(lines), total=end, x_title=x_title, y_title=y_title, y_range=span, marks=marks, cursor=at)
    heights = lines[0][1]
    if band is not None:
        figure["data"].insert(0, _band(*band))
    if at is not None and at < len(heights):
        figure["data"].append(_dots([at], heights, "var(--accent)", 8))
        figure["layout"]["annotations"].append(_said(at, span[0], cursor[1] if cursor else "", right=at > end / 6))
    if points:
        figure["data"].append(_dots(points, heights, "var(--text)", 7))
        told = ", ".join(f"{heights[x]:.2f} at {x}" for x in points)
        place = {"x": points[0], "y": float(min(heights[x] for x in points)), "yshift": -14, "xanchor": "left"}
        note = {"text": f"<b>{told}</b>", "showarrow": False, "font": {"size": 11, "color": "var(--text)"}}
        note |= {"bgcolor": "var(--page)"}  # over the line of the trained length
        figure["layout"]["annotations"].append(place | note | {"yanchor": "top"})
    return figure


def by_pair(lines: Lines, *, trained: int, chosen: int | None = None, plain: np.ndarray | None = None) -> Figure:
    """Wavelength of each pair, in tokens, against what training has seen; `plain` without scaling."""
    drawn = _curves(lines)
    end = max(len(heights) for _, heights in lines) - 1
    figure = curves(drawn, total=max(end, 1), x_title="pair", y_title="tokens per full turn", log=True, cursor=chosen)
    if plain is not None:
        figure["data"].insert(0, _dashed("without scaling", plain))
    ticks = 10.0 ** np.arange(0, 10)
    axis = figure["layout"]["yaxis"]
    axis |= {"tickvals": ticks.tolist(), "ticktext": [f"{t:,.0f}" for t in ticks]}
    lowest = min(float(np.min(h)) for _, h in lines)
    highest = max(float(np.max(h)) for _, h in lines)
    axis["range"] = [np.log10(min(lowest, trained) / 2), np.log10(max(highest, trained) * 3)]
    rule = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": trained, "y1": trained}
    figure["layout"]["shapes"].append({**rule, "line": {"color": "var(--text-2)", "width": 1.2, "dash": "dot"}})
    text = f"trained length {trained:,}: above it, never a full turn"
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": np.log10(trained), "yanchor": "top"}
    note = {"text": text, "showarrow": False, "font": {"size": 11, "color": "var(--text-2)"}}
    figure["layout"]["annotations"].append(place | note)
    return figure


def by_head(values: np.ndarray, *, y_title: str, chosen: int) -> Figure:
    """One value per head, on a logarithmic axis."""
    line = Curve("", list(range(len(values))), values.tolist(), COLOURS[0], 1.2)
    figure = curves([line], total=max(len(values) - 1, 1), x_title="head", y_title=y_title, log=True)
    figure["data"][0] |= {"mode": "lines+markers", "marker": {"size": 7, "color": COLOURS[0]}, "name": y_title}
    figure["data"].append(_dots([chosen], values, "var(--accent)", 10))
    figure["layout"]["xaxis"] |= {"range": [-0.3, max(len(values) - 1, 1) + 0.3], "dtick": max(1, len(values) // 8)}
    figure["layout"]["margin"] = {"r": 16}
    return figure


def by_shift(lines: Sequence[tuple[str, Any]], *, cursor: int, end: int) -> Figure:
    """Scores at some shifts: (label, {shifts, scores}) each; a line ends where a scheme has no positions left."""
    drawn = [
        Curve(label, seen.shifts[: len(seen.scores)], seen.scores, COLOURS[i], 1.6 if i else 2.4)
        for i, (label, seen) in enumerate(lines)
    ]
    values = [score for line in drawn for score in line.y]
    middle, reach = (max(values) + min(values)) / 2, max(0.75 * (max(values) - min(values)), 0.5)
    return curves(
        drawn[::-1],
        total=end,
        x_title="shift of both, tokens",
        y_title="score",
        y_range=(middle - reach, middle + reach),
        cursor=cursor,
    )


def steps(offsets: np.ndarray, values: np.ndarray, *, y_title: str, cursor: int) -> Figure:
    """Whole numbers by offset (key minus query), as stairs."""
    figure = curves([Curve("", [0], [0])], total=1, x_title="key minus query, tokens", y_title=y_title, cursor=cursor)
    line = {"color": COLOURS[0], "width": 1.8, "shape": "hvh"}
    hover = {"hovertemplate": f"offset %{{x:,}}: {y_title} %{{y}}<extra></extra>", "name": y_title}
    stairs = {"type": "scatter", "mode": "lines", "x": offsets.tolist(), "y": values.tolist(), "line": line}
    figure["data"] = [stairs | hover]
    figure["layout"] |= {"annotations": [], "margin": {"r": 16}}
    figure["layout"]["xaxis"]["range"] = [int(offsets[0]), int(offsets[-1])]
    return figure


def _curves(lines: Lines) -> list[Curve]:
    drawn = [
        Curve(label, list(range(len(heights))), heights.tolist(), COLOURS[i], 1.6 if i else 2.4)
        for i, (label, heights) in enumerate(lines)
    ]
    return drawn[::-1]


def _all(lines: Lines, band: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    return np.concatenate([*(heights for _, heights in lines), *(band or ())])


def _dots(at: Sequence[int], heights: np.ndarray, colour: str, size: int) -> dict[str, Any]:
    marker = {"color": colour, "size": size}
    ys = [float(heights[x]) for x in at]
    return {"type": "scatter", "mode": "markers", "x": list(at), "y": ys, "marker": marker, "hoverinfo": "skip"}


def _dashed(label: str, heights: np.ndarray) -> dict[str, Any]:
    line = {"color": "var(--text-3)", "width": 1.6, "dash": "dash"}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(range(len(heights))),
        "y": heights.tolist(),
        "line": line,
        "hovertemplate": f"%{{x}}: %{{y:.4g}}<extra>{label}</extra>",
    }


def _band(low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """One standard deviation either side, grey."""
    every = max(1, len(low) // 120)
    x = np.arange(len(low))[::every]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x.tolist(), *x[::-1].tolist()],
        "y": [round(float(v), 4) for v in (*high[::every], *low[::every][::-1])],
        "fill": "toself",
        "fillcolor": "var(--line-strong)",
        "line": {"width": 0, "color": "var(--line-strong)"},
        "opacity": 0.5,
        "hoverinfo": "skip",
    }


def _said(x: float, y: float, text: str, *, right: bool) -> dict[str, Any]:
    place = {"x": x, "y": y, "xanchor": "right" if right else "left", "yanchor": "bottom", "xshift": -6 if right else 6}
    return place | {"text": f"<b>{text}</b>", "showarrow": False, "font": {"size": 11, "color": "var(--accent)"}}
