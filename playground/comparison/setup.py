"""What a visitor compares: which variants, matched how, with how many seeds; and the runs, once they are started.

It is long because all of it is one state: what is asked for, matched and started changes together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playground.comparison import word
from playground.comparison.matching import WHATS, match
from playground.comparison.ready import READY
from playground.comparison.trials import Trials
from playground.comparison.variants import MOST, SEEDS, Variant, changed, check, variant
from playground.runs.archive import dump
from playground.runs.run import Run, RunConfig

if TYPE_CHECKING:  # visitors stand above: a session hands in what begins jobs
    from playground.visitors.jobs import Anywhere

FIRST = "topologies"
HZ = 6.0  # times a second that the pace is set and pictures are asked for
LEAD = 20  # updates that a run may be ahead of the last one, and what that one makes meanwhile
KEEP, SOON = 25.0, 3.0  # seconds between two times that the runs are kept; the first come sooner, each twice as late
PATIENCE = 20.0  # seconds that pictures may take to come


class Setup:
    """The Compare page's side of a session. `wanted` are the variants before they are matched, the base first."""

    def __init__(self, anywhere: Anywhere) -> None:
        self.anywhere = anywhere
        self.name = ""
        self.wanted: list[Variant] = []
        self.what, self.seeds = "nothing", 1
        self.trials: Trials | None = None
        self.round = 0
        """Rises with everything that ends what trains."""
        self.problem, self.notice = "", ""
        """What could not be done, and what went wrong in training."""
        self.link, self.opened = "", ""
        """The link asked for last, and the address that this comparison was opened with."""
        self.layer, self.head = -1, 0
        self.word, self.wrong = "", ""
        """The visitor's own input for all pictures, and what was wrong with the last one."""
        self.shown: int | None = None
        """The step looked back to; None: the newest that all runs have."""
        self.file = ""
        """What is to be saved by the browser, until it has been sent."""
        self._matched: tuple[list[Variant], str, tuple[list[Variant], list[str]]] | None = None
        self.choose(FIRST)

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
        """The variants as they are trained, and a sentence each of what was changed to match them; raises ValueError
        where they cannot be matched.
        """
        if self._matched is None or self._matched[0] is not self.wanted or self._matched[1] != self.what:
            base, found, said = self.wanted[0], [], []
            for each in self.wanted:
                config, sentence = match(base.config, each.config, "nothing" if each.file else self.what)
                found.append(each._replace(config=config))
                said.append(sentence)
            self._matched = self.wanted, self.what, (found, said)  # dear, and every picture asks for it
        return self._matched[2]

    def start(self) -> Trials:
        """The runs, begun where they are not; raises ValueError where they cannot be compared, or have no room."""
        if self.trials is None or self.trials.ended:
            self._end()
            self.trials = Trials(self.matched()[0], self.seeds, self.anywhere)
        self.trials.begin()
        return self.trials

    def training(self) -> Iterator[None]:
        """The job that lets all runs train in step, to their end; it rests them where it is closed. It computes nothing
        itself. What cannot be compared is said in `problem`.
        """
        return self._training(self.round)

    def _training(self, mine: int) -> Iterator[None]:
        if self.round != mine:  # something else is compared by now
            return
        try:
            trials = self.start()
        except ValueError as error:
            self.problem = str(error)
            return
        until, before, due, wait = 0, trials.pace, 0.0, SOON
        keep = time.monotonic() + wait
        try:
            while self.trials is trials and not trials.done:
                now, pace = time.monotonic(), trials.pace
                if trials.built and (now >= due or pace >= until):  # all begin together, and none runs far ahead
                    goal = min(self.total, pace + LEAD + 3 * (pace - before))
                    if goal > until:
                        trials.train(goal)
                    until, before, due = max(goal, until), pace, now + 1 / HZ
                    if not trials.waiting:
                        self.ask()
                if now >= keep:
                    trials.keep()
                    wait = min(2 * wait, KEEP)
                    keep = now + wait
                yield
            if self.trials is trials:
                yield from self.looking()  # at the last update
        finally:
            trials.rest()
            trials.keep()

    def ask(self) -> None:
        """Ask for the pictures of what is looked at, if they have not been asked for."""
        trials, looked = self.trials, self.looked()
        if trials is not None and trials.built and trials.looked != looked:
            trials.look(*looked)

    def looking(self) -> Iterator[None]:
        """The job that ends as soon as the pictures of what is looked at are there. With them comes the update that was
        in hand when the runs were told to rest, and then it is that one that is looked at.
        """
        trials, end = self.trials, time.monotonic() + PATIENCE
        while trials is not None and trials.remotes and self.trials is trials and time.monotonic() < end:
            self.ask()
            if trials.built and not trials.waiting:
                return
            yield

    def close(self) -> None:
        """End what trains; the variants stay."""
        self.notice, self.link = "", ""
        self.round += 1
        self._end()

    def _end(self) -> None:
        if self.trials is not None:
            self.trials.close()
        self.trials, self.shown = None, None

    @property
    def total(self) -> int:
        """Updates that the longest run is to make; runs that go on may end at different ones."""
        return max(v.config.training.steps for v in self.wanted)
