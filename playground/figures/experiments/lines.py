"""Curves with a spread, and axes that know whether they are logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

SHADE = 0.14  # opacity of a spread


class Line(NamedTuple):
    """A curve, labelled at its end; `low` and `high` are its spread, or empty. A single point is drawn as a dot."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: str = "var(--line-0)"
    width: float = 1.8
    dash: str = "solid"
    text: str | None = None
    """What stands at its end in place of the label; "": nothing, a note or the hover says what it is."""


class Axis(NamedTuple):
    """What an axis counts, from where to where, in its own unit also where it is logarithmic."""

    title: str
    low: float
    high: float
    log: bool = False
    ticks: Sequence[tuple[float, str]] = ()

    def at(self, value: float) -> float:
        """Where Plotly's layout puts a value."""
        return float(np.log10(max(value, 1e-12))) if self.log else float(value)

    def layout(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "title": {"text": self.title},
            "type": "log" if self.log else "linear",
            "range": [self.at(self.low), self.at(self.high)],
        }
        if self.ticks:
            found |= {"tickvals": [value for value, _ in self.ticks], "ticktext": [text for _, text in self.ticks]}
        return found


def curve(line: Line, x: Axis) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(line.x) > 1 else "markers",
        "name": line.label,
        "x": [float(v) for v in line.x],
        "y": [float(f"{v:.5g}") for v in line.y],
        "line": {"color": line.colour, "width": line.width, "dash": line.dash},
        "marker": {"color": line.colour, "size": 8},
        "hovertemplate": f"{x.title.partition(',')[0]} %{{x:,}}: %{{y:.4g}}<extra>{line.label}</extra>",
    }


def spread(line: Line) -> dict[str, Any]:
    """The area between low and high; a css colour has no transparency of its own, so the whole trace has."""
    edge = [*line.high, *line.low[::-1]]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{line.label}, spread",
        "x": [float(v) for v in (*line.x, *line.x[::-1])],
        "y": [float(f"{v:.5g}") for v in edge],
        "fill": "toself",
        "fillcolor": line.colour,
        "line": {"color": line.colour, "width": 0},
        "opacity": SHADE,
        "hoverinfo": "skip",
    }
