"""The run of a session: built, trained within its budget, built anew."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from playground.runs.run import Diverged, Measured, Run
from playground.runs.slices import timed
from playground.settings.limits import SECONDS, STEPS
from playground.visitors.jobs import Steps
from playground.visitors.session.looking import Looking
from playground.visitors.shelf import farewell


class Training(Looking):
    """One run at a time; the one before goes to the shelf."""

    def train(self, *, anew: bool = False) -> None:
        """Let the run train from now on: the one there is, or a new one from the controls."""
        self._begin(anew=anew, steps=0)

    def one_step(self) -> None:
        """Ask for one update more, of a run at rest; several presses are as many updates."""
        if self.steps:
            self.shown, self.steps = None, self.steps + 1
        else:
            self._begin(anew=False, steps=1)

    def rebuild(self, probe: str = "", chosen: Mapping[str, Any] = {}) -> None:
        """Let a new run be built from the controls, and rest. `probe`: a text of the visitor's to look through;
        `chosen`: in the lens that is open.
        """
        self.replace(self._rebuilding(probe, chosen), building=True)

    def replace(self, steps: Steps, *, building: bool = False) -> None:
        """Let these steps make another run the page's; what trains stops."""
        self.stop()
        self.building = building
        self.jobs.begin("open", steps, self._failed)

    def _begin(self, *, anew: bool, steps: int) -> None:
        anew = anew or self.building  # the press before this one took other controls
        self.stop()
        self.jobs.cancel("open")
        self.building = anew or self.run is None
        self.notice = "" if self.building or self.run is None else self.run.sentence
        self.shown, self.steps = None, steps
        self.jobs.begin("train", self._training(), self._failed)

    def _training(self) -> Steps:
        single, self.pace = self.steps > 0, 0.0
        if self.building:
            run = self.restart("later")
            self.building, self.notice = False, f"{run.sentence} {self.farewell}".strip()
            self.steps -= single
            yield
        run = self.start()
        if run.unmeasured:  # now that there is a first picture
            yield from run.measuring_beginning()
        then, tokens = time.perf_counter(), run.tokens
        while not (self.budget_left() or run.diverged) and (self.steps or not single):
            before = self.used
            with suppress(Diverged):  # kept on the run, for the page to show
                yield from timed(run.advancing(), self._computed)
            self.steps -= single
            self.pace = 0.8 * self.pace + 0.2 * (self.used - before)
            now = time.perf_counter()
            rate, share = (run.tokens - tokens) / max(now - then, 1e-6), min(1.0, now - then)
            self.rate = rate if not self.rate else (1 - share) * self.rate + share * rate  # over about the last second
            then, tokens = now, run.tokens
            yield
        self.steps = 0

    def _computed(self, seconds: float) -> None:
        self.used += seconds

    def _rebuilding(self, probe: str, chosen: Mapping[str, Any]) -> Steps:
        self.restart()
        for name, value in chosen.items():
            self.choose(self.lens, name, value)
        self.building, self.notice = False, f"{self.notice} {self.farewell}".strip()
        if probe:
            try:
                self.use_probe("own", probe)
            except ValueError as error:
                self.notice = f"{self.notice} {error}".strip()
        yield

    def _failed(self, sentence: str) -> None:
        self.building, self.steps = False, 0
        at = f" The run is at step {self.run.step:,}." if self.run is not None else ""
        self.notice = f"{sentence.rstrip('.')}.{at} Change a setting, or press play to try again."

    def restart(self, measured: Measured = "now") -> Run:
        """Put the run aside and build a new one from the controls; a probe of the same task stays."""
        task, name, text = self.run and self.run.config.task.kind, self.probe_name, self.probe_text
        entry = self.built(measured)  # first: where it cannot be built, the one there is stays
        self.put_aside()
        self.seat(entry)
        run = self.start()
        if name != "0" and run.config.task.kind == task:
            with suppress(ValueError):  # too long now, or of tokens that are no more
                self.use_probe(name, text if name == "own" else None)
        return run

    def put_aside(self) -> None:
        """Onto the shelf, if it has made a step; `farewell` says what went for it."""
        self.farewell = ""
        if self.entry is not None and self.run is self.entry.run and self.entry.run.step:
            self.spent[self.entry.id] = self.used
            self.farewell = farewell(self.shelf.put(self.entry))

    def rebuild_if_untouched(self) -> None:
        """Before the first step nothing is lost by building the changed model at once."""
        if self.run is not None and self.run.step == 0 and not (self.running or self.problems):
            self.rebuild()

    def budget_left(self) -> str:
        """Why the run may not go on, or ""."""
        run = self.run
        if run is None:
            return ""
        if run.step >= min(run.training.steps, STEPS):
            over = "Press reset for a new run." if run.step >= STEPS else "Everything stays open."
            return f"Step budget of {run.step:,} used. {over}"
        if self.used >= SECONDS:
            return f"The {SECONDS / 60:g} minutes of computing of one run are used. Everything stays open."
        return ""
