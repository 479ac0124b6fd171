"""Presses inside the lenses: which attention, which head, which probe, ablation, prompts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from models import Ablate
from models.edits import Edit
from models.generate import Sampling
from playground.acts import board
from playground.acts.board import Update
from playground.acts.event import Event
from playground.interventions.ablation import ablating
from playground.runs.prompt import LONGEST, continuing
from playground.settings.links import LENSES
from playground.views import notes, predictions
from playground.views.attention import STACKS
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

RECORDED = "This is a stored replay. Press “Train it now” to look into a model of your own."


def look(session: Session, event: Event) -> Update:
    """Another attention: of the decoder, the encoder, or across."""
    which = event.get("which")
    session.which = which if isinstance(which, str) and which in dict(STACKS) else session.which
    return shown(session)


def select(session: Session, event: Event) -> Update:
    """A head, to be drawn large."""
    session.head = (event.number("layer", 0, 255), event.number("head", 0, 255))
    return shown(session)


def probe(session: Session, event: Event) -> Update:
    """Another probe, or a text of the visitor's own."""
    text, name = event.get("text"), event.get("id", "own")
    if session.run is None:
        return recorded(session)
    session.probe_error = ""
    try:
        session.use_probe("own" if isinstance(text, str) else str(name), text if isinstance(text, str) else None)
    except ValueError as error:
        session.probe_error = str(error)
    return shown(session)


def ablate(session: Session, event: Event) -> Update:
    """What removing a head costs."""
    layer, head = event.number("layer", 0, 255), event.number("head", 0, 255)
    if session.run is None:
        return recorded(session)
    which = session.which_stack()
    edit = Ablate(
        "encoder" if which == "encoder" else "decoder",
        layer,
        "cross_attention" if which == "cross" else "self_attention",
        head,
    )
    named = f"{which} " if session.run.topology == "encoder-decoder" else ""
    session.head = (layer, head)
    remove(session, edit, f"Without {named}L{layer} H{head}")
    return shown(session)


def remove(session: Session, edit: Edit, label: str) -> None:
    """Let an edit of the run's model be evaluated; then the lenses show the model with it."""
    run = session.run
    assert run is not None

    def steps() -> Steps:
        try:
            session.ablation = yield from ablating(run, (edit,), label)
        except ValueError as error:
            session.notice = str(error)

    session.jobs.begin("ablate", steps(), noticed(session))


def noticed(session: Session) -> Callable[[str], None]:
    """Say under the transport what nobody expected."""

    def say(sentence: str) -> None:
        session.notice = f"{sentence.rstrip('.')}. The run is as it was."

    return say


def restore(session: Session, event: Event) -> Update:
    """Look at the whole model again."""
    session.jobs.cancel("ablate")
    session.ablation = None
    return shown(session)


def prompt(session: Session, event: Event) -> Update:
    """Let the model go on with a text; the lens shows it growing."""
    run, text = session.run, event.text("text", 10 * LONGEST)
    if run is None:
        return recorded(session)
    top_k, length = event.number("top_k", 0, 10**6), event.number("length", -1, 10**6, 40)
    sampling = Sampling(event.real("temperature", 0.0), top_k or None, event.real("top_p", 1.0))
    written: dict[str, Any] = {"text": text, "continuation": [], "error": ""}

    def steps() -> Steps:
        try:
            for guess in continuing(run, text, sampling, length, copy.deepcopy(run.model)):  # it may train on
                written["continuation"].append(guess._asdict())
                yield
        except ValueError as problem:
            written.update(continuation=[], error=str(problem))

    session.prompt = written
    session.jobs.begin("prompt", steps(), lambda sentence: written.update(continuation=[], error=f"{sentence}."))
    return {"predictions": predictions.value(session)}


def turn(session: Session, event: Event) -> Update:
    """Another lens."""
    name = event.get("id")
    session.lens = name if isinstance(name, str) and name in LENSES else session.lens
    return shown(session)


def shown(session: Session) -> Update:
    """The lens in sight, and the lines below it."""
    return {**board.frame(session), f"notes-{session.lens}": notes.value(session, session.lens)}


def recorded(session: Session) -> Update:
    """There is no model to look into."""
    session.notice = RECORDED
    return board.frame(session)


def removed(session: Session, charts: bool) -> Update:
    """The lenses, once a part has been evaluated without."""
    return {} if "ablate" in session.jobs else shown(session)


def writing(session: Session, charts: bool) -> Update:
    """The prompt as far as it goes."""
    return {"predictions": predictions.value(session)} if session.run is not None else {}


OF_HEADS = {"look": look, "probe": probe, "select": select, "ablate": ablate, "restore": restore}
ACTS: dict[str, Any] = {
    "attention": OF_HEADS,
    "positions": OF_HEADS,
    "experts": {"restore": restore},
    "embeddings": {"probe": probe},
    "intervene": {"probe": probe},
    "predictions": {"prompt": prompt},
    "lenses": {"turn": turn},
}
FRAMES = {"ablate": removed, "prompt": writing}
