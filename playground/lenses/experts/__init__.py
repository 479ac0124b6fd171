"""Who is busy, who is full, who takes which token, and what it costs to do without one."""

from __future__ import annotations

from playground.lenses.experts import acts, charts, view
from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.experts.code import CODE
from playground.lenses.heads import restore
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.session import Session


def value(session: Session, slow: bool) -> Update:
    seen = view.routed(session)
    out: Update = {"experts": view.value(session, seen, charts=slow)}
    if seen is not None and slow:
        out["told"] = charts.information(session, view.chosen_layer(session, seen))
        if session.of(ExpertChoices).show == "paths":
            out["paths"] = charts.paths(session, seen)
    return out


LENS = Lens(
    name="experts",
    title="Experts",
    panels=(
        panel("experts", elem_id="lens-experts"),
        panel(
            "sankey",
            "paths",
            title="Expert paths across layers",
            note="tokens from first choice to first choice",
            tall=420,
            slot="experts-paths",
        ),
        panel(
            "plot",
            "told",
            title="Mutual information with the chosen expert",
            note="share of the entropy of task, position, kind of token",
            tall=252,
            slot="experts-told",
        ),
    ),
    value=value,
    code=CODE,
    has=lambda config: config.feed_forward.kind == "MoE",
    blank={"experts": view.nothing()},
    acts={"experts": {**acts.ACTS, "restore": restore}},
    jobs={"price": None},
)
