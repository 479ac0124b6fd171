"""What a visitor may ask of a shared machine: `most` of every field, and how large a whole run may be."""

from __future__ import annotations

from models.config import Config, extra, walk
from models.cost import cost
from models.mixture import MoE
from playground.runs.run import RunConfig

PARAMETERS = 12_000_000
STEP_FLOPS = 200e9  # forward and backward of one batch: about two seconds on one core
ATTENTION_BYTES = ROWS_BYTES = 1 << 30
STEPS, SECONDS = 5000, 600  # one visitor's run: updates, and seconds of computing
TEXT = 1_000_000  # characters of a visitor's own text


def step_flops(config: RunConfig) -> float:
    """FLOPs of one update: three forward passes' worth (the backward pass costs twice the forward one)."""
    return 3.0 * cost(config.model).flops_per_token * config.training.batch * config.model.context


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


def beyond(config: Config) -> dict[str, str]:
    """{path: sentence} of every number in a valid config that is above the page's own bound, `most`."""
    found = {}
    for path, field, value in walk(config):
        most = extra(field).get("most")
        if most is not None and isinstance(value, (int, float)) and value > most:
            label = extra(field)["label"]
            found[path] = f"{label} goes up to {most:,g} on this page; got {value:,g}. The library has no such limit."
    return found


def excess(config: RunConfig) -> dict[str, str]:
    """{path: sentence} of everything in a valid config that is too large for the page; empty when it may run."""
    found = beyond(config)
    if found:
        return found
    model, batch = config.model, config.training.batch
    parameters, flops = cost(model).parameters, step_flops(config)
    if parameters > PARAMETERS:
        return {
            "model.width": f"This model has {parameters:,} parameters, and the page trains up to {PARAMETERS:,}. "
            "Make it narrower or shallower."
        }
    if flops > STEP_FLOPS:
        return {
            "training.batch": f"One step would take {flops / 1e9:,.0f} GFLOP, and the page allows "
            f"{STEP_FLOPS / 1e9:,.0f}. Make the batch, the width or the number of layers smaller."
        }
    rows = rows_bytes(config)
    if rows > ROWS_BYTES:
        return {
            "training.batch": f"The experts would hold {rows / 2**30:.1f} GiB of tokens in one step, and the page "
            "allows 1. Make the batch, the number of layers or the experts per token smaller."
        }
    weights = 4 * sum(model.depths().values()) * batch * model.attention.query_heads() * model.context**2
    if weights > ATTENTION_BYTES:
        return {
            "training.batch": f"The attention weights of one step would take {weights / 2**30:.1f} GiB, and the page "
            "allows 1. Make the batch or the length smaller."
        }
    return {}


def too_large(config: RunConfig, step: int) -> str:
    """Why a run of a file may not be opened on the page, or ""; `step` is how many updates it has made."""
    if step > STEPS:
        return f"It has made {step:,} updates of {STEPS:,}."
    return next(iter(excess(config).values()), "")
