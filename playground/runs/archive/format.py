"""A run as one safetensors file: the config and the numbers of every step as its metadata, and the state of the run at
its newest step and at its checkpoints as its tensors. Read with every size checked; nothing in it is ever executed.

Pictures are made again from the states. Loads of experts are not kept: those of a run that was read begin with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from models.config import walk
from playground.runs.archive.header import FORMAT, Written, opened
from playground.runs.checkpoint import Checkpoint, put_back
from playground.runs.history import Mark, Metrics
from playground.runs.probe import look
from playground.runs.run import Run, RunConfig


def dump(run: Run) -> bytes:
    """The file."""
    first = run.checkpoints.first
    states = [c for c in (first, *run.checkpoints.kept) if c is not None and c.step < run.step]
    states.append(run.state())
    tensors: dict[str, Tensor] = {}
    for state in states:
        tensors |= {f"{state.step}.{name}": tensor.contiguous() for name, tensor in _named(state).items()}
    written = {
        "format": FORMAT,
        "config": run.config.model_dump(exclude={"model": {"vocab", "context"}}),
        "step": run.step,
        "first": 0 if first is None else first.step,
        "tokens": run.tokens,
        "metrics": [list(m) for m in run.history.metrics],
        "marks": [list(m) for m in run.history.marks],
        "changes": [list(c) for c in run.history.changes],
        "turns": [[step, path, value] for (step, path), value in run.turns.items()],
        "checkpoints": [[c.step, c.tokens] for c in states],
    }
    return save(tensors, {"run": json.dumps(written)})


def read(data: bytes, refuse: Callable[[RunConfig, int], str] = lambda config, step: "") -> Run:
    """The run that a file holds, ready to go on. Raises ValueError with a sentence for anything else.

    `refuse` (config, updates made) says why a run may not be opened here, or "": asked before anything is built.
    """
    written, config = opened(data)
    _allow(refuse(config, written.step))
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f"This run file is damaged: {error}.") from error
    run = Run(config)
    steps = [step for step, _ in written.checkpoints]
    begun = written.first == 0 or steps[:1] == [written.first]
    if steps != sorted(set(steps)) or not steps or steps[-1] != written.step or not begun:
        raise ValueError("This run file is damaged: its states are not those of its steps.")
    if [row[0] for row in written.metrics] != list(range(written.step + 1)):
        raise ValueError("This run file is damaged: its metrics are not one row for each of its steps.")
    shapes = _named(_trained_once(config))
    states = [_state(run, step, tokens, tensors, shapes) for step, tokens in written.checkpoints]
    if sum(state.size() for state in states[1:-1]) > run.checkpoints.budget:
        raise ValueError("This run file holds more states than a run keeps.")
    if tensors:
        raise ValueError(f"This run file holds a tensor that its config has no place for: {next(iter(tensors))!r:.60}.")
    _restore(run, written, states)
    _allow(refuse(run.now, run.step))  # its live settings may have grown
    return run


def _allow(refusal: str) -> None:
    if refusal:
        raise ValueError(f"This run is too large for the page. {refusal}")


def _named(state: Checkpoint) -> dict[str, Tensor]:
    found = {f"model.{name}": tensor for name, tensor in state.model.items()}
    for i, optimizer in enumerate(state.optimizers):
        for j, moments in optimizer["state"].items():
            found |= {f"optimizer.{i}.{j}.{key}": t for key, t in moments.items() if isinstance(t, Tensor)}
    found["data"] = state.data
    return found | ({"noise": state.noise} if state.noise is not None else {})


def _trained_once(config: RunConfig) -> Checkpoint:
    """The state of a run after one update: what there has to be in a file, and in which shapes."""
    run = Run(config)
    run.advance()
    return run.state()


def _state(run: Run, step: int, tokens: int, tensors: dict[str, Tensor], shapes: dict[str, Tensor]) -> Checkpoint:
    """Take one state out of the tensors; every one of them has the shape and type of what it is to replace."""
    taken: dict[str, Tensor] = {}
    for name, like in shapes.items():
        tensor = tensors.pop(f"{step}.{name}", None)
        if tensor is None and name.startswith("optimizer") and step == 0:
            continue  # nothing was updated yet
        if tensor is None or tensor.shape != like.shape or tensor.dtype != like.dtype:
            got = "is missing" if tensor is None else f"has shape {tuple(tensor.shape)}, not {tuple(like.shape)}"
            raise ValueError(f"This run file does not fit its config: {name} of step {step:,} {got}.")
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ValueError(f"This run file holds numbers that are not finite, in {name} of step {step:,}.")
        taken[name] = tensor
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


def _restore(run: Run, written: Written, states: list[Checkpoint]) -> None:
    may = {path for path, _, _ in walk(run.config)}
    for step, path, _ in (*written.changes, *written.turns):
        if path not in may or step > written.step:
            raise ValueError(f"This run file names a setting that it does not have: {path!r:.60}.")
    history = run.history
    history.snapshots, history.held = [], 0
    for state in states:  # the pictures are made again from the states
        put_back(state, run.model, run.optimizers, run.data, run.noise)
        with run.precision.route():
            history.keep(look(run.model, run.probe, state.step))
    for step, path, value in sorted(written.turns, key=lambda turn: turn[0]):
        run.retune({path: value}, mark=False)
        run.turns[(step, path)] = value
    run.turns = {(step, path): value for step, path, value in written.turns}
    put_back(states[-1], run.model, run.optimizers, run.data, run.noise)
    run.step, run.tokens = written.step, written.tokens
    begun = written.first > 0
    run.checkpoints.first = states[0] if begun else None
    run.checkpoints.kept = states[1:-1] if begun else states[:-1]
    history.metrics = [Metrics(*row) for row in written.metrics]
    history.marks = [Mark(step, text) for step, text in written.marks]
    history.changes = [(step, path, value) for step, path, value in written.changes]
