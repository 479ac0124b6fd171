"""Looking at the model: through which probe, at which step, with which part of it ablated."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from models import Output, Transformer
from models.edits import Ablate, Edit
from playground.runs.history import Snapshot
from playground.runs.loads import Routed
from playground.runs.probe import Probe, look, probe, route
from playground.runs.run import Diverged, Measured, Run
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to
from playground.visitors.session.state import State
from playground.visitors.shelf import Kept


class Posed(NamedTuple):
    """The model, and what it is looked at through."""

    model: Transformer
    probe: Probe
    example: int
    """Which of the probe's examples is drawn."""
    step: int
    edits: tuple[Edit, ...]
    kept: Snapshot | None
    """The kept picture of the step looked back to; None for the newest."""
    passes: dict[int, Output]
    """Recorded passes of the newest model so far, by the number of examples."""

    def recorded(self, batch: Batch) -> Output:
        """A recorded pass of the first examples of the probe."""
        known = self.passes.get(len(batch.ids_BT))
        if known is None:
            given = to(batch, next(self.model.parameters()).device)
            known = self.passes[len(batch.ids_BT)] = forward(self.model, given, edits=self.edits, record=True)
        return known


class Looking(State):
    """Every picture is of the model between two updates."""

    longest_probe = 400
    """Characters of a visitor's own."""

    def start(self) -> Run:
        """The run, built from the controls if there is none."""
        if self.run is None:
            self.seat(self.built())
        assert self.run is not None
        return self.run

    def built(self, measured: Measured = "now") -> Kept:
        """A run of the controls; one to be measured "later" with its first update. It takes the number of the one
        before it, if that has made no step.
        """
        run, before = Run(self.config, measured=measured), self.entry
        if measured == "later":
            with suppress(Diverged):  # kept on the run, for the page to show
                run.advance()
            if run.diverged:
                run.measure_beginning()
        number = before.id if before is not None and not before.run.step else next(self.shelf.numbers)
        return Kept(number, self.preset, run)

    def seat(self, entry: Kept) -> None:
        """Make this the run of the page, seen at its newest step; what computes for the one before ends."""
        self.jobs.leave_run()
        self.run, self.entry = entry.run, entry
        self.used, self.rate = self.spent.pop(entry.id, 0.0), 0.0
        self.look_afresh()
        self.prompt = {"text": "", "continuation": [], "error": ""}

    def look(self) -> Snapshot:
        """What the chosen probe shows: a kept picture when looking back, else the model as it is now."""
        run = self.start()
        if self.shown is not None and self.own is None and self.probe_name == "0":
            kept = run.history.nearest(self.shown)
            if kept is not None:
                return kept
        seen, example = self.seen_through()
        return look(run.model, seen, run.step, edits=self._edits(), example=example)

    def posed(self) -> Posed:
        """The model, and what it is looked at through."""
        run = self.start()
        kept = run.history.nearest(self.shown) if self.shown is not None else None
        return Posed(run.model, *self.seen_through(), run.step, self._edits(), kept, {})

    def routed(self, *, probe: bool = False) -> Routed | None:
        """Which experts are looked at: those of the last update (or of the one looked back to), or of the probe."""
        run = self.start()
        if (not probe or self.shown is not None) and run.routed is not None:
            return run.routed if self.shown is None else run.history.routed(self.shown) or run.routed
        return route(run.model, self.seen_through()[0].batch, run.step, edits=self._edits())

    def _edits(self) -> tuple[Edit, ...]:
        return self.ablation.edits if self.ablation else ()

    def which_stack(self) -> str:
        """The attention drawn: the one chosen, or the first there is."""
        there = {
            "decoder-only": ("decoder",),
            "encoder-only": ("encoder",),
            "encoder-decoder": ("decoder", "encoder", "cross"),
        }
        stacks = there[self.start().topology]
        return self.which if self.which in stacks else stacks[0]

    def removed(self) -> tuple[int, int] | None:
        """(layer, head) of the head that is removed, if that is the edit; (-1, -1) where it is not of the attention
        drawn.
        """
        edit = self.ablation.edits[0] if self.ablation else None
        if not isinstance(edit, Ablate) or edit.head is None:
            return None
        where = "cross" if edit.part == "cross_attention" else edit.stack
        return (edit.layer or 0, edit.head) if where == self.which_stack() else (-1, -1)

    def seen_through(self) -> tuple[Probe, int]:
        """The probe in use and which of its examples is drawn."""
        run = self.start()
        return (run.probe, 0) if self.own is None else (self.own, 0)

    def probes(self, *, own: bool = False) -> list[list[str]]:
        """[id, label] of the probes that are offered; `own`: with the visitor's, while that is in use."""
        mine = [["own", "your own"]] if own and self.probe_name == "own" else []
        return [["0", "held-out"], *([p.name, p.name] for p in self.start().task.probes), *mine]

    def use_probe(self, name: str, text: str | None = None) -> None:
        """Look through the fixed probe ("0"), a named one, or the visitor's own text; ValueError says what is wrong."""
        run = self.start()
        named = {p.name: p.text for p in run.task.probes}
        if text is not None and len(text) > self.longest_probe:
            raise ValueError(f"A probe has up to {self.longest_probe:,} characters; this one has {len(text):,}.")
        seen = named.get(name, text)
        if name not in ("0", "own", *named) or (name == "own" and text is None):
            raise ValueError(f"There is no probe called {name!r:.40}.")
        self.own = None if name == "0" else probe(run.task.probe(run.topology, seen))
        self.probe_name, self.probe_text, self.probe_seen = name, text or "", None if name == "0" else seen
