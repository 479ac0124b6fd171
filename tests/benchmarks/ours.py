"""This project's models at the sizes of the peers, trained as a run trains them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Literal

from torch import Tensor
from torch.nn import functional as F

from models import PRESETS, Transformer, TransformerConfig
from models.attention import MHA
from models.feedforward import Dense
from models.kernels.onednn import routed
from models.norm import Norm
from models.position import Learned, RoPE
from playground.compute.precision import Precision
from playground.runs.training import Training, optimizers
from tests.benchmarks.peers import Size

Mode = Literal["plain fp32", "fp32", "bf16"]
"""plain fp32: torch's own route; fp32: products through oneDNN; bf16: the update under autocast."""


def shaped(like: str, size: Size) -> TransformerConfig:
    """A config of one of the peers' shapes, or "fast", this project's own recipe."""
    d = size.width
    common = {"layers": size.layers, "width": d, "vocab": size.vocab, "context": 4 * size.tokens}
    if like == "GPT-2 shape":
        biased = MHA(heads=size.heads, qkv_bias=True, out_bias=True)
        hidden = Dense(hidden=4 * d, activation="gelu", bias=True)
        norm = Norm(kind="LayerNorm")
        return TransformerConfig(**common, attention=biased, position=Learned(), feed_forward=hidden, norm=norm)
    if like == "LLaMA shape":
        hidden = Dense(hidden=d * 8 // 3, activation="silu", gated=True)
        return TransformerConfig(**common, attention=MHA(heads=size.heads), position=RoPE(), feed_forward=hidden)
    if like == "BERT shape":
        biased = MHA(heads=size.heads, qkv_bias=True, out_bias=True)
        hidden = Dense(hidden=4 * d, activation="gelu", bias=True)
        return PRESETS["bert-mini"].but(**common, attention=biased, feed_forward=hidden)
    if like == "T5 shape":
        heads, hidden = MHA(heads=size.heads, scale=1.0), Dense(hidden=4 * d, activation="relu")
        return PRESETS["t5-mini"].but(**common, encoder_layers=size.layers, attention=heads, feed_forward=hidden)
    topology = like.removeprefix("fast, ")
    options = {"topology": topology} if topology != "fast" else {}
    options |= {"encoder_layers": size.layers} if topology == "encoder-decoder" else {}
    return PRESETS["fast"].but(**common, attention=MHA(heads=size.heads), feed_forward=Dense(hidden=4 * d), **options)


def step(config: TransformerConfig, ids_BT: Tensor, mode: Mode) -> Callable[[], object]:
    """One update as `Run.advance` makes it, without its batch, its accuracy and its history."""
    device = ids_BT.device
    model = Transformer(config).to(device)
    built, precision = optimizers(model, Training(lr=1e-3)), Precision("bf16" if mode == "bf16" else "fp32", "")
    source_BS = ids_BT if config.topology == "encoder-decoder" else None

    def loss() -> Tensor:
        with precision.cast(device):
            logits_BTV = model(ids_BT, source_BS=source_BS).logits_BTV.float()
        return F.cross_entropy(logits_BTV.flatten(0, 1), ids_BT.flatten())

    def go() -> None:
        with routed() if mode != "plain fp32" else nullcontext():
            for optimizer in built:
                optimizer.zero_grad(set_to_none=False)
            loss().backward()
            for optimizer in built:
                optimizer.step()

    return go
