"""Small models and batches to intervene on."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from models import Transformer, TransformerConfig
from playground.tasks.base import IGNORE, Batch
from tests.models.variants import inputs, noisy, small


def model_of(**fields: Any) -> Transformer:
    return noisy(Transformer(small(**fields)))


def batch_of(config: TransformerConfig, examples: int = 5, seed: int = 1) -> Batch:
    """Random tokens; a third of them scored, not as many in each example, and in none of them none."""
    given = inputs(config, batch=examples, seed=seed)
    drawn = torch.Generator().manual_seed(seed + 1)
    shape = given["ids_BT"].shape
    targets_BT = torch.randint(config.vocab, shape, generator=drawn)
    scored_BT = torch.rand(shape, generator=drawn) < 0.4
    scored_BT[:, 3] = True
    prefix_B = given.get("prefix_B")
    return Batch(given["ids_BT"], targets_BT.where(scored_BT, IGNORE), given.get("source_BS"), prefix_B=prefix_B)


def one(ids: list[int], source: list[int] | None = None, **fields: Tensor) -> Batch:
    """A prompt of one example, with nothing to score."""
    ids_1T = torch.tensor([ids])
    return Batch(ids_1T, torch.full_like(ids_1T, IGNORE), None if source is None else torch.tensor([source]), **fields)
