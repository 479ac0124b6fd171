"""What a visitor compares: which variants, matched how, with how many seeds; and the runs, once they are started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playground.comparison import word
from playground.comparison.matching import WHATS, match
from playground.comparison.ready import READY
from playground.comparison.trials import Trials
from playground.comparison.variants import MOST, SEEDS, Variant, changed, check, variant
from playground.runs.archive import dump
from playground.runs.run import Run, RunConfig

FIRST = "topologies"


class Setup:
    """The Compare page's side of a session. `wanted` are the variants before they are matched, the base first."""

    def __init__(self) -> None:
        self.name = ""
        self.wanted: list[Variant] = []
        self.what, self.seeds = "nothing", 1
        self.trials: Trials | None = None
        self.problem = ""
        self.link, self.opened = "", ""
        """The link asked for last, and the address that this comparison was opened with."""
        self.layer, self.head = -1, 0
        self.word, self.wrong = "", ""
        """The visitor's own input for all pictures, and what was wrong with the last one."""
        self.shown: int | None = None
        """The step looked back to; None: the newest that all runs have."""
        self.running, self.turn, self.taken, self.place, self.notice = False, 0, 0, 0, ""
        """Whether it is to train, which press said so last, the place in the line, and what went wrong."""
        self.choose(FIRST)

    def take(self) -> bool:
        """Whether the newest press is to train, and no stream has begun to."""
        taken, self.taken = self.taken, self.turn
        return self.running and taken != self.turn

    def press(self, *, running: bool) -> int:
        """Play or pause: the number of this press, which ends the loop of the one before."""
        self.running, self.turn, self.notice = running, self.turn + 1, ""
        return self.turn

    def rest(self) -> None:
        """Stop after the update in hand; what has been trained stays."""
        self.press(running=False)
        if self.trials is not None:
            self.trials.rest()

    def choose(self, name: str) -> None:
        """A ready comparison; raises ValueError for an unknown one."""
        if name not in READY:
            raise ValueError(f"There is no comparison called {name!r:.40}. There are {', '.join(READY)}.")
        self.close()
        ready = READY[name]
        self.name, self.wanted, self.what, self.problem, self.word = name, ready.variants(), ready.match, "", ""

    def begin_with(self, config: RunConfig, label: str) -> None:
        """A comparison of the visitor's own: the base alone, until variants are added."""
        self.close()
        self.name, self.wanted, self.what, self.problem = "", [variant(config, config, label)], "nothing", ""
        self.word = ""

    def add(self, changes: Mapping[str, Any], label: str = "") -> None:
        """One more variant of the base; raises ValueError where it does not fit."""
        if len(self.wanted) >= MOST:
            raise ValueError(f"A comparison has up to {MOST} variants. Remove one first.")
        base = self.wanted[0].config
        more = variant(base, changed(base, changes), label)
        check([*(v.config for v in self.wanted), more.config])
        self._variants([*self.wanted, more])

    def add_runs(self, runs: Sequence[tuple[str, Run]]) -> None:
        """Runs that go on, in place of what was compared; raises ValueError where they do not fit together."""
        check([run.now for _, run in runs])
        base = runs[0][1].now
        found = [variant(base, run.now, label)._replace(file=dump(run)) for label, run in runs]
        self.close()
        self.name, self.wanted, self.what, self.seeds, self.problem = "", found, "nothing", 1, ""
        self.word = ""

    def remove(self, index: int) -> None:
        """Leave a variant out; the base stays."""
        if 0 < index < len(self.wanted):
            self._variants([v for i, v in enumerate(self.wanted) if i != index])

    def _variants(self, found: list[Variant]) -> None:
        self.close()
        self.name, self.wanted = "", found

    def matched_by(self, what: str) -> None:
        """Make variants alike in one number; raises ValueError for what is no such number."""
        if what not in WHATS:
            raise ValueError(f"Match {', '.join(WHATS)}; got {what!r:.40}.")
        self.close()
        self.what = what

    def seeded(self, seeds: int) -> None:
        """Train each variant with this many seeds."""
        self.close()
        self.seeds = max(1, min(SEEDS, seeds))

    def worded(self, text: str) -> None:
        """Look at all variants through this input, or through the task's own where it is empty; raises ValueError."""
        if text.strip():
            word.check(text, self.wanted[0].config.task, [v.config.model.topology for v in self.wanted])
        self.word = text if text.strip() else ""

    def looked(self) -> tuple[int, int, int, str]:
        """(step, layer, head, word) of the pictures; of past steps only those of the task's own word are kept. The
        newest is the last that every run has kept, as some are ahead.
        """
        every = 1 if self.word else self.wanted[0].config.training.record_every
        newest = self.trials.step // every * every if self.trials is not None else 0
        step = newest if self.shown is None else self.shown
        return step, self.layer, self.head, self.word if self.shown is None else ""

    def matched(self) -> tuple[list[Variant], list[str]]:
        """The variants as they are trained, and a sentence each of what was changed to match them."""
        base, found, said = self.wanted[0], [], []
        for each in self.wanted:
            config, sentence = match(base.config, each.config, "nothing" if each.file else self.what)
            found.append(each._replace(config=config))
            said.append(sentence)
        return found, said

    def start(self, processes: int) -> Trials:
        """The runs, in processes of their own; raises ValueError where they cannot be compared."""
        if self.trials is None or self.trials.ended:
            self._end()
            self.trials = Trials(self.matched()[0], self.seeds, processes)
        return self.trials

    def close(self) -> None:
        """End what trains; the variants stay."""
        self.running, self.notice, self.link = False, "", ""
        self.turn += 1
        self._end()

    def _end(self) -> None:
        if self.trials is not None:
            self.trials.close()
        self.trials, self.shown = None, None

    @property
    def total(self) -> int:
        """Updates that the longest run is to make; runs that go on may end at different ones."""
        return max(v.config.training.steps for v in self.wanted)
