"""RoFormer with its masked-language-model head (Su et al. 2021, arXiv:2104.09864): a BERT whose only positions are
rotations, of neighbouring channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.architecture import TransformerConfig
from models.position import RoPE
from models.pretrained import bert
from models.pretrained.base import Entry, Family, Ignored, integer, refuse_unless
from models.pretrained.rotary import frequencies


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """RoFormerConfig -> ours."""
    given = {**bert.DEFAULTS, "vocab_size": 50_000, "max_position_embeddings": 1536, **given}
    refuse_unless(given, "embedding_size", integer(given, "hidden_size"), None)
    refuse_unless(given, "rotary_value", False)
    return bert.config(given).but(position=RoPE(pairing="interleaved"))


def entries(config: TransformerConfig) -> list[Entry]:
    """BERT's table under another prefix, without its positions."""
    table = [e for e in bert.entries(config) if e.ours != "encoder.position.table"]
    return [e._replace(theirs=tuple(_own(name) for name in e.theirs)) for e in table]


def _own(name: str) -> str:
    return "roformer." + name.removeprefix("bert.") if name.startswith("bert.") else name


def _sinusoids(config: TransformerConfig) -> Tensor:
    """(context, head dimension): sines of all pairs, then their cosines."""
    angle_TR = torch.arange(config.context).double()[:, None] * frequencies(config)
    return torch.cat((angle_TR.sin(), angle_TR.cos()), dim=-1)


ROFORMER = Family(
    config,
    entries,
    lambda name: bert.rename(name, "roformer."),
    (
        Ignored(
            r"roformer\.encoder\.embed_positions\.weight",
            "RoPE's sines and cosines, which follow from the width",
            table=_sinusoids,
        ),
        Ignored(
            r"cls\.predictions\.decoder\.weight",
            "the same as the token embedding",
            same_as="roformer.embeddings.word_embeddings.weight",
        ),
        Ignored(r"cls\.predictions\.decoder\.bias", "the same as the head's bias", same_as="cls.predictions.bias"),
    ),
)
