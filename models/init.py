"""Every initial value of a model, drawn from one explicit generator.

| parameter | fan-in scheme | normal scheme |
| --- | --- | --- |
| matrices | normal, std 1/sqrt(inputs) | normal, std `std` |
| what writes to the residual stream | the same x residual_gain (x 1/sqrt(2 layers) if depth_scaled) | likewise |
| token, segment and learned position embeddings | normal, std `embedding_std` | normal, std `embedding_std` |
| queries of unscaled attention | the same / sqrt(head dimension), as T5 | likewise |
| T5 bias table | normal, std 1/sqrt(width) | normal, std `std` |
| Shaw's tables, Transformer-XL's u and v | normal, std 1/sqrt(head dimension) | normal, std `std` |
| untied output matrix | 0 if zero_head, else as matrices | likewise |
| router (and its noise) of a mixture | normal, std `router_std` | likewise |
| what a module gives a std of its own (`stds`) | normal, that std | likewise |
| norms 1, every bias 0 | | |

`torch.manual_seed` is not reproducible when several threads build models at once; a generator passed down is.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import nn

from models.config import Config, knob


class Init(Config):
    """Initial values."""

    scheme: Literal["fan-in", "normal"] = knob(
        "fan-in",
        "Initial values",
        "Fan-in: standard deviation 1/√inputs. Normal: one standard deviation for every matrix, as GPT-2.",
        advanced=True,
    )
    std: float = knob(
        0.02,
        "Matrix std",
        "Standard deviation of matrices in the normal scheme.",
        gt=0.0,
        le=1.0,
        log=True,
        advanced=True,
    )
    embedding_std: float = knob(
        0.5,
        "Embedding std",
        "Standard deviation of token, segment and learned position embeddings.",
        gt=0.0,
        le=2.0,
        log=True,
        advanced=True,
    )
    residual_gain: float = knob(
        0.3,
        "Residual gain",
        "Matrices that write to the residual stream start this much smaller.",
        ge=0.0,
        le=2.0,
        advanced=True,
    )
    router_std: float = knob(
        0.02,
        "Router std",
        "Standard deviation of a mixture's router: small scores at first, so that every expert is tried.",
        gt=0.0,
        le=2.0,
        log=True,
        advanced=True,
    )
    depth_scaled: bool = knob(
        False,
        "Depth-scaled",
        "Divide those once more by √(2 × layers), as GPT-2 does.",
        advanced=True,
        paper=(
            "Radford et al. 2019",
            "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
        ),
    )
    zero_head: bool = knob(
        True, "Zero head", "An untied output matrix starts at zero: the first prediction is uniform.", advanced=True
    )


WRITERS = ("out", "down")
"""Names of the linears that write to the residual stream."""
RELATIVE = ("key_table", "value_table", "u_HC", "v_HC")
"""Names of what meets queries, keys or values of a head."""


@torch.no_grad()
def initialise(model: nn.Module, config: Init, *, layers: int, width: int, generator: torch.Generator) -> None:
    """Fill every parameter in place, in module order. Raises AssertionError if a parameter has no rule."""
    if any(p.is_meta for p in model.parameters()):
        return  # there are shapes alone, and nothing to draw
    residual = config.residual_gain / (math.sqrt(2 * layers) if config.depth_scaled else 1.0)
    for name, p in model.named_parameters():
        owner, _, leaf = name.rpartition(".")
        role = owner.rpartition(".")[2]
        stds = getattr(model.get_submodule(owner), "stds", {})
        if leaf in stds:
            p.normal_(0.0, stds[leaf], generator=generator)
        elif leaf == "bias":
            p.zero_()
        elif role.startswith("norm"):
            p.fill_(1.0)
        elif leaf == "bias_table":
            p.normal_(0.0, width**-0.5 if config.scheme == "fan-in" else config.std, generator=generator)
        elif leaf in RELATIVE:
            p.normal_(0.0, p.shape[-1] ** -0.5 if config.scheme == "fan-in" else config.std, generator=generator)
        elif role in ("embedding", "position"):
            p.normal_(0.0, config.embedding_std, generator=generator)
        elif role == "head" and config.zero_head:
            p.zero_()
        elif role in ("router", "noise"):
            p.normal_(0.0, config.router_std, generator=generator)
        else:
            assert (leaf, p.ndim) in (("weight", 2), ("weight", 3)), f"no initial value is stated for {name}"
            std = p.shape[-1] ** -0.5 if config.scheme == "fan-in" else config.std
            p.normal_(0.0, std * (residual if role in WRITERS else 1.0), generator=generator)
            attention: Any = model.get_submodule(owner.rpartition(".")[0])
            if role == "qkv" and getattr(attention, "scale", None) == 1.0:
                p[: attention.sizes[0]] *= (attention.sizes[0] / attention.heads) ** -0.5
