"""A card per variant: what it is, what it costs, and where that differs from the base."""

from __future__ import annotations

from typing import Any

from models.cost import cost
from playground.comparison.variants import Variant
from playground.comparison.work import flops_per_example, lengths
from playground.wording import metric, said

SEES = {
    "encoder-only": "Every position sees the whole input; answer slots ▢ are filled at once.",
    "decoder-only": "Every position sees itself and what came before, so an answer is read out from left to right.",
    "encoder-decoder": "The source sees all of itself; the answer sees the whole source and its own past.",
}
BOTH = " Two softmaxes: each part of a lower row sums to 1."


def card(variant: Variant, base: Variant, sentence: str, index: int) -> dict[str, Any]:
    """What a variant costs, and where that differs from the base."""
    mine, its = cost(variant.config.model), cost(base.config.model)
    rows = [
        ("Parameters", mine.parameters, its.parameters, ""),
        ("Active per token", mine.active_parameters, its.active_parameters, ""),
        (
            "Forward pass",
            flops_per_example(mine, lengths(variant.config)),
            flops_per_example(its, lengths(base.config)),
            "FLOP/example",
        ),
        ("KV cache", 4 * mine.kv_cache_elements_per_token, 4 * its.kv_cache_elements_per_token, "B/token"),
    ]
    if mine.state_elements:
        rows[-1] = ("KV cache", 4 * mine.state_elements, 4 * its.state_elements, "B in all")
    return {
        "name": variant.name,
        "label": variant.label,
        "sub": summary(variant),
        "sees": sees(variant),
        "match": sentence,
        "facts": [[label, *_number(label, a, unit), _change(a, b)] for label, a, b, unit in rows],
        "removable": index > 0,
        "experts": variant.config.model.feed_forward.kind == "MoE",
    }


def sees(variant: Variant) -> str:
    """Who sees whom."""
    model = variant.config.model
    return SEES[model.topology] + BOTH * (model.topology == "encoder-decoder" and not model.attention.rows)


def _number(label: str, value: float, unit: str) -> tuple[str, str]:
    if label == "Forward pass":
        return metric(value, unit)
    return (f"{value:,}", unit) if value else ("none", "")


def _change(mine: float, base: float) -> str:
    if mine == base:
        return ""
    if not base or not mine:
        return "differs"
    share = 100 * (mine / base - 1)
    return f"{share:+.{0 if abs(share) >= 0.5 else 2}f} %".replace("-", "−")


def summary(variant: Variant) -> str:
    """One line: what the model is."""
    m = variant.config.model
    depth = f"{m.encoder_layers} + {m.layers}" if m.topology == "encoder-decoder" else f"{m.layers}"
    heads = m.attention.query_heads()
    attention = f", {m.attention.kind} of {heads}" if heads else ""
    return f"{m.topology}, {depth} layers, width {said(m.width)}{attention}, {m.position.kind}"
