"""Tensors of a family that does not load under our names: of weights, or of their gradients alike."""

from collections.abc import Mapping

import torch
from torch import Tensor

PARTS = {
    "attention.out": "attention.out_lin",
    "norm_attention": "sa_layer_norm",
    "feed_forward.up": "ffn.lin1",
    "feed_forward.down": "ffn.lin2",
    "norm_feed_forward": "output_layer_norm",
}


def distilbert(w: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Its table of sinusoids is left out: ours is computed."""
    new = {
        "embedding.tokens": w["distilbert.embeddings.word_embeddings.weight"],
        "head.bias": w["vocab_projector.bias"],
    }
    for kind in ("weight", "bias"):
        new[f"encoder.norm_embedding.{kind}"] = w[f"distilbert.embeddings.LayerNorm.{kind}"]
        new |= {f"head.dense.{kind}": w[f"vocab_transform.{kind}"], f"head.norm.{kind}": w[f"vocab_layer_norm.{kind}"]}
        for i in range(sum(name.endswith("q_lin.weight") for name in w)):
            ours, theirs = f"encoder.blocks.{i}", f"distilbert.transformer.layer.{i}"
            qkv = [w[f"{theirs}.attention.{letter}_lin.{kind}"] for letter in "qkv"]
            new[f"{ours}.attention.qkv.{kind}"] = torch.cat(qkv)
            new |= {f"{ours}.{mine}.{kind}": w[f"{theirs}.{its}.{kind}"] for mine, its in PARTS.items()}
    return new
