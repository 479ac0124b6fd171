"""What a limit of seats lets a token know of later ones: nothing if seats go by position, else their choices."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Cache, Transformer, TransformerConfig
from models.mixture import MoE
from models.moe import Capacity, RouterConfig, TopK
from tests.models.mixtures import SEATED
from tests.models.properties import changed, close
from tests.models.variants import inputs, noisy, small

seated = pytest.mark.parametrize("router", SEATED.values(), ids=SEATED.keys())


def tight(router: RouterConfig, priority: Any, **fields: Any) -> TransformerConfig:
    """A decoder whose experts take a third of what is asked for: seats of each sequence, so that examples are alone."""
    capacity = Capacity(evaluation=0.34, group="sequence", priority=priority)
    return small(feed_forward=MoE(hidden=12, experts=6, router=router, capacity=capacity), layers=1, **fields)


@torch.no_grad()
def moved(config: TransformerConfig) -> tuple[int, float]:
    """How many of the earlier tokens' seats a later token changed, in 30 perturbations, and the most a logit moved."""
    model, given = noisy(Transformer(config)), inputs(config, batch=4)
    before, seats, most = model(**given), 0, 0.0
    for step in range(30):
        j = 1 + step % 8
        other = changed(given["ids_BT"], slice(j, j + 1), config.vocab)
        for _ in range(step // 8):
            other = changed(other, slice(j, j + 1), config.vocab)
        after = model(**given | {"ids_BT": other})
        kept, mine = (one.decoder[0].routing.kept_NK.unflatten(0, (4, -1))[:, :j] for one in (before, after))
        seats += int((kept != mine).sum())
        most = max(most, float((before.logits_BTV - after.logits_BTV)[:, :j].abs().max()))
    return seats, most


@seated
def test_seats_by_position_are_blind_to_the_future(router: RouterConfig):
    config = tight(router, "position")
    routing = Transformer(config)(**inputs(config)).decoder[0].routing
    assert routing.load_E.sum() < routing.demand_E.sum()
    seats, most = moved(config)
    assert seats == 0
    assert most < 1e-5


@pytest.mark.parametrize("priority", ["choice", "probability"])
def test_seats_by_choice_or_probability_leak_the_future(priority: str):
    seats, most = moved(tight(TopK(k=2), priority))
    assert seats > 0
    assert most > 1e-3


@pytest.mark.parametrize("group", ["batch", "sequence"])
def test_seats_by_position_see_other_sequences_only_if_counted_over_the_batch(group: Any):
    config = tight(TopK(), "position")
    capacity = Capacity(evaluation=0.34, group=group)
    config = config.but(feed_forward=config.feed_forward.model_dump() | {"capacity": capacity})
    model, given = noisy(Transformer(config)), inputs(config)
    ids_BT = given["ids_BT"]
    turned = model(ids_BT.flip(0)).logits_BTV.flip(0)
    assert torch.allclose(turned, model(ids_BT).logits_BTV, atol=1e-5) == (group == "sequence")


def test_reading_token_by_token_needs_experts_without_a_limit():
    """With one, a token alone always finds a seat: the cache is as good as the whole only without."""
    for factor in (None, 0.34):
        capacity = Capacity(evaluation=factor)
        config = small(feed_forward=MoE(hidden=12, experts=6, capacity=capacity))
        model, given = noisy(Transformer(config)), inputs(config)
        whole, pieces, cache = model(**given).logits_BTV, [], Cache()
        for t in range(9):
            step = model(given["ids_BT"][:, t : t + 1], cache=cache)
            cache, pieces = step.cache, [*pieces, step.logits_BTV]
        if factor is None:
            close(torch.cat(pieces, 1), whole, "token by token")
        else:
            assert not torch.allclose(torch.cat(pieces, 1), whole, atol=1e-3)


def test_perturbing_finds_what_a_gradient_cannot():
    """A seat is no number that could be moved a little: the gradient of a leaking model says that it does not leak."""
    config = tight(TopK(k=2), "choice")
    model, given = noisy(Transformer(config)), inputs(config)
    streams: list[Tensor] = []

    def keep(module: Any, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        streams.append(args[0].detach().requires_grad_())
        return (streams[0], *args[1:])

    model.decoder.blocks[0].register_forward_pre_hook(keep)
    model(**given).logits_BTV[:, 3].sum().backward()
    assert streams[0].grad[:, :4].any()
    assert not streams[0].grad[:, 4:].any()
