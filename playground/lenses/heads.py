"""Presses of lenses that draw heads: which attention, which head, through which probe, and without which part."""

from __future__ import annotations

from collections.abc import Callable

from models import Ablate
from models.edits import Edit
from playground.interventions.ablation import ablating
from playground.lenses.lens import Act
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

STACKS = (("decoder", "Decoder"), ("encoder", "Encoder"), ("cross", "Cross"))
ABSENT = {
    "decoder": "This model has no decoder.",
    "encoder": "This model has no encoder.",
    "cross": "Only an encoder-decoder has cross-attention.",
}
RECORDED = "This is a stored replay. Press “Train it now” to look into a model of your own."


def look(session: Session, event: Event) -> None:
    """Another attention: of the decoder, the encoder, or across."""
    which = event.get("which")
    session.which = which if isinstance(which, str) and which in dict(STACKS) else session.which


def select(session: Session, event: Event) -> None:
    """A head, to be drawn large."""
    session.head = (event.number("layer", 0, 255), event.number("head", 0, 255))


def probe(session: Session, event: Event) -> None:
    """Another probe, or a text of the visitor's own."""
    text, name = event.get("text"), event.get("id", "own")
    if recorded(session):
        return
    session.probe_error = ""
    try:
        session.use_probe("own" if isinstance(text, str) else str(name), text if isinstance(text, str) else None)
    except ValueError as error:
        session.probe_error = str(error)


def ablate(session: Session, event: Event) -> None:
    """What removing a head costs."""
    layer, head = event.number("layer", 0, 255), event.number("head", 0, 255)
    run = session.run
    if recorded(session) or run is None:
        return
    which = session.which_stack()
    edit = Ablate(
        "encoder" if which == "encoder" else "decoder",
        layer,
        "cross_attention" if which == "cross" else "self_attention",
        head,
    )
    named = f"{which} " if run.topology == "encoder-decoder" else ""
    session.head = (layer, head)
    remove(session, edit, f"Without {named}L{layer} H{head}")


def remove(session: Session, edit: Edit, label: str) -> None:
    """Let an edit of the run's model be evaluated; then the lenses show the model with it."""
    run = session.run
    assert run is not None

    def steps() -> Steps:
        try:
            session.ablation = yield from ablating(run, (edit,), label)
        except ValueError as error:
            session.notice = str(error)

    session.jobs.begin("ablate", steps(), noticed(session), of_run=True)


def restore(session: Session, event: Event) -> None:
    """Look at the whole model again."""
    session.jobs.cancel("ablate")
    session.ablation = None


def noticed(session: Session) -> Callable[[str], None]:
    """Say under the transport what nobody expected."""

    def say(sentence: str) -> None:
        session.notice = f"{sentence.rstrip('.')}. The run is as it was."

    return say


def recorded(session: Session) -> bool:
    """Whether there is no model to look into, which is then said."""
    if session.run is None:
        session.notice = RECORDED
    return session.run is None


OF_HEADS: dict[str, Act] = {"look": look, "probe": probe, "select": select, "ablate": ablate, "restore": restore}
