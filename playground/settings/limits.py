"""What a run may take: on a page that many share, and on a machine that is its visitor's own. The operator decides.

A page is hosted where `PLAYGROUND_HOSTED=1`, and on a Space: runs are then small enough that everybody gets a turn.
Else the machine is its visitor's own, and only its memory bounds a run; `warning` says what a larger one will take.
Each bound has a variable of its own, a number or "none".

It is long as a table is: every bound with its sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic.fields import FieldInfo

from models.config import Config, extra, number, walk
from models.cost import cost
from models.mixture import MoE
from playground.compute.memory import machine
from playground.runs.run import RunConfig

SPEED = 100e9  # FLOPs that one core computes in a second
TRAINED = 16  # bytes of a parameter in training: itself, its gradient and two moments, in single precision
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Limits:
    """Every bound; `math.inf` for none."""

    parameters: float = 12_000_000
    step_flops: float = 200e9
    """FLOPs of one update, forward and backward."""
    attention_bytes: float = 1 << 30
    rows_bytes: float = 1 << 30
    steps: float = 5000
    """Updates of one run."""
    seconds: float = 600
    """Seconds of computing of one run."""
    text: float = 1_000_000
    """Characters of a visitor's own text."""
    checkpoint_bytes: float = 1 << 30
    """Of a published model, loaded."""
    hosted: bool = True
    """Whether strangers share the machine: then each number is bounded too, by its `most`."""


HOSTED = Limits()
VARIABLES = {  # name -> (bound, how many of it are one, an example)
    "PLAYGROUND_MAX_PARAMETERS": ("parameters", 1, "12000000"),
    "PLAYGROUND_MAX_STEP_GFLOP": ("step_flops", 1e9, "200"),
    "PLAYGROUND_MAX_ATTENTION_GB": ("attention_bytes", 2**30, "1"),
    "PLAYGROUND_MAX_EXPERTS_GB": ("rows_bytes", 2**30, "1"),
    "PLAYGROUND_MAX_STEPS": ("steps", 1, "5000"),
    "PLAYGROUND_MAX_SECONDS": ("seconds", 1, "600"),
    "PLAYGROUND_MAX_TEXT": ("text", 1, "1000000"),
    "PLAYGROUND_MAX_CHECKPOINT_GB": ("checkpoint_bytes", 2**30, "1"),
}


def own(memory: int) -> Limits:
    """The bounds of somebody alone with a machine of so many bytes: half of them for the weights, as much for what one
    update holds.
    """
    half = memory // 2
    return Limits(
        parameters=half // TRAINED,
        step_flops=math.inf,
        attention_bytes=half,
        rows_bytes=half,
        steps=math.inf,
        seconds=math.inf,
        checkpoint_bytes=memory,
        hosted=False,
    )


def told(environment: Mapping[str, str]) -> Limits:
    """What the operator says. Raises ValueError with a sentence that names the variable."""
    said = environment.get("PLAYGROUND_HOSTED")
    if said is not None and said.strip().lower() not in YES + NO:
        raise ValueError(
            f"PLAYGROUND_HOSTED is {said!r}. Write 1 for a page that many share, 0 for a machine of yours."
        )
    hosted = said.strip().lower() in YES if said is not None else bool(environment.get("SPACE_ID"))
    limits = HOSTED if hosted else own(machine(environment=environment))
    for name, (bound, unit, example) in VARIABLES.items():
        said = environment.get(name, "").strip()
        if said:
            limits = replace(limits, **{bound: _number(name, said, unit, example)})
    return limits


def _number(name: str, said: str, unit: float, example: str) -> float:
    if said.lower() == "none":
        return math.inf
    try:
        found = float(said.replace("_", "")) * unit
    except ValueError:
        found = math.nan
    if not (0 < found < math.inf) or (unit == 1 and found != int(found)):
        whole = "whole number" if unit == 1 else "number"
        raise ValueError(f"{name} is {said!r}. Write a {whole} above 0, such as {example}, or none for no limit.")
    return int(found) if found == int(found) else found


LIMITS = told(os.environ)
PARAMETERS, STEP_FLOPS, STEPS, SECONDS, TEXT = (
    LIMITS.parameters,
    LIMITS.step_flops,
    LIMITS.steps,
    LIMITS.seconds,
    LIMITS.text,
)


def sentence(limits: Limits | None = None) -> str:
    """What the page says about its limits."""
    limits = limits or LIMITS
    bounds = []
    if limits.steps < math.inf:
        bounds.append(f"{limits.steps:,} steps")
    if limits.seconds < math.inf:
        minutes, rest = divmod(limits.seconds, 60)
        of = f"{minutes:,.0f} minute{'s' if minutes != 1 else ''}" if not rest else f"{limits.seconds:,} seconds"
        bounds.append(f"{of} of computing")
    if bounds:
        return f"A run here ends after {' or '.join(bounds)}."
    return "A run here has no limit of steps." if limits.hosted else "This machine is yours: no limit but its memory."


