"""The run of a session: built, trained within its budget, built anew."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from playground.runs.run import Diverged, Run
from playground.settings.limits import SECONDS, STEPS
from playground.visitors.session.looking import Looking


class Training(Looking):
    """One run at a time; the one before goes to the shelf."""

    def restart(self) -> Run:
        """Put the run aside and build a new one from the controls; a probe of the same task stays."""
        with self.held():
            task, name, text = self.run and self.run.config.task.kind, self.probe_name, self.probe_text
            self.put_aside()
            self.running, self.run = False, None
            run = self.start()
            if name != "0" and run.config.task.kind == task:
                with suppress(ValueError):  # too long now, or of tokens that are no more
                    self.use_probe(name, text if name == "own" else None)
            return run

    def put_aside(self) -> None:
        """Onto the shelf, if it has made a step."""
        if self.entry is not None and self.run is self.entry.run and self.entry.run.step:
            self.spent[self.entry.id] = self.used
            self.shelf.put(self.entry)

    def rebuild_if_untouched(self) -> None:
        """Before the first step nothing is lost by building the changed model at once."""
        if self.run is not None and self.run.step == 0 and not (self.running or self.building or self.problems):
            self.restart()

    def budget_left(self) -> str:
        """Why the run may not go on, or ""."""
        run = self.run
        if run is None:
            return ""
        if run.step >= min(run.training.steps, STEPS):
            over = "Press reset for a new run." if run.step >= STEPS else "Everything stays open."
            return f"Step budget of {run.step:,} used. {over}"
        if self.used >= SECONDS:
            return f"The {SECONDS // 60} minutes of computing of one run are used. Everything stays open."
        return ""

    def advance(self) -> None:
        """One step; a divergence is kept for the page to show."""
        began = time.perf_counter()
        with self.lock, suppress(Diverged):
            self.start().advance()
        self.used += time.perf_counter() - began

    def keep_training(self, n: float, over: threading.Event) -> None:
        """Step after step until another press, the end of the budget, a divergence, or `over`. Runs on a thread of its
        own, so that neither drawing nor sending holds it up.
        """
        run = self.start()
        then, tokens = time.perf_counter(), run.tokens
        while (
            not over.is_set() and self.intent == n and self.run is run and not self.budget_left() and not run.diverged
        ):
            while self.wanted and not over.is_set():
                time.sleep(0.0005)
            self.advance()
            now = time.perf_counter()
            rate, share = (run.tokens - tokens) / max(now - then, 1e-6), min(1.0, now - then)
            self.rate = rate if not self.rate else (1 - share) * self.rate + share * rate  # over about the last second
            then, tokens = now, run.tokens
