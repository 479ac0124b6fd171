"""Who gets no seat is dropped: the expert adds exactly nothing, and the token passes by the residual untouched."""

from typing import Any

import pytest
import torch

from models import Transformer
from models.attention import NoAttention
from models.mixture import MoE
from models.moe import Capacity, RouterConfig, Switch
from models.position import NoPosition
from tests.models.mixtures import SEATED, batch, build, mixture, one_expert, run, seeded
from tests.models.variants import inputs, small

seated = pytest.mark.parametrize("router", SEATED.values(), ids=SEATED.keys())


@seated
def test_a_dropped_choice_adds_exactly_nothing(router: RouterConfig):
    fields: dict[str, Any] = {"capacity": Capacity(evaluation=0.4), "bias": True}
    layer, x_BTD = build(mixture(router, **fields)), batch()
    y_BTD, routing = run(layer, x_BTD)
    y_ND, x_ND = y_BTD.flatten(0, 1), x_BTD.flatten(0, 1)
    nothing = ~routing.kept_NK.any(1)
    assert nothing.any()
    assert not y_ND[nothing].any()
    gates = routing.weights_NK * routing.kept_NK
    expected = torch.stack(
        [
            sum(g * one_expert(layer, int(e), x[None])[0] for e, g in zip(at, row, strict=True))
            for at, row, x in zip(routing.experts_NK, gates, x_ND, strict=True)
        ]
    )
    torch.testing.assert_close(y_ND, expected, rtol=1e-4, atol=1e-5)
    before = y_ND.detach().clone()
    lost = routing.experts_NK[~routing.kept_NK]
    x_BTD.requires_grad_()
    (grad_BTD,) = torch.autograd.grad(run(layer, x_BTD)[0].sum(), x_BTD)
    assert len(lost)
    assert not grad_BTD.flatten(0, 1)[nothing].any()
    assert torch.equal(before, run(layer, x_BTD)[0].flatten(0, 1).detach())


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_block_of_a_dropped_token_returns_the_residual_to_the_bit(rate: float):
    moe = MoE(hidden=12, experts=4, router=Switch(), bias=True, capacity=Capacity(factor=0.25, evaluation=0.25))
    config = small(attention=NoAttention(), position=NoPosition(), feed_forward=moe, layers=1, dropout=rate)
    model, given = Transformer(config, seed=1), inputs(config)
    with torch.no_grad():
        model.decoder.blocks[0].feed_forward.experts.down.bias.normal_(generator=seeded())
    stream, hooked = [], model.decoder.blocks[0].register_forward_pre_hook(lambda _, args: stream.append(args[0]))
    output = model(**given, record=True, generator=seeded() if rate else None)
    hooked.remove()
    routing, after_BTD = output.decoder[0].routing, output.decoder[0].stream_BTD
    dropped = ~routing.kept_NK.any(1)
    assert 0 < int(dropped.sum()) < len(dropped)
    assert torch.equal(after_BTD.flatten(0, 1)[dropped], stream[0].flatten(0, 1)[dropped])
    assert not torch.equal(after_BTD.flatten(0, 1)[~dropped], stream[0].flatten(0, 1)[~dropped])


@seated
def test_padding_takes_no_seat(router: RouterConfig):
    """Whoever stands behind padding gets the seat that it would have without."""
    layer, x_BTD = build(mixture(router, capacity=Capacity(evaluation=0.5, minimum=1))), batch(1, 20)
    keep_BT = torch.arange(20)[None] >= 8
    padded = run(layer, x_BTD, keep_BT=keep_BT)[1]
    other_BTD = torch.where(keep_BT[..., None], x_BTD, x_BTD.flip(1))
    other = run(layer, other_BTD, keep_BT=keep_BT)[1]
    assert torch.equal(padded.seats_NK, other.seats_NK)
    assert (padded.seats_NK[8:] == 0).any()
    for name in padded.losses:
        torch.testing.assert_close(padded.losses[name], other.losses[name])
    if padded.losses:
        whole = run(layer, x_BTD)[1]
        assert not torch.allclose(padded.losses["z"], whole.losses["z"])
