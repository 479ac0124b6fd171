"""Well-known architectures in miniature."""

from __future__ import annotations

from playground.settings.presets.base import Preset, run

GROUP = "Well known, in miniature"

FAMOUS = [
    Preset(
        "gpt2",
        "GPT-2",
        GROUP,
        run("gpt2-mini", {"kind": "text"}, batch=16, lr=2e-3, weight_decay=0.1, warmup=50, steps=1000),
        "Decoder-only, pre-LayerNorm, learned positions, tanh GELU, tied head. It predicts the next character.",
        (
            ("RoPE", {"model.position.kind": "RoPE"}, "is what later models changed first"),
            (
                "grouped keys",
                {"model.attention.kind": "GQA", "model.attention.kv_heads": 2},
                "need a third of the KV cache",
            ),
        ),
        (
            "Radford et al. 2019",
            "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
        ),
    ),
    Preset(
        "bert",
        "BERT",
        GROUP,
        run(
            "bert-mini",
            {"kind": "reverse", "length": 8, "hidden": "either side"},
            batch=32,
            lr=2e-3,
            weight_decay=0.1,
            warmup=30,
            clip=1.0,
            steps=300,
        ),
        "Encoder-only, post-LayerNorm, learned positions and segments. It fills in what is blanked in a sequence and "
        "its mirror image, so it must look to both sides.",
        (
            ("RoPE", {"model.position.kind": "RoPE"}, "learns this more slowly: a mirror is no distance"),
            ("only the answer", {"task.hidden": "answer"}, "is blanked: every look goes to the left"),
            ("text", {"task.kind": "text", "task.length": 64}, "is what BERT reads, and takes minutes here"),
        ),
        ("Devlin et al. 2019", "https://arxiv.org/abs/1810.04805"),
    ),
    Preset(
        "t5",
        "T5",
        GROUP,
        run("t5-mini", {"kind": "text"}, batch=16, lr=3e-3, warmup=50, steps=1000),
        "Encoder-decoder with a relative bias in buckets, shared by all layers of a stack. The encoder reads a "
        "beginning, the decoder writes how it goes on.",
        (("reverse", {"task.kind": "reverse"}, "is a task whose cross-attention is easy to read"),),
        ("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683"),
    ),
    Preset(
        "llama",
        "LLaMA",
        GROUP,
        run("llama-mini", {"kind": "text"}, batch=16, lr=2e-3, weight_decay=0.1, warmup=50, steps=1000),
        "Decoder-only, pre-RMSNorm, RoPE, SwiGLU, grouped keys and no biases. It predicts the next character.",
        (
            ("multi-head", {"model.attention.kind": "MHA"}, "needs three times the KV cache"),
            ("latent attention", {"model.attention.kind": "MLA"}, "needs half of it"),
            ("a window of 8", {"model.attention.window": 8}, "lets each query see eight tokens only"),
        ),
        ("Touvron et al. 2023", "https://arxiv.org/abs/2302.13971"),
    ),
]
