"""What must hold for every variant: of each attention, position, topology and norm placement, and of each option."""

from collections.abc import Callable
from itertools import combinations

import pytest

from models import Transformer, TransformerConfig
from models.attention import ATTENTIONS
from models.mixture import FEED_FORWARDS
from models.moe import ROUTERS
from models.position import POSITIONS
from tests.models import places, properties
from tests.models.properties import Given
from tests.models.variants import PLACES, PRODUCT, REFUSED, REGISTRIES, TOPOLOGIES, VARIANTS, inputs, noisy
from tests.models.visibility import rows_are_distributions_over_what_is_visible

DECODERS = {n: c for n, c in VARIANTS.items() if c.topology != "encoder-only"}
ENCODERS = {n: c for n, c in VARIANTS.items() if c.topology != "decoder-only" and c.attention.sees() is None}
CHUNKS = {
    "at once": (9,),
    "one by one": (1,) * 9,
    "prefill, then one by one": (5, 1, 1, 1, 1),
}
every = pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
PLACED = {n: c for n, c in VARIANTS.items() if n != "MoE random"}  # whose router draws an expert for each place
placed = pytest.mark.parametrize("config", PLACED.values(), ids=PLACED.keys())
both_ways = pytest.mark.parametrize("config", ENCODERS.values(), ids=ENCODERS.keys())
decoder = pytest.mark.parametrize("config", DECODERS.values(), ids=DECODERS.keys())


def check(holds: Callable[[Transformer, Given], None], config: TransformerConfig) -> None:
    holds(noisy(Transformer(config)), inputs(config))


def test_the_registries_are_multiplied_out_and_only_kinds_that_cannot_meet_are_left_out():
    assert len(PRODUCT) + len(REFUSED) == len(ATTENTIONS) * len(POSITIONS) * len(TOPOLOGIES) * len(PLACES)
    blind = {n for n, kind in ATTENTIONS.items() if kind().query_heads() == 0}
    for name, found in REFUSED.items():
        attention, position, topology, _ = name.split(" ")
        assert set(found) <= {"attention.kind", "position.kind"}, name  # the small sizes fit every variant
        if attention in blind:
            assert POSITIONS[position].acts_in_attention or topology == "encoder-decoder", name
        else:
            assert POSITIONS[position].acts_on_scores, name
            assert not ATTENTIONS[attention].scores, name
            assert "its keys are summed before any query looks at them" in found["position.kind"], name
    threes = {three for name in PRODUCT for three in combinations(name.split(" "), 3)}
    assert threes == {three for name in REGISTRIES for three in combinations(name.split(" "), 3)}
    met = [set(name.split(" ")) for name in PRODUCT]
    for place in PLACES:
        for topology in TOPOLOGIES:
            for kind in (POSITIONS.keys() | ATTENTIONS.keys()) - (blind if topology == "encoder-decoder" else set()):
                assert any({kind, topology, place} <= names for names in met), (kind, topology, place)


def test_every_feed_forward_and_every_router_takes_part():
    feeds = [config.feed_forward for config in VARIANTS.values()]
    assert {one.kind for one in feeds} == FEED_FORWARDS.keys()
    assert {one.router.kind for one in feeds if one.kind == "MoE"} == ROUTERS.keys()


@every
def test_recording_changes_nothing_else(config: TransformerConfig):
    check(properties.recording_changes_nothing_else, config)


@every
def test_attention_rows_are_distributions_over_what_is_visible(config: TransformerConfig):
    check(rows_are_distributions_over_what_is_visible, config)


@decoder
def test_the_future_cannot_be_seen(config: TransformerConfig):
    check(properties.the_future_is_unseen, config)


@every
def test_padding_and_what_it_holds_do_not_matter(config: TransformerConfig):
    check(properties.padding_is_unseen, config)


@every
def test_batch_mates_do_not_matter(config: TransformerConfig):
    check(properties.batch_mates_are_unseen, config)


@every
def test_every_parameter_gets_a_gradient(config: TransformerConfig):
    check(properties.every_parameter_gets_a_gradient, config)


@placed
def test_only_absolute_positions_tell_a_shift(config: TransformerConfig):
    check(places.only_absolute_positions_tell_a_shift, config)


@both_ways
def test_only_positions_tell_an_order(config: TransformerConfig):
    check(places.only_positions_tell_an_order, config)


def test_every_scheme_meets_a_topology_that_tells_its_shift_and_one_that_tells_its_order():
    met = {(one.position.kind, one.topology, one.attention.kind) for one in VARIANTS.values()}
    for kind in POSITIONS:
        assert all((kind, topology, "MHA") in met for topology in TOPOLOGIES)
    assert {kind for kind, one in POSITIONS.items() if one.absolute} == {"sinusoidal", "learned"}


@decoder
def test_reading_in_pieces_with_a_cache_equals_reading_at_once(config: TransformerConfig):
    check(properties.a_cache_saves_only_time, config)


SOME = {n: c for n, c in DECODERS.items() if n not in REGISTRIES or (n.startswith("GQA") and n.endswith("pre"))}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS.keys())
@pytest.mark.parametrize("config", SOME.values(), ids=SOME.keys())
def test_other_pieces_do_as_well(config: TransformerConfig, chunks: tuple[int, ...]):
    properties.a_cache_saves_only_time(noisy(Transformer(config)), inputs(config), chunks)
