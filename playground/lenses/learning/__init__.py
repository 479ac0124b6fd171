"""What the run has learned so far: four charts, a finding, and the numbers of every validation."""

from __future__ import annotations

from playground.lenses.learning import view
from playground.lenses.learning.code import CODE
from playground.lenses.lens import Lens, Update, panel, row
from playground.visitors.session import Session

CHARTS = {  # name -> (heading, small print)
    "loss": ("Loss", "each batch, and held-out examples"),
    "accuracy": ("Accuracy", "scored tokens whose likeliest prediction is right"),
    "gradient": ("Gradient norm", "before clipping, logarithmic"),
    "rate": ("Learning rate", "of each update"),
}


def value(session: Session, charts: bool) -> Update:
    """All of it is slow to draw."""
    if not charts:
        return {}
    found = view.value(session)
    drawn = {f"chart-{name}": found[name] for name in view.CHARTS}
    return {"finding": found["finding"], "learning-table": view.table(session), **drawn}


LENS = Lens(
    name="learning",
    title="Learning",
    panels=(
        panel("finding"),
        row(
            *(
                panel("plot", f"chart-{name}", title=title, note=note, tall=240)
                for name, (title, note) in CHARTS.items()
            )
        ),
        panel("table", "learning-table"),
    ),
    value=value,
    code=CODE,
)
