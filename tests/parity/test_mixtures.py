"""Our mixture computes what the published implementations compute, layer by layer, with the same numbers."""

from typing import Any, NamedTuple

import pytest
import torch
import transformers as hf
from torch import Tensor
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3MoE
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
from transformers.models.olmoe.modeling_olmoe import OlmoeSparseMoeBlock
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeSparseMoeBlock
from transformers.models.switch_transformers.modeling_switch_transformers import SwitchTransformersSparseMLP

from models.mixture import MixtureFeedForward, MoE
from models.moe import Capacity, DeepSeekV3, Switch, TopK
from models.records import Routing

WIDTH, HIDDEN, EXPERTS = 16, 12, 8
SIZE: dict[str, Any] = {"hidden_size": WIDTH, "attn_implementation": "eager"}
MANY: dict[str, Any] = {**SIZE, "num_experts": EXPERTS}
V3: dict[str, Any] = {"n_group": 4, "topk_group": 2, "n_shared_experts": 2, "routed_scaling_factor": 2.5}
GATED: dict[str, Any] = {"hidden": HIDDEN, "experts": EXPERTS, "activation": "silu", "gated": True}


class Pair(NamedTuple):
    """A published layer, and the config of ours."""

    theirs: Any
    ours: MoE


def mixtral() -> Pair:
    config = hf.MixtralConfig(**SIZE, intermediate_size=HIDDEN, num_local_experts=EXPERTS, num_experts_per_tok=3)
    return Pair(MixtralSparseMoeBlock(config), MoE(**GATED, router=TopK(k=3)))


def olmoe(normed: bool) -> Pair:
    config = hf.OlmoeConfig(**MANY, intermediate_size=HIDDEN, num_experts_per_tok=3, norm_topk_prob=normed)
    return Pair(OlmoeSparseMoeBlock(config), MoE(**GATED, router=TopK(k=3, renormalise=normed)))


def qwen3() -> Pair:
    config = hf.Qwen3MoeConfig(**MANY, moe_intermediate_size=HIDDEN, num_experts_per_tok=3, norm_topk_prob=True)
    return Pair(Qwen3MoeSparseMoeBlock(config), MoE(**GATED, router=TopK(k=3, softmax="after selection")))


def deepseek_v3() -> Pair:
    some: dict[str, Any] = {"moe_intermediate_size": HIDDEN, "num_experts_per_tok": 3, "norm_topk_prob": True}
    config = hf.DeepseekV3Config(**SIZE, **V3, **some, n_routed_experts=EXPERTS)
    ours = MoE(**GATED, shared=2, router=DeepSeekV3(k=3, groups=4, groups_kept=2, scale=2.5))
    return Pair(DeepseekV3MoE(config), ours)


def switch(seats: int) -> Pair:
    """Theirs has so many seats per sequence; ours the factor that makes so many of 20 tokens."""
    some: dict[str, Any] = {"d_model": WIDTH, "d_ff": HIDDEN, "expert_capacity": seats, "dense_act_fn": "relu"}
    capacity = Capacity(evaluation=seats * EXPERTS / 20, group="sequence")
    ours = MoE(hidden=HIDDEN, experts=EXPERTS, activation="relu", router=Switch(), capacity=capacity)
    return Pair(SwitchTransformersSparseMLP(hf.SwitchTransformersConfig(**some, num_experts=EXPERTS)), ours)


PAIRS: dict[str, Pair] = {
    "Mixtral": mixtral(),
    "OLMoE": olmoe(False),
    "OLMoE, renormalised": olmoe(True),
    "Qwen3-MoE": qwen3(),
    "DeepSeek-V3": deepseek_v3(),
    "Switch, two seats": switch(2),
    "Switch, four seats": switch(4),
    "Switch, seats for all": switch(20),
}


