"""A run: config + seed -> model, optimizer, data, history. Deterministic on one machine, in any thread.

It is long because an update, its checks and its record are one transaction.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from models import Transformer
from models.config import extra, live, put, walk
from models.edits import Edit
from models.records import LayerRecord
from playground.compute.capture import Captured, captured
from playground.compute.device import choose
from playground.compute.precision import Precision
from playground.compute.precision import choose as choose_precision
from playground.runs import checkpoint
from playground.runs.checkpoint import Checkpoints
from playground.runs.config import RunConfig
from playground.runs.evaluation import VALIDATION_SEED, Evaluation, measure, measuring, share_right
from playground.runs.graft import graft
from playground.runs.history import History, Mark, Metrics
from playground.runs.loads import Routed, compact, penalties, routed
from playground.runs.probe import look, probe
from playground.runs.slices import whole
from playground.runs.specialists import informed
from playground.runs.training import Training, optimizers, tune
from playground.tasks.base import IGNORE, Batch, Topology
from playground.tasks.forward import to
from playground.wording import said

Measured: TypeAlias = Literal["now", "later", "never"]

__all__ = ["VALIDATION_SEED", "Diverged", "Evaluation", "Run", "RunConfig", "measure"]


class Diverged(RuntimeError):
    """The loss or the gradient is no longer a finite number. The parameters are still those before the step."""

    def __init__(self, step: int, what: str, last: Metrics | None, lr: float):
        self.step, self.what, self.last, self.lr = step, what, last, lr
        before = (
            f" Last finite: loss {last.loss:.3g}, gradient norm {last.gradient_norm:.3g} at step {last.step}."
            if last
            else ""
        )
        super().__init__(
            f"Stopped at step {step}: the {what} is not a finite number.{before} A learning rate of {lr:g} is too "
            "large for this model."
        )


class Run:
    """One model in training. `step` counts the updates done."""

    def __init__(self, config: RunConfig, *, precision: Precision | None = None, measured: Measured = "now"):
        """`measured`: when step 0 is. "later": its picture at once, its numbers by `measure_beginning`, once the first
        picture of training is there. "never": neither, for one that becomes another run.
        """
        self.config = self.now = config
        self.place = choose(config.device)
        self.task = config.task.build()
        self.topology: Topology = config.model.topology
        self.model = Transformer(config.model, seed=config.seed).to(self.place.device)
        asked = config.training.precision
        self.precision = precision or choose_precision(asked, config.model, config.training.batch, self.place.device)
        self.optimizers = optimizers(self.model, config.training)
        self.data = torch.Generator().manual_seed(config.seed + 1)
        random = config.model.dropout or config.model.feed_forward.kind == "MoE"
        self.noise = torch.Generator(self.place.device).manual_seed(config.seed + 2) if random else None
        self.passed, self.sentence = self._captured()
        held_out = torch.Generator().manual_seed(VALIDATION_SEED)
        self.held_out = to(
            self.task.batch(config.training.examples, held_out, self.topology, split="validation"), self.place.device
        )
        self.probe = probe(self.task.probe(self.topology))
        self.history, self.step, self.diverged = History(), 0, None
        self.checkpoints = Checkpoints()
        self.parent: int | None = None  # the step at which this run left another
        self.preset = ""  # what its settings were begun from, where that has a name
        self.encoders = self.config.model.depths().get("encoder", 0)
        self.routed: Routed | None = None
        self.tokens = 0
        self._settled: dict[str, Any] = {}
        self._measuring: Iterable[None] = ()
        """What is left to measure after the newest update."""
        self.turns: dict[tuple[int, str], Any] = {}  # (step, live setting) -> its last value there
        if measured != "never":
            self._look()
        if measured == "now":
            self.measure_beginning()

    @property
    def training(self) -> Training:
        """The settings as they are now."""
        return self.now.training

    def train(self, steps: int | None = None) -> Iterator[Metrics]:
        """Yield the metrics of the next `steps` updates (default: up to `training.steps`); raises `Diverged`."""
        for _ in range(self.training.steps - self.step if steps is None else steps):
            yield self.advance()

    def advance(self) -> Metrics:
        """One update. Raises `Diverged`, with the parameters left as they were."""
        return whole(self.advancing())

    def advancing(self) -> Generator[None, None, Metrics]:
        """`advance` a slice at a time. Where it is closed between two, what is left to measure is measured at once."""
        self._keep(self._update())
        try:
            for _ in self._measuring:
                yield
        finally:
            self.settle()
        return self.history.metrics[-1]

    def settle(self) -> None:
        """Measure what is left after the newest update: before the model changes, or is written down."""
        for _ in self._measuring:
            pass

    def _update(self) -> Metrics:
        if self.place.device.type == "cpu" and torch.get_num_threads() != 1:
            torch.set_num_threads(1)  # two threads are many times slower at these sizes
        batch = to(self.task.batch(self.training.batch, self.data, self.topology), self.place.device)
        lr = tune(self.optimizers, self.training, self.step)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=False)  # they live in one buffer
        with self.precision.route():
            loss, plain, right, records = self._loss(batch)
            penalty = penalties(records)
            (loss if penalty is None else loss + penalty).backward()
        parameters = [p for optimizer in self.optimizers for g in optimizer.param_groups for p in g["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.training.clip or math.inf)
        added = 0.0 if penalty is None else penalty.item()
        self._refuse_divergence(loss.item() + added, norm.item(), lr)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        if penalty is not None:
            self.model.after_update(records)
            by = self.now.model.feed_forward
            self.routed = routed(records, batch, self.step, encoders=self.encoders, by=by)
            due = self.step % self.training.record_every == 0
            self.history.loads.keep(self.routed, informed(self.task, self.routed) if due else ())
        self.tokens += batch.ids_BT.numel() + (0 if batch.source_BS is None else batch.source_BS.numel())
        return Metrics(self.step, plain.item(), right, norm.item(), lr, penalty=added)

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor, float, tuple[LayerRecord, ...]]:
        """What to lower, the same without label smoothing, the share of right tokens, and what the layers report. The
        logits are gone before the backward pass needs memory.
        """
        output = self.passed(batch)
        logits_BTV, records = output.logits_BTV, output.encoder + output.decoder
        smoothing, targets_BT = self.training.label_smoothing, batch.targets_BT
        loss = F.cross_entropy(
            logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORE, label_smoothing=smoothing
        )
        plain = loss.detach()
        if smoothing:  # what is told is the cross-entropy, as on held-out examples
            plain = F.cross_entropy(logits_BTV.detach().flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORE)
        return loss, plain, share_right(logits_BTV.detach(), targets_BT), records

    def evaluate(self, edits: Sequence[Edit] = ()) -> Evaluation:
        """Loss and accuracy on the fixed held-out examples, with an ablation if asked."""
        return whole(measuring(self.model, self.held_out, edits, self.precision.route))

    @property
    def unmeasured(self) -> bool:
        """Whether step 0 has no numbers of held-out examples yet."""
        metrics = self.history.metrics
        return self.parent is None and (not metrics or metrics[0].validation_loss is None)

    def measure_beginning(self) -> None:
        """The numbers of step 0."""
        whole(self.measuring_beginning())

    def measuring_beginning(self) -> Generator[None, None, None]:
        """The numbers of step 0 a slice at a time: after the first update, of the model as its seed makes it again."""
        model = self.model if self.step == 0 else Transformer(self.config.model, seed=self.config.seed)
        seen = yield from measuring(model.to(self.place.device), self.held_out, route=self.precision.route)
        self.history.metrics[:1] = [Metrics(0, seen.loss, seen.accuracy, 0.0, 0.0, *seen[:3])]

    def retune(self, changes: Mapping[str, Any] | None = None, *, mark: bool = True, **training: Any) -> None:
        """Change live settings from the next update on: `{"model.feed_forward.router.k": 1}`, or `lr=0.01` for those
        of the training. Raises ValueError, and changes nothing, for a setting that is not live or a value that does
        not fit.

        `mark` False: the hand is still on the control; the mark comes with the last change, and names the value before.
        """
        wanted = {**(changes or {}), **{f"training.{name}": value for name, value in training.items()}}
        fields = {path: (field, value) for path, field, value in walk(self.now)}
        may = live(self.now)
        for path in wanted:
            if path not in may:
                raise ValueError(f"{path} is not live: it takes a new run. Live settings: {', '.join(sorted(may))}.")
        self.settle()
        now = self.now
        for path, value in wanted.items():
            part, _, rest = path.partition(".")
            now = now.model_copy(update={part: put(getattr(now, part), rest, value)})
        self.now = now
        self.turns |= {(self.step, path): value for path, value in wanted.items()}
        for path, value in wanted.items():
            field, old = fields[path]
            before = self._settled.setdefault(path, old)
            if mark and before != value:
                self.history.changes.append((self.step, path, value))
                empty, label = extra(field)["empty"], extra(field)["label"].lower()
                self.history.marks.append(Mark(self.step, f"{label} {said(before, empty)} → {said(value, empty)}"))
            if mark:
                self._settled[path] = value
        if self.model.config != self.now.model:
            self.model.retune(self.now.model)

    def fork(self, step: int | None = None, changes: Mapping[str, Any] | None = None) -> Run:
        """A run of its own that goes on from the state after `step` updates (all of them, if none is said): the same
        weights, optimizer, data and generators. Until one of the two is changed it stays this run, bit for bit.

        Updates since the checkpoint before `step` are computed again. `changes` are {dotted path: value}: live settings
        act from there on. Others build another model, which takes over what fits: see `graft`. Raises ValueError for a
        step that was not reached, and for values that do not fit.
        """
        return whole(self.forking(step, changes))

    def forking(self, step: int | None = None, changes: Mapping[str, Any] | None = None) -> Generator[None, None, Run]:
        """`fork`, one update at a time."""
        step = self.step if step is None else step
        if not 0 <= step <= self.step:
            raise ValueError(f"This run has made {self.step:,} updates, so it cannot be forked at step {step:,}.")
        first = self.checkpoints.first
        if first is not None and step < first.step:
            raise ValueError(
                f"This run left another at step {first.step:,} with a changed model, so it has no state of step "
                f"{step:,}. Fork the run that it left, or fork from step {first.step:,} on."
            )
        branch = Run(self.config, precision=self.precision, measured="never")
        yield from branch._follow(self, step)
        now = {path: value for path, value in (changes or {}).items() if path in live(branch.now)}
        if now:
            branch.retune(now)
        anew = {path: value for path, value in (changes or {}).items() if path not in now}
        return graft(branch, anew) if anew else branch

    def _follow(self, parent: Run, step: int) -> Generator[None, None, None]:
        """Become what `parent` was after `step` updates; it may go on meanwhile."""
        newest = step == parent.step
        start = parent.state() if newest else parent.checkpoints.before(step)
        routed = parent.routed if newest else None
        turns = sorted(parent.turns.items(), key=lambda turn: turn[0][0])
        if start is not None:
            for (_, path), value in (turn for turn in turns if turn[0][0] < start.step):
                self.retune({path: value})
            checkpoint.put_back(start, self.model, self.optimizers, self.data, self.noise)
            self.step, self.tokens = start.step, start.tokens
        for at in range(self.step, step + 1):
            for (_, path), value in (turn for turn in turns if turn[0][0] == at):
                self.retune({path: value})
            if at < step:
                self._update()
                yield
        self.turns = {turn: value for turn, value in turns if turn[0] <= step}
        self.routed = routed if newest else self.routed
        self.history, self.checkpoints, self.parent = parent.history.until(step), parent.checkpoints.until(step), step

    def _captured(self) -> Captured:
        """How updates compute their logits; the sentence also says why the device is not the one asked for."""
        device = self.place.device

        def draw() -> Batch:
            return to(self.task.batch(self.training.batch, torch.Generator().manual_seed(0), self.topology), device)

        found = captured(self.model, self.precision, device, self.noise, draw)
        return found._replace(sentence=" ".join(filter(None, (self.place.sentence, found.sentence))))

    def _keep(self, metrics: Metrics) -> None:
        """Record what is due after this update; what is due on held-out examples is left to measure."""
        if self.step % self.training.record_every == 0:
            self._look()
        if not self.history.metrics:  # measured later: until then the first batch, which the model had not learned from
            self.history.metrics.append(Metrics(0, metrics.loss, metrics.accuracy, 0.0, 0.0))
        self.history.metrics.append(metrics)
        if self.checkpoints.due(self.step):
            self.checkpoints.keep(self.state())
        if self.step % self.training.evaluate_every == 0:
            self._measuring = self._measured()

    def _measured(self) -> Iterator[None]:
        seen = yield from measuring(self.model, self.held_out, route=self.precision.route)
        self.history.metrics[-1] = self.history.metrics[-1]._replace(
            validation_loss=seen.loss, validation_accuracy=seen.accuracy, validation_exact=seen.exact
        )

    def _look(self) -> None:
        """Keep a picture of the model as it is."""
        with self.precision.route():
            seen = look(self.model, self.probe, self.step)
        self.history.keep(seen._replace(routed=compact(self.routed) if self.routed else None))

    def state(self) -> checkpoint.Checkpoint:
        """A copy of what this run is now: weights, optimizers and generators."""
        self.settle()
        return checkpoint.take(self.step, self.tokens, self.model, self.optimizers, self.data, self.noise)

    def _refuse_divergence(self, loss: float, norm: float, lr: float) -> None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            last = self.history.metrics[-1] if self.history.metrics else None
            self.diverged = Diverged(self.step + 1, "gradient" if math.isfinite(loss) else "loss", last, lr)
            raise self.diverged
