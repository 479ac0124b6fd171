"""Tiny random mixtures of published families, as `families` has the dense ones."""

from functools import partial
from typing import Any

import transformers as hf

from tests.parity.families import GROUPED, HIDDEN, TIED, Family, published

CHOSEN: dict[str, Any] = {"num_experts_per_tok": 2, "experts_implementation": "eager"}
MIXTRAL: dict[str, Any] = GROUPED | CHOSEN | {"num_local_experts": 5, "intermediate_size": 20}
OLMOE: dict[str, Any] = GROUPED | CHOSEN | {"num_experts": 5, "intermediate_size": 20}
QWEN3: dict[str, Any] = GROUPED | CHOSEN | {"head_dim": 10, "num_experts": 6, "num_experts_per_tok": 3}
QWEN3 |= {"intermediate_size": HIDDEN, "moe_intermediate_size": 16, "norm_topk_prob": True}

_mixtral = partial(published, hf.MixtralForCausalLM, hf.MixtralConfig)
_qwen3 = partial(published, hf.Qwen3MoeForCausalLM, hf.Qwen3MoeConfig)
_olmoe = partial(published, hf.OlmoeForCausalLM, hf.OlmoeConfig)

SPARSE: dict[str, Family] = {
    "Mixtral": _mixtral(MIXTRAL),
    "Mixtral, a window, one head each": _mixtral(MIXTRAL | {"sliding_window": 4, "num_key_value_heads": 6}),
    "Qwen3-MoE": _qwen3(QWEN3),
    "Qwen3-MoE, tied, plain gates": _qwen3(QWEN3 | TIED | {"norm_topk_prob": False}),
    "Qwen3-MoE, every second": _qwen3(QWEN3 | {"decoder_sparse_step": 2}),
    "Qwen3-MoE, two dense layers": _qwen3(QWEN3 | {"mlp_only_layers": [0, 1]}),
    "OLMoE": _olmoe(OLMOE),
    "OLMoE, renormalised, a key head each": _olmoe(OLMOE | {"norm_topk_prob": True, "num_key_value_heads": 6}),
}
