"""Presses on the Embeddings page. Those that train leave an order in the visitor's lab; the stream carries it out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import gradio as gr

from models.config import walk
from playground.pages.embeddings.board import Board, Update
from playground.pages.event import press, sent
from playground.pages.frame import session_of
from playground.views.embeddings.word2vec import maps, saved
from playground.words.lab import WordLab
from playground.words.settings import KINDS, WordSettings

TYPED = 60  # letters of a word
LISTED = 1000  # letters of a list of words


class Hands:
    """Handlers, answered outside the queue."""

    def __init__(self, board: Board):
        self.board = board

    # ---- the run ----
    def open(self, request: gr.Request) -> Update:
        lab = session_of(request).words
        with lab.lock:
            lab.ready()
            return self.board.everything(lab)

    def play(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            if lab.claim(press(event)):
                training = lab.ready()
                if training is None or training.finished or lab.notice:
                    lab.build()
                lab.order()
            return self.board.everything(lab)

    def again(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            if lab.claim(press(event)):
                lab.build()
                lab.order()
            return self.board.everything(lab)

    def pause(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            if lab.claim(press(event)):
                lab.halt()
            return self.board.everything(lab)

    def reset(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            if lab.claim(press(event)):
                lab.halt()
                lab.build()
            return self.board.everything(lab)

    def edit(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            before = lab.training
            lab.edit(str(sent(event, "at", ""))[:200], sent(event, "value"))
            return self.board.everything(lab) if lab.training is not before else self.board.edited(lab)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link in a sentence: "set:{...}" changes controls and trains; "select:dog"; "analogy:a,b,c"; "words:a,b"."""
        lab, (what, _, rest) = session_of(request).words, str(sent(event, "action", ""))[:4000].partition(":")
        with lab.lock:
            text = unquote(rest)
            if what == "select":
                self._choose(lab, text)
            elif what == "analogy" and text.count(",") == 2:
                lab.asked = tuple(word[:TYPED] for word in text.split(","))  # type: ignore[assignment]
            elif what == "words":
                lab.compared = text[:LISTED]
                return self.board.compared(lab)
            elif what == "set":
                return self._set(lab, text)
            return {self.board.lab: maps.value(lab), self.board.bar: gr.skip()}

    def _set(self, lab: WordLab, text: str) -> Update:
        """The first settings with these changes, trained from the start."""
        try:
            changes: dict[str, Any] = json.loads(text)
            known = {path for path, _, _ in walk(WordSettings())}
            if not set(changes) <= known:
                return {self.board.bar: gr.skip()}
        except (ValueError, TypeError, RecursionError):
            return {self.board.bar: gr.skip()}
        lab.edited.reset()
        for path, value in changes.items():
            lab.edited.edit(path, value)
        lab.claim_own()
        lab.build()
        lab.order()
        return self.board.everything(lab)

    # ---- looking ----
    def _choose(self, lab: WordLab, word: str) -> None:
        training = lab.ready()
        lab.unknown = ""
        try:
            if training is not None:
                lab.word = training.text.vocabulary[training.text.id(word[:TYPED])]
        except ValueError as error:
            lab.unknown = str(error)

    def select(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            self._choose(lab, str(sent(event, "word", "")))
            return self.board.looked(lab)

    def look(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            lab.hold = sent(event, "hold") is True
            return self.board.looked(lab)

    def analogy(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            lab.asked = tuple(str(sent(event, name, ""))[:TYPED].strip().lower() for name in "abc")  # type: ignore[assignment]
            return self.board.looked(lab)

    def save(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            try:
                return {self.board.files: saved.value(lab, str(sent(event, "what")), str(sent(event, "kind")))}
            except ValueError as error:
                lab.sent += 1
                return {self.board.files: {"n": lab.sent, "error": str(error)}}

    # ---- the two matrices ----
    def turn(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        if sent(event, "id", "dense") != "dense":  # another tab
            return {self.board.matrices: gr.skip()}
        with lab.lock:
            return self.board.compared(lab)

    def compare(self, request: gr.Request, event: gr.EventData) -> Update:
        lab = session_of(request).words
        with lab.lock:
            lab.compared = str(sent(event, "text", ""))[:LISTED]
            return self.board.compared(lab)

    def method(self, request: gr.Request, event: gr.EventData) -> Update:
        lab, kind = session_of(request).words, sent(event, "kind")
        with lab.lock:
            lab.kind = kind if kind in KINDS else lab.kind
            return self.board.compared(lab)
