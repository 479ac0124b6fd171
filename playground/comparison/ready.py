"""Comparisons with a name. Each says what will be seen, which was measured (docs/log.md)."""

from __future__ import annotations

from playground.comparison.variants import Ready

MOE = "model.feed_forward"
HALF = {f"{MOE}.router.kind": "top-k", f"{MOE}.router.k": 2}

READY: dict[str, Ready] = {
    ready.name: ready
    for ready in (
        Ready(
            "topologies",
            "Three topologies",
            "topologies",
            {"model.topology": "decoder-only", "model.layers": 2},
            (
                ("encoder-only", {"model.topology": "encoder-only"}),
                (
                    "encoder-decoder",
                    {"model.topology": "encoder-decoder", "model.layers": 1, "model.encoder_layers": 1},
                ),
            ),
            "decoder-only",
            "Reverse five letters. What differs is what each position may see.",
            lens="attention",
        ),
        Ready(
            "heads",
            "MHA, GQA, MQA",
            "induction",
            {},
            (
                ("GQA", {"model.attention.kind": "GQA", "model.attention.kv_heads": 2}),
                ("MQA", {"model.attention.kind": "MQA"}),
            ),
            "MHA",
            "Query heads share keys and values: less cache, and the task is still learned.",
            lens="attention",
        ),
        Ready(
            "positions",
            "Learned, RoPE, ALiBi",
            "induction",
            {"model.position.kind": "learned"},
            (
                ("RoPE", {"model.position.kind": "RoPE", "model.position.base": 100.0}),
                ("ALiBi", {"model.position.kind": "ALiBi"}),
            ),
            "learned",
            "“One before” has to be learned for every place, or is the same everywhere.",
        ),
        Ready(
            "active",
            "Dense, experts",
            "sparse",
            {f"{MOE}.kind": "dense"},
            (("8 experts", {f"{MOE}.kind": "MoE", f"{MOE}.experts": 8, f"{MOE}.router.kind": "Switch"}),),
            "dense",
            "The same work per token: one network, or one of eight.",
            match="active",
        ),
        Ready(
            "total",
            "Dense, experts of equal size",
            "sparse",
            {f"{MOE}.kind": "dense"},
            (("8 experts", {f"{MOE}.kind": "MoE", f"{MOE}.experts": 8, f"{MOE}.router.kind": "Switch"}),),
            "dense",
            "The same number of parameters: all of them for each token, or an eighth.",
            match="parameters",
        ),
        Ready(
            "choices",
            "Top-1, top-2",
            "one-or-two",
            {},
            (("top-2", {**HALF, f"{MOE}.hidden": 128}),),
            "top-1",
            "One expert per token, or two half as wide.",
            lens="experts",
        ),
        Ready(
            "grain",
            "Coarse, fine, shared",
            "grain",
            {},
            (
                ("fine", {f"{MOE}.split": 4}),
                (
                    "fine, 2 shared",
                    {f"{MOE}.experts": 30, f"{MOE}.hidden": 32, f"{MOE}.router.k": 6, f"{MOE}.shared": 2},
                ),
            ),
            "coarse",
            "The same work per token in larger or smaller pieces.",
            lens="experts",
        ),
    )
}
