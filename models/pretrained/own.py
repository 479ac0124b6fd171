"""A model of this core under its own names, for an architecture that no published family has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from models.architecture import TransformerConfig
from models.pretrained.base import Entry, Family
from models.transformer import Transformer

KIND = "transformer_playground"


def settings(config: TransformerConfig) -> dict[str, Any]:
    """The config.json."""
    return {"model_type": KIND, "model": config.model_dump(mode="json")}


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """What `settings` wrote. Raises `pydantic.ValidationError`."""
    return TransformerConfig.model_validate(given.get("model"))


def entries(config: TransformerConfig) -> list[Entry]:
    """Every tensor, as it is called here."""
    with torch.device("meta"):
        return [Entry(name, (name,)) for name in Transformer(config).state_dict()]


OWN = Family(config, entries, lambda name: name, ())
