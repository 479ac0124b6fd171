"""The tab of an experiment, as a record: its panels, values, events, and the job that computes."""

from __future__ import annotations

import json
from urllib.parse import unquote

from playground.laboratories.positions import experiment as view
from playground.laboratories.positions.experiment import Experiment
from playground.lenses.lens import Box, Lens, Update, form, panel, row
from playground.views import settings as settings_view
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.visitors.work import Work

LONGEST = 4000  # characters of an action
MOST = 20  # settings of a link


def lens(experiment: Experiment) -> Lens:
    """The tab."""
    name, tab = experiment.name, Tab(experiment)
    charts = (panel("chart", f"{name}-{each}", name=f"{name}-{each}", tall=340) for each in experiment.charts)
    return Lens(
        name=name,
        title=experiment.title,
        panels=(
            panel("runbar", f"{name}-bar"),  # first: findings of any length may not move the button
            panel("headline", f"{name}-head"),
            row(*charts, classes="halves"),
            panel("table", f"{name}-table", elem_classes=["trial-table"]),
            panel("notes", f"{name}-notes"),
        ),
        value=tab.value,
        blank=None,
        acts={
            f"{name}-bar": {"begin": tab.begin, "halt": tab.halt, "pick": tab.edit},
            f"form:{tab.form}": {"edit": tab.edit},
            f"{name}-notes": {"do": tab.do},
        },
        jobs={name: tab.pictures},
        settings=(Box((form(tab.form, {"": experiment.rows()}),), "acc", experiment.title),),
        alone=True,
    )


class Tab:
    """What it shows and does."""

    def __init__(self, experiment: Experiment):
        self.of, self.form = experiment, f"Positions: {experiment.name}"

    def work(self, session: Session) -> Work:
        """The visitor's."""
        if self.of.name not in session.experiments:
            session.experiments[self.of.name] = Work.of(self.of.name)
        return session.experiments[self.of.name]

    def bar(self, session: Session) -> Update:
        """Run or Stop, and where it is."""
        return {f"{self.of.name}-bar": view.bar(self.of, self.work(session), running=self.of.name in session.jobs)}

    def controls(self, session: Session) -> Update:
        """Its settings, and the lines that repeat it."""
        edited = self.work(session).edited
        return {
            **self.bar(session),
            f"form:{self.form}": settings_view.value(edited, {"": self.of.rows()}),
            f"{self.of.name}-notes": view.notes(self.of, edited.config),
        }

    def pictures(self, session: Session, charts: bool = True) -> Update:
        """What is known so far; without `charts` only how far it is."""
        out, progress = self.bar(session), self.work(session).progress
        if charts:
            out[f"{self.of.name}-head"] = view.head(self.of, progress)
            out[f"{self.of.name}-table"] = view.table(self.of, progress)
            out |= {f"{self.of.name}-{chart}": value for chart, value in view.charts(self.of, progress).items()}
        return out

    def value(self, session: Session, charts: bool) -> Update:
        """All of the tab."""
        return self.controls(session) | self.pictures(session, charts)

    # ---- events ----
    def edit(self, session: Session, event: Event) -> Update:
        """A control, or what takes part."""
        self.work(session).edited.edit(event.text("at", 200), event.get("value"))
        return self.controls(session)

    def do(self, session: Session, event: Event) -> Update:
        """A link: "set:{...}" changes settings."""
        what, _, rest = event.text("action", LONGEST).partition(":")
        try:
            changes = json.loads(unquote(rest)) if what == "set" else {}
        except (ValueError, RecursionError):
            changes = {}
        for path, value in list(changes.items())[:MOST] if isinstance(changes, dict) else ():
            self.work(session).edited.edit(path, value)
        return self.controls(session)

    def begin(self, session: Session, event: Event) -> Update:
        """Run it from the start."""
        work = self.work(session)
        if not work.edited.problems:
            session.jobs.begin(self.of.name, work.begin(), work.failed)
        return self.bar(session)

    def halt(self, session: Session, event: Event) -> Update:
        """Stop it where it is."""
        if self.of.name in session.jobs:
            session.jobs.cancel(self.of.name)
            self.work(session).halt()
        return self.pictures(session)
