"""The Checkpoints page: a published model, opened from the Hub or from a folder, in the lenses of the Playground."""

from __future__ import annotations

from playground.laboratories.checkpoints import acts, view
from playground.laboratories.checkpoints.tabs import TABS
from playground.lenses.lens import panel
from playground.lenses.page import Page

PAGE = Page(
    name="checkpoints",
    title="Checkpoints",
    tabs=TABS,
    bar="checkpoint-tabs",
    first="attention",
    above=(panel("reading", elem_id="reading"),),
    settings=(panel("checkpoint", places=view.PLACES),),
    sheet="Checkpoint",
    value=view.value,
    sight=lambda session: session.desk.lens,
    acts=acts.ACTS,
    jobs=dict.fromkeys(acts.JOBS, view.drawn),
    goes_on={"checkpoint": acts.open_again},
    opened=acts.open_again,
)
