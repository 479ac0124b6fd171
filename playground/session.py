"""What one visitor owns: an edited configuration, one run, and where they look. Bounded, and freed when they leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

from models import Transformer
from models.config import live, put
from models.edits import Edit
from playground import presets
from playground.ablation import Ablation
from playground.choices import ExpertChoices, InterveneChoices, VectorChoices
from playground.comparison.setup import Setup
from playground.controls import change, flat, leaf, plain, read
from playground.edited import Edited
from playground.embeddings.lab import WordLab
from playground.embeddings.settings import WordSettings
from playground.history import Snapshot
from playground.limits import SECONDS, STEPS, TEXT, excess
from playground.loads import Routed
from playground.look import Probe, Twin, look, probe, route
from playground.positions.settings import PositionSettings
from playground.run import Diverged, Run, RunConfig

OWN_CLAIM = 2.0**-9  # presses are numbered by the browser's clock in milliseconds; float64 still tells these apart
OWN_PROBE = 400  # characters of a visitor's probe


class Posed(NamedTuple):
    """A copy of the model, and what it is looked at through."""

    model: Transformer
    probe: Probe
    example: int
    """Which of the probe's examples is drawn."""
    step: int
    edits: tuple[Edit, ...]
    kept: Snapshot | None
    """The kept picture of the step looked back to; None for the newest."""


