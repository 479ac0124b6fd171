"""The Embeddings page: one-hot against dense, and word2vec live."""

from __future__ import annotations

import gradio as gr

from playground.components.download import download
from playground.components.finding import finding
from playground.components.form import form
from playground.components.notes import notes
from playground.components.plot import plot
from playground.components.similar import similar
from playground.components.wordbar import wordbar
from playground.components.wordlab import wordlab
from playground.components.words import words
from playground.pages.embeddings import handlers, streaming
from playground.pages.embeddings.board import FORMS, Board, forms
from playground.pages.frame import NOW, PRIVATE
from playground.pages.inputvector import tab as input_tab
from playground.pages.laboratory import PLOTLY, experiments, settings
from playground.visitors.session import Session

NOT_OF = {  # which vectors a tab shows whose settings are elsewhere
    "dense": "<p>The dense vectors are those of your run under word2vec live, made with these settings; before it "
    "begins, those of a run made for this page.</p>",
    "input": "<p>The model is that of the Playground page, where its settings are.</p>",
}


def draw(demo: gr.Blocks, pages: gr.Tabs) -> None:
    """Lay the page out and wire it."""
    blank = Session("blank").words
    with gr.Tab("Embeddings", id="embeddings"), gr.Row(elem_classes=["pg-body", "lab"]):
        with settings("Settings"):
            for name, sentence in NOT_OF.items():
                with gr.Column(min_width=0, elem_classes=["of", f"of-{name}"]):
                    words({"html": sentence}, view=f"{name}-settings")
            made = {title: form(title, {"": rows}, forms(blank)[title]) for title, rows in FORMS.items()}
        with experiments("embedding-tabs", "live") as tabs:
            with gr.Tab("One-hot or dense", id="dense"):
                matrices = similar()
                dense_notes = notes(view="notes-dense")
            with gr.Tab("word2vec live", id="live"):
                bar = wordbar()
                told = finding(view="finding-words", elem_classes=["snug"])
                lab = wordlab()
                with gr.Row(elem_classes=["charts", "word-charts"]):
                    agreement = plot(
                        src=PLOTLY,
                        title="Agreement",
                        note="neighbours of the word’s own class",
                        tall=240,
                        view="agreement",
                    )
                    loss = plot(
                        src=PLOTLY, title="Loss", note="mean since the point before", tall=240, view="word-loss"
                    )
                live_notes = notes(view="notes-live")
                files = download()
            input_tab()
    board = Board(made, tabs, bar, told, lab, agreement, loss, live_notes, matrices, dense_notes, files)
    hands, stream = handlers.Hands(board), streaming.Stream(board)

    def short(event, handler, outputs) -> None:
        event(handler, None, outputs, trigger_mode="multiple", **NOW)

    def train(event, handler) -> None:
        limits = {"trigger_mode": "multiple", "concurrency_limit": 48, "concurrency_id": "train"}
        event(handler, None, board.all(), trigger_mode="multiple", **NOW).then(
            stream.run, None, board.moving(), **limits, **PRIVATE
        )

    for each in made.values():
        short(each.edit, hands.edit, board.all())
    for event, handler in (
        (bar.play, hands.play),
        (bar.again, hands.again),
        (told.do, hands.do),
        (live_notes.do, hands.do),
        (dense_notes.do, hands.do),
    ):
        train(event, handler)
    for event, handler in ((bar.pause, hands.pause), (bar.reset, hands.reset), (bar.open, hands.open)):
        short(event, handler, board.all())
    for event, handler in ((lab.select, hands.select), (lab.look, hands.look), (lab.analogy, hands.analogy)):
        short(event, handler, [lab, told, live_notes])
    short(lab.save, hands.save, [files])
    for event, handler in (
        (matrices.compare, hands.compare),
        (matrices.method, hands.method),
        (matrices.open, hands.turn),
    ):
        short(event, handler, [matrices, dense_notes])
    short(tabs.select, hands.turn, [matrices, dense_notes])
