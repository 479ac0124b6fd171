"""The tab "Trained model": the heads of the run on the Playground page, by its own lens of positions."""

from __future__ import annotations

from playground.lenses.heads import OF_HEADS
from playground.lenses.lens import Act, Lens, Update, panel
from playground.lenses.positions import view
from playground.visitors.event import Event
from playground.visitors.session import Session

NAME, VIEW = "trained", "trained-heads"
ELSEWHERE = "<p>These are the heads of your run on the Playground page, where its settings are.</p>"


def value(session: Session, charts: bool) -> Update:
    return {VIEW: view.value(session)}


def heads(session: Session, charts: bool) -> Update:
    """While the run trains there."""
    there = session.run is not None and not session.building and session.positions.config.tab == NAME
    return value(session, charts) if there else {}


def _on_run(act: Act) -> Act:
    def answer(session: Session, event: Event) -> None:
        if session.run is not None:
            act(session, event)

    return answer


def told(session: Session, event: Event) -> None:
    """A link of the finding; what trains is for the Playground."""


LENS = Lens(
    name=NAME,
    title="Trained model",
    panels=(panel("positions", VIEW, opens=True),),
    value=value,
    blank={VIEW: view.nothing(), "heads-settings": {"html": ELSEWHERE}},
    acts={VIEW: {**{name: _on_run(act) for name, act in OF_HEADS.items()}, "do": told}},
    jobs={"train": heads, "ablate": heads},
    settings=(panel("words", "heads-settings"),),
    alone=True,
)
