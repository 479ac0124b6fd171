"""A run as one safetensors file: the config and the numbers of every step as its metadata, and the state of the run at
its newest step and at its checkpoints as its tensors. Read with every size checked; nothing in it is ever executed.

Pictures are made again from the states.

It is long because what is written and what is read must be seen side by side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from models.config import live, put, walk
from playground.compute.device import choose
from playground.compute.precision import Precision
from playground.runs.archive import loads
from playground.runs.archive.header import FORMATS, MOST, TURNS, Header, Written, allow, newest, opening, rows
from playground.runs.checkpoint import Checkpoint, put_back
from playground.runs.history import Mark, Metrics
from playground.runs.probe import look
from playground.runs.run import Run, RunConfig
from playground.runs.slices import whole

Refuse = Callable[[RunConfig, int], str]
"""(config, updates made) -> why such a run may not be opened here, or ""."""
PIECE = 20  # live settings that are checked at a time
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.uint8: "U8", torch.int64: "I64", torch.bool: "BOOL"}
"""As safetensors calls them; a model has no others."""
METRICS = "metrics"
"""Name of the tensor (steps + 1, fields of `Metrics`), float64; NaN stands for None."""


def dump(run: Run, most: int | None = None) -> bytes:
    """The file. `most`: bytes that its states may take, so that every second checkpoint goes until they do."""
    first, kept, now = run.checkpoints.first, run.checkpoints.kept, run.state()
    while most is not None and kept and now.size() * (len(kept) + 1 + (first is not None)) > most:
        kept = kept[1::2]
    states = [c for c in (first, *kept) if c is not None and c.step < run.step] + [now]
    tensors: dict[str, Tensor] = {}
    for state in states:
        tensors |= {f"{state.step}.{name}": tensor.contiguous() for name, tensor in _named(state).items()}
    tensors |= loads.tensors(run.history.loads)
    tensors[METRICS] = torch.from_numpy(np.array(run.history.metrics, dtype=np.float64))  # None becomes NaN
    written = {
        "format": FORMATS[-1],
        "config": run.config.model_dump(exclude={"model": {"vocab", "context"}}),
        "preset": run.preset,
        "step": run.step,
        "first": 0 if first is None else first.step,
        "tokens": run.tokens,
        "precision": {**run.precision._asdict(), "device": run.place.device.type},
        "marks": [list(m) for m in run.history.marks[-TURNS:]],
        "changes": newest(run.history.changes),
        "turns": newest([(step, path, value) for (step, path), value in run.turns.items()]),
        "checkpoints": [[c.step, c.tokens] for c in states],
        "loads": loads.written(run.history.loads),
    }
    return save(tensors, {"run": json.dumps(written, ensure_ascii=False)})


def read(data: bytes, refuse: Refuse = lambda config, step: "", *, as_it_was: bool = False) -> Run:
    """The run that a file holds, ready to go on. Raises ValueError with a sentence for anything else.

    `refuse` is asked before anything is built. `as_it_was`: updates go on in the numbers that the file names, so that
    the run stays the same bit for bit; else in those that are faster on this machine.
    """
    return whole(reading(data, refuse, as_it_was=as_it_was))


def reading(data: bytes, refuse: Refuse, *, as_it_was: bool = False, most: int = MOST) -> Generator[None, None, Run]:
    """The same, a piece at a time: the header, the model, each of its states with its picture. `most`: bytes."""
    header = yield from opening(data, refuse, most)
    written, config, _ = header
    run = Run(config, precision=_precision(written, config) if as_it_was else None, measured="never")
    yield
    shapes = _shapes(run)
    _fits(header, shapes)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f"This run file is damaged: {error}.") from error
    yield
    metrics = yield from rows(written.metrics or listed(tensors.pop(METRICS)))
    states = [_state(run, step, tokens, tensors, shapes) for step, tokens in written.checkpoints]
    if written.loads is not None:
        run.history.loads = loads.restored(written.loads, tensors, written.step)
    if sum(state.size() for state in states[1:-1]) > run.checkpoints.budget:
        raise ValueError("This run file holds more states than a run keeps.")
    yield
    yield from _retuned(run, written, refuse)
    yield from _restored(run, written, states)
    run.history.metrics = [Metrics(*row) for row in metrics]
    run.preset = written.preset
    return run


def _precision(written: Written, config: RunConfig) -> Precision | None:
    """What the updates were computed in, where that says anything about this machine's device."""
    kept = written.precision
    if kept is None or kept.device != choose(config.device).device.type:
        return None
    return Precision(kept.name, kept.sentence, kept.routes)


def _named(state: Checkpoint) -> dict[str, Tensor]:
    found = {f"model.{name}": tensor for name, tensor in state.model.items()}
    for i, optimizer in enumerate(state.optimizers):
        for j, moments in optimizer["state"].items():
            found |= {f"optimizer.{i}.{j}.{key}": t for key, t in moments.items() if isinstance(t, Tensor)}
    found["data"] = state.data
    return found | ({"noise": state.noise} if state.noise is not None else {})


