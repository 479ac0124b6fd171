"""The tab "word2vec live": two methods learn the same words, and their maps move."""

from __future__ import annotations

from playground.laboratories.embeddings.live import acts
from playground.lenses.lens import Lens, panel, row

LENS = Lens(
    name="live",
    title="word2vec live",
    panels=(
        panel("wordbar"),
        panel("finding", "finding-words", elem_classes=["snug"]),
        panel("wordlab"),
        row(
            panel("plot", "agreement", title="Agreement", note="neighbours of the word’s own class", tall=240),
            panel("plot", "word-loss", title="Loss", note="mean since the point before", tall=240),
            classes="charts word-charts",
        ),
        panel("notes", "notes-live"),
    ),
    value=acts.picture,
    acts=acts.ACTS,
    jobs={acts.JOB: acts.picture, acts.SAVE: acts.written},
    goes_on={acts.JOB: acts.go_on},
)
