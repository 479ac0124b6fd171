"""Every property reports a model that breaks it: a check that cannot fail checks nothing."""

from collections.abc import Callable
from inspect import isfunction, signature
from typing import Any

import pytest

from models import Transformer, TransformerConfig
from models.attention import MHA
from models.position import T5, Learned, NoPosition
from models.tap import Pass
from tests.models import places, properties, visibility
from tests.models import sabotage as s
from tests.models.places import only_absolute_positions_tell_a_shift, only_positions_tell_an_order
from tests.models.properties import (
    a_cache_saves_only_time,
    batch_mates_are_unseen,
    every_parameter_gets_a_gradient,
    padding_is_unseen,
    recording_changes_nothing_else,
    the_future_is_unseen,
)
from tests.models.variants import inputs, noisy, small
from tests.models.visibility import rows_are_distributions_over_what_is_visible

DECODER = small()
ENCODER = small(topology="encoder-only")
BOTH = small(topology="encoder-decoder")
PREFIX = small(prefix=True)
WINDOW = small(attention=MHA(window=3))
LEARNED, UNORDERED, BUCKETS, BUCKETS_BOTH = (
    small(position=position, topology=topology)
    for position, topology in (
        (Learned(), "decoder-only"),
        (NoPosition(), "encoder-only"),
        (T5(), "encoder-only"),
        (T5(), "encoder-decoder"),
    )
)


def unasked(found: Any, x: Any, p: Pass) -> Any:
    p.tap.kept["decoder.1.attention.pattern"] = (x @ x.mT)[:, None]
    return found


def louder(y: Any, x: Any, p: Pass) -> Any:
    return y if p.tap.idle else y * 1.01


BROKEN: dict[Callable[..., None], dict[str, tuple[TransformerConfig, Callable[[Any], None], str]]] = {
    recording_changes_nothing_else: {
        "recorded attention is louder": (DECODER, s.mixes(louder), "logits"),
        "recorded cross-attention is louder": (BOTH, s.mixes(louder, "cross_attention"), "logits"),
        "weights are recorded unasked": (DECODER, s.attention(unasked), "unasked"),
        "a layer is not recorded": (ENCODER, s.loses_a_layer, "stream is missing"),
    },
    rows_are_distributions_over_what_is_visible: {
        "a row is scaled": (DECODER, s.weighs(lambda w: w * 1.01), "does not sum to 1"),
        "a row of cross-attention is scaled": (BOTH, s.weighs(lambda w: w * 1.01, "cross_attention"), "sum to 1"),
        "a weight is negative": (ENCODER, s.weighs(lambda w: s.moved(w, 2.0)), "a negative one"),
        "a hair of weight lies in the future": (DECODER, s.weighs(lambda w: s.moved(w, 1e-7)), "hidden key"),
        "a hair lies behind a prefix": (PREFIX, s.weighs(lambda w: s.moved(w, 1e-7)), "hidden key"),
        "a window is one too wide": (WINDOW, s.widens, "hidden key"),
        "a window is one too narrow": (WINDOW, s.narrows, "visible key"),
        "rows are those of another query": (DECODER, s.weighs(lambda w: w.roll(1, -2)), "hidden key"),
        "attention is not reported": (BOTH, s.loses_a_layer, "5 of 6 attentions"),
        "padding has weight": (ENCODER, s.blind_to_padding, "hidden key"),
        "padding of the source has weight": (BOTH, s.blind_to_padding_of_the_source, "hidden key"),
    },
    the_future_is_unseen: {
        "a step ahead is seen": (DECODER, s.mixes(lambda y, x, p: y + 1e-5 * x.roll(-1, 1)), "before it comes"),
        "a decoder looks both ways": (DECODER, s.looks_both_ways, "before it comes"),
        "a decoder with a source looks both ways": (BOTH, s.looks_both_ways, "before it comes"),
        "a norm spans positions": (PREFIX, s.norms(lambda y: y - 1e-4 * y.mean(1, keepdim=True)), "before it comes"),
        "nothing is read": (DECODER, s.mute, "not read where it stands"),
        "no token reads another": (DECODER, s.deaf, "not read by the next"),
    },
    padding_is_unseen: {
        "padding is read": (ENCODER, s.blind_to_padding, "not as good as absent"),
        "padding of the source is read": (BOTH, s.blind_to_padding_of_the_source, "not as good as absent"),
        "padding before a token is read": (DECODER, s.blind_to_padding, "what padding holds"),
        "a hair of padding is read": (ENCODER, s.norms(lambda y: y - 1e-6 * y.mean(1, keepdim=True)), "holds is seen"),
        "no token reads another": (ENCODER, s.deaf, "when they are no padding"),
    },
    batch_mates_are_unseen: {
        "a norm spans the batch": (DECODER, s.norms(lambda y: y - 0.01 * y.mean(0, keepdim=True)), "than in its batch"),
        "the batch is reversed": (BOTH, s.norms(lambda y: y.flip(0)), "than in its batch"),
        "all examples are alike": (DECODER, s.mute, "the same logits"),
    },
    every_parameter_gets_a_gradient: {
        "a parameter is unused": (DECODER, s.has_a_spare_parameter, "spare gets no"),
        "attention is detached": (DECODER, s.mixes(lambda y, x, p: y.detach()), "qkv.weight gets no"),
        "queries alone are detached": (ENCODER, s.detaches_queries, "qkv.inner.weight gets no"),
        "a gradient is not a number": (DECODER, s.norms(lambda y: y + (y - y).sqrt()), "is not finite"),
    },
    only_absolute_positions_tell_a_shift: {
        "rotations count from the start": (DECODER, s.adds_a_ramp, "a later start changes what is said"),
        "a source's rotations count from the start": (BOTH, s.adds_a_ramp, "a later start changes what is said"),
        "learned positions are not read": (LEARNED, s.forgets_positions, "a later start changes nothing"),
    },
    only_positions_tell_an_order: {
        "an order is told without positions": (UNORDERED, s.adds_a_ramp, "another order changes what is said"),
        "buckets are not read": (BUCKETS, s.forgets_positions, "another order changes nothing"),
        "buckets of the source are not read": (BUCKETS_BOTH, s.forgets_positions, "another order changes nothing"),
    },
    a_cache_saves_only_time: {
        "positions restart with every piece": (DECODER, s.restarts_positions, "other logits"),
        "the oldest key is forgotten": (DECODER, s.attention(s.forgets_the_oldest_key), "other logits"),
        "the padding of the source is forgotten": (BOTH, s.forgets_the_padding_of_the_source, "other logits"),
        "rows of a piece are others": (DECODER, s.weighs(lambda w: w / w.shape[-2]), "weights differ"),
    },
}
CASES = [
    pytest.param(holds, *case, id=f"{holds.__name__}: {name}")
    for holds, cases in BROKEN.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("holds", "config", "spoil", "words"), CASES)
def test_a_broken_model_is_reported(holds: Callable[..., None], config, spoil: Callable[[Any], None], words: str):
    model, given = noisy(Transformer(config)), inputs(config)
    holds(model, given)
    spoil(model)
    with pytest.raises(AssertionError, match=words):
        holds(model, given)


def test_every_property_of_a_model_has_a_null_check():
    stated = {
        f
        for module in (places, properties, visibility)
        for f in vars(module).values()
        if isfunction(f) and f.__module__ == module.__name__ and "model" in signature(f).parameters
    }
    assert stated == BROKEN.keys()
