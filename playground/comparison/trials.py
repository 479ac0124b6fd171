"""Variants in training, each with one or several seeds, every run a remote job on whichever worker has room."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from models.cost import cost
from playground.comparison.variants import SEEDS, Variant, check
from playground.compute.device import choose as choose_device
from playground.compute.precision import choose
from playground.runs.history import Metrics
from playground.runs.run import RunConfig
from playground.settings.limits import PARAMETERS, step_flops

if TYPE_CHECKING:  # visitors stand above: a session hands in what begins jobs
    from playground.visitors.jobs import Anywhere, Remote

Looked = tuple[int, int, int, str]
"""(step, layer, head, word) of pictures."""


class Trial:
    """One run: what is known of it."""

    def __init__(self, variant: int, seed: int):
        self.variant, self.seed = variant, seed
        self.metrics: list[Metrics] = []
        self.seconds: list[float] = []
        """CPU seconds of each update made here: of the last ones, where a run goes on."""
        self.tokens: list[int] = []
        """Tokens read in training, at each report; the first is what was read before."""
        self.built, self.finished = False, False
        self.sentence, self.stopped = "", ""
        self.picture: dict[str, Any] = {}
        self.answered = 0
        """The newest question for a picture that was answered."""

    @property
    def step(self) -> int:
        """Updates made."""
        return self.metrics[-1].step if self.metrics else 0


class Trials:
    """All runs of a comparison. `close` ends them; until then they rest where they are, and show what they have kept.

    Raises ValueError with a sentence for what cannot be compared, or where there is no room for it.
    """

    def __init__(self, variants: Sequence[Variant], seeds: int, anywhere: Anywhere):
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
        self.variants, self.seeds = tuple(variants), seeds
        self.trials = [Trial(v, s) for s in range(seeds) for v in range(len(variants))]
        self.ended, self.notice, self.wrong = "", "", ""
        """Why nothing can go on; what else happened; and why there is no picture of what is looked at."""
        self.asked = 0
        """Questions for pictures."""
        self.looked: Looked | None = None
        base = variants[0].config
        self.precision = choose(
            base.training.precision, base.model, base.training.batch, choose_device(base.device).device
        ).name
        """Of all runs: two workers might find otherwise, and rounding would be a difference that nobody asked for."""
        self.remotes: dict[int, Remote] = {}
        configs = [self._config(trial) for trial in self.trials]
        try:
            for id in sorted(range(len(configs)), key=lambda id: -step_flops(configs[id])):  # shares them out evenly
                self.remotes[id] = self._begun(id, configs[id], anywhere)
        except ValueError:
            self._let_go()
            raise

    def _begun(self, id: int, config: RunConfig, anywhere: Anywhere) -> Remote:
        file = self.variants[self.trials[id].variant].file
        spec: dict[str, Any] = {"work": step_flops(config)}
        if not file:
            spec["config"] = config.model_dump(exclude={"model": {"vocab", "context"}})
        return anywhere("variant", spec, file, partial(self._heard, id))

    def _config(self, trial: Trial) -> RunConfig:
        config = self.variants[trial.variant].config
        training = config.training
        if training.precision == "auto":
            training = training.but(precision=self.precision)
        return config.model_copy(update={"seed": config.seed + trial.seed, "training": training})

    def train(self, until: int) -> None:
        """Train every run until it has made this many updates, or all of its own."""
        for remote in self.remotes.values():
            remote.order("train", until=until)

    def rest(self) -> None:
        """Stop after the update in hand; what is looked at has to be asked for again, as that update is not known."""
        self.looked = None
        for remote in self.remotes.values():
            remote.order("rest")

    def look(self, step: int, layer: int = -1, head: int = 0, word: str = "") -> None:
        """Ask for a picture of the first seed of each variant; `Trial.picture` has it when it has come. The word, which
        every variant must be able to read, is seen by the models as they are now.
        """
        self.asked, self.looked, self.wrong = self.asked + 1, (step, layer, head, word), ""
        for id in range(len(self.variants)):
            if id in self.remotes:
                self.remotes[id].order("picture", n=self.asked, step=step, layer=layer, head=head, word=word)

    @property
    def waiting(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self.remotes) and any(t.answered < self.asked for t in self.trials[: len(self.variants)])

    def close(self, why: str = "This comparison is over.") -> None:
        """End all runs at once."""
        self.ended = self.ended or why
        self._let_go()

    def release(self) -> None:
        """Others need the memory: where all are finished, what is known of them stays."""
        self._lost("Other visitors needed the room, and this comparison ended. Start it again.")

    def _lost(self, why: str) -> None:
        if not self.done:
            self.close(why)
        elif self.remotes:
            self._let_go()
            self.notice = "These models are gone, their results stay. Train them again to look into them."

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
        going = [trial.step for trial in self.trials if not (trial.finished or trial.stopped)]
        return min(going, default=self.step)

    @property
    def built(self) -> bool:
        """Whether every model is there."""
        return all(trial.built for trial in self.trials)

    @property
    def done(self) -> bool:
        """Whether no run can go on."""
        return bool(self.ended) or all(trial.finished or trial.stopped for trial in self.trials)

    def of(self, variant: int) -> list[Trial]:
        """The runs of one variant, seed by seed."""
        return [trial for trial in self.trials if trial.variant == variant]

    def _heard(self, id: int, answer: dict[str, Any]) -> None:
        if self.ended:
            return
        trial, label = self.trials[id], self.variants[self.trials[id].variant].label
        trial.built = trial.built or "built" in answer
        if "error" in answer:
            if not trial.built:  # without one of them there is nothing to compare
                self.close(f"{label} cannot be built: {answer['error']}")
                return
            trial.stopped, self.notice = answer["error"], f"{label}: {answer['error']}"
        trial.sentence = answer.get("sentence", trial.sentence)
        trial.stopped = answer.get("diverged") or trial.stopped
        trial.finished = answer.get("finished", trial.finished)
        trial.metrics += [Metrics(*row) for row in answer.get("rows", ())]
        trial.seconds += answer.get("seconds", ())
        trial.tokens += [answer["tokens"]] if "tokens" in answer else []
        trial.picture = answer.get("picture", trial.picture)
        trial.answered = answer.get("n", trial.answered)
        self.wrong = answer.get("wrong", self.wrong)
        if "ended" in answer:
            self._lost("A process that trained these runs has ended. Start the comparison again.")