class Session:
    """One browser tab. Every method is called under Gradio's threads: `hand` guards what a visitor can change, and
    `lock`, which is taken after it, the run while it computes.
    """

    def __init__(self, token: str):
        self.token, self.hand, self.lock = token, threading.RLock(), threading.RLock()
        self.wanted, self.sent, self.twin = 0, 0, Twin()
        self.intent: float = 0
        self.order: tuple[float, bool] | None = None  # the press to train for, and whether anew
        self.driven: tuple[str, float] | None = None  # the lens whose stream trains, and for which press
        self.watcher: object = None  # the stream of another lens that shows it
        self.hands = 0  # presses inside the lenses
        self.gone: float | None = None
        self.seen = time.monotonic()
        self.running, self.building, self.place, self.rate, self.used = False, False, 0, 0.0, 0.0
        self.run: Run | None = None
        self.lens, self.link, self.notice, self.opened = "attention", "", "", ""
        self.slots = 1
        self.positions = Edited(PositionSettings())
        self.words = WordLab(Edited(WordSettings()))
        self.compare = Setup()
        self.intervene = InterveneChoices()
        self.prompt: dict[str, Any] | str = ""
        self.preset = presets.FIRST
        self._look_afresh()
        self.adopt(presets.FIRST)

    # ---- configuration ----
    def adopt(self, name: str) -> None:
        """Take a preset's values; the run, if any, stays until it is restarted."""
        self.preset, self.raw, self.notice = name, presets.raw(name), ""
        self.config: RunConfig = presets.PRESETS[name].config
        self.problems: dict[str, str] = {}
        self.rebuild_if_untouched()

    def edit(self, path: str, value: Any, *, settled: bool = True) -> None:
        """Change one control. A value that is refused by its own field is not taken; a broken rule across fields is
        kept and said.

        A live setting acts at once; it leaves a mark when the hand has `settled`.
        """
        self.notice = ""
        if isinstance(value, str) and len(value) > TEXT:
            self.problems = {path: f"The text has {len(value):,} characters, and the page takes {TEXT:,}. Shorten it."}
            return
        try:
            changed = change(self.raw, path, value)
        except ValueError as error:
            self.problems = {path: str(error)}
            return
        config, problems = read(changed)
        if config is None and path in problems and not _crosses(self.raw, changed, path):
            self.problems = problems
            return
        self.raw, self.problems = changed, problems
        if config is not None:
            self.config, self.raw = config, plain(config)  # "3" was accepted as 3
            if self.run is not None and path in live(config) and path in live(self.run.now):
                self._retune(path, settled=settled)
            elif settled:
                self.rebuild_if_untouched()

    def _retune(self, path: str, *, settled: bool) -> None:
        """A live setting acts at once, and with it those that waited for it to make them valid. It may fit what the
        controls say and not what runs: then it waits for a restart.
        """
        assert self.run is not None
        now = flat(plain(self.run.now))
        waiting = [
            p for p in live(self.run.now) if p != path and p in live(self.config) and now[p] != leaf(self.raw, p)
        ]
        for each in (path, *waiting):
            part, _, rest = each.partition(".")
            value = leaf(self.raw, each)
            try:
                if excess(self.run.now.model_copy(update={part: put(getattr(self.run.now, part), rest, value)})):
                    raise ValueError("too large beside what runs")
                self.run.retune({each: value}, mark=settled)
            except ValueError:
                self.notice = "This value fits the model of the controls, not the one that runs: restart with it."

    def pending(self) -> list[tuple[str, Any, Any]]:
        """(path, value of the run, value of the controls) of every difference that needs a restart."""
        if self.run is None or self.building:
            return []
        old, new = flat(plain(self.run.now)), flat(self.raw)
        return [(p, old.get(p), new.get(p)) for p in {**old, **new} if old.get(p) != new.get(p)]

    def undo(self) -> None:
        """Return the controls to what the run has; live settings stay."""
        if self.run is not None:
            self.raw = plain(self.run.now)
            self._accept()

    def load(self, raw: Mapping[str, Any]) -> None:
        """Take edited values as a whole (from a link); they must be valid."""
        self.raw = dict(raw)
        self._accept()
        self.rebuild_if_untouched()

    def _accept(self) -> None:
        config, self.problems = read(self.raw)
        if config is not None:
            self.config, self.raw = config, plain(config)

    # ---- the run ----
    def claim(self, n: float) -> bool:
        """Every press carries a rising number; the newest wins, in whatever order the requests arrive."""
        self.intent = max(self.intent, n)
        return self.intent == n

    def ordered(self) -> bool:
        """Whether the newest press is to train, and no stream has begun to."""
        return self.order is not None and self.intent == self.order[0]

    def stop(self) -> None:
        """Let the loop that trains, if any, end after its step."""
        self.claim_own()
        self.running = False

    def claim_own(self) -> float:
        """A claim made by the server: above every press so far, below the browser's next one."""
        self.intent += OWN_CLAIM
        return self.intent

    def start(self) -> Run:
        """The run, built from the controls if there is none."""
        if self.run is not None:
            return self.run
        with self.lock:
            if self.run is None:
                self.run = Run(self.config)
                self.used, self.rate = 0.0, 0.0
                self._look_afresh()
                self.prompt = {"text": "", "continuation": [], "error": ""}
            return self.run

    def _look_afresh(self) -> None:
        """Look at the newest step through the fixed probe, with nothing ablated."""
        self.shown: int | None = None
        self.own: Probe | None = None
        self.which: str = ""
        self.head: tuple[int, int] | None = None  # None: the head of the finding
        self.ablation: Ablation | None = None
        self.experts = ExpertChoices(layer=presets.PRESETS[self.preset].layer)
        self.vectors = VectorChoices()
        self.probe_name, self.probe_text, self.probe_error = "0", "", ""
        self.probe_seen: str | None = None  # the text of the probe in use, unless it is the fixed one
        self.drawn: tuple[str, tuple[int, int]] | None = None  # the stack and head drawn large, last

    def restart(self) -> Run:
        """Drop the run and build a new one from the controls; a probe of the same task stays."""
        with self.held():
            task, name, text = self.run and self.run.config.task.kind, self.probe_name, self.probe_text
            self.running, self.run = False, None
            run = self.start()
            if name != "0" and run.config.task.kind == task:
                with suppress(ValueError):  # too long now, or of tokens that are no more
                    self.use_probe(name, text if name == "own" else None)
            return run

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """The run at rest between two steps: whoever wants to see or change it goes before the next step."""
        with self.hand:
            self.wanted += 1
            try:
                with self.lock:
                    yield
            finally:
                self.wanted -= 1

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

    # ---- looking ----
    def look(self) -> Snapshot:
        """What the chosen probe shows: a kept picture when looking back, else the model as it is now."""
        with self.hand:
            return self.glimpse()()

    def glimpse(self) -> Callable[[], Snapshot]:
        """What to look at, taken now: calling the answer, with `hand` held, draws it while the run trains on."""
        with self.held():
            run = self.start()
            if self.shown is not None and self.own is None and self.probe_name == "0":
                kept = run.history.nearest(self.shown)
                if kept is not None:
                    return lambda: kept
            seen, example = self.seen_through()
            edits = self.ablation.edits if self.ablation else ()
            return partial(look, self.twin.of(run.model), seen, run.step, edits=edits, example=example)

    def posed(self) -> Posed:
        """The model to look at, taken now: to be read with `hand` held, while the run trains on."""
        with self.held():
            run = self.start()
            kept = run.history.nearest(self.shown) if self.shown is not None else None
            edits = self.ablation.edits if self.ablation else ()
            return Posed(self.twin.of(run.model), *self.seen_through(), run.step, edits, kept)

    def routed(self) -> Callable[[], Routed | None]:
        """Which experts to look at, taken now: those of the last update (or of the one looked back to), or of the
        probe, which calling the answer, with `hand` held, draws while the run trains on.
        """
        with self.held():
            run = self.start()
            if (self.experts.on == "batch" or self.shown is not None) and run.routed is not None:
                update = run.routed if self.shown is None else run.history.routed(self.shown) or run.routed
                return lambda: update
            seen, model, step = self.seen_through()[0], self.twin.of(run.model), run.step
            edits = self.ablation.edits if self.ablation else ()
            return partial(route, model, seen.batch, step, edits=edits)

    def which_stack(self) -> str:
        """The attention drawn: the one chosen, or the first there is."""
        there = {
            "decoder-only": ("decoder",),
            "encoder-only": ("encoder",),
            "encoder-decoder": ("decoder", "encoder", "cross"),
        }
        stacks = there[self.start().topology]
        return self.which if self.which in stacks else stacks[0]

    def seen_through(self) -> tuple[Probe, int]:
        """The probe in use and which of its examples is drawn."""
        run = self.start()
        return (run.probe, 0) if self.own is None else (self.own, 0)

    def use_probe(self, name: str, text: str | None = None) -> None:
        """Look through the fixed probe ("0"), a named one, or the visitor's own text; ValueError says what is wrong."""
        with self.held():
            run = self.start()
            named = {p.name: p.text for p in run.task.probes}
            if text is not None and len(text) > OWN_PROBE:
                raise ValueError(f"A probe has up to {OWN_PROBE} characters; this one has {len(text):,}.")
            seen = named.get(name, text)
            if name not in ("0", "own", *named) or (name == "own" and text is None):
                raise ValueError(f"There is no probe called {name!r:.40}.")
            self.own = None if name == "0" else probe(run.task.probe(run.topology, seen))
            self.probe_name, self.probe_text, self.probe_seen = name, text or "", None if name == "0" else seen


def _crosses(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> bool:
    """Whether the value at `path` would be fine by itself: its own type and bounds hold, only a rule across fields is
    broken.
    """
    from pydantic import ValidationError

    try:
        RunConfig.model_validate(new)
    except ValidationError as error:
        return all(item["type"] == "value_error" for item in error.errors()) and leaf(old, path) != leaf(new, path)
    return False
