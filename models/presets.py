"""Named model configs small enough to run in a page, each with the source of its shape."""

from __future__ import annotations

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.embedding import Embedding, Head
from models.feedforward import Dense, NoFeedForward
from models.init import Init
from models.norm import Norm
from models.position import T5, ALiBi, Learned, RoPE

PRESETS: dict[str, TransformerConfig] = {
    # Two layers of attention alone, where induction heads were first described: Elhage et al. 2021, Olsson et al. 2022.
    "induction": TransformerConfig(position=RoPE(base=100.0), feed_forward=NoFeedForward()),
    "induction-alibi": TransformerConfig(position=ALiBi(), feed_forward=NoFeedForward()),
    # The recipe that learns fastest here: pre-RMSNorm, relu squared, fan-in initial values, learned positions.
    "fast": TransformerConfig(position=Learned()),
    # Radford et al. 2019: pre-LayerNorm, learned positions, tanh GELU, biases, tied head, depth-scaled normal(0, 0.02).
    "gpt2-mini": TransformerConfig(
        layers=3,
        width=96,
        attention=MHA(heads=6, qkv_bias=True, out_bias=True),
        position=Learned(),
        feed_forward=Dense(hidden=384, activation="gelu-tanh", bias=True),
        norm=Norm(kind="LayerNorm"),
        head=Head(tied=True),
        init=Init(scheme="normal", embedding_std=0.02, residual_gain=1.0, depth_scaled=True),
    ),
    # Devlin et al. 2019 (arXiv:1810.04805): post-LayerNorm, segments, embedding norm, GELU, tied head with transform.
    "bert-mini": TransformerConfig(
        topology="encoder-only",
        layers=3,
        width=96,
        attention=MHA(heads=6, qkv_bias=True, out_bias=True),
        position=Learned(),
        feed_forward=Dense(hidden=384, activation="gelu", bias=True),
        norm=Norm(kind="LayerNorm", place="post", eps=1e-12),
        embedding=Embedding(segments=2, norm=True),
        head=Head(tied=True, bias=True, transform="gelu"),
        init=Init(scheme="normal", embedding_std=0.02, residual_gain=1.0),
    ),
    # Raffel et al. 2020 (arXiv:1910.10683), v1.0: encoder-decoder, pre-RMSNorm, relative bias, unscaled scores, ReLU.
    "t5-mini": TransformerConfig(
        topology="encoder-decoder",
        layers=2,
        encoder_layers=2,
        width=64,
        attention=MHA(heads=4, scale=1.0),
        position=T5(),
        feed_forward=Dense(hidden=256, activation="relu"),
        norm=Norm(eps=1e-6),
        head=Head(tied=True, scaled=True),
        init=Init(embedding_std=1.0, residual_gain=1.0),
    ),
    # Touvron et al. 2023 (arXiv:2302.13971), with the grouped keys of Llama 2 and 3: pre-RMSNorm, RoPE, SwiGLU.
    "llama-mini": TransformerConfig(
        layers=3,
        width=96,
        attention=GQA(heads=6, kv_heads=2),
        position=RoPE(),
        feed_forward=Dense(hidden=256, activation="silu", gated=True),
        norm=Norm(eps=1e-5),
        init=Init(scheme="normal", embedding_std=0.02, residual_gain=1.0, zero_head=False),
    ),
}
