"""Tensors of the families that do not load yet under our names: of weights, or of their gradients alike."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models import TransformerConfig
from models.pretrained.bert import entries

Tensors = Mapping[str, Tensor]


def _joined(w: Tensors, names: list[str], kind: str) -> Tensor:
    return torch.cat([w[f"{name}.{kind}"] for name in names])


def _moved(w: Tensors, names: dict[str, str], kinds: tuple[str, ...] = ("weight",)) -> dict[str, Tensor]:
    """{our module: their module} -> our tensors."""
    return {f"{ours}.{kind}": w[f"{theirs}.{kind}"] for ours, theirs in names.items() for kind in kinds}


BOTH = ("weight", "bias")


def neox(w: Tensors, layers: int, *, heads: int) -> dict[str, Tensor]:
    """GPT-NeoX keeps query, key and value of one head together: rows (H, 3, C)."""
    new = {"embedding.tokens": w["gpt_neox.embed_in.weight"], "head.weight": w["lm_head.weight"]}
    new |= _moved(w, {"decoder.norm_final": "gpt_neox.final_layer_norm"}, BOTH)
    for i in range(layers):
        ours, theirs = f"decoder.blocks.{i}", f"gpt_neox.layers.{i}"
        for kind in BOTH:
            rows = w[f"{theirs}.attention.query_key_value.{kind}"].unflatten(0, (heads, 3, -1))
            new[f"{ours}.attention.qkv.{kind}"] = rows.transpose(0, 1).flatten(0, 2)
        names = {
            "attention.out": "attention.dense",
            "norm_attention": "input_layernorm",
            "norm_feed_forward": "post_attention_layernorm",
            "feed_forward.up": "mlp.dense_h_to_4h",
            "feed_forward.down": "mlp.dense_4h_to_h",
        }
        new |= _moved(w, {f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()}, BOTH)
    return new


def roformer(w: Tensors, config: TransformerConfig) -> dict[str, Tensor]:
    """BERT's names under another prefix, without a table of positions; the sinusoids of the rotation are its own."""
    as_bert = {name.replace("roformer.", "bert."): tensor for name, tensor in w.items()}
    return {e.ours: e.join(as_bert) for e in entries(config) if e.ours != "encoder.position.table"}


def t5(w: Tensors, layers: dict[str, int], *, gated: bool) -> dict[str, Tensor]:
    """One table of relative biases in the first block of each stack; v1.1 is gated and untied."""
    new = {"embedding.tokens": w["shared.weight"]} | ({"head.weight": w["lm_head.weight"]} if gated else {})
    for stack, depth in layers.items():
        new[f"{stack}.position.bias_table"] = w[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        new |= _moved(w, {f"{stack}.norm_final": f"{stack}.final_layer_norm"})
        parts = {"attention": "SelfAttention"} | ({"cross_attention": "EncDecAttention"} if stack == "decoder" else {})
        for i in range(depth):
            ours, theirs = f"{stack}.blocks.{i}", f"{stack}.block.{i}.layer"
            for n, (mine, its) in enumerate(parts.items()):
                rows = [f"{theirs}.{n}.{its}.{letter}" for letter in "qkv"]
                new[f"{ours}.{mine}.qkv.weight"] = _joined(w, rows, "weight")
                norm = "norm_attention" if n == 0 else "norm_cross"
                new |= _moved(
                    w, {f"{ours}.{mine}.out": f"{theirs}.{n}.{its}.o", f"{ours}.{norm}": f"{theirs}.{n}.layer_norm"}
                )
            last = f"{theirs}.{len(parts)}"
            up = [f"{last}.DenseReluDense.wi" + end for end in (("_0", "_1") if gated else ("",))]
            new[f"{ours}.feed_forward.up.weight"] = _joined(w, up, "weight")
            new |= _moved(
                w,
                {
                    f"{ours}.feed_forward.down": f"{last}.DenseReluDense.wo",
                    f"{ours}.norm_feed_forward": f"{last}.layer_norm",
                },
            )
    return new
