"""Live settings of a mixture act on a built model as if it had been built with them."""

from typing import Any

import pytest
import torch

from models import Transformer, TransformerConfig
from models.config import extra, walk
from models.mixture import MoE
from tests.models.mixtures import ROUTED, seeded
from tests.models.variants import inputs, noisy, small

OTHER: dict[str, Any] = {  # another value of each live setting, and what it needs to be felt
    "router.k": 3,
    "router.jitter": 0.4,
    "router.precision": "bfloat16",
    "router.renormalise": False,
    "router.softmax": "after selection",
    "router.noise": 0.2,
    "router.factor": 0.7,
    "router.scale": 0.5,
    "router.groups_kept": 1,
    "capacity.factor": 0.6,
    "capacity.evaluation": 0.5,
    "capacity.minimum": 20,
    "capacity.maximum": 3,
    "capacity.rounding": "down",
    "capacity.group": "sequence",
    "capacity.priority": "choice",
    "balance.auxiliary": 0.7,
    "balance.over": "sequence",
    "balance.unit": "uniform = k",
    "balance.z": 0.3,
    "balance.bias_speed": 0.5,
    "balance.device": 0.9,
    "balance.communication": 0.2,
    "expert_dropout": 0.5,
}
START: dict[str, Any] = {"capacity": {"factor": 0.9, "evaluation": 0.9}, "devices": 2, "balance": {"device": 0.1}}
ROUTERS: dict[str, Any] = {
    "top-k": {"kind": "top-k"},
    "noisy top-k": {"kind": "noisy top-k"},
    "expert choice": {"kind": "expert choice"},
    "DeepSeek-V3": {"kind": "DeepSeek-V3", "groups": 3, "groups_kept": 2},
    "hash": {"kind": "hash"},
}


def mixture(router: Any) -> TransformerConfig:
    kind = MoE(router=router).router.kind
    idle = {"hash": ["balance"], "expert choice": ["balance", "capacity"]}
    idle |= {"random": ["balance"], "soft": ["balance", "capacity"]}
    start = {name: value for name, value in START.items() if name not in idle.get(kind, [])}
    return small(feed_forward=MoE(hidden=12, experts=6, router=router, **start), topology="encoder-only")


def put(value: dict[str, Any], path: str, other: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    return value | {name: put(value[name], rest, other) if rest else other}


CASES = [
    (name, path)
    for name, router in ROUTERS.items()
    for path, field, _ in walk(mixture(router).feed_forward)
    if extra(field).get("live")
    and (name == "top-k" or path.startswith("router."))
    and not (name == "hash" and path == "router.precision")
]


def result(model: Transformer, training: bool) -> list[torch.Tensor]:
    given = inputs(model.config)
    output = model(**given, generator=seeded() if training else None)
    model.after_update(output.encoder)
    routings = [one.routing for one in output.encoder]
    return [output.logits_BTV, *(r.penalty for r in routings), *(v for n, v in sorted(model.state_dict().items()))]


def test_every_live_setting_has_another_value_here():
    paths = {p for r in ROUTED.values() for p, f, _ in walk(mixture(r).feed_forward) if extra(f).get("live")}
    assert paths == OTHER.keys()
    assert {path for _, path in CASES} == OTHER.keys()


@pytest.mark.parametrize(("router", "path"), CASES, ids=[f"{router}: {path}" for router, path in CASES])
@torch.no_grad()
def test_a_retuned_model_is_a_new_one_with_the_same_parameters(router: str, path: str):
    config = mixture(ROUTERS[router])
    if path == "router.groups_kept":
        config = config.but(feed_forward=put(config.feed_forward.model_dump(), "router.k", 2))
    changed = config.but(feed_forward=put(config.feed_forward.model_dump(), path, OTHER[path]))
    felt = False
    for training in (False, True):
        model, same, new = (noisy(Transformer(c)) for c in (config, config, changed))
        for one in (model, same, new):
            for block in one.encoder.blocks:
                if hasattr(block.feed_forward.router, "router"):
                    block.feed_forward.router.router.weight.mul_(20)
        model.retune(changed)
        assert model.config == changed
        got, expected, plain = (result(one, training) for one in (model, new, same))
        assert all(torch.equal(a, b) for a, b in zip(got, expected, strict=True))
        felt = felt or not all(torch.equal(a, b) for a, b in zip(got, plain, strict=True))
    assert felt, "nothing changes: the test is blind to this setting"
