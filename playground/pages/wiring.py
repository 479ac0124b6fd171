"""Which event of the Playground page calls which handler, and what it may write."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.pages.configuring import Configuring
from playground.pages.frame import NOW, PRIVATE, SESSIONS
from playground.pages.intervening import Intervening
from playground.pages.looking import Looking
from playground.pages.pictures import Board, Pictures, Update
from playground.pages.routing import Routing
from playground.pages.running import Running
from playground.pages.seeing import Seeing
from playground.pages.shelving import Shelving
from playground.pages.streaming import Streaming
from playground.settings.forms import Accordion


def wire(demo: gr.Blocks, board: Board, forms: list[Accordion]) -> None:
    """Bind every event of the page."""
    pictures = Pictures(board, forms)
    running, looking, configuring = Running(pictures), Looking(pictures), Configuring(pictures)
    streaming, routing, seeing = Streaming(pictures), Routing(pictures, looking), Seeing(looking)
    intervening = Intervening(pictures, looking)
    shelving = Shelving(pictures)
    everything, lens, column = board.all(), board.lens(), board.controls()

    def long(event: Any, handler: Any) -> None:
        """Presses that train: what changes at once, then the streams; `Slots` decides who computes."""
        streams(event(handler, None, everything, trigger_mode="multiple", **NOW))

    def streams(event: Any) -> None:
        for name in board.notes:
            limits = {"trigger_mode": "multiple", "concurrency_limit": 48, "concurrency_id": "train"}
            event.then(streaming.of(name), None, board.stream(name), **limits, **PRIVATE)

    def short(event: Any, handler: Any, outputs: list[Any]) -> None:
        event(handler, None, outputs, trigger_mode="multiple", **NOW)

    bar, col, att, pred = board.transport, board.column, board.attention, board.predictions
    exp, pos, emb, itv = board.experts, board.positions, board.embeddings, board.intervene
    for event, handler in (
        (bar.play, running.play),
        (bar.halve, running.halve),
        (col.preset, running.preset),
        (col.restart, running.restart),
        *((each.do, running.do) for each in (att, exp, pos, emb, itv, pred, board.finding, *board.notes.values())),
    ):
        long(event, handler)
    for event, handler in ((bar.seek, running.seek), (bar.back, running.back)):
        short(event, handler, lens)
    short(bar.pause, running.pause, [*lens, board.replay])
    for event, handler in ((bar.step, running.step), (bar.reset, running.reset)):
        short(event, handler, everything)
    shelf, answers = board.shelf, [board.shelf, bar]
    for event, handler in ((bar.fork, shelving.fork), (col.fork, shelving.fork), (shelf.reopen, shelving.reopen)):
        short(event, handler, [*everything, shelf])
    short(bar.onward, shelving.onward, lens)
    for event, handler in (
        (bar.both, shelving.both),
        (shelf.compare, shelving.compare),
        (shelf.remove, shelving.remove),
        (shelf.see, shelving.see),
    ):
        short(event, handler, answers)
    short(shelf.numbers, shelving.numbers, [*answers, board.saved])
    filed = shelf.save(shelving.save, None, [*answers, board.file], trigger_mode="multiple", **NOW)
    filed.then(None, board.file, None, js="file => pg.saveFile(file)", **NOW)
    board.upload.upload(shelving.upload, board.upload, [*everything, shelf], **NOW)
    short(bar.link, configuring.share, [bar])
    short(col.undo, configuring.undo, [*column, *lens])
    for form in board.forms.values():
        short(form.edit, configuring.edit, everything)
    for panel in board.panels.values():
        short(panel.expand, configuring.expand, [*column, *board.notes.values()])
    for event, handler in (
        (att.look, looking.look),
        (att.probe, looking.probe),
        (att.select, looking.select),
        (att.ablate, looking.ablate),
        (att.restore, looking.restore),
        (exp.see, routing.see),
        (exp.remove, routing.remove),
        (exp.force, routing.force),
        (exp.price, routing.price),
        (exp.restore, looking.restore),
        (emb.see, seeing.see),
        (emb.save, seeing.save),
        (emb.probe, looking.probe),
        (pos.look, looking.look),
        (pos.probe, looking.probe),
        (pos.select, looking.select),
        (pos.ablate, looking.ablate),
        (pos.restore, looking.restore),
        (itv.see, intervening.see),
        (itv.halt, intervening.halt),
        (itv.pick, intervening.pick),
        (itv.probe, looking.probe),
    ):
        short(event, handler, lens)
    limits = {"trigger_mode": "multiple", "concurrency_limit": 16, "concurrency_id": "intervene"}
    begun = itv.begin(intervening.begin, None, lens, trigger_mode="multiple", **NOW)
    begun.then(intervening.stream, None, [itv, board.effects, board.notes["intervene"]], **limits, **PRIVATE)
    streams(board.lenses.select(looking.turn, None, lens, trigger_mode="multiple", **NOW))
    short(pred.prompt, looking.prompt, [pred, bar])

    def attach(token: Any, request: gr.Request) -> Update:
        return configuring.opened(request, token)

    def leave(request: gr.Request) -> None:
        SESSIONS.leave(str(request.session_hash))

    told = demo.load(attach, board.token, everything, js="() => pg.token()", **NOW)
    told.then(None, None, None, js="() => pg.attached()", **NOW)
    demo.unload(leave)