def step_flops(config: RunConfig) -> float:
    """FLOPs of one update: three forward passes' worth (the backward pass costs twice the forward one)."""
    return 3.0 * cost(config.model).flops_per_token * config.training.batch * config.model.context


def step_seconds(config: RunConfig) -> float:
    """About how long one update takes on one core, in seconds."""
    return step_flops(config) / SPEED


def rows_bytes(config: RunConfig) -> float:
    """Bytes that the experts of one step hold for the backward pass: each token once for each expert it is sent to."""
    mixture, model = config.model.feed_forward, config.model
    if not isinstance(mixture, MoE):
        return 0.0
    layers = sum(one.kind == "MoE" for stack in model.feed_forwards().values() for one in stack)
    chosen = mixture.router.choices(mixture.room(model.width))
    row = 4 * (2 * model.width + (2 + mixture.gated) * mixture.expert_hidden()) + 40
    examples = max(config.training.batch, config.training.examples / 3)  # evaluating keeps no layer but the last
    return layers * examples * model.context * chosen * row


def attention_bytes(config: RunConfig) -> float:
    """Bytes of the attention weights of one step, in single precision."""
    model = config.model
    layers = sum(model.depths().values())
    patterns = model.attention.maps * model.attention.query_heads()
    return 4.0 * layers * config.training.batch * patterns * model.context**2


def top(field: FieldInfo) -> str:
    """The upper bound of a number on this page, in words; "": that of the core."""
    most = extra(field).get("most") if LIMITS.hosted else None
    return "" if most is None else f"{number(most)} on this page"


def beyond(config: Config, limits: Limits | None = None) -> dict[str, str]:
    """{path: sentence} of every number in a valid config that is above a hosted page's own bound, `most`."""
    found = {}
    for path, field, value in walk(config) if (limits or LIMITS).hosted else ():
        most = extra(field).get("most")
        if most is not None and isinstance(value, (int, float)) and value > most:
            label = extra(field)["label"]
            found[path] = f"{label} goes up to {most:,g} on this page; got {value:,g}. The library has no such limit."
    return found


def excess(config: RunConfig, limits: Limits | None = None) -> dict[str, str]:
    """{path: sentence} of everything in a valid config that is too large for the page; empty when it may run."""
    limits = limits or LIMITS
    found = beyond(config, limits)
    if found:
        return found
    who = "the page allows" if limits.hosted else "this machine's memory has room for"
    parameters, flops = cost(config.model).parameters, step_flops(config)
    if parameters > limits.parameters:
        trains = "the page trains up to" if limits.hosted else "this machine's memory has room to train"
        return {
            "model.width": f"This model has {parameters:,} parameters, and {trains} {limits.parameters:,}. "
            "Make it narrower or shallower."
        }
    if flops > limits.step_flops:
        return {
            "training.batch": f"One step would take {flops / 1e9:,.0f} GFLOP, and the page allows "
            f"{limits.step_flops / 1e9:,g}. Make the batch, the width or the number of layers smaller."
        }
    rows, weights = rows_bytes(config), attention_bytes(config)
    if rows > limits.rows_bytes:
        return {
            "training.batch": f"The experts would hold {rows / 2**30:,.1f} GiB of tokens in one step, and {who} "
            f"{limits.rows_bytes / 2**30:,.3g}. Make the batch, the number of layers or the experts per token smaller."
        }
    if weights > limits.attention_bytes:
        return {
            "training.batch": f"The attention weights of one step would take {weights / 2**30:,.1f} GiB, and {who} "
            f"{limits.attention_bytes / 2**30:,.3g}. Make the batch or the length smaller."
        }
    return {}


def warning(config: RunConfig, limits: Limits | None = None) -> str:
    """What a run will take that only a machine of one's own allows, or ""."""
    if (limits or LIMITS).hosted or not (excess(config, HOSTED) or config.training.steps > HOSTED.steps):
        return ""
    parameters, seconds = cost(config.model).parameters, step_seconds(config)
    size = TRAINED * parameters + attention_bytes(config) + rows_bytes(config)
    held = f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{max(1, size / 2**20):,.0f} MiB"
    steps = config.training.steps
    return (
        f"This is a large run: {parameters:,} parameters, {held} of memory or more, and about {_duration(seconds)} "
        f"an update on one core, so {_duration(seconds * steps)} for {steps:,} updates."
    )


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def too_large(config: RunConfig, step: int) -> str:
    """Why a run of a file may not be opened on the page, or ""; `step` is how many updates it has made."""
    if step > STEPS:
        return f"It has made {step:,} updates of {STEPS:,}."
    return next(iter(excess(config).values()), "")
