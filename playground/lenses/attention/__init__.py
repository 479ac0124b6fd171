"""Every head as a small picture, one head large, and what they do."""

from __future__ import annotations

from playground.lenses.attention import role_curves, view
from playground.lenses.attention.code import CODE
from playground.lenses.heads import OF_HEADS
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    snapshot = session.look()
    out: Update = {"attention": view.value(session, snapshot)}
    return out | {"roles": role_curves.value(session, snapshot)} if charts else out


LENS = Lens(
    name="attention",
    title="Attention",
    panels=(
        panel("attention", elem_id="lens-attention"),
        panel(
            "plot",
            "roles",
            title="Head roles",
            note="mean weight on the role’s place, held-out examples",
            tall=236,
            slot="attention",
        ),
    ),
    value=value,
    code=CODE,
    has=lambda config: bool(config.attention.query_heads()),
    acts={"attention": OF_HEADS},
    jobs={"ablate": None},
)
