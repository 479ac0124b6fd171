"""What each press on the Playground page does: check it, change the session, show the result."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import gradio as gr

from models import Ablate
from models.generate import Sampling
from playground import presets, share
from playground.controls import SLOT_KINDS, put, put_kind
from playground.pages.frame import SLOTS, number, sent, session_of
from playground.prompt import LONGEST, continuation
from playground.session import Ablation, Session
from playground.views import notes, transport
from playground.views import predictions as predictions_view
from playground.views.attention import STACKS

if TYPE_CHECKING:
    from playground.pages.wiring import Pictures

HZ = 9.0  # pictures per second
CHARTS_EVERY = 4  # pictures between two updates of charts
PATIENCE = 0.4  # seconds between two looks at the line

Update = dict[Any, Any]


class Acts:
    """The handlers; `pictures` turns a session into updates."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    # ---- training ----
    def train(self, session: Session, n: float, first: Update | None = None) -> Iterator[Update]:
        """Wait for a core, then train and show until another press arrives or the run ends."""
        tp = self.board.transport
        if session.problems:
            session.notice = f"Not started: {next(iter(session.problems.values()))}"
            yield {**self.pictures.controls(session), tp: transport.value(session)}
            return
        session.notice, session.slots = "", SLOTS.count
        try:
            while session.intent == n and (place := SLOTS.ask(session.token)):
                session.place = max(place, 0)
                session.notice = "The line is full; try again in a minute." if place < 0 else ""
                yield {tp: transport.value(session)}
                if place < 0:
                    return
                time.sleep(PATIENCE)
            session.place = 0
            if session.intent != n:
                return
            yield from self._stream(session, n, first or {})
        finally:  # also reached when the tab closes
            session.place = 0
            if session.intent == n:
                session.running = False
            SLOTS.leave(session.token)
        yield self.pictures.everything(session)

    def _stream(self, session: Session, n: float, first: Update) -> Iterator[Update]:
        run = session.start()
        session.notice = run.place.sentence
        session.shown, session.running = None, True
        if run.step >= run.training.steps and not session.budget_left().startswith("The"):
            pass
        shown = 0
        while session.intent == n and not session.budget_left() and not run.diverged:
            began = time.perf_counter()
            session.advance(0.82 / HZ, n)
            out = self.pictures.frame(session, charts=shown % CHARTS_EVERY == 0)
            yield {**first, **out}
            first, shown = {}, shown + 1
            time.sleep(max(0.0, 1 / HZ - (time.perf_counter() - began)))

    def play(self, request: gr.Request, event: gr.EventData) -> Iterator[Update]:
        session, n = session_of(request), press(event)
        if not session.claim(n):
            return
        fresh = session.run is None
        run = session.run
        if run is not None and run.step >= run.training.steps:  # "Go on for N"
            session.edit("training.steps", min(run.step + run.config.training.steps, 5000))
        session.start()
        yield from self.train(
            session, n, self.pictures.everything(session) if fresh else {self.board.column: gr.skip()}
        )

    def _fresh(self, session: Session, n: float) -> Iterator[Update]:
        """A new run from the controls, trained at once."""
        if session.problems:
            yield from self.train(session, n)
            return
        session.restart()
        yield from self.train(session, n, self.pictures.everything(session))

    def halve(self, request: gr.Request, event: gr.EventData) -> Iterator[Update]:
        session, n = session_of(request), press(event)
        if session.claim(n) and session.run is not None:
            session.edit("training.lr", session.run.training.lr / 2)
            yield from self._fresh(session, n)

    def preset(self, request: gr.Request, event: gr.EventData) -> Iterator[Update]:
        session, name = session_of(request), str(sent(event, "name", ""))
        if name not in presets.PRESETS:
            return
        n = own(session)
        session.adopt(name)
        yield from self._fresh(session, n)

    def restart(self, request: gr.Request) -> Iterator[Update]:
        session = session_of(request)
        yield from self._fresh(session, own(session))

    def do(self, request: gr.Request, event: gr.EventData) -> Iterator[Update]:
        """A link in a sentence: "step:548" looks back, "set:{...}" changes controls and trains anew, "preset:copy"."""
        session, (what, _, rest) = session_of(request), str(sent(event, "action", "")).partition(":")
        if what == "step" and rest.isdigit():
            yield self._look_back(session, int(rest))
        elif what == "preset" and rest in presets.PRESETS:
            session.adopt(rest)
            yield from self._fresh(session, own(session))
        elif what == "set":
            try:
                changes = json.loads(unquote(rest))
                raw = session.raw
                for path, value in changes.items():
                    raw = (
                        put_kind(raw, path.removesuffix(".kind"), value)
                        if path in SLOT_KINDS
                        else put(raw, path, value)
                    )
            except (ValueError, AttributeError, KeyError):
                return
            session.load(raw)
            panels = {
                self.board.panels[name]: gr.update(open=True)
                for name in {panel(p) for p in changes} & set(self.board.panels)
            }
            yield panels
            yield from self._fresh(session, own(session))

    # ---- the time line ----
    def _halted(self, request: gr.Request, event: gr.EventData, act: Callable[[Session], None]) -> Update:
        """Stop the loop by claiming, act, show."""
        session = session_of(request)
        if session.claim(press(event)):
            session.running, session.place = False, 0
            with session.lock:  # after the update in hand, so that no later number follows the answer
                act(session)
        return self.pictures.frame(session)

    def pause(self, request: gr.Request, event: gr.EventData) -> Update:
        return self._halted(request, event, lambda session: None)

    def step(self, request: gr.Request, event: gr.EventData) -> Update:
        def one(session: Session) -> None:
            if not session.problems:
                session.shown = None
                session.advance(0.0, session.intent)

        return self._halted(request, event, one)

    def reset(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        if session.claim(press(event)) and session.run is not None:
            session.running, session.place = False, 0
            if not session.problems:
                session.restart()
        return self.pictures.everything(session)

    def seek(self, request: gr.Request, event: gr.EventData) -> Update:
        session, step = session_of(request), number(event, "step", 0, 10**9)
        if session.claim(press(event)):
            session.running = False
        return self._look_back(session, step)

    def _look_back(self, session: Session, step: int) -> Update:
        if session.run is not None:
            session.stop()
            session.shown = None if step >= session.run.step else step
            session.ablation = None
        return self.pictures.frame(session)

    def back(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        return self._look_back(session, session.run.step - 1 if session.run else 0)

    def share(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        own_probe = session.probe_text if session.probe_name == "own" else None
        session.link = share.link(session.preset, session.raw, lens=session.lens, probe=own_probe)
        return {self.board.transport: transport.value(session)}

    # ---- configuration ----
    def edit(self, request: gr.Request, event: gr.EventData) -> Update:
        session, path = session_of(request), str(sent(event, "at", ""))[:200]
        session.edit(path, sent(event, "value"), settled=sent(event, "done") is not False)
        if session.run is not None and session.run.step == 0:  # the model itself may be a new one
            return self.pictures.everything(session)
        return {**self.pictures.controls(session), self.board.transport: transport.value(session)}

    def undo(self, request: gr.Request) -> Update:
        session = session_of(request)
        session.undo()
        return self.pictures.controls(session)

    # ---- lenses ----
    def look(self, request: gr.Request, event: gr.EventData) -> Update:
        session, which = session_of(request), sent(event, "which")
        session.which = which if which in dict(STACKS) else session.which
        return self._attention(session)

    def select(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        session.head = (number(event, "layer", 0, 255), number(event, "head", 0, 255))
        return self._attention(session)

    def probe(self, request: gr.Request, event: gr.EventData) -> Update:
        session, text, name = session_of(request), sent(event, "text"), sent(event, "id", "own")
        session.probe_error = ""
        try:
            session.use_probe("own" if isinstance(text, str) else str(name), text if isinstance(text, str) else None)
        except ValueError as error:
            session.probe_error = str(error)
        return self._attention(session)

    def ablate(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        layer, head = number(event, "layer", 0, 255), number(event, "head", 0, 255)
        run, which = session.start(), session.which_stack()
        edit = Ablate(
            "encoder" if which == "encoder" else "decoder",
            layer,
            "cross_attention" if which == "cross" else "self_attention",
            head,
        )
        try:
            with session.lock:
                session.ablation = Ablation(run, (edit,), f"L{layer} H{head}")
        except ValueError as error:
            session.notice = str(error)
        session.head = (layer, head)
        return self._attention(session)

    def restore(self, request: gr.Request) -> Update:
        session = session_of(request)
        session.ablation = None
        return self._attention(session)

    def _attention(self, session: Session) -> Update:
        return {**self.pictures.frame(session), self.board.notes["attention"]: notes.value(session, "attention")}

    def prompt(self, request: gr.Request, event: gr.EventData) -> Update:
        session, text = session_of(request), str(sent(event, "text", ""))[: 10 * LONGEST]
        found: list[Any] = []
        error = ""
        try:
            top_k = number(event, "top_k", 0, 10**6)
            sampling = Sampling(real(event, "temperature", 0.0), top_k or None, real(event, "top_p", 1.0))
            with session.lock:
                found = [
                    g._asdict()
                    for g in continuation(session.start(), text, sampling, number(event, "length", -1, 10**6, 40))
                ]
        except ValueError as problem:
            error = str(problem)
        session.prompt = {"text": text, "continuation": found, "error": error}
        return {self.board.predictions: predictions_view.value(session)}

    # ---- opening the page ----
    def opened(self, session: Session, query: dict[str, str]) -> Update:
        """First values of a page: a link's configuration, a run that came back, or the stored replay."""
        shared = share.opened(query) if session.run is None else None
        out: Update = {}
        if shared is not None:
            session.adopt(shared.preset)
            session.load(shared.raw)
            session.lens = shared.lens
            session.notice = " ".join(shared.sentences)
            session.start()
            if shared.probe:
                try:
                    session.use_probe("own", shared.probe)
                except ValueError as error:
                    session.notice = f"{session.notice} {error}".strip()
            out[self.board.lenses] = gr.update(selected=session.lens)
        elif session.run is not None:
            out[self.board.lenses] = gr.update(selected=session.lens)
        return {**self.pictures.everything(session), **out}


def press(event: gr.EventData) -> int:
    """The rising number that every press carries."""
    return number(event, "n", 0, 2**53)


def own(session: Session) -> float:
    """A claim made by the server: above every press so far, below the next one."""
    session.intent = math.floor(session.intent) + 0.5
    return session.intent


def panel(path: str) -> str:
    """The accordion that holds a control."""
    parts = path.split(".")
    return (
        parts[1]
        if parts[0] == "model" and parts[1] in ("attention", "position", "feed_forward")
        else parts[0]
        if parts[0] in ("model", "task")
        else "training"
    )


def real(event: gr.EventData, name: str, default: float) -> float:
    """A number of an event; NaN for anything else, so that its own check refuses it."""
    value = sent(event, name, default)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
