"""Published models as configs: for their cost, `cost(PUBLISHED["gpt2"])`. Nothing builds them; their weights are not
here.

It is long as a table is: an entry for each model and its source.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from models.architecture import TransformerConfig
from models.attention import GQA, MHA, MLA
from models.feedforward import Dense
from models.mixture import MoE
from models.moe import DeepSeekMoE, DeepSeekV3, Switch, TopK
from models.norm import Norm
from models.position import RoPE
from models.presets import PRESETS


class Source(NamedTuple):
    """Where the shape of a model stands."""

    title: str
    paper: str
    url: str


def _biased(preset: str, layers: int, width: int, heads: int, **fields: Any) -> TransformerConfig:
    """A GPT-2 or BERT of this size: biases everywhere, four times as wide inside."""
    mini = PRESETS[preset]
    attention = MHA(heads=heads, qkv_bias=True, out_bias=True)
    return mini.but(
        layers=layers, width=width, attention=attention, feed_forward=mini.feed_forward.but(hidden=4 * width), **fields
    )


def _gpt2(layers: int, width: int, heads: int) -> TransformerConfig:
    return _biased("gpt2-mini", layers, width, heads, vocab=50_257, context=1024)


class BertEncoder(TransformerConfig):
    """BERT without its masked-LM head, as it is usually counted: in its place stands the pooler, a dense layer that
    reads the first token alone (its products, d^2 in a whole sequence, are left out of the cost of a token).
    """

    builds: ClassVar[bool] = False

    def head_numbers(self) -> tuple[int, int]:
        return self.width * (self.width + 1), 0


def _bert_lm(layers: int, width: int, heads: int) -> TransformerConfig:
    return _biased("bert-mini", layers, width, heads, vocab=30_522, context=512)


def _bert(layers: int, width: int, heads: int) -> TransformerConfig:
    return BertEncoder.model_validate(_bert_lm(layers, width, heads).model_dump())


def _llama(
    layers: int, width: int, hidden: int, *, attention: GQA, base: float = 1e4, **fields: Any
) -> TransformerConfig:
    """Rotary positions, gated feed-forward, RMSNorm, no bias. Stretched rotations (Llama 3.2) cost nothing extra."""
    dense = Dense(hidden=hidden, activation="silu", gated=True)
    return PRESETS["llama-mini"].but(
        layers=layers, width=width, feed_forward=dense, attention=attention, position=RoPE(base=base), **fields
    )


def _mixture(
    layers: int, width: int, *, attention: GQA | MHA | MLA, mixture: MoE, base: float = 1e4, **fields: Any
) -> TransformerConfig:
    """The same with a mixture of gated experts in each layer."""
    return PRESETS["llama-mini"].but(
        layers=layers, width=width, feed_forward=mixture, attention=attention, position=RoPE(base=base), **fields
    )


def _experts(hidden: int, experts: int, router: TopK | DeepSeekMoE | DeepSeekV3, **fields: Any) -> MoE:
    return MoE(hidden=hidden, experts=experts, activation="silu", gated=True, router=router, **fields)


def _t5(layers: int, width: int, hidden: int, heads: int, **fields: Any) -> TransformerConfig:
    """T5 v1.0. Its relative positions have no end; 512 tokens are what it was trained with."""
    dense = Dense(hidden=hidden, activation="relu")
    size: dict[str, Any] = {"layers": layers, "encoder_layers": layers, "width": width, "vocab": 32_128, "context": 512}
    return PRESETS["t5-mini"].but(
        attention=MHA(heads=heads, head_dim=64, scale=1.0), **({"feed_forward": dense} | size | fields)
    )


PUBLISHED: dict[str, TransformerConfig] = {
    "gpt2": _gpt2(12, 768, 12),
    "gpt2-medium": _gpt2(24, 1024, 16),
    "gpt2-large": _gpt2(36, 1280, 20),
    "gpt2-xl": _gpt2(48, 1600, 25),
    "bert-base": _bert(12, 768, 12),
    "bert-base-mlm": _bert_lm(12, 768, 12),
    "bert-large": _bert(24, 1024, 16),
    "bert-large-mlm": _bert_lm(24, 1024, 16),
    "t5-small": _t5(6, 512, 2048, 8),
    "t5-base": _t5(12, 768, 3072, 12),
    "pythia-410m": TransformerConfig(
        layers=24,
        width=1024,
        vocab=50_304,
        context=2048,
        parallel=True,
        attention=MHA(heads=16, qkv_bias=True, out_bias=True),
        position=RoPE(fraction=0.25),
        feed_forward=Dense(hidden=4096, activation="gelu", bias=True),
        norm=Norm(kind="LayerNorm", eps=1e-5),
    ),
    "llama-2-7b": _llama(32, 4096, 11_008, attention=GQA(heads=32, kv_heads=32), vocab=32_000, context=4096),
    "llama-3-8b": _llama(32, 4096, 14_336, attention=GQA(heads=32, kv_heads=8), base=5e5, vocab=128_256, context=8192),
    "llama-3.2-1b": _llama(
        16,
        2048,
        8192,
        attention=GQA(heads=32, kv_heads=8),
        base=5e5,
        vocab=128_256,
        context=131_072,
        head={"tied": True},
    ),
    "tinyllama": _llama(22, 2048, 5632, attention=GQA(heads=32, kv_heads=4), vocab=32_000, context=2048),
    # Context and window as in table 1 of the paper; the released configuration admits 32,768 positions.
    "mistral-7b": _llama(
        32, 4096, 14_336, attention=GQA(heads=32, kv_heads=8, window=4096), vocab=32_000, context=8192
    ),
    # Context as in table 1 of the report; the released configuration admits 40,960 positions.
    "qwen3-0.6b": _llama(
        28,
        1024,
        3072,
        attention=GQA(heads=16, kv_heads=8, head_dim=128, qk_norm="head"),
        base=1e6,
        vocab=151_936,
        context=32_768,
        norm=Norm(eps=1e-6),
        head={"tied": True},
    ),
    # Experts in every second layer of both stacks.
    "switch-base-8": _t5(
        12, 768, 3072, 12, feed_forward=MoE(hidden=3072, experts=8, activation="relu", router=Switch(), every=2)
    ),
    "mixtral-8x7b": _mixture(
        32,
        4096,
        attention=GQA(heads=32, kv_heads=8),
        mixture=_experts(14_336, 8, TopK(k=2)),
        base=1e6,
        vocab=32_000,
        context=32_768,
    ),
    # The first layer is dense; two experts are shared.
    "deepseekmoe-16b": _mixture(
        28,
        2048,
        attention=MHA(heads=16),
        mixture=_experts(1408, 64, DeepSeekMoE(k=6), shared=2, skip=1, dense_hidden=10_944),
        vocab=102_400,
        context=4096,
        norm=Norm(eps=1e-6),
    ),
    # Contexts of both before they are stretched; the released configurations admit 163,840 positions.
    "deepseek-v2-lite": _mixture(
        27,
        2048,
        attention=MLA(heads=16, head_dim=128, rope_dim=64, value_dim=128, latent=512),
        mixture=_experts(1408, 64, DeepSeekMoE(k=6), shared=2, skip=1, dense_hidden=10_944),
        vocab=102_400,
        context=4096,
        norm=Norm(eps=1e-6),
    ),
    # Without the further layer that predicts a second token (multi-token prediction).
    "deepseek-v3": _mixture(
        61,
        7168,
        attention=MLA(heads=128, head_dim=128, rope_dim=64, value_dim=128, latent=512, query_latent=1536),
        mixture=_experts(2048, 256, DeepSeekV3(k=8, groups=8, groups_kept=4), shared=1, skip=3, dense_hidden=18_432),
        vocab=129_280,
        context=4096,
        norm=Norm(eps=1e-6),
    ),
    "olmoe-1b-7b": _mixture(
        16,
        2048,
        attention=MHA(heads=16, qk_norm="full"),
        mixture=_experts(1024, 64, TopK(k=8, renormalise=False)),
        vocab=50_304,
        context=4096,
    ),
    # Context before it is stretched; the released configuration admits 40,960 positions.
    "qwen3-30b-a3b": _mixture(
        48,
        2048,
        attention=GQA(heads=32, kv_heads=4, head_dim=128, qk_norm="head"),
        mixture=_experts(768, 128, TopK(k=8)),
        base=1e6,
        vocab=151_936,
        context=32_768,
        norm=Norm(eps=1e-6),
    ),
}

_GPT2 = (
    "Radford et al. 2019",
    "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
)
_T5 = ("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683")
_BERT = ("Devlin et al. 2019", "https://arxiv.org/abs/1810.04805")

SOURCES: dict[str, Source] = {
    "gpt2": Source("GPT-2", *_GPT2),
    "gpt2-medium": Source("GPT-2 medium", *_GPT2),
    "gpt2-large": Source("GPT-2 large", *_GPT2),
    "gpt2-xl": Source("GPT-2 XL", *_GPT2),
    "bert-base": Source("BERT base", *_BERT),
    "bert-base-mlm": Source("BERT base, masked-LM head", *_BERT),
    "bert-large": Source("BERT large", *_BERT),
    "bert-large-mlm": Source("BERT large, masked-LM head", *_BERT),
    "t5-small": Source("T5 small", *_T5),
    "t5-base": Source("T5 base", *_T5),
    "pythia-410m": Source("Pythia 410M", "Biderman et al. 2023", "https://arxiv.org/abs/2304.01373"),
    "llama-2-7b": Source("Llama 2 7B", "Touvron et al. 2023", "https://arxiv.org/abs/2307.09288"),
    "llama-3-8b": Source("Llama 3 8B", "Llama team 2024", "https://arxiv.org/abs/2407.21783"),
    "llama-3.2-1b": Source("Llama 3.2 1B", "model card, 2024", "https://huggingface.co/meta-llama/Llama-3.2-1B"),
    "tinyllama": Source("TinyLlama 1.1B", "Zhang et al. 2024", "https://arxiv.org/abs/2401.02385"),
    "mistral-7b": Source("Mistral 7B", "Jiang et al. 2023", "https://arxiv.org/abs/2310.06825"),
    "qwen3-0.6b": Source("Qwen3 0.6B", "Qwen team 2025", "https://arxiv.org/abs/2505.09388"),
    "switch-base-8": Source("Switch base, 8 experts", "Fedus et al. 2021", "https://arxiv.org/abs/2101.03961"),
    "mixtral-8x7b": Source("Mixtral 8x7B", "Jiang et al. 2024", "https://arxiv.org/abs/2401.04088"),
    "deepseekmoe-16b": Source("DeepSeekMoE 16B", "Dai et al. 2024", "https://arxiv.org/abs/2401.06066"),
    "deepseek-v2-lite": Source("DeepSeek-V2-Lite", "DeepSeek-AI 2024", "https://arxiv.org/abs/2405.04434"),
    "deepseek-v3": Source("DeepSeek-V3", "DeepSeek-AI 2024", "https://arxiv.org/abs/2412.19437"),
    "olmoe-1b-7b": Source("OLMoE 1B-7B", "Muennighoff et al. 2024", "https://arxiv.org/abs/2409.02060"),
    "qwen3-30b-a3b": Source("Qwen3 30B-A3B", "Qwen team 2025", "https://arxiv.org/abs/2505.09388"),
}
