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
            {"model.topology": "decoder-only", "model.layers": 2, "training.steps": 120, "training.evaluate_every": 2},
            (
                ("encoder-only", {"model.topology": "encoder-only"}),
                (
                    "encoder-decoder",
                    {"model.topology": "encoder-decoder", "model.layers": 1, "model.encoder_layers": 1},
                ),
            ),
            "decoder-only",
            "Reverse five letters. What differs is what each position may see: the encoder-only model, which "
            "sees everything, reaches 99 % first or level with another on five of five seeds; the order of the "
            "other two changes with the seed.",
        ),
        Ready(
            "heads",
            "MHA, GQA, MQA, MLA",
            "induction",
            {},
            (
                ("GQA", {"model.attention.kind": "GQA", "model.attention.kv_heads": 2}),
                ("MQA", {"model.attention.kind": "MQA"}),
                ("MLA", {"model.attention.kind": "MLA"}),
            ),
            "MHA",
            "Query heads share keys and values, and the cache shrinks to a half and a quarter; or all are made of one "
            "latent of each token, and it shrinks to a fifth. All four reach 99 % within 280 updates on five of five "
            "seeds, MQA or MLA last.",
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
            "“One before” is the same everywhere with RoPE, which reaches 99 % first; learned positions "
            "follow, and ALiBi is not there after 600 updates.",
        ),
        Ready(
            "active",
            "Dense, experts",
            "sparse",
            {f"{MOE}.kind": "dense"},
            (("8 experts", {f"{MOE}.kind": "MoE", f"{MOE}.experts": 8, f"{MOE}.router.kind": "Switch"}),),
            "dense",
            "The same work per token by one network, or by one of eight: with eight the loss ended "
            "lower on every seed tried, eleven, by 0.4 to 7 %, for five times the parameters.",
            match="active",
            lens="experts",
        ),
        Ready(
            "total",
            "Dense, experts of equal size",
            "sparse",
            {f"{MOE}.kind": "dense"},
            (("8 experts", {f"{MOE}.kind": "MoE", f"{MOE}.experts": 8, f"{MOE}.router.kind": "Switch"}),),
            "dense",
            "The same number of parameters, all of them or an eighth of each feed-forward network per token: "
            "half the work. On five of five seeds the dense model's loss ended lower, by 1 to 4 %.",
            match="parameters",
            lens="experts",
        ),
        Ready(
            "choices",
            "Top-1, top-2",
            "one-or-two",
            {},
            (("top-2", {**HALF, f"{MOE}.hidden": 128}),),
            "top-1",
            "One expert per token, or two half as wide: the loss ends about 2 % lower with two, for the same "
            "work and half the parameters.",
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
            "The same work per token in larger or smaller pieces: on this small task the losses end level.",
            lens="experts",
        ),
    )
}
