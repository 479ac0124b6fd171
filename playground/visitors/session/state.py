"""What a session holds, and how its presses and threads take turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playground.comparison.setup import Setup
from playground.interventions.ablation import Ablation
from playground.positions.settings import PositionSettings
from playground.runs.probe import Probe, Twin
from playground.runs.run import Run, RunConfig
from playground.settings import presets
from playground.settings.edited import Edited
from playground.visitors.choices import ExpertChoices, InterveneChoices, VectorChoices
from playground.visitors.shelf import Kept, Shelf
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

OWN_CLAIM = 2.0**-9  # presses are numbered by the browser's clock in milliseconds; float64 still tells these apart


class State:
    """`hand` guards what a visitor can change, and `lock`, which is taken after it, the run while it computes."""

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
        self.shelf = Shelf()
        self.entry: Kept | None = None  # the run, as the shelf names it
        self.spent: dict[int, float] = {}  # seconds of computing of the runs put aside, by number
        self.branched = ""  # the notice of the newest fork
        self.compared = 0  # how often runs were sent to the Compare page
        self.lens, self.link, self.notice, self.opened = "attention", "", "", ""
        self.slots = 1
        self.positions = Edited(PositionSettings())
        self.words = WordLab(Edited(WordSettings()))
        self.compare = Setup()
        self.intervene = InterveneChoices()
        self.prompt: dict[str, Any] | str = ""
        self.preset = presets.FIRST
        self.raw: Mapping[str, Any] = presets.raw(self.preset)
        self.config: RunConfig = presets.PRESETS[self.preset].config
        self.problems: dict[str, str] = {}
        self.look_afresh()

    def look_afresh(self) -> None:
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

    @property
    def training(self) -> bool:
        """Whether anything of this visitor is: a run, a comparison, words."""
        return self.running or self.compare.running or self.words.running

    def free(self) -> None:
        """Let go of every run."""
        self.stop()
        self.run = self.entry = None
        self.shelf.kept.clear()
        self.compare.close()
