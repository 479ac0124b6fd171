"""What the laboratories' pages are built from, as plain JSON."""

from __future__ import annotations

from typing import Any

from playground.acts import experiments, positions, wordforms, words
from playground.laboratories.positions import column
from playground.laboratories.positions.trials import TRIALS
from playground.lenses.positions import view as trained
from playground.visitors.session import Session


def labs() -> dict[str, Any]:
    """{embeddings, positions, values}.

    embeddings: {forms: {title: rows}}.
    positions: {
        first: id of the tab that is shown first;
        kinds, about: of `components.schemes`;
        accordions: [{name, title, form (its form's title), rows}];
        experiments: {name: {title, charts ([name]), form (its form's title), rows}}, one tab each}.
    values: {view: what it shows before anything is asked}.
    """
    blank = Session()
    values: dict[str, Any] = {**words.controls(blank), **positions.everything(blank)}
    del values["label"]  # it says what the accordion is called already
    values["trained-heads"] = trained.nothing()
    for name in TRIALS:
        values |= experiments.everything(blank, name)
    return {
        "embeddings": {"forms": wordforms.FORMS},
        "positions": {
            "first": blank.positions.config.tab,
            "kinds": column.chips(),
            "about": column.about(),
            "accordions": [
                {"name": name, "title": each.title, "form": positions.form_title(name), "rows": each.rows}
                for name, each in column.ACCORDIONS.items()
            ],
            "experiments": {
                name: {
                    "title": each.title,
                    "charts": list(each.charts),
                    "form": f"Positions: {name}",
                    "rows": each.rows(),
                }
                for name, each in TRIALS.items()
            },
        },
        "values": values,
    }
