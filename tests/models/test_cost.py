"""`cost` counts from a config alone what the built model has, multiplies and caches."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from models import PRESETS, Cache, Transformer, TransformerConfig
from models.attention import MHA
from models.cost import cost
from models.feedforward import Dense
from tests.models.variants import VARIANTS, small

BUILT = PRESETS | {n: c for n, c in VARIANTS.items() if not n.endswith("post")}
MIXED = {n: c for n, c in BUILT.items() if c.feed_forward.kind == "MoE"}
WRITTEN = {n: c for n, c in BUILT.items() if c.attention.kind != "linear"}  # which multiplies less than it records
UNWINDOWED = {n: c for n, c in WRITTEN.items() if c.attention.sees() is None and n not in MIXED}
DECODERS = {n: c for n, c in BUILT.items() if c.topology != "encoder-only"}
PARTS = {
    "attention": ("attention.", "cross_attention."),
    "feed-forward": ("feed_forward.",),
    "norms": ("norm_attention.", "norm_cross.", "norm_feed_forward.", "norm_final.", "norm_embedding."),
}


def full(config: TransformerConfig) -> dict:
    """One sequence as long as the context, source and target alike."""
    ids_BT = torch.zeros(1, config.context, dtype=torch.long)
    given = {"ids_BT": ids_BT, "source_BS": ids_BT} if config.topology == "encoder-decoder" else {"ids_BT": ids_BT}
    return given | ({"prefix_B": torch.tensor([1])} if config.prefix else {})


def numbers(kept: object) -> int:
    """Of a cache: what is in its tensors, but for the room behind them."""
    if isinstance(kept, torch.Tensor):
        return kept.numel()
    return sum(map(numbers, kept)) if isinstance(kept, tuple) else 0


def part(name: str) -> str:
    """The part of a model that a parameter belongs to."""
    if name.startswith("head."):
        return "head"
    after = name.partition("blocks.")[2].partition(".")[2] or name.partition(".")[2]
    return next((p for p, starts in PARTS.items() if after.startswith(starts)), "embedding")


@pytest.mark.parametrize("config", BUILT.values(), ids=BUILT.keys())
def test_parameters_are_those_of_the_built_model_part_by_part(config: TransformerConfig):
    counted, idle = dict.fromkeys(cost(config).parts, 0), 0.0
    for name, p in Transformer(config).named_parameters():
        counted[part(name)] += p.numel()
        if ".experts." in name:
            idle += p.numel() * (1 - config.feed_forward.chosen() / len(p))
    stated = cost(config)
    assert stated.parts == counted
    assert stated.parameters == sum(counted.values())
    assert stated.active_parameters == round(stated.parameters - idle)


@pytest.mark.parametrize("config", UNWINDOWED.values(), ids=UNWINDOWED.keys())
def test_flops_are_those_that_torch_counts_with_a_full_context(config: TransformerConfig):
    # Recorded, because torch counts explicit products exactly. Both definitions then ignore masks, count 2 per weight
    # and 4 per key and channel. Neither counts additions, norms or look-ups.
    model = Transformer(config)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**full(config), record=True)
    assert cost(config).flops_per_token * config.context == counter.get_total_flops()


@pytest.mark.parametrize("config", MIXED.values(), ids=MIXED.keys())
def test_a_mixture_multiplies_as_a_dense_model_of_its_chosen_width_and_a_router(config: TransformerConfig):
    """Its own products are multiplied in stretches that torch would count with what fills them up."""
    moe = config.feed_forward
    work = moe.hidden / moe.split * (moe.chosen() + moe.shared)
    assert work == round(work)
    dense = Dense(hidden=round(work), activation=moe.activation, gated=moe.gated, bias=moe.bias)
    mixtures = [one for stack in config.feed_forwards().values() for one in stack if one.kind == "MoE"]
    trained = {"hash": 0, "random": 0, "noisy top-k": 2}.get(moe.router.kind, 1)
    routers = len(mixtures) * trained * config.width * moe.experts * moe.split
    assert mixtures
    assert cost(config).flops_per_token == cost(config.but(feed_forward=dense)).flops_per_token + 2 * routers


def test_a_window_saves_the_keys_it_hides():
    whole, narrow = (cost(small(attention=MHA(window=w), topology="decoder-only")) for w in (None, 3))
    assert whole.flops_per_token - narrow.flops_per_token == 2 * 4 * 16 * (12 - 3)
    both = cost(small(attention=MHA(window=3), topology="encoder-only"))
    assert whole.flops_per_token - both.flops_per_token == 2 * 4 * 16 * (12 - 5)  # two on each side, and itself
    assert cost(small(attention=MHA(window=100))) == cost(small())


@pytest.mark.parametrize("config", DECODERS.values(), ids=DECODERS.keys())
def test_cache_elements_are_those_of_a_real_cache(config: TransformerConfig):
    given = full(config)
    given["ids_BT"] = given["ids_BT"][:, :7]
    cache = Transformer(config)(**given, cache=Cache()).cache
    own, cross = (sum(map(numbers, kept)) for kept in zip(*cache.layers, strict=True))
    near, stated = config.attention.sees(), cost(config)
    tokens = 7 if near is None or config.prefix else near - 1  # what the next token may still see
    state = own + cross - tokens * stated.kv_cache_elements_per_token
    assert state == stated.state_elements + config.context * stated.cross_cache_elements_per_source_token
    assert (cross > 0) == (config.topology == "encoder-decoder")


def test_an_encoder_keeps_no_cache():
    assert cost(PRESETS["bert-mini"]).kv_cache_elements_per_token == 0


def test_t5_base_counts_what_was_published():
    t5 = PRESETS["t5-mini"].but(
        layers=12,
        encoder_layers=12,
        width=768,
        vocab=32_128,
        attention=MHA(heads=12, scale=1.0),
        feed_forward=PRESETS["t5-mini"].feed_forward.but(hidden=3072),
    )
    assert cost(t5).parameters == 222_903_552
    assert cost(t5).kv_cache_elements_per_token == cost(t5).cross_cache_elements_per_source_token == 18_432
