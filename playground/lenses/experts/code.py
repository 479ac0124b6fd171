"""Which experts the tokens went to, in Python."""

from __future__ import annotations

from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.lens import Code
from playground.lenses.lines import edit_imports, looked_through
from playground.visitors.session import Session


def on_probe(session: Session) -> bool:
    """Whether the Experts lens shows a probe: it is asked to, or no update has been made."""
    run = session.run
    asked = session.of(ExpertChoices).on == "probe" and session.shown is None
    return run is not None and (run.routed is None or asked)


def routed(session: Session) -> list[str]:
    """Which experts the tokens went to."""
    if on_probe(session):
        lines, batch, edits = looked_through(session)
        return [
            *lines,
            f"seen = route(run.model, {batch}, run.step{edits})  # as when evaluated",
            "print(frame(seen.names, seen.layers))  # of the probe: asked for, taken, dropped, f, P",
            "print(seen.layers[-1].experts_NK)      # token by token; also weights, seats, kept, probs",
        ]
    return [
        "",
        "print(frame(run.routed.names, run.routed.layers))  # of the last update: asked for, taken, dropped, f, P",
        "print(run.routed.layers[-1].experts_NK)            # token by token; also weights, seats, kept, probs",
    ]


def imports(session: Session) -> list[str]:
    probed = ["from playground.runs.probe import route", *edit_imports(session)] if on_probe(session) else []
    return [*probed, "from playground.measures.routing import frame"]


def step(session: Session) -> int:
    """Looking back, the step of the kept update."""
    run = session.start()
    kept = run.history.routed(session.shown) if session.shown is not None else None
    return kept.step if kept else run.step


CODE = Code(imports, routed, step)
