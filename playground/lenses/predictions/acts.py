"""Presses inside the Predictions lens: a prompt that the model goes on with."""

from __future__ import annotations

from typing import Any

from models.generate import Sampling
from playground.lenses.heads import recorded
from playground.lenses.lens import Act
from playground.runs.prompt import LONGEST, continuing
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session


def prompt(session: Session, event: Event) -> None:
    """Let the model go on with a text; the lens shows it growing."""
    run, text = session.run, event.text("text", 10 * LONGEST)
    if recorded(session) or run is None:
        return
    top_k, length = event.number("top_k", 0, 10**6), event.number("length", -1, 10**6, 40)
    sampling = Sampling(event.real("temperature", 0.0), top_k or None, event.real("top_p", 1.0))
    written: dict[str, Any] = {"text": text, "continuation": [], "error": ""}

    def steps() -> Steps:
        try:
            for guess in continuing(run, text, sampling, length, run.frozen().model):  # it may train on
                written["continuation"].append(guess._asdict())
                yield
        except ValueError as problem:
            written.update(continuation=[], error=str(problem))

    def failed(sentence: str) -> None:
        written.update(continuation=[], error=f"{sentence}.")

    session.prompt = written
    session.jobs.begin("prompt", steps(), failed, of_run=True)


ACTS: dict[str, Act] = {"prompt": prompt}
