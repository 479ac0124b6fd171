"""The vectors of a model: its tables of embeddings, and the residual stream of one example. What a picture keeps of
them, so that one can look back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models import Output, Transformer
from models.records import LayerRecord
from models.transformer import Stack
from playground.measures.residual import added, states

MOST = 2**18  # numbers of a table or a stream that are kept; larger ones are left out


class Vectors(NamedTuple):
    """What is kept of one step."""

    tables: Mapping[str, np.ndarray]
    """Name of `tables` -> float16 (rows, D)."""
    states: Mapping[str, np.ndarray]
    """Stack name -> float16 (N, T, D): what the first block reads, then what each leaves."""
    added: Mapping[str, Mapping[str, np.ndarray]]
    """Stack name -> part -> (L, T) norm of what the part adds."""

    def size(self) -> int:
        """Bytes of the arrays."""
        lengths = [each for parts in self.added.values() for each in parts.values()]
        return sum(a.nbytes for a in (*self.tables.values(), *self.states.values(), *lengths))


def stacks(model: Transformer) -> dict[str, Stack]:
    """Name -> stack, the encoder first."""
    return {name: s for name, s in (("encoder", model.encoder), ("decoder", model.decoder)) if s is not None}


@torch.no_grad()
def positions(stack: Stack, length: int, width: int) -> Tensor | None:
    """(length, D) what the position scheme adds to embeddings; None for a scheme that acts in the attention alone."""
    device = next(stack.parameters()).device
    found_TD = stack.position.embed(torch.zeros(1, length, width, device=device))[0]
    return found_TD if bool(found_TD.any()) else None


def tables(model: Transformer) -> dict[str, Tensor]:
    """ "token" (V, D), "position" (T, D) where vectors of positions are added (in an encoder-decoder one of each
    stack), "output" (V, D) where the head has a matrix of its own. Whatever the embedding is multiplied by is left out.
    """
    found = {"token": model.embedding.tokens.detach()}
    each = stacks(model)
    for name, stack in each.items():
        at_TD = positions(stack, model.config.context, model.config.width)
        if at_TD is not None:
            found["position" if len(each) == 1 else f"{name} position"] = at_TD
    if model.head.weight is not None:
        found["output"] = model.head.weight.detach()
    return found


def records(output: Output) -> dict[str, Sequence[LayerRecord]]:
    """Stack name -> what its blocks report, the encoder first."""
    return {name: each for name, each in (("encoder", output.encoder), ("decoder", output.decoder)) if each}


def vectors(model: Transformer, output: Output, example: int) -> Vectors:
    """What is kept of a model and a recorded pass."""
    streams = {name: states(each, example) for name, each in records(output).items()}
    return Vectors(
        {name: _half(t) for name, t in tables(model).items() if t.numel() <= MOST},
        {name: _half(t) for name, t in streams.items() if t.numel() <= MOST},
        {
            name: {part: t.cpu().numpy() for part, t in added(each, example).items()}
            for name, each in records(output).items()
        },
    )


def _half(t: Tensor) -> np.ndarray:
    return t.detach().float().clamp(-65504, 65504).half().cpu().numpy()