def _shapes(run: Run) -> dict[str, Tensor]:
    """What a state of this run consists of. Optimizers have their moments only after an update, so this new run makes
    one with gradients of zero: all that it changes is what a state puts back.
    """
    for optimizer in run.optimizers:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        without = [p for p in parameters if p.grad is None]
        for p in without:
            p.grad = torch.zeros_like(p)
        optimizer.step()
        for p in without:
            p.grad = None
    return _named(run.state())


def _fits(header: Header, shapes: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless the tensors that a header names are those of its states: before one of them is made."""
    written, left = header.written, dict(header.tensors)

    def check(name: str, step: int, noted: Any, dtype: torch.dtype, shape: list[int]) -> None:
        noted = noted if isinstance(noted, dict) else {}
        if noted.get("dtype") != DTYPES[dtype] or noted.get("shape") != shape:
            got = f"is {noted.get('dtype')!s:.20} of shape {noted.get('shape')!s:.60}" if noted else "is missing"
            raise ValueError(
                f"This run file does not fit its config: {name} of step {step:,} {got}; it has to be {DTYPES[dtype]} "
                f"of shape {shape}."
            )

    if not written.metrics:
        check(METRICS, written.step, left.pop(METRICS, None), torch.float64, [written.step + 1, len(Metrics._fields)])
    for name, dtype, shape in loads.shapes(written.loads, header.config) if written.loads is not None else ():
        check(name, written.step, left.pop(name, None), dtype, shape)
    for step, _ in written.checkpoints:
        for name, like in shapes.items():
            noted = left.pop(f"{step}.{name}", None)
            if noted is not None or step or not name.startswith("optimizer"):  # at step 0 nothing was updated yet
                check(name, step, noted, like.dtype, list(like.shape))
    if left:
        raise ValueError(f"This run file holds a tensor that its config has no place for: {next(iter(left))!r:.60}.")


def listed(table: Tensor) -> list[list[float | None]]:
    """Rows of metrics as `rows` takes them."""
    return [[None if x != x else x for x in row] for row in table.tolist()]


def _state(run: Run, step: int, tokens: int, tensors: dict[str, Tensor], shapes: Mapping[str, Tensor]) -> Checkpoint:
    """Take one state out of the tensors."""
    taken = {name: found for name in shapes if (found := tensors.pop(f"{step}.{name}", None)) is not None}
    for name, tensor in taken.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ValueError(f"This run file holds numbers that are not finite, in {name} of step {step:,}.")
    optimizers = []
    for i, optimizer in enumerate(run.optimizers):
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in taken.items():
            part, _, rest = name.partition(f"optimizer.{i}.")
            if not part and rest:
                index, _, key = rest.partition(".")
                moments.setdefault(int(index), {})[key] = tensor
        optimizers.append({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    model = {name.removeprefix("model."): t for name, t in taken.items() if name.startswith("model.")}
    return Checkpoint(step, tokens, model, tuple(optimizers), taken["data"], taken.get("noise"))


def _retuned(run: Run, written: Written, refuse: Refuse) -> Generator[None, None, None]:
    """Give the run its live settings; each of those that it had may be one to fork at, so each is checked."""
    may, alive = {path for path, _, _ in walk(run.config)}, live(run.config)
    for step, path, _ in (*written.changes, *written.turns):
        if path not in may or step > written.step:
            raise ValueError(f"This run file names a setting that it does not have: {path!r:.60}.")
    now: Any = run.now
    for i, (_, path, value) in enumerate(sorted(written.turns, key=lambda turn: turn[0])):
        if path not in alive:
            raise ValueError(f"This run file changes a setting that is not live: {path!r:.60}.")
        part, _, rest = path.partition(".")
        try:
            now = now.model_copy(update={part: put(getattr(now, part), rest, value)})
        except ValidationError as error:
            raise ValueError(f"This run file sets {path!r:.60} to what it cannot be: {value!r:.40}.") from error
        allow(refuse(now, written.step))
        if i % PIECE == PIECE - 1:
            yield
    if written.turns:
        run.retune({path: value for _, path, value in sorted(written.turns, key=lambda turn: turn[0])})
    allow(refuse(run.now, written.step))
    run.turns = {(step, path): value for step, path, value in written.turns}


def _restored(run: Run, written: Written, states: list[Checkpoint]) -> Generator[None, None, None]:
    """Make the picture of every state, and leave the run at the newest one."""
    history = run.history
    for state in states:
        try:
            put_back(state, run.model, run.optimizers, run.data, run.noise)
        except RuntimeError as error:  # as torch says of a generator's
            raise ValueError(f"This run file is damaged: the state of step {state.step:,} is none.") from error
        with run.precision.route():
            history.keep(look(run.model, run.probe, state.step))
        yield
    run.step, run.tokens = written.step, written.tokens
    begun = written.first > 0
    run.checkpoints.first = states[0] if begun else None
    run.checkpoints.kept = states[1:-1] if begun else states[:-1]
    history.marks = [Mark(step, text) for step, text in written.marks]
    history.changes = [(step, path, value) for step, path, value in written.changes]
