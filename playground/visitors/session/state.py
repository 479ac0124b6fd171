"""What a session holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.comparison.setup import Setup
from playground.interventions.ablation import Ablation
from playground.positions.settings import PositionSettings
from playground.runs.probe import Probe
from playground.runs.run import Run, RunConfig
from playground.settings import presets
from playground.settings.edited import Edited
from playground.visitors.choices import Choices, ChoicesT
from playground.visitors.desk import Desk
from playground.visitors.folders import Trace
from playground.visitors.jobs import Anywhere, Jobs, nowhere
from playground.visitors.shelf import Kept, Shelf
from playground.visitors.work import Work
from playground.words.lab import WordLab
from playground.words.settings import WordSettings


class State:
    """One visitor's. A worker answers its events one after another and lets its jobs compute in between, all in one
    thread: nothing here is guarded.
    """

    def __init__(self, anywhere: Anywhere = nowhere):
        self.jobs, self.anywhere = Jobs(), anywhere
        self.written = Trace()  # what of it is on the disk
        self.page = "playground"  # in sight
        self.sent = 0  # values of the transport
        self.answered = 0  # the newest press that was answered
        self.newest: dict[str, int] = {}  # of the transport and of each control, the newest press that was carried out
        self.building = False  # whether a model is to be built from the controls before anything else
        self.steps = 0  # single updates asked for and not made
        self.rate, self.used = 0.0, 0.0
        self.pace = 0.0  # seconds of computing of one update, of late
        self.run: Run | None = None
        self.shelf = Shelf()
        self.entry: Kept | None = None  # the run, as the shelf names it
        self.spent: dict[int, float] = {}  # seconds of computing of the runs put aside, by number
        self.branched = ""  # the notice of the newest fork
        self.farewell = ""  # which runs left the shelf for the newest there
        self.compared = 0  # how often runs were sent to the Compare page
        self.lens, self.notice, self.opened = "attention", "", ""
        self.link = self.link_note = ""  # the one asked for last, and what it does not carry
        self.positions = Edited(PositionSettings())
        self.words = WordLab(Edited(WordSettings()))
        self.experiments: dict[str, Work] = {}  # of the Positions page, by name
        self.compare = Setup(anywhere)
        self.desk = Desk()  # of the Checkpoints page
        self.apart = True  # whether it lives in the process of checkpoints, as far as there is one
        self.choices: dict[str, Choices] = {}  # by lens, once it has been looked through
        self.later_choices: dict[str, dict[str, Any]] = {}  # by lens, what its choices take when they are made
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
        self.choices = {lens: choices for lens, choices in self.choices.items() if choices.lasts}
        self.later_choices = {}
        self.probe_name, self.probe_text, self.probe_error = "0", "", ""
        self.probe_seen: str | None = None  # the text of the probe in use, unless it is the fixed one
        self.drawn: tuple[str, tuple[int, int]] | None = None  # the stack and head drawn large, last

    def of(self, kind: type[ChoicesT]) -> ChoicesT:
        """What is chosen in a lens."""
        found = self.choices.get(kind.lens)
        if not isinstance(found, kind):
            found = self.choices[kind.lens] = kind()
            for name, value in self.later_choices.pop(kind.lens, {}).items():
                found.take(name, value)
        return found

    def choose(self, lens: str, name: str, value: Any) -> None:
        """Choose something in a lens, whichever it is."""
        if lens in self.choices:
            self.choices[lens].take(name, value)
        else:
            self.later_choices.setdefault(lens, {})[name] = value

    def chosen_in(self, lens: str) -> dict[str, Any]:
        """What is chosen in a lens and not as at first."""
        found = self.choices.get(lens)
        first = type(found)().plain() if found is not None else {}
        now = found.plain() if found is not None else self.later_choices.get(lens, {})
        return {name: value for name, value in now.items() if name not in first or first[name] != value}

    @property
    def running(self) -> bool:
        """Whether the run trains on; single updates do not count."""
        return "train" in self.jobs and not self.steps

    @property
    def going(self) -> tuple[str, ...]:
        """Jobs that go on where they were, after it has slept or moved."""
        words = "words" in self.jobs and self.words.running
        there = {"train": self.running, "words": words} | {j: j in self.jobs for j in ("compare", "checkpoint")}
        return tuple(name for name, goes in there.items() if goes)

    @property
    def opens(self) -> bool:
        """Whether it waits to be moved to the process of checkpoints."""
        return not self.apart and self.desk.stage == "waiting" and "checkpoint" in self.jobs

    def stop(self) -> None:
        """Train no further; what the training was to build first is not built."""
        if "train" in self.jobs:
            self.building = False
        self.jobs.cancel("train")
        self.steps = 0

    def free(self) -> None:
        """Let go of every run."""
        self.jobs.clear()
        self.building = False
        self.run = self.entry = None
        self.shelf.kept.clear()
        self.desk.reader = None
        self.compare.close()
