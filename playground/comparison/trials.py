"""Variants in training, each with one or several seeds, every run a remote job on whichever worker has room.

It is long because beginning, files, pictures and ends all concern one list of runs that live elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from models.cost import cost
from playground.comparison.trial import Trial
from playground.comparison.variants import SEEDS, Variant, check
from playground.compute.device import choose as choose_device
from playground.compute.precision import choose
from playground.runs.run import RunConfig
from playground.settings.limits import PARAMETERS, step_flops

if TYPE_CHECKING:  # visitors stand above: a session hands in what begins jobs
    from playground.visitors.jobs import Anywhere, Remote

FALLS = 3  # processes of one run that may end
FILES = 128 * 2**20  # bytes of all files that runs go on from
Looked = tuple[int, int, int, str]
"""(step, layer, head, word) of pictures."""


class Trials:
    """All runs of a comparison. `close` ends them; until then they rest where they are, and show what they have kept.
    One whose process ends goes on from its file, or begins again: it is the same run either way.

    Raises ValueError with a sentence for what cannot be compared, or where there is no room for it.
    """

    def __init__(self, variants: Sequence[Variant], seeds: int, anywhere: Anywhere, *, begin: bool = True):
        """`begin` False: when they are trained or looked at."""
        check([v.config for v in variants])
        if not 1 <= seeds <= SEEDS:
            raise ValueError(f"Between 1 and {SEEDS} seeds are compared; got {seeds}.")
        if seeds > 1 and any(v.file for v in variants):
            raise ValueError("Runs that go on have the seed they began with. Compare them with one seed.")
        parameters = seeds * sum(cost(v.config.model).parameters for v in variants)
        if parameters > 2 * PARAMETERS:
            raise ValueError(
                f"Together these runs have {parameters:,} parameters, and the page trains up to {2 * PARAMETERS:,} at "
                "once. Use fewer seeds, or smaller models."
            )
        self.variants, self.seeds, self.anywhere = tuple(variants), seeds, anywhere
        self.name = secrets.token_hex(8)
        """Of this comparison's files."""
        self.trials = [Trial(v, s) for s in range(seeds) for v in range(len(variants))]
        self.ended, self.notice, self.wrong = "", "", ""
        """Why nothing can go on; what else happened; and why there is no picture of what is looked at."""
        self.asked, self.until = 0, 0
        """Questions for pictures, and up to which update all train."""
        self.unwritten = False
        """Whether there are files that no disk has."""
        self.looked: Looked | None = None
        base = variants[0].config
        self.precision = choose(
            base.training.precision, base.model, base.training.batch, choose_device(base.device).device
        ).name
        """Of all runs: two workers might find otherwise, and rounding would be a difference that nobody asked for."""
        self.remotes: dict[int, Remote] = {}
        if begin:
            self.begin()

    def begin(self) -> None:
        """Let every run that is nowhere be somewhere; of those that are over, the ones with a file to be looked into.
        Raises ValueError where there is no room for all.
        """
        configs = [self._config(trial) for trial in self.trials]
        missing = {i for i, t in enumerate(self.trials) if i not in self.remotes and (t.file or not t.over)}
        try:
            for id in sorted(missing, key=lambda id: -step_flops(configs[id])) if not self.ended else ():  # evenly
                self._begin(id)
        except ValueError:
            self._let_go()
            raise

    def _begin(self, id: int) -> None:
        trial = self.trials[id]
        config, file = self._config(trial), trial.file or self.variants[trial.variant].file
        spec: dict[str, Any] = {"work": step_flops(config), "again": bool(trial.file)}
        if not file:
            spec["config"] = config.model_dump(exclude={"model": {"vocab", "context"}})
        trial.built = trial.keeping = False
        self.remotes[id] = self.anywhere("variant", spec, file, partial(self._heard, id))
        until = max(self.until, trial.step)  # as far as it is known to have been
        if until > trial.kept:
            self.remotes[id].order("train", until=until)
        if self.looked is not None and id < len(self.variants) and trial.answered < self.asked:
            self._ask(id, self.looked)

    def _config(self, trial: Trial) -> RunConfig:
        config = self.variants[trial.variant].config
        training = config.training
        if training.precision == "auto":
            training = training.but(precision=self.precision)
        return config.model_copy(update={"seed": config.seed + trial.seed, "training": training})

    def train(self, until: int) -> None:
        """Train every run until it has made this many updates, or all of its own."""
        self.begin()
        self.until = until
        for remote in self.remotes.values():
            remote.order("train", until=until)

    def rest(self) -> None:
        """Stop after the update in hand; what is looked at has to be asked for again, as that update is not known."""
        self.looked, self.until = None, 0
        for remote in self.remotes.values():
            remote.order("rest")

    def keep(self) -> None:
        """Ask every run for its file, to go on from should its process or this one end."""
        for id, remote in self.remotes.items():
            self.trials[id].keeping = True
            remote.order("keep", most=FILES // len(self.trials))

    @property
    def fresh(self) -> bool:
        """Whether files have come that are to be written down, and no more are on their way."""
        return self.unwritten and not any(trial.keeping for trial in self.trials)

    def bytes(self) -> int:
        """What the files hold."""
        return sum(len(trial.file) for trial in self.trials)

    def look(self, step: int, layer: int = -1, head: int = 0, word: str = "") -> None:
        """Ask for a picture of the first seed of each variant; `Trial.picture` has it when it has come. The word, which
        every variant must be able to read, is seen by the models as they are now.
        """
        self.begin()
        self.asked, self.looked, self.wrong = self.asked + 1, (step, layer, head, word), ""
        for id in range(len(self.variants)):
            if id in self.remotes:
                self._ask(id, self.looked)

    def _ask(self, id: int, looked: Looked) -> None:
        step, layer, head, word = looked
        self.remotes[id].order("picture", n=self.asked, step=step, layer=layer, head=head, word=word)

    @property
    def waiting(self) -> bool:
        """Whether pictures are still to come."""
        return any(self.trials[id].answered < self.asked for id in range(len(self.variants)) if id in self.remotes)

    def close(self, why: str = "This comparison is over.") -> None:
        """End all runs at once."""
        self.ended = self.ended or why
        self._let_go()

    def _let_go(self) -> None:
        remotes, self.remotes = self.remotes, {}
        for remote in remotes.values():
            remote.close()

    @property
    def step(self) -> int:
        """The update that all runs have made, but for those that diverged."""
        there = [trial.step for trial in self.trials if not trial.stopped]
        return min(there or [trial.step for trial in self.trials])

    @property
    def pace(self) -> int:
        """The same of those that can still go on: a run at its own end holds up no other."""
        going = [trial.step for trial in self.trials if not trial.over]
        return min(going, default=self.step)

    @property
    def built(self) -> bool:
        """Whether every model is there that is to be."""
        return all(self.trials[id].built for id in self.remotes)

    @property
    def done(self) -> bool:
        """Whether no run can go on."""
        return bool(self.ended) or all(trial.over for trial in self.trials)

    def of(self, variant: int) -> list[Trial]:
        """The runs of one variant, seed by seed."""
        return [trial for trial in self.trials if trial.variant == variant]

    def _heard(self, id: int, answer: dict[str, Any]) -> None:
        if self.ended:
            return
        trial = self.trials[id]
        trial.take(answer)
        self.unwritten = self.unwritten or "file" in answer
        self.wrong = answer.get("wrong", self.wrong)
        if "error" in answer:
            self._failed(id, answer["error"])
        elif "ended" in answer:
            self._fell(id)

    def _label(self, id: int) -> str:
        return self.variants[self.trials[id].variant].label

    def _failed(self, id: int, why: str) -> None:
        trial, label = self.trials[id], self._label(id)
        if trial.built:
            trial.stopped, trial.keeping, self.notice = why, False, f"{label}: {why}"
        elif trial.file:
            trial.file, trial.kept = b"", 0
            self.notice = f"{label} trains again from the start: what was kept of it could not be read. {why}"
            self._begin(id)
        else:  # without one of them there is nothing to compare
            self.close(f"{label} cannot be built: {why}")

    def _fell(self, id: int) -> None:
        """Its process has ended: another one takes its place, unless that has happened too often."""
        trial, label = self.trials[id], self._label(id)
        trial.falls, trial.keeping = trial.falls + 1, False
        if trial.falls > FALLS:
            del self.remotes[id]
            trial.stopped = "The processes that trained it keep ending."
            self.notice = f"{label}: {trial.stopped}"
            return
        on = f"goes on from step {trial.kept:,}" if trial.file else "trains again from the start"
        self.notice = f"The process that trained {label} ended: it {on}."
        self._begin(id)