def drawn(theirs: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, p in theirs.state_dict().items():
            p.normal_(0.0, 0.2 if name.endswith("bias") else 1.5 * p.shape[-1] ** -0.5, generator=generator)


def copied(theirs: Any, config: MoE) -> MixtureFeedForward:
    """Ours with their numbers; theirs fuses gate and up, gate first, or has a module for each expert."""
    ours, w = MixtureFeedForward(config, WIDTH), theirs.state_dict()
    if isinstance(theirs, SwitchTransformersSparseMLP):
        stacked = {n: torch.stack([w[f"experts.expert_{e}.{n}.weight"] for e in range(EXPERTS)]) for n in ("wi", "wo")}
        router, up, down = w["router.classifier.weight"], stacked["wi"], stacked["wo"]
    else:
        router, up, down = w["gate.weight"], w["experts.gate_up_proj"], w["experts.down_proj"]
    new = {"router.router.weight": router, "experts.up.weight": up, "experts.down.weight": down}
    bias = w.get("gate.e_score_correction_bias", torch.zeros(EXPERTS))
    if config.shared:
        parts = [w[f"shared_experts.{n}_proj.weight"] for n in ("gate", "up", "down")]
        new |= {"shared.up.weight": torch.cat(parts[:2]), "shared.down.weight": parts[2]}
    ours.load_state_dict(new | {"router.bias_E": bias})
    return ours


def their_routing(theirs: Any, x_BTD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, and gates and experts in order of the experts; a gate of 0 where they dropped a token."""
    if isinstance(theirs, SwitchTransformersSparseMLP):
        kept_BTE, probs_BT1, logits_BTE = theirs.router(x_BTD)
        gates_NE = (kept_BTE * probs_BT1).flatten(0, 1)
        return logits_BTE.flatten(0, 1), gates_NE, gates_NE > 0
    logits_NE, gates_NK, experts_NK = theirs.gate(x_BTD.flatten(0, 1))
    gates_NE = torch.zeros_like(logits_NE).scatter(1, experts_NK, gates_NK)
    return logits_NE, gates_NE, gates_NE > 0


def our_gates(routing: Routing) -> Tensor:
    return torch.zeros_like(routing.logits_NE).scatter(1, routing.experts_NK, routing.weights_NK * routing.kept_NK)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_a_layer_equals_the_published_one(pair: Pair):
    drawn(pair.theirs.eval())
    ours = copied(pair.theirs, pair.ours)
    x_BTD = torch.randn(3, 20, WIDTH, generator=torch.Generator().manual_seed(1), requires_grad=True)
    other_BTD = x_BTD.detach().clone().requires_grad_()
    expected, (y_BTD, routing) = pair.theirs(x_BTD), ours(other_BTD)
    torch.testing.assert_close(y_BTD, expected, rtol=0, atol=1e-5)
    logits_NE, gates_NE, chosen_NE = their_routing(pair.theirs, x_BTD)
    torch.testing.assert_close(routing.logits_NE, logits_NE, rtol=0, atol=1e-5)
    torch.testing.assert_close(our_gates(routing), gates_NE, rtol=0, atol=1e-5)
    assert torch.equal(our_gates(routing) > 0, chosen_NE)
    assert (expected.flatten(0, 1).std(1) > 1e-2).float().mean() > 0.3  # there is something to compare
    direction = torch.randn(y_BTD.shape, generator=torch.Generator().manual_seed(2))
    (theirs,) = torch.autograd.grad(expected, x_BTD, direction)
    (mine,) = torch.autograd.grad(y_BTD, other_BTD, direction)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_the_switch_layers_drop_where_seats_are_few():
    dropped = []
    for name in ("Switch, two seats", "Switch, four seats", "Switch, seats for all"):
        drawn(PAIRS[name].theirs)
        ours = copied(PAIRS[name].theirs, PAIRS[name].ours)
        x_BTD = torch.randn(3, 20, WIDTH, generator=torch.Generator().manual_seed(1))
        dropped.append(int((~ours(x_BTD)[1].kept_NK).sum()))
    assert dropped[0] > dropped[1] > dropped[2] == 0


def test_groups_and_bias_of_v3_change_what_is_selected():
    """The null check: without either, other experts are chosen."""
    pair = PAIRS["DeepSeek-V3"]
    drawn(pair.theirs)
    ours, x_BTD = copied(pair.theirs, pair.ours), torch.randn(3, 20, WIDTH, generator=torch.Generator().manual_seed(1))
    found = our_gates(ours(x_BTD)[1]) > 0
    free = copied(pair.theirs, pair.ours.but(router=DeepSeekV3(k=3)))
    assert not torch.equal(our_gates(free(x_BTD)[1]) > 0, found)
    ours.router.bias_E.zero_()
    assert not torch.equal(our_gates(ours(x_BTD)[1]) > 0, found)
