"""Variants in training, each with one or several seeds, on all cores that there are."""

from __future__ import annotations

import base64
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from models.cost import cost
from playground.comparison.processes import Answer, Process, shared_out
from playground.comparison.variants import SEEDS, Variant, check
from playground.compute.device import choose as choose_device
from playground.compute.precision import choose
from playground.runs.history import Metrics
from playground.settings.limits import PARAMETERS, step_flops

PATIENCE = 60.0  # seconds that a worker may take to answer a question


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

    @property
    def step(self) -> int:
        """Updates made."""
        return self.metrics[-1].step if self.metrics else 0


LIVE = 3  # comparisons with processes at once, of all visitors
_live: deque[Trials] = deque()
_lock = threading.Lock()


def _make_room(newest: Trials) -> None:
    """Every process takes memory, also one that rests: the oldest comparisons end."""
    with _lock:
        _live.append(newest)
        ending = [_live.popleft() for _ in range(max(0, len(_live) - LIVE))]
    for trials in ending:
        trials.close("Other visitors needed the room, and this comparison ended. Start it again.")


class Trials:
    """All runs of a comparison. Methods may be called from any thread; `close` ends every process."""

    def __init__(self, variants: Sequence[Variant], seeds: int = 1, processes: int = 2):
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
        self.changed = threading.Condition()
        self.ended, self.asked = "", 0
        base = variants[0].config
        self.precision = choose(
            base.training.precision, base.model, base.training.batch, choose_device(base.device).device
        ).name
        """Of all runs: two processes might find otherwise, and rounding would be a difference that nobody asked for."""
        configs = [self._config(trial) for trial in self.trials]
        count = max(1, min(processes, len(configs)))
        self.place = shared_out([step_flops(config) for config in configs], count)
        self.workers = [Process(self._heard) for _ in range(count)]
        _make_room(self)
        for id, config in enumerate(configs):
            worker, file = self.workers[self.place[id]], self.variants[self.trials[id].variant].file
            if file:
                worker.order("build", id=id, file=base64.b64encode(file).decode())
            else:
                worker.order("build", id=id, config=config.model_dump(exclude={"model": {"vocab", "context"}}))

    def _config(self, trial: Trial) -> Any:
        config = self.variants[trial.variant].config
        training = config.training
        if training.precision == "auto":
            training = training.but(precision=self.precision)
        return config.model_copy(update={"seed": config.seed + trial.seed, "training": training})

    def train(self, until: int) -> None:
        """Train every run until it has made this many updates, or all of its own."""
        for worker in self.workers:
            worker.order("train", until=until)

    def rest(self) -> None:
        """Stop after the update in hand."""
        for worker in self.workers:
            worker.order("rest")

    def look(self, step: int, layer: int = -1, head: int = 0, word: str = "") -> None:
        """Ask for a picture of the first seed of each variant; `Trial.picture` has it when it has come. The word, which
        every variant must be able to read, is seen by the models as they are now.
        """
        with self.changed:
            self.asked += len(self.variants)
        for id in range(len(self.variants)):
            self.workers[self.place[id]].order("picture", id=id, step=step, layer=layer, head=head, word=word)

    def settle(self, seconds: float = 2.0) -> None:
        """Wait until the pictures asked for last have come, or for so long."""
        with self.changed:
            self.changed.wait_for(lambda: self.asked <= 0 or bool(self.ended), seconds)

    def close(self, why: str = "This comparison is over.") -> None:
        """End all processes at once."""
        self.ended = self.ended or why
        with _lock:
            if self in _live:
                _live.remove(self)
        for worker in self.workers:
            worker.close()

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

    def _heard(self, answer: Answer) -> None:
        with self.changed:
            if "ended" in answer:
                self.ended = self.ended or "A process that trained these runs has ended. Start the comparison again."
            else:
                trial = self.trials[answer["id"]]
                trial.built = trial.built or "built" in answer
                if "error" in answer and not trial.built:  # without one of them there is nothing to compare
                    self.ended = (
                        self.ended or f"{self.variants[trial.variant].label} cannot be built: {answer['error']}"
                    )
                trial.sentence = answer.get("sentence", trial.sentence)
                trial.stopped = answer.get("error") or answer.get("diverged") or trial.stopped
                trial.finished = answer.get("finished", trial.finished)
                trial.metrics += [Metrics(*row) for row in answer.get("rows", ())]
                trial.seconds += answer.get("seconds", ())
                trial.tokens += [answer["tokens"]] if "tokens" in answer else []
                trial.picture = answer.get("picture", trial.picture)
                self.asked -= "picture" in answer
            self.changed.notify_all()
