"""The Positions page: the laboratory of position schemes."""

from __future__ import annotations

import gradio as gr

from playground.components.positions import positions
from playground.components.words import words
from playground.pages.frame import NOW, PRIVATE
from playground.pages.laboratory import experiments, settings
from playground.pages.positions import board as layout
from playground.pages.positions.experimenting import Experimenting
from playground.pages.positions.handlers import Hands
from playground.pages.positions.heads import Heads
from playground.views.positions import trained
from playground.views.positions.trials import TRIALS
from playground.visitors.session import Session

HEADS = "<p>These are the heads of your run on the Playground page, where its settings are.</p>"


def draw(demo: gr.Blocks, pages: gr.Tabs) -> None:
    """Lay the page out and wire it."""
    session = Session("blank")
    blank, trying = session.positions, []
    with gr.Tab("Positions", id="positions"), gr.Row(elem_classes=["pg-body", "lab"]):
        with settings("Settings"):
            board = layout.column(blank)
            forms = {name: layout.trial_settings(name, session) for name in TRIALS}
            with gr.Column(min_width=0, elem_classes=["of", "of-trained"]):
                words({"html": HEADS}, view="heads-settings")
        with experiments("position-tabs", blank.config.tab) as tabs:
            for name, title, lay in layout.TABS:
                with gr.Tab(title, id=name):
                    board.parts |= lay(blank.config)
            with gr.Tab("Trained model", id="trained"):
                heads = positions(trained.nothing(), view="trained-heads", opens=True)
            for name, each in TRIALS.items():
                with gr.Tab(each.title, id=name):
                    trying.append(Experimenting(name, layout.trial(name, session) | {"form": forms[name]}))
    hands, looking = Hands(board, heads, tabs, {each.name: each for each in trying}), Heads(heads)

    def short(event, handler, outputs) -> None:
        event(handler, None, outputs, trigger_mode="multiple", **NOW)

    for each in (board.schemes, *board.forms.values()):
        short(each.edit, hands.edit, board.all())
    for each in (board.kept, *board.acting()):
        short(each.do, hands.do, board.all())
    short(board.schemes.open, hands.open, [*board.all(), tabs])
    short(tabs.select, hands.turn, [*board.all(), heads, *(part for each in trying for part in each.all())])
    for event, handler in (
        (heads.look, looking.look),
        (heads.probe, looking.probe),
        (heads.select, looking.select),
        (heads.ablate, looking.ablate),
        (heads.restore, looking.restore),
        (heads.do, looking.do),
    ):
        short(event, handler, [heads])
    for each in trying:
        bar, outputs = each.parts["bar"], each.all()
        short(each.parts["form"].edit, each.edit, outputs)
        short(bar.pick, each.edit, outputs)
        short(bar.halt, each.halt, outputs)
        short(each.parts["notes"].do, each.do, outputs)
        limits = {"trigger_mode": "multiple", "concurrency_limit": 48, "concurrency_id": "train"}
        bar.begin(each.begin, None, outputs, trigger_mode="multiple", **NOW).then(
            each.stream, None, outputs, **limits, **PRIVATE
        )
